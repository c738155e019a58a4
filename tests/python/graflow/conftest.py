"""Tests of the drop-in for Graflow. They use its old import paths, which lead to `taskloom.graflow`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import taskloom.graflow  # noqa: F401
