"""Rule R-12: what a script prints that executes a workflow and does not use the value."""

import os
import runpy
import subprocess
import sys
import textwrap

import pytest

from scripts import run_source

HEAD = """
from taskloom import chain, parallel, task, workflow

@task
def step(value="step"):
    return value

a, b = step(task_id="a", value="A"), step(task_id="b", value="B")
"""


def script(body, directory, **options):
    done = run_source(HEAD + textwrap.dedent(body), directory, **options)
    assert done.returncode == 0, done.stderr
    return done


ECHOED = {
    "in the block": "with workflow('w') as wf:\n    a >> b\n    wf.execute()\n",
    "after the block": "with workflow('w') as wf:\n    a >> b\nwf.execute()\n",
    "run": "with workflow('w') as wf:\n    a >> b\nwf.run()\n",
    "in a condition": "wf = workflow('w').add(a >> b)\nif __name__ == '__main__':\n    wf.execute()\n",
    "in a loop": "wf = workflow('w').add(a >> b)\nfor _ in range(1):\n    wf.execute()\n",
    "chained": "workflow('w').add(a >> b).execute()\n",
    "with arguments": "workflow('w').add(a >> b).execute(max_concurrency=1, initial_channel={'x': 1})\n",
    "in a try": "try:\n    workflow('w').add(a >> b).execute()\nfinally:\n    pass\n",
    "several on a line": "wf = workflow('w').add(a >> b); wf.execute(); x = 1\n",
}

SILENT = {
    "assigned": "x = workflow('w').add(a >> b).execute()\n",
    "assigned with an annotation": "x: str = workflow('w').add(a >> b).execute()\n",
    "assigned by a walrus": "if (x := workflow('w').add(a >> b).execute()):\n    pass\n",
    "unpacked": "x, y = workflow('w').add(a >> b).execute(ret_context=True)\n",
    "an argument": "len(workflow('w').add(a >> b).execute())\n",
    "compared": "assert workflow('w').add(a >> b).execute() == 'B'\n",
    "indexed": "workflow('w').add(a >> b).execute()[0]\n",
    "in a function": "def main():\n    workflow('w').add(a >> b).execute()\nmain()\n",
    "in a lambda": "(lambda: workflow('w').add(a >> b).execute())()\n",
    "in a class": "class C:\n    workflow('w').add(a >> b).execute()\n",
    "in a comprehension": "[workflow('w').add(a >> b).execute() for _ in range(1)]\n",
    "started": "workflow('w').add(a >> b).start().result()\n",
    "in a thread": "import threading\nwf = workflow('w').add(a >> b)\n"
    "t = threading.Thread(target=wf.execute)\nt.start()\nt.join()\n",
}


@pytest.mark.parametrize("body", ECHOED.values(), ids=ECHOED)
def test_r_12_echoed(body, tmp_path):
    assert script(body, tmp_path).stdout == "A\nB\n"


@pytest.mark.parametrize("body", SILENT.values(), ids=SILENT)
def test_r_12_silent(body, tmp_path):
    assert script(body, tmp_path).stdout == ""


def test_r_12_a_module_that_is_imported(tmp_path):
    (tmp_path / "library.py").write_text(HEAD + ECHOED["in the block"])
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run_source("import library", tmp_path, env={"PYTHONPATH": path})
    assert (done.stdout, done.returncode) == ("", 0)


def test_r_12_runpy_as_main_and_not(tmp_path, capsys):
    path = tmp_path / "program.py"
    path.write_text(HEAD + ECHOED["in the block"])
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out == "A\nB\n"
    runpy.run_path(str(path))
    assert capsys.readouterr().out == ""


def test_r_12_python_m(tmp_path):
    (tmp_path / "program.py").write_text(HEAD + ECHOED["in the block"])
    done = subprocess.run(
        [sys.executable, "-m", "program"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout == "A\nB\n"


def test_r_12_standard_input_and_option_c(tmp_path):
    for arguments, stdin in (
        (["-"], HEAD + ECHOED["in the block"]),
        (["-c", HEAD + ECHOED["in the block"]], ""),
    ):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        )
        assert done.stdout == "A\nB\n"


def test_r_12_a_prompt_shows_the_value_itself(tmp_path):
    lines = "wf = workflow('w').add(a >> b)\nwf.execute()\nwf.execute();\n"
    done = subprocess.run(
        [sys.executable, "-i", "-q", "-c", HEAD],
        cwd=tmp_path,
        input=lines,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert done.stdout.splitlines() == ["'B'", "'B'"]


def cell(source, namespace):
    """A cell of a notebook: the last expression is the value that is shown, all before are statements."""
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), namespace)


