"""Codecs of the user's, and pickle by choice (rule D-3)."""

import collections
import fractions
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from taskloom._codec import Codecs, ValueCodec
from taskloom._secret import Secret, secret
from taskloom.errors import DecodingError, EncodingError

ARRAY = ValueCodec(
    "ndarray",
    np.ndarray,
    lambda array: {"type": array.dtype.str, "shape": array.shape, "data": array.tobytes()},
    lambda parts: np.frombuffer(parts["data"], parts["type"]).reshape(parts["shape"]),
)
FRACTION = ValueCodec(
    "fraction", fractions.Fraction, lambda f: (f.numerator, f.denominator), lambda p: fractions.Fraction(*p)
)


@dataclass
class Point:
    x: Any


def test_d_03_numpy_comes_back_through_a_codec():
    codecs = Codecs([Point], [ARRAY])
    value = np.arange(6.0).reshape(2, 3)
    back = codecs.decode(codecs.encode({"a": [Point(value)]}))["a"][0].x
    np.testing.assert_array_equal(back, value, strict=True)
    with pytest.raises(
        EncodingError, match=r"`numpy\.float64` is not exactly `float`, and would come back as one"
    ):
        codecs.encode([np.float64(1)])


def test_d_03_what_a_codec_makes_is_encoded_further():
    codecs = Codecs([], [FRACTION])
    text = codecs.encode({fractions.Fraction(1, 3)})
    assert text == '{"$set":[{"$codec":"fraction","data":{"$tuple":[1,3]}}]}'
    assert codecs.decode(text) == {fractions.Fraction(1, 3)}


def test_d_03_a_codec_comes_before_the_form_of_a_class():
    codecs = Codecs([Point], [ValueCodec("point", Point, lambda p: p.x, lambda x: Point(x + 1))])
    assert codecs.decode(codecs.encode([Point(1)])) == [Point(2)]


def test_d_03_a_subclass_of_a_built_in_type_has_a_codec():
    counter = ValueCodec("counter", collections.Counter, dict, collections.Counter)
    back = Codecs([], [counter]).decode(Codecs([], [counter]).encode(collections.Counter("aab")))
    assert type(back) is collections.Counter
    assert back == {"a": 2, "b": 1}


def test_d_03_a_codec_is_for_exactly_its_type():
    class Half(fractions.Fraction):
        pass

    with pytest.raises(EncodingError, match="there is no form for the type"):
        Codecs([], [FRACTION]).encode(Half(1, 2))


def test_d_03_what_goes_wrong_in_a_codec_names_it():
    def fail(value: Any) -> Any:
        raise KeyError(value)

    broken = Codecs([], [ValueCodec("bad", complex, fail, fail)])
    with pytest.raises(
        EncodingError, match=r"`value\[0\]` .*: the codec `bad` cannot encode it \(KeyError: 1j\)"
    ) as caught:
        broken.encode([1j])
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(
        DecodingError, match=r"`value\[0\]` .*: the codec `bad` cannot decode it \(KeyError: 5\)"
    ) as back:
        broken.decode('[{"$codec":"bad","data":5}]')
    assert isinstance(back.value.__cause__, KeyError)
    with pytest.raises(EncodingError) as caught:
        Codecs([], [ValueCodec("odd", complex, lambda z: [object()], fail)]).encode([1j])
    assert caught.value.path == "value[0].<odd>[0]"
    with pytest.raises(EncodingError, match="this `complex` contains itself"):
        Codecs([], [ValueCodec("same", complex, lambda z: z, fail)]).encode(1j)
    with pytest.raises(EncodingError, match="it has more than 128 levels"):
        Codecs([], [ValueCodec("new", complex, lambda z: z + 1, fail)]).encode(1j)


def test_d_03_a_codec_that_is_not_registered_is_told():
    with pytest.raises(
        DecodingError, match="no codec `fraction` is registered\n  hint: register the one that wrote it"
    ):
        Codecs([]).decode(Codecs([], [FRACTION]).encode([fractions.Fraction(1)]))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ValueCodec("", complex, abs, abs), "the name of a codec is a text of printable characters"),
        (
            lambda: ValueCodec("a\ud800", complex, abs, abs),
            "the name of a codec is a text of printable characters",
        ),
        (lambda: ValueCodec("n", 5, abs, abs), "the codec `n` is for 5, which is no class"),
        (lambda: ValueCodec("n", Secret, abs, abs), "the codec `n` is for secrets, which are never recorded"),  # type: ignore[arg-type]
        (lambda: ValueCodec("n", dict, abs, abs), "the codec `n` is for `dict`, which is always plain JSON"),
        (
            lambda: Codecs([], [FRACTION, ValueCodec("fraction", complex, abs, abs)]),
            "two codecs are called `fraction`",
        ),
        (
            lambda: Codecs([], [FRACTION, ValueCodec("f", fractions.Fraction, abs, abs)]),
            "for `fractions.Fraction`",
        ),
    ],
)
def test_d_03_codecs_that_cannot_work_are_refused(make, error):
    with pytest.raises((ValueError, TypeError), match=re.escape(error)):
        make()


def test_d_03_pickle_by_choice_takes_what_has_no_form():
    codecs = Codecs([], pickle=True)
    value = {"a": [1j, Point(2), collections.OrderedDict(x=1)], 1: (2,)}
    text = codecs.encode(value)
    assert text.count('"$pickle"') == 3
    assert codecs.decode(text) == value
    assert type(codecs.decode(text)["a"][2]) is collections.OrderedDict


def test_d_03_what_pickle_refuses_is_told():
    codecs = Codecs([], pickle=True)
    with pytest.raises(
        EncodingError, match=r"`value\[0\]` cannot be recorded: pickle refuses this `function`"
    ):
        codecs.encode([lambda: 1])
    with pytest.raises(EncodingError, match="a secret is not pickled") as caught:
        codecs.encode([Point(secret("swordfish"))])
    assert "swordfish" not in str(caught.value)
