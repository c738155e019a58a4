"""Pydantic's models come back without validation, as they went (rule D-3)."""

import enum
from functools import cached_property
from typing import Any, Generic, TypeVar

import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel, SecretStr, field_validator

from taskloom._codec import Codecs, Opaque
from taskloom.errors import DecodingError, EncodingError

T = TypeVar("T")


class Color(enum.Enum):
    RED = 1


class Address(BaseModel):
    model_config = ConfigDict(frozen=True)

    city: str
    tags: tuple[str, ...] = ()


class User(BaseModel):
    name: str = Field(alias="userName")
    address: Address | None = None
    color: "Color" = Color.RED
    born: int = 0

    @field_validator("born")
    @classmethod
    def add(cls, value: int) -> int:
        return value + 1

    @cached_property
    def length(self) -> int:
        return len(self.name)


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    a: int


class Hidden(BaseModel):
    a: int
    _seen: list[Any] = PrivateAttr(default_factory=list)
    _unset: int


class Ids(RootModel[list[int]]):
    pass


class Box(BaseModel, Generic[T]):
    item: T


@pydantic.dataclasses.dataclass
class Checked:
    a: int


CODECS = Codecs([User, Open, Hidden, Ids, Box[Address], Checked])


def round_trip(value: Any) -> Any:
    back = CODECS.decode(CODECS.encode(value))
    assert back == value
    assert type(back) is type(value)
    return back


def test_d_03_the_form_of_a_model():
    assert CODECS.encode(User(userName="x", address=Address(city="y"))) == (
        '{"$object":"test_codec_models:User","fields":{"name":"x","address":{"$object":"test_codec_models:Address",'
        '"fields":{"city":"y","tags":{"$tuple":[]}},"set":["city"]},"color":{"$enum":"test_codec_models:Color",'
        '"name":"RED"},"born":0},"set":["address","name"]}'
    )


def test_d_03_models_come_back_with_exact_fields_and_what_was_set():
    value = User(userName="x", address=Address(city="y", tags=("z",)), born=1)
    assert (value.born, value.length) == (2, 1)
    back = round_trip(value)
    assert type(back.address) is Address
    assert type(back.address.tags) is tuple
    assert back.model_fields_set == {"name", "address", "born"}
    assert "length" not in vars(back)
    assert back.model_dump() == value.model_dump()
    back.born = 7
    assert back.model_copy().born == 7
    assert hash(round_trip(Address(city="x"))) == hash(Address(city="x"))


def test_d_03_extra_and_private_attributes_come_back():
    back = round_trip(Open.model_validate({"a": 1, "$ref": [Color.RED], "b": {"c": 1}}))
    assert back.model_extra == {"$ref": [Color.RED], "b": {"c": 1}}
    assert round_trip(Open(a=1)).model_extra == {}
    hidden = Hidden(a=1)
    hidden._seen.append((1,))
    back = round_trip(hidden)
    assert back._seen == [(1,)]
    back._unset = 5
    assert back._unset == 5


@pytest.mark.parametrize(
    "value", [Ids([1, 2]), Box[Address](item=Address(city="x")), Checked(1), [Ids([])]], ids=repr
)
def test_d_03_other_kinds_of_models_come_back(value):
    round_trip(value)


def test_d_03_a_model_that_no_annotation_names_is_refused():
    class Other(BaseModel):
        a: int

    with pytest.raises(EncodingError, match=r"no annotation names the class `.*Other`"):
        CODECS.encode([Other(a=1)])
    with pytest.raises(EncodingError, match=r"`value.item` cannot .* no annotation names the class .*Other"):
        Codecs([Box]).encode(Box(item=Other(a=1)))


def test_d_03_a_field_without_a_form_is_refused_with_its_path():
    class Login(BaseModel):
        users: list[dict[str, SecretStr]]

    with pytest.raises(EncodingError) as caught:
        Codecs([Login]).encode(Login(users=[{"x": SecretStr("swordfish")}]))
    assert caught.value.path == 'value.users[0]["x"]'
    assert "swordfish" not in str(caught.value)


def test_d_03_a_model_without_a_field_is_refused():
    with pytest.raises(EncodingError, match="its field `name` has no value"):
        CODECS.encode(User.model_construct(born=1))


def test_d_03_a_dataclass_of_pydantic_with_other_names_is_refused():
    @pydantic.dataclasses.dataclass
    class Renamed:
        name: str = Field(alias="userName")

    with pytest.raises(EncodingError, match="its constructor does not take the field `name` by its name"):
        Codecs([Renamed]).encode(Renamed(userName="x"))


def test_d_03_a_typed_dict_of_typing_extensions_names_its_classes():
    class Movie(typing_extensions.TypedDict):
        at: Address

    value = {"at": Address(city="x")}
    codecs = Codecs([Movie])
    assert codecs.decode(codecs.encode(value)) == value


def test_d_03_a_model_that_has_changed_is_told():
    old = '{"$object":"test_codec_models:User","fields":%s}'
    back = CODECS.decode(old % '{"name":"x"}')
    assert (back.color, back.born, back.model_fields_set) == (Color.RED, 0, {"name"})
    with pytest.raises(DecodingError, match="needs the field `name`"):
        CODECS.decode(old % "{}")
    with pytest.raises(DecodingError, match="has no field `gone`"):
        CODECS.decode(old % '{"name":"x","gone":1}')


def test_d_03_extra_attributes_are_shown_without_the_program():
    text = CODECS.encode(Open.model_validate({"a": 1, "$b": 2}))
    assert Codecs([]).decode_opaque(text) == Opaque("test_codec_models:Open", {"a": 1, "$b": 2})