def test_r_12_a_cell(capsys):
    namespace = {"__name__": "__main__"}
    cell(HEAD, namespace)
    cell("with workflow('w') as wf:\n    a >> b\n    wf.execute()", namespace)
    assert capsys.readouterr().out == "A\nB\n"
    assert eval(compile("wf.execute()", "<cell>", "eval"), namespace) == "B"
    assert capsys.readouterr().out == ""


def test_r_12_off_in_doctests(tmp_path):
    program = '''
        def documented():
            """
            >>> with workflow("w") as wf:
            ...     x = a >> b
            >>> wf.execute()
            'B'
            >>> for _ in range(1):
            ...     wf.execute()
            'B'
            """

        import doctest
        print(doctest.testmod())
    '''
    assert script(program, tmp_path).stdout == "TestResults(failed=0, attempted=3)\n"


def test_r_12_the_order_of_completion(tmp_path):
    body = """
        import threading
        first_ended = threading.Event()

        @task
        def slow():
            assert first_ended.wait(20)
            return "slow"

        @task
        def fast():
            return "fast"

        @task
        def signal():
            first_ended.set()
            return "signal"

        with workflow("w") as wf:
            wf.add(slow)
            fast >> signal
            wf.execute()
    """
    lines = script(body, tmp_path).stdout.splitlines()
    assert lines[0] == "fast"
    assert sorted(lines) == ["fast", "signal", "slow"]


def test_r_12_none_is_not_printed(tmp_path):
    body = """
        with workflow("w") as wf:
            chain(step(value=None), step(value=0), step(value=""), step(value=False))
            wf.execute()
    """
    assert script(body, tmp_path).stdout == "0\n\nFalse\n"


def test_r_12_values_of_groups_are_not_echoed(tmp_path):
    body = "with workflow('w') as wf:\n    parallel(a) >> b\n    wf.execute()\n"
    assert script(body, tmp_path).stdout == "A\nB\n"


def test_r_12_as_print_shows_it(tmp_path):
    body = """
        class Thing:
            def __str__(self):
                return "as text"
            def __repr__(self):
                return "as repr"
        workflow("w").add(step(value=Thing())).execute()
        workflow("w").add(step(value="two\\nlines")).execute()
    """
    assert script(body, tmp_path).stdout == "as text\ntwo\nlines\n"


def test_r_12_a_long_text_is_cut(tmp_path):
    body = """
        workflow("w").add(step(value="x" * 2000)).execute()
        workflow("w").add(step(value="y" * 2001)).execute()
    """
    whole, cut = script(body, tmp_path).stdout.splitlines()
    assert whole == "x" * 2000
    assert cut.startswith("y" * 2000 + "…")
    assert "2001" in cut
    assert len(cut) < 2100


def test_r_12_after_100_results_the_rest_is_counted(tmp_path):
    body = "with workflow('w') as wf:\n    chain(*[step(value=n) for n in range(103)])\n    wf.execute()\n"
    lines = script(body, tmp_path).stdout.splitlines()
    assert lines[:100] == [str(n) for n in range(100)]
    assert len(lines) == 101
    assert "3 more" in lines[100]


def test_r_12_a_failing_text_does_not_fail_the_run(tmp_path):
    body = """
        class Broken:
            def __str__(self):
                raise RuntimeError("no text")
        with workflow("w") as wf:
            step(value=Broken()) >> a
            wf.execute()
        print("went on")
    """
    lines = script(body, tmp_path).stdout.splitlines()
    assert lines[1:] == ["A", "went on"]
    assert "Broken" in lines[0]


