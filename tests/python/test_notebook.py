"""A real notebook kernel: the page's blocks as cells, and what only notebooks do."""

import re
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from jupyter_client.manager import start_new_kernel

from scripts import PAGE

DEFINED = """\
from taskloom import task, workflow

@task
def fetch(city: str) -> str:
    return f"Weather for {city}"

@task
async def fetch_async(city: str) -> str:
    return f"Weather for {city}"
"""


class Outcome(NamedTuple):
    """What a cell printed, what it showed as its value, and its error's name and text."""

    printed: str = ""
    shown: dict[str, Any] | None = None
    error: tuple[str, str] | None = None


@pytest.fixture(scope="module")
def run_cell():
    manager, client = start_new_kernel()

    def run(source):
        outcome = Outcome()

        def note(message):
            nonlocal outcome
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    outcome = outcome._replace(printed=outcome.printed + content["text"])
                case "execute_result":
                    outcome = outcome._replace(shown=content["data"])
                case "error":
                    outcome = outcome._replace(error=(content["ename"], content["evalue"]))

        client.execute_interactive(source, timeout=30, output_hook=note)
        return outcome

    yield run
    client.stop_channels()
    manager.shutdown_kernel()


@pytest.mark.parametrize(
    ("block", "printed"),
    [
        ("block1_weather", "Weather for Tokyo\nWeather for Paris\nWeather for London\n"),
        ("block2_auto_ids", "20\n40\n60\n"),
    ],
)
def test_r_12_a_cell_echoes_its_results(run_cell, block, printed):
    text = (PAGE / f"{block}.py").read_text()
    assert run_cell(text) == Outcome(printed)
    # I-5: a cell that is run again makes the same ids, for a workflow of its own.
    assert run_cell(text) == Outcome(printed)


def test_r_12_a_cell_with_a_group_echoes_its_results(run_cell):
    outcome = run_cell((PAGE / "block4_dynamic.py").read_text())
    assert outcome.error is None
    lines = outcome.printed.splitlines()
    assert sorted(lines[:4])[0] == "{'city': 'London', 'temp': 20}"
    assert lines[4:] == [f"{{'batch_id': {number}, 'count': 0}}" for number in (1, 2, 3)]


def test_i_05_an_id_given_twice_in_a_cell(run_cell):
    text = (PAGE / "block3_unique_ids.py").read_text()
    marked = next(number for number, line in enumerate(text.splitlines(), 1) if "# ERROR" in line)
    for _ in range(2):
        outcome = run_cell(text)
        assert outcome.printed == ""
        name, message = outcome.error
        assert name == "DuplicateTaskError"
        assert re.match(
            rf"`fetch` already exists: first made at \S+:{marked - 1}, again at \S+:{marked}\n", message
        )


def test_i_05_one_id_in_two_cells(run_cell):
    run_cell(DEFINED)
    assert run_cell("one = fetch(task_id='fetch', city='Oslo')").error is None
    assert run_cell("other = fetch(task_id='fetch', city='Rome')").error is None
    name, message = run_cell("one >> other").error
    assert (name, message[: message.index(":")]) == ("DuplicateTaskError", "`fetch` already exists")


CHAIN = "wf = workflow('w').add(fetch_async(city='Oslo') >> fetch(city='Rome'))\n"
RESULTS = "Weather for Oslo\nWeather for Rome\n"


@pytest.mark.parametrize("call", ["wf.execute()", "await wf.execute_async()"])
def test_r_13_executing_in_the_running_loop(run_cell, call):
    run_cell(DEFINED)
    # The value of a cell's last expression is shown, so it is not discarded: nothing is echoed.
    assert run_cell(CHAIN + call) == Outcome("", {"text/plain": "'Weather for Rome'"})
    assert run_cell(f"{CHAIN}print({call})") == Outcome("Weather for Rome\n")
    assert run_cell(f"{CHAIN}x = {call}") == Outcome()
    # here it is.
    assert run_cell(f"{CHAIN}{call}\nx = 1") == Outcome(RESULTS)


@pytest.mark.parametrize("expression", ["wf", "wf.run()", "await wf.run_async()"])
def test_r_04_workflows_and_runs_show_themselves(run_cell, expression):
    run_cell(DEFINED + "wf = workflow('w').add(fetch(task_id='oslo', city='Oslo'))")
    printed, shown, error = run_cell(expression)
    assert (printed, error) == ("", None)
    assert "oslo" in shown["text/plain"]
    texts = [text.text for text in ElementTree.fromstring(shown["image/svg+xml"]).findall(".//{*}text")]
    assert "oslo" in texts
    assert any(text.startswith("succeeded in ") for text in texts) is (expression != "wf")


def test_r_10_a_cell_that_is_interrupted_cancels_its_run(run_cell):
    run_cell(DEFINED)
    source = """
import signal, os

@task
async def interrupted():
    import asyncio
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(30)

workflow('w').add(interrupted).execute()
"""
    printed, _, error = run_cell(source)
    assert (printed, error and error[0]) == ("", "KeyboardInterrupt")
    assert run_cell(CHAIN + "wf.execute()").shown == {"text/plain": "'Weather for Rome'"}
