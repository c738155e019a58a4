"""A program for `test_durable_cancels.py`: executes the workflow of `killed.py` again and again, and
cancels it from outside at random instants.

    python cancelled.py STORE CANCELS SEED
"""

import asyncio
import os
import random
import sys
import time

from killed import make

from taskloom import Store
from taskloom.errors import RunCancelledError

LONGEST = 0.1
store, cancels, chance = Store(sys.argv[1], durability="normal"), int(sys.argv[2]), random.Random(sys.argv[3])


async def on_loop(run_id, seconds):
    running = asyncio.ensure_future(make().execute_async(store=store, run_id=run_id))
    if seconds is not None:
        await asyncio.sleep(seconds)
        running.cancel()
    try:
        return await running
    except asyncio.CancelledError:
        return None


def in_background(run_id, seconds):
    handle = make().start(store=store, run_id=run_id)
    if seconds is not None:
        time.sleep(seconds)
        handle.cancel()
    try:
        return handle.result().value
    except RunCancelledError:
        return None


def recorded(run_id):
    run = store.run(run_id)
    tasks = () if run is None else run.tasks.values()
    return {task.value for task in tasks if task.json is not None and isinstance(task.value, str)}


def main():
    result, count, runs = None, 0, 0
    with open(os.environ["KILLED_LOG"]) as log:
        while count < cancels:
            run_id, known, value = f"r{runs}", set(), None
            runs += 1
            while value is None:
                seconds = chance.uniform(0, LONGEST) if count < cancels else None
                if chance.random() < 0.5:
                    value = asyncio.run(on_loop(run_id, seconds))
                else:
                    value = in_background(run_id, seconds)
                begun = {line.strip().removeprefix("begins ") for line in log if line.startswith("begins ")}
                assert not begun & known, "what was recorded ran again"
                known |= recorded(run_id)
                count += value is None
            assert result in (None, value)
            result = value
    assert store.verify() == []
    print("all is well")


if __name__ == "__main__":
    main()