def test_r_12_an_unencodable_character(tmp_path):
    body = "workflow('w').add(step(value='Zürich 🌦')).execute()\nprint('went on')\n"
    done = script(body, tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout == "Z\\xfcrich \\U0001f326\nwent on\n"


def test_r_12_a_lone_surrogate(tmp_path):
    body = "workflow('w').add(step(value='a\\ud800b')).execute()\nprint('went on')\n"
    done = script(body, tmp_path, env={"PYTHONIOENCODING": "utf-8"})
    assert done.stdout == "a\\ud800b\nwent on\n"


@pytest.mark.parametrize(
    "ruin", ["sys.stdout.close()", "sys.stdout = None", "sys.stdout = Odd()", "os.close(1)"]
)
def test_r_12_a_stdout_that_is_closed_or_odd(ruin, tmp_path):
    body = f"""
        import os, sys
        class Odd:
            def write(self, text):
                raise RuntimeError("odd")
            def flush(self):
                pass
        keep = sys.stdout
        {ruin}
        with workflow("w") as wf:
            a >> b
            wf.execute()
        print("went on", file=sys.stderr)
        os._exit(0)
    """
    assert script(body, tmp_path).stderr == "went on\n"


def test_r_12_a_pipe_that_nobody_reads(tmp_path):
    body = textwrap.dedent("""
        import os, sys
        workflow("w").add(step(value="x" * 100)).execute()
        print("went on", file=sys.stderr)
        os._exit(0)
    """)
    read, write = os.pipe()
    os.close(read)
    (tmp_path / "program.py").write_text(HEAD + body)
    try:
        done = subprocess.run(
            [sys.executable, "-u", "program.py"],
            cwd=tmp_path,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            timeout=50,
        )
    finally:
        os.close(write)
    assert (done.stderr, done.returncode) == ("went on\n", 0)


def test_r_12_the_workflow_decides(tmp_path):
    body = """
        workflow("w", echo=False).add(a >> b).execute()
        x = workflow("w", echo=True).add(a >> b).execute()
        def main():
            y = workflow("w", echo=True).add(b).execute()
        main()
    """
    for env in ({}, {"TASKLOOM_ECHO": "0"}, {"TASKLOOM_ECHO": "1"}):
        assert script(body, tmp_path, env=env).stdout == "A\nB\nB\n"


def test_r_12_the_environment_decides(tmp_path):
    body = ECHOED["in the block"] + "x = wf.execute()\n"
    assert script(body, tmp_path, env={"TASKLOOM_ECHO": "0"}).stdout == ""
    assert script(body, tmp_path, env={"TASKLOOM_ECHO": "1"}).stdout == "A\nB\nA\nB\n"
    for other in ("", "yes", "2"):
        assert script(body, tmp_path, env={"TASKLOOM_ECHO": other}).stdout == "A\nB\n"


def test_r_12_execute_async_echoes_when_told_to(tmp_path):
    body = """
        import asyncio
        asyncio.run(workflow("w", echo=True).add(a >> b).execute_async())
    """
    assert script(body, tmp_path).stdout == "A\nB\n"
    body = "import asyncio\nasyncio.run(workflow('w').add(a >> b).execute_async())\n"
    assert script(body, tmp_path).stdout == ""
    assert script(body, tmp_path, env={"TASKLOOM_ECHO": "1"}).stdout == "A\nB\n"


AWAITING_CELL = """
import ast, asyncio, types
namespace = {**globals(), "wf": workflow("w").add(a >> b)}

def run(source):
    code = compile(source, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    coroutine = types.FunctionType(code, namespace)()
    asyncio.run(coroutine)
"""


def test_r_12_a_cell_that_awaits_echoes(tmp_path):
    assert script(AWAITING_CELL + "run('await wf.execute_async()')\n", tmp_path).stdout == "A\nB\n"
    assert script(AWAITING_CELL + "run('x = await wf.execute_async()')\n", tmp_path).stdout == ""


def test_r_12_the_thread_that_called_execute_prints(tmp_path):
    body = """
        import sys, threading
        class Spy:
            def __init__(self, stream):
                self.stream = stream
            def write(self, text):
                assert threading.current_thread() is threading.main_thread()
                return self.stream.write(text)
            def flush(self):
                self.stream.flush()
        sys.stdout = Spy(sys.stdout)
        with workflow("w") as wf:
            parallel(*[step(value=n) for n in range(20)])
            wf.execute()
    """
    assert sorted(script(body, tmp_path).stdout.split()) == sorted(str(n) for n in range(20))


def test_r_12_results_before_a_failure_are_echoed(tmp_path):
    body = """
        @task
        def fails():
            raise ValueError("broken")
        with workflow("w") as wf:
            a >> fails
            try:
                wf.execute()
            except Exception as error:
                print(type(error).__name__)
    """
    assert script(body, tmp_path).stdout == "A\nTaskError\n"


def test_e_02_nothing_but_the_echo_is_on_stdout(tmp_path):
    body = """
        x = workflow("w").add(a >> b).run()
        y = workflow("w").add(a | b).execute()
        workflow("w").add(a).start().result()
    """
    done = script(body, tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
