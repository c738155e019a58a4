"""A crafted text imports nothing, and calls nothing that the program has not named (rule D-3)."""

import builtins
import importlib
import json
import pickle
import sys
from dataclasses import dataclass

import pytest

from taskloom._codec import Codecs, ValueCodec
from taskloom.errors import DecodingError

called: list[object] = []


@dataclass
class Unnamed:
    a: int

    def __post_init__(self) -> None:
        called.append(self)


@dataclass
class Named:
    a: int


def call(*arguments: object) -> object:
    called.append(arguments)
    return arguments


class Bomb:
    def __reduce__(self):
        return call, (1,)


CODECS = Codecs([Named], [ValueCodec("known", complex, call, call)])

CRAFTED = [
    {"$object": "test_codec_security:Unnamed", "fields": {"a": 1}},
    {"$object": "antigravity:geohash", "fields": {}},
    {"$object": "subprocess:Popen", "fields": {"args": ["true"]}},
    {"$object": "builtins:dict", "fields": {"a": 1}},
    {"$object": "Named", "fields": {"a": 1}},
    {"$enum": "test_codec_security:Named", "name": "a"},
    {"$enum": "antigravity:X", "name": "a"},
    {"$codec": "unknown", "data": 1},
    {"$codec": "test_codec_security:call", "data": 1},
    {"$pickle": "gASVIgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"},
    {"$eval": "1"},
    {"a": 1, "$tuple": [1]},
    {"$tuple": [1], "$set": [1]},
    {"fields": {"a": 1}, "$object": "test_codec_security:Named"},
]


@pytest.fixture
def watched(monkeypatch):
    """What is imported and called meanwhile."""
    called.clear()
    before = set(sys.modules)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"calls {arguments}")

    for module, name in [
        (importlib, "import_module"),
        (builtins, "eval"),
        (builtins, "exec"),
        (pickle, "loads"),
    ]:
        monkeypatch.setattr(module, name, refuse)
    yield
    # Where the machine has no time zones, `zoneinfo` looks for them in the package `tzdata`.
    imported = {name for name in set(sys.modules) - before if not name.startswith("tzdata")}
    assert imported == set()
    assert called == []


@pytest.mark.parametrize("crafted", CRAFTED, ids=json.dumps)
@pytest.mark.parametrize(
    "wrap", [lambda x: x, lambda x: [x], lambda x: {"$dict": [[1, x]]}], ids=["", "list", "dict"]
)
def test_d_03_what_is_not_named_is_neither_imported_nor_called(crafted, wrap, watched):
    with pytest.raises(DecodingError):
        CODECS.decode(json.dumps(wrap(crafted)))


@pytest.mark.parametrize("crafted", CRAFTED[:10], ids=json.dumps)
def test_d_03_what_is_not_named_is_neither_imported_nor_called_without_the_program(crafted, watched):
    CODECS.decode_opaque(json.dumps(crafted))


def test_d_03_the_error_names_the_class_and_what_to_do():
    with pytest.raises(DecodingError) as caught:
        CODECS.decode(json.dumps({"users": [CRAFTED[0]]}))
    assert str(caught.value) == (
        '`value["users"][0]` cannot be read: it is a `test_codec_security:Unnamed`, and nothing in this '
        "program names that class\n  hint: name it in an annotation of a task (`-> Unnamed`), or register a "
        "codec for it; one that was renamed or moved since the run began is another class"
    )
    assert caught.value.path == 'value["users"][0]'
    assert caught.value.type_name == "test_codec_security:Unnamed"


def test_d_03_pickle_is_read_only_by_choice(watched):
    text = Codecs([], pickle=True).encode(Bomb())
    with pytest.raises(
        DecodingError, match="it is pickled, and reading that calls whatever was written there"
    ):
        CODECS.decode(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        "NaN",
        "[-Infinity]",
        "1" * 5000,
        "[" * 100_000,
        '{"$tuple":' * 10_000,
        '{"$tuple":1}',
        '{"$tuple":{"a":1}}',
        '{"$tuple":"ab"}',
        '{"$set":[[1]]}',
        '{"$dict":[[1]]}',
        '{"$dict":[["a",1,2]]}',
        '{"$dict":[[[1],2]]}',
        '{"$int":5}',
        '{"$int":"x"}',
        '{"$float":"1.0"}',
        '{"$bytes":"?"}',
        '{"$bytes":1}',
        '{"$datetime":"yesterday"}',
        '{"$datetime":"2026-01-01T00:00:00","zone":"Nowhere/Land"}',
        '{"$datetime":"2026-01-01T00:00:00","zone":"../../etc/passwd"}',
        '{"$datetime":"2026-01-01T00:00:00","fold":2}',
        '{"$date":5}',
        '{"$timedelta":[1]}',
        '{"$timedelta":[1e300,0,0]}',
        '{"$decimal":5}',
        '{"$decimal":"x"}',
        '{"$uuid":5}',
        '{"$path":["a"]}',
        '{"$path":"a","class":"Popen"}',
        '{"$object":5}',
        '{"$object":"test_codec_security:Named"}',
        '{"$object":"test_codec_security:Named","fields":[1]}',
        '{"$enum":[],"name":"x"}',
        '{"$codec":"known"}',
    ],
    ids=lambda text: text[:60],
)
def test_d_03_damaged_texts_are_refused(text, watched):
    with pytest.raises(DecodingError) as caught:
        CODECS.decode(text)
    assert "\n  hint: " in str(caught.value)
