"""The page that everything comes from, block by block, as scripts of a user."""

import re
import textwrap

import pytest

from scripts import PAGE, run_python, run_source
from taskloom import task

WEATHER = "Weather for Tokyo\nWeather for Paris\nWeather for London\n"
DOUBLED = "20\n40\n60\n"
FETCHED = [str({"city": city, "temp": 20}) for city in ("Tokyo", "Paris", "London", "NYC")]
BATCHES = [str({"batch_id": number, "count": 0}) for number in (1, 2, 3)]


def run_page(name, directory):
    done = run_python(PAGE / name, cwd=directory)
    assert list(directory.iterdir()) == [], "E-2: nothing is left behind"
    return done


def marked_line(name):
    lines = (PAGE / name).read_text().splitlines()
    numbers = [number for number, line in enumerate(lines, 1) if "# ERROR" in line]
    assert len(numbers) == 1
    return numbers[0]


def with_marked_line_tried(name):
    """The file, with the marked line in a `try` statement."""
    lines = (PAGE / name).read_text().splitlines()
    number = marked_line(name)
    lines[number - 1] = textwrap.dedent(f"""\
        import taskloom
        try:
            {lines[number - 1]}
        except taskloom.errors.DuplicateTaskError as error:
            print("refused:", error.task_id)
        else:
            print("not refused")""")
    return "\n".join(lines) + "\nprint(task1.task_id, task2.task_id)\n"


def assert_dynamic(lines):
    # The fetches run side by side, so they end in any order; the batches follow one another.
    assert sorted(lines[:4]) == sorted(FETCHED)
    assert lines[4:] == BATCHES


def assert_ends_on_marked_line(done, name):
    assert done.returncode == 1
    place = f'File "{PAGE / name}", line {marked_line(name)}, in <module>'
    assert place in done.stderr
    last = done.stderr[done.stderr.rindex("taskloom.errors.") :]
    assert last.startswith("taskloom.errors.DuplicateTaskError: `fetch` already exists: first made at ")
    first, again = re.findall(rf"{name}:(\d+)", last)
    assert (int(first), int(again)) == (marked_line(name) - 1, marked_line(name))


def test_r_12_block_1_prints_the_three_lines(tmp_path):
    done = run_page("block1_weather.py", tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (WEATHER, "", 0)


def test_r_12_block_2_prints_each_result(tmp_path):
    done = run_page("block2_auto_ids.py", tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (DOUBLED, "", 0)


def test_i_04_block_2_names_its_instances(tmp_path):
    text = (PAGE / "block2_auto_ids.py").read_text()
    done = run_source(text + "print(task1.task_id, task2.task_id, task3.task_id)\n", tmp_path)
    ids = done.stdout.splitlines()[-1].split()
    assert len(set(ids)) == 3
    assert all(re.fullmatch("process_[0-9a-f]{8}", task_id) for task_id in ids)


def test_i_05_block_3_ends_on_the_marked_line(tmp_path):
    done = run_page("block3_unique_ids.py", tmp_path)
    assert done.stdout == ""
    assert_ends_on_marked_line(done, "block3_unique_ids.py")


def test_i_05_block_3_goes_on_where_the_error_is_caught(tmp_path):
    done = run_source(with_marked_line_tried("block3_unique_ids.py"), tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    refused, ids = done.stdout.splitlines()
    assert refused == "refused: fetch"
    assert re.fullmatch("fetch_weather_[0-9a-f]{8} fetch_weather_[0-9a-f]{8}", ids)
    assert len(set(ids.split())) == 2


def test_r_12_block_4_prints_each_result(tmp_path):
    done = run_page("block4_dynamic.py", tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    assert_dynamic(done.stdout.splitlines())


def test_i_05_whole_page_ends_on_the_marked_line(tmp_path):
    done = run_page("whole_page.py", tmp_path)
    assert done.stdout == WEATHER + DOUBLED
    assert_ends_on_marked_line(done, "whole_page.py")


def test_i_05_whole_page_goes_on_where_the_error_is_caught(tmp_path):
    done = run_source(with_marked_line_tried("whole_page.py"), tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    *lines, ids = done.stdout.splitlines()
    assert lines[:7] == [*(WEATHER + DOUBLED).splitlines(), "refused: fetch"]
    assert_dynamic(lines[7:])
    assert len(set(ids.split())) == 2


def test_r_12_a_value_that_is_used_is_not_echoed(tmp_path):
    done = run_page("u.py", tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("Weather for London\n", "", 0)


def test_i_05_two_threads_build_the_same_workflow(tmp_path):
    done = run_page("two_threads.py", tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == "600 built, 0 errors\n{'Weather for Tokyo, Weather for Paris'}\n"


@pytest.mark.parametrize(
    "block", ["block1_weather", "block2_auto_ids", "block3_unique_ids", "block4_dynamic"]
)
def test_i_05_whole_page_is_its_blocks(block):
    # Definitions on top of a block stand for those of earlier blocks.
    whole = (PAGE / "whole_page.py").read_text()
    last_paragraphs = (PAGE / f"{block}.py").read_text().split("\n\n", 2)[2]
    assert last_paragraphs in whole


def test_i_04_a_million_instances_have_a_million_ids():
    @task
    def process(value: int) -> int:
        return value * 2

    assert len({process(value=1).task_id for _ in range(10**6)}) == 1_000_000
