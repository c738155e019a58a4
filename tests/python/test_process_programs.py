"""Rules R-13, R-10 and R-12: programs whose tasks run in processes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from scripts import run_python, run_source

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not implemented there")

HEAD = """
import os, sys, time
from taskloom import TaskExecutionContext, chain, parallel, task, workflow
from taskloom.errors import *
"""


def is_gone_soon(pid):
    until = time.monotonic() + 20
    while True:
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.01)


def test_r_13_a_guarded_script(tmp_path):
    source = f"""{HEAD}
class Point:
    def __init__(self, x):
        self.x = x

@task
def move(point: Point):
    return Point(point.x + 1), __name__

if __name__ == "__main__":
    group = parallel(move(task_id="a", point=Point(1))).with_execution(backend="process")
    (point, name), = workflow("w").add(group).execute().values()
    print(type(point) is Point, point.x, name)
"""
    done = run_source(source, tmp_path)
    assert (done.stdout, done.stderr) == ("True 2 __mp_main__\n", "")


@pytest.mark.parametrize("call", ["execute()", "run()", "start().result()"])
def test_r_13_a_script_without_a_guard_says_so(call, tmp_path):
    source = f"""{HEAD}
@task
def step():
    return 1

wf = workflow("w").add(parallel(step(task_id="x")).with_execution(backend="process"))
try:
    wf.{call}
except ParallelGroupError as error:
    print(error.run.tasks["x"].error)
"""
    done = run_source(source, tmp_path)
    assert done.stderr == ""
    assert done.stdout.splitlines()[1:] == ["  hint: guard it with `if __name__ == '__main__':`"]


def test_r_13_the_script_is_not_imported_unless_something_of_it_is_needed(tmp_path):
    (tmp_path / "elsewhere.py").write_text("from taskloom import task\n@task\ndef f(n):\n    return n\n")
    source = f"""{HEAD}
import os, elsewhere
print(__name__, flush=True)
group = parallel(*[elsewhere.f(task_id=f"t{{n}}", n=n) for n in range(20)]).with_execution(backend="process")
print(sum(workflow("w").add(group).execute().values()))
"""
    done = run_source(source, tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (done.stdout, done.stderr) == ("__main__\n190\n", "")


def test_r_13_a_module_that_is_run(tmp_path):
    (tmp_path / "program.py").write_text(f"""{HEAD}
@task
def name():
    return __name__

if __name__ == "__main__":
    print(workflow("w").add(parallel(name(task_id="x")).with_execution(backend="process")).execute())
""")
    done = run_python("-m", "program", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("{'x': '__mp_main__'}\n", "")


def test_r_13_what_a_process_prints_is_seen_and_nothing_is_echoed_there(tmp_path):
    source = f"""{HEAD}
@task
def inner():
    return "inner"

@task
def loud():
    print("loud")
    print("louder", file=sys.stderr)
    workflow("inner").add(inner).execute()

if __name__ == "__main__":
    workflow("w").add(parallel(loud(task_id="x")).with_execution(backend="process")).execute()
    print("end")
"""
    done = run_source(source, tmp_path, env={"TASKLOOM_ECHO": "1"})
    assert (done.stdout, done.stderr) == ("loud\nend\n", "louder\n")


# The end of a program


PROGRAM = f"""{HEAD}
@task
def forever():
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    wf = workflow("w").add(parallel(forever(task_id="x")).with_execution(backend="process"))
"""


def read_pid(process):
    return int(process.stdout.readline())


def test_r_13_a_process_does_not_keep_the_interpreter_alive(tmp_path):
    source = f"""{PROGRAM}
    handle = wf.start()
    while not any(event.kind == "started" for event in handle.events()):
        pass
    time.sleep(0.5)
"""
    began = time.monotonic()
    done = run_source(source, tmp_path)
    assert time.monotonic() - began < 20
    assert (done.returncode, done.stderr) == (0, "")
    assert all(is_gone_soon(pid) for pid in done.stdout.split())


def test_r_13_idle_processes_end_in_good_order_with_the_program(tmp_path):
    source = f"""{HEAD}
import atexit

@task
def register():
    atexit.register(print, "at exit", flush=True)
    return os.getpid()

if __name__ == "__main__":
    print(*workflow("w").add(parallel(register(task_id="x")).with_execution(backend="process")).execute().values())
"""
    done = run_source(source, tmp_path)
    pid, text = done.stdout.splitlines()
    assert (text, done.stderr) == ("at exit", "")
    assert is_gone_soon(pid)


def test_r_13_a_process_ends_when_the_first_is_killed(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM + "    wf.execute()\n")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as first:
        pid = read_pid(first)
        first.kill()
        assert is_gone_soon(pid)


def test_r_10_ctrl_c_is_for_the_first_process(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(f"""
import signal
# Whoever runs the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
{PROGRAM}    wf.execute()
""")
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as first:
        try:
            pid = read_pid(first)
            # As a terminal does.
            os.killpg(first.pid, signal.SIGINT)
            _, errors = first.communicate(timeout=20)
        finally:
            first.kill()
    assert first.returncode in (-signal.SIGINT, 130)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert is_gone_soon(pid)
