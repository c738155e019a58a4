"""The form of what only pickle takes, where the program has chosen that."""

from __future__ import annotations

import base64
import pickle
from typing import Any

from .decode import Decoder
from .refusal import Refusal, type_name
from .scalars import text_of

__all__ = ["pickle_tree", "read_pickle"]


def pickle_tree(value: Any) -> dict[str, Any]:
    """The tree that stands for any value that can be pickled."""
    try:
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        kind = type_name(type(value))
        raise Refusal(
            f"pickle refuses this `{kind}` ({type(error).__name__}: {error})", "register a codec for it", kind
        ) from error
    return {"$pickle": base64.b64encode(data).decode()}


def read_pickle(_: Decoder, tree: dict[str, Any]) -> Any:
    """What was pickled. This imports and calls whatever the bytes say."""
    return pickle.loads(base64.b64decode(text_of(tree, "$pickle"), validate=True))
