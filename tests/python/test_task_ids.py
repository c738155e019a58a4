"""Rule I-8: which task ids are legal."""

import enum

import pytest

from taskloom import task, workflow
from taskloom.errors import InvalidTaskIdError, TaskloomError


@task
def fetch(city: str = "Oslo") -> str:
    return city


class Name(str):
    __slots__ = ()


class Day(enum.StrEnum):
    MONDAY = "monday"


LEGAL = [
    "a",
    "0",
    " ",
    "a b",
    "東京",
    "naïve",
    "🌦",
    "a/b",
    "a.b-c_d",
    "x" * 255,
    "東" * 255,
    "ParallelGroup_1",
]


@pytest.mark.parametrize("task_id", LEGAL, ids=ascii)
def test_i_08_legal(task_id):
    instance = fetch(task_id=task_id)
    assert instance.task_id == task_id
    with workflow("w") as wf:
        wf.add(instance)
    assert wf.run().outputs == {task_id: "Oslo"}


ILLEGAL = {
    "": "is empty",
    "x" * 256: "has 256 characters, 255 at most",
    "東" * 256: "has 256 characters",
    "a\nb": "control character",
    "a\x00b": "control character",
    "\t": "control character",
    "a\x7f": "control character",
    "a\x85": "control character",
}


@pytest.mark.parametrize(("task_id", "why"), ILLEGAL.items(), ids=[ascii(i)[:20] for i in ILLEGAL])
def test_i_08_illegal(task_id, why):
    with pytest.raises(InvalidTaskIdError, match=why) as caught:
        fetch(task_id=task_id)
    assert isinstance(caught.value, ValueError | TaskloomError)
    assert "hint: " in str(caught.value)
    assert "test_task_ids.py:" in str(caught.value)


@pytest.mark.parametrize("task_id", [5, b"a", 1.5, ["a"], object()], ids=lambda value: type(value).__name__)
def test_i_08_what_is_no_text(task_id):
    with pytest.raises(TypeError, match="task_id is a text"):
        fetch(task_id=task_id)


def test_i_08_what_is_also_a_text():
    assert fetch(task_id=Name("tokyo")).task_id == "tokyo"
    assert fetch(task_id=Day.MONDAY).task_id == "monday"


def test_i_08_a_lone_surrogate_is_refused_at_creation():
    with pytest.raises((TaskloomError, ValueError)):
        fetch(task_id="a\ud800")


def test_i_08_derived_instances_too():
    with pytest.raises(InvalidTaskIdError):
        fetch(city="Tokyo")(task_id="")


@pytest.mark.parametrize("task_id", ["", "a\nb", "x" * 256], ids=ascii)
def test_i_08_the_id_of_a_definition_too(task_id):
    # It is the task id of the definition alone, and its instances' automatic ids begin with it.
    with pytest.raises(InvalidTaskIdError, match=r"test_task_ids\.py:"):
        task(task_id)(lambda: 1)


def test_i_08_none_is_no_id():
    assert fetch(task_id=None).task_id.startswith("fetch_")


HALVES = ["\ud800", "a\udc80b", "\udfff"]


@pytest.mark.parametrize("text", HALVES, ids=ascii)
def test_i_08_a_lone_surrogate_is_refused(text):
    shown = repr(text).replace("\\", r"\\")
    with pytest.raises(
        InvalidTaskIdError, match=rf"task_id {shown} has a lone surrogate.*, at .*\.py:\d+\n  hint"
    ):
        fetch(task_id=text)
    with pytest.raises(InvalidTaskIdError, match=r"id of a definition .* has a lone surrogate"):
        task(id=text)(fetch.fn)
    with pytest.raises(InvalidTaskIdError, match=r"group name .* has a lone surrogate"):
        (fetch(task_id="a") | fetch(task_id="b")).set_group_name(text)
    # It begins the ids of its tasks where it is part of another one.
    with pytest.raises(InvalidTaskIdError, match=r"name of a workflow .* has a lone surrogate"):
        workflow(text)


def test_i_08_a_pair_of_surrogates_is_a_character():
    assert fetch(task_id="\U0001f326").task_id == "🌦"
