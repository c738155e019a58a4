"""What the codec's tests share."""

import dataclasses
import enum
import math
from collections.abc import Iterable
from typing import Any

from taskloom._codec import Codecs


def round_trip(codecs: Codecs, value: Any) -> Any:
    """The value that comes back, which has to be the same."""
    back = codecs.decode(codecs.encode(value))
    assert_same(back, value)
    return back


def assert_same(back: Any, value: Any) -> None:
    """Equal, of the same exact types down to the last element."""
    assert type(back) is type(value)
    if isinstance(value, int) and not isinstance(value, enum.Enum):
        assert back == value
    elif isinstance(value, float):
        assert math.isnan(back) if math.isnan(value) else (back, _sign(back)) == (value, _sign(value))
    elif isinstance(value, enum.Enum):
        assert back is value
    elif isinstance(value, dict):
        assert len(back) == len(value)
        for pair, other in zip(back.items(), value.items(), strict=True):
            assert_all_same(pair, other)
    elif isinstance(value, (list, tuple)):
        assert_all_same(back, value)
    elif isinstance(value, (set, frozenset)):
        assert_all_same(sorted(back, key=_order), sorted(value, key=_order))
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        assert_all_same([getattr(back, name) for name in names], [getattr(value, name) for name in names])
    else:
        # A signalling NaN compares with nothing.
        assert repr(back) == repr(value)


def assert_all_same(back: Iterable[Any], values: Iterable[Any]) -> None:
    for one, other in zip(back, values, strict=True):
        assert_same(one, other)


def _sign(number: float) -> float:
    return math.copysign(1, number)


def _order(value: Any) -> str:
    # The order of a set within a set is not the same twice.
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(_order, value))}"
    if isinstance(value, tuple):
        return f"tuple {list(map(_order, value))}"
    return f"{type(value)} {hex(value) if isinstance(value, int) else repr(value)}"
