"""Processes that are killed at any instant lose nothing that has completed, and repeat nothing of it (D-1,
D-4, H-3)."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from taskloom import Store

KILLS = int(os.environ.get("TASKLOOM_TEST_KILLS", "60"))
SEED = int(os.environ.get("TASKLOOM_TEST_SEED", "0")) or random.randrange(1, 2**32)
LONGEST = 0.1
"""The longest life of a process that is killed, in seconds."""
LONG = 50.0
"""How long one lives that is not."""

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.timeout(60 + KILLS),
]


class Lives:
    """The program, and what it leaves behind."""

    def __init__(self, directory, store):
        self.store = directory / store
        self.log = directory / f"{store}.log"
        self.log.touch()
        self._offset = 0
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("killed.py"), self.store],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"KILLED_LOG": str(self.log), "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def live(self, run_id, seconds=LONG):
        """One life, which is ended after so many seconds; says whether it was."""
        self._process.stdin.write(f"{run_id} {seconds}\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status in (0, -signal.SIGKILL)
        return status != 0

    def news(self):
        """What bodies have told since this was asked last."""
        with self.log.open() as file:
            file.seek(self._offset)
            lines = file.read().splitlines()
            self._offset = file.tell()
        return lines

    def recorded(self, run_id):
        """The names of all executions whose completion is recorded."""
        if not self.store.exists():
            return Counter()
        with contextlib.closing(sqlite3.connect(self.store)) as connection:
            if not connection.execute("SELECT * FROM sqlite_schema WHERE name = 'entries'").fetchall():
                # It was killed before it made its tables.
                return Counter()
            rows = connection.execute(
                "SELECT value FROM entries JOIN runs ON run = number "
                "WHERE id = ? AND kind = 'succeeded' AND value LIKE '\"%'",
                [run_id],
            ).fetchall()
        return Counter(json.loads(value) for (value,) in rows)

    def result(self, run_id):
        """What the last task gave, as it is recorded."""
        with contextlib.closing(sqlite3.connect(self.store)) as connection:
            (value,) = connection.execute(
                "SELECT value FROM entries JOIN runs ON run = number "
                "WHERE id = ? AND kind = 'succeeded' AND value IS NOT NULL ORDER BY place DESC LIMIT 1",
                [run_id],
            ).fetchone()
        return json.loads(value)


def test_d_01_a_kill_at_any_instant_loses_and_repeats_nothing(tmp_path):
    print(f"TASKLOOM_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    with Lives(tmp_path, "undisturbed.db") as lives:
        assert not lives.live("r0")
        result, everything = lives.result("r0"), lives.recorded("r0")
    assert set(everything.values()) == {1}
    assert len(everything) > 150

    kills = rounds = 0
    with Lives(tmp_path, "killed.db") as lives:
        while kills < KILLS:
            run_id = f"r{rounds}"
            rounds += 1
            known, goes_on = Counter(), True
            while goes_on:
                goes_on = lives.live(run_id, chance.uniform(0, LONGEST) if kills < KILLS else LONG)
                kills += goes_on
                begun = {line.removeprefix("begins ") for line in lives.news() if line.startswith("begins ")}
                assert not begun & set(known), "what was recorded ran again"
                recorded = lives.recorded(run_id)
                assert known <= recorded, "what was recorded is gone"
                assert max(recorded.values(), default=1) == 1, "something is recorded twice"
                known = recorded
            expected = {name.replace("r0 ", f"{run_id} ", 1) for name in everything}
            assert set(known) == expected
            assert lives.result(run_id) == result
    store = Store(tmp_path / "killed.db")
    assert store.verify() == []
    assert [run.status for run in store.runs()] == ["succeeded"] * rounds
    print(f"{kills} kills in {rounds} runs")
