"""The page "Task instances", as a script of Graflow, through `python -m taskloom.graflow`."""

import re

import pytest

from scripts import PAGE, run_python

WITH_GRAFLOW = [
    "from graflow import chain, parallel, task, workflow\n",
    "from graflow.core.decorators import task\nfrom graflow.core.task import chain, parallel\n"
    "from graflow.core.workflow import workflow\n",
]


def run_page(name, imports, directory, more=""):
    """Runs a block of the page with other imports on top, and `more` below."""
    text, replaced = re.subn(r"^from taskloom import .*\n", imports, (PAGE / name).read_text(), flags=re.M)
    assert replaced == 1
    script = directory / "script.py"
    script.write_text(text + more)
    cwd = directory / "empty"
    cwd.mkdir()
    done = run_python("-m", "taskloom.graflow", script, cwd=cwd)
    assert list(cwd.iterdir()) == [], "W-41: nothing is left behind"
    return done


@pytest.mark.parametrize("imports", WITH_GRAFLOW, ids=["short", "long"])
def test_19_1_block_1_runs_and_echoes_nothing(imports, tmp_path):
    done = run_page("block1_weather.py", imports, tmp_path, "print(wf.execute())\n")
    assert (done.stdout, done.stderr, done.returncode) == ("Weather for London\n", "", 0)


def test_19_1_block_2_names_its_instances(tmp_path):
    done = run_page("block2_auto_ids.py", WITH_GRAFLOW[0], tmp_path, "print(task1.task_id, task2.task_id)\n")
    assert re.fullmatch(r"process_[0-9a-f]{8} process_[0-9a-f]{8}\n", done.stdout), done.stderr


def test_w_20_block_3_is_the_error_that_the_page_promises(tmp_path):
    done = run_page("block3_unique_ids.py", WITH_GRAFLOW[0], tmp_path)
    assert done.returncode == 1
    assert "DuplicateTaskError: `fetch` already exists: first made at " in done.stderr


def test_19_1_block_4_runs_with_definitions_in_the_block_too(tmp_path):
    done = run_page("block4_dynamic.py", WITH_GRAFLOW[1], tmp_path, "print(wf.execute())\n")
    assert done.stdout == "{'batch_id': 3, 'count': 0}\n", done.stderr


def test_r_12_a_script_of_taskloom_runs_there_as_it_does_alone(tmp_path):
    done = run_python("-m", "taskloom.graflow", PAGE / "block1_weather.py", cwd=tmp_path)
    assert done.stdout == "Weather for Tokyo\nWeather for Paris\nWeather for London\n"
