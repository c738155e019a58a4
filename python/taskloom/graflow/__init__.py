"""A drop-in for Graflow: programs that were written for it run on Taskloom.

After `import taskloom.graflow` the old import paths lead here, and `python -m taskloom.graflow script.py`
does that for a script that nobody has changed:

>>> import taskloom.graflow
>>> from graflow.core.decorators import task
>>> from graflow.core.workflow import workflow
>>> @task
... def fetch():
...     return 21
>>> @task
... def double(fetch):
...     return 2 * fetch
>>> fetch()
21
>>> with workflow("numbers") as wf:
...     _ = fetch >> double
>>> wf.execute()
42

What is made through these names behaves as Graflow does: a call without any argument runs the function, and
nothing is echoed. Nothing else in the process changes. What is different on purpose is told in
`docs/coming-from-graflow.md`.
"""

from __future__ import annotations

from .. import __version__
from . import _finder
from .core.context import TaskExecutionContext
from .core.decorators import task
from .core.retry import RetryPolicy
from .core.task import chain, parallel
from .core.workflow import workflow

__all__ = ["RetryPolicy", "TaskExecutionContext", "__version__", "chain", "parallel", "task", "workflow"]

_finder.install()
