"""Rule C-8: settings of a group in Graflow's spelling, `backend_config`."""

import threading

import pytest

from taskloom import CoordinationBackend, parallel, task, workflow


@task
def step(n=0):
    return n


def most_at_once(**settings):
    """How many members of a group run at the same time, of six that would all like to."""
    inside, most = [], []
    lock = threading.Lock()
    pairs = threading.Barrier(2)

    @task
    def member(n):
        with lock:
            inside.append(n)
            most.append(len(inside))
        pairs.wait(20)
        with lock:
            inside.remove(n)

    group = parallel(*(member(n=n) for n in range(6))).with_execution(**settings)
    workflow("w").add(group).execute()
    return max(most)


@pytest.mark.parametrize("backend", [None, "threading", CoordinationBackend.THREADING])
def test_c_08_thread_count_is_the_cap(backend):
    assert most_at_once(backend=backend, backend_config={"thread_count": 2}) == 2


def test_c_08_both_spellings_may_say_the_same():
    assert most_at_once(max_concurrency=2, backend_config={"thread_count": 2}) == 2


def test_c_08_what_is_not_given_stays():
    order = []

    @task
    def note(name):
        order.append(name)

    members = parallel(*(note(task_id=f"m{n}", name=n) for n in range(9)))
    members.with_execution(backend_config={"thread_count": 1})
    members.with_execution(policy="best_effort", backend_config={})
    workflow("w").add(members).execute()
    assert order == list(range(9))


@pytest.mark.parametrize(
    ("settings", "kind", "text"),
    [
        (
            {"backend_config": {"max_workers": 2}},
            ValueError,
            "no key 'max_workers': there is \"thread_count\"",
        ),
        ({"backend_config": {"thread_count": 2, "host": "h"}}, ValueError, "no key 'host'"),
        ({"backend_config": {1: 2}}, ValueError, "no key 1"),
        (
            {"backend_config": {"thread_count": 0}},
            ValueError,
            "thread_count is a whole number from 1 on, not 0",
        ),
        ({"backend_config": {"thread_count": True}}, ValueError, "thread_count is a whole number from 1 on"),
        ({"backend_config": {"thread_count": "2"}}, ValueError, "thread_count is a whole number from 1 on"),
        ({"backend_config": 2}, TypeError, "backend_config is a dict, not a int"),
        (
            {"backend_config": {"thread_count": 2}, "max_concurrency": 3},
            ValueError,
            "max_concurrency is 3, and thread_count in backend_config, which means the same, is 2",
        ),
        ({"backend_config": {"thread_count": 2}, "backend": "direct"}, ValueError, "one task at a time"),
    ],
    ids=str,
)
def test_e_01_what_makes_no_sense_is_refused(settings, kind, text):
    group = step(task_id="a") | step(task_id="b")
    with pytest.raises(kind, match=text):
        group.with_execution(**settings)
