"""How values become the journal's JSON text, and come back (rule D-3). Imported by durable runs only.

`codecs` is the front. `text` writes plain JSON quickly; for all else, `encode` walks through a value and
`decode` through what was read. `scalars` has the forms of values without parts, `containers` those of
built-in ones with parts, and `dataclass`, `named_tuple`, `enumeration` and `model` those of classes, which
`collect` finds in annotations. docs/values.md shows the forms.
"""

from __future__ import annotations

from .codecs import Codecs
from .opaque import Opaque
from .value_codec import ValueCodec

__all__ = ["Codecs", "Opaque", "ValueCodec"]
