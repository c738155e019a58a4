"""Tests of durable runs."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from taskloom import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs.db")
