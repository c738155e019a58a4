"""The front of the codec: values become text and come back, with the classes that one program has named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import DecodingError, EncodingError
from . import containers, scalars
from .collect import collect
from .decode import Decoder, Reader
from .encode import Encoder, Handler, no_room, no_unicode
from .form import Form
from .pickled import pickle_tree
from .readers import readers_for
from .refusal import Refusal, type_name
from .text import dumps, is_unicode, loads, plain
from .unknown import refusal_of
from .value_codec import ValueCodec, handler_of

__all__ = ["Codecs"]


class Codecs:
    """Encodes and decodes for one program.

    `annotations` are what names the classes that come back as themselves: annotations of any kind, and
    functions, which stand for all annotations that they have. It does not change once it is made: threads
    share it.
    """

    __slots__ = ("_handlers", "_opaque_readers", "_pickle", "_readers", "_unresolved")

    def __init__(
        self, annotations: Iterable[object], registered: Sequence[ValueCodec[Any]] = (), pickle: bool = False
    ) -> None:
        collected = collect(annotations)
        self._unresolved = collected.unresolved
        self._pickle = pickle
        codecs = _unambiguous(registered)
        self._handlers: dict[type, Handler] = {
            **containers.HANDLERS,
            **scalars.HANDLERS,
            **{cls: form.encode for cls, form in collected.forms.items()},
            **{codec.type: handler_of(codec) for codec in registered},
        }
        forms = _by_name(collected.forms)
        self._readers = readers_for(forms, codecs, pickle, opaque=False)
        self._opaque_readers = readers_for(forms, codecs, pickle, opaque=True)

    def encode(self, value: Any) -> str:
        """The JSON text of a value. Raises `EncodingError` for whatever `decode` could not make again."""
        text = plain(value)
        if text is not None:
            return text
        try:
            text = dumps(Encoder(self._handlers, self._other).tree(value))
            if not (text.isascii() or is_unicode(text)):
                # Somewhere is a text that is none. This walk finds out where.
                Encoder(self._handlers, self._other, careful=True).tree(value)
                raise no_unicode()
            return text
        except Refusal as refusal:
            raise _encoding_error(refusal) from refusal.__cause__
        except RecursionError:
            raise _encoding_error(no_room()) from None

    def decode(self, text: str) -> Any:
        """The value of a text. Raises `DecodingError` for classes that the program has not named."""
        return _read(text, self._readers)

    def decode_opaque(self, text: str) -> Any:
        """The value of a text, with an `Opaque` in place of what the program has not named."""
        return _read(text, self._opaque_readers)

    def _other(self, value: Any) -> Any:
        if self._pickle:
            return pickle_tree(value)
        raise refusal_of(value, self._unresolved)


def _unambiguous(registered: Iterable[ValueCodec[Any]]) -> dict[str, ValueCodec[Any]]:
    by_name: dict[str, ValueCodec[Any]] = {}
    types: set[type] = set()
    for codec in registered:
        if codec.name in by_name:
            raise ValueError(f"two codecs are called `{codec.name}`\n  hint: give each a name of its own")
        if codec.type in types:
            raise ValueError(f"two codecs are for `{type_name(codec.type)}`\n  hint: register only one")
        by_name[codec.name] = codec
        types.add(codec.type)
    return by_name


def _by_name(forms: Mapping[type, Form]) -> dict[str, Form]:
    by_name: dict[str, Form] = {}
    for form in forms.values():
        other = by_name.setdefault(form.name, form)
        if other is not form:
            # In a notebook, or by a function that defines a class each time it is called.
            form.problem = other.problem = (
                f"the tasks name two classes that are called `{form.name}`",
                "define the class once, and make the tasks after that",
            )
    return by_name


def _read(text: str, readers: Mapping[str, Reader]) -> Any:
    try:
        tree = loads(text)
        # No tags, also not one whose `$` another writer has escaped: so the tree stands for itself.
        if '"$' not in text and "\\u0024" not in text:
            return tree
    except ValueError as error:
        raise DecodingError(
            f"the recorded value is no JSON: {error}\n"
            "  hint: the journal was not written by Taskloom, or is damaged"
        ) from error
    except RecursionError:
        raise _decoding_error(no_room()) from None
    try:
        return Decoder(readers).value(tree)
    except Refusal as refusal:
        raise _decoding_error(refusal) from refusal.__cause__
    except RecursionError:
        raise _decoding_error(no_room()) from None


def _encoding_error(refusal: Refusal) -> EncodingError:
    message = f"`{refusal.path}` cannot be recorded: {refusal.problem}\n  hint: {refusal.hint}"
    return EncodingError(message, refusal.path, refusal.type)


def _decoding_error(refusal: Refusal) -> DecodingError:
    message = f"`{refusal.path}` cannot be read: {refusal.problem}\n  hint: {refusal.hint}"
    return DecodingError(message, refusal.path, refusal.type)
