"""R-10: a durable run that is cancelled from outside, at any instant, goes on, loses and repeats nothing."""

import os
import random
import sys
from pathlib import Path

import pytest

from scripts import run_python

CANCELS = os.environ.get("TASKLOOM_TEST_CANCELS", "40")
SEED = os.environ.get("TASKLOOM_TEST_SEED", str(random.randrange(1, 2**32)))


@pytest.mark.skipif(sys.platform == "win32", reason="the program forks where it is killed")
@pytest.mark.timeout(60 + int(CANCELS))
def test_r_10_a_cancellation_at_any_instant_loses_and_repeats_nothing(tmp_path):
    print(f"TASKLOOM_TEST_SEED={SEED}")
    program = Path(__file__).with_name("cancelled.py")
    env = {"KILLED_LOG": str(tmp_path / "log")}
    done = run_python(
        program, tmp_path / "runs.db", CANCELS, SEED, cwd=tmp_path, env=env, timeout=50 + int(CANCELS)
    )
    assert (done.stdout, done.stderr) == ("all is well\n", "")
