"""The channel that the tasks of a run share, under a schema, and a loop that works on it."""

from typing import TypedDict

from taskloom import TaskExecutionContext, parallel, task, workflow


class Notes(TypedDict):
    """The keys that there are. A value of another type is refused where it is written."""

    facts: list[str]
    bytes: int


@task
def agent(ctx: TaskExecutionContext) -> None:
    """Ends the loop by going elsewhere."""
    facts = ctx.get_typed_channel(Notes).get("facts", [])
    print(f"the agent knows {len(facts)} facts")
    if len(facts) == 2:
        ctx.next_task(answer, goto=True)


@task(max_retries=1)
def tool(ctx: TaskExecutionContext) -> None:
    """What the first attempt writes is gone with it, so that a retry leaves nothing double."""
    notes = ctx.get_typed_channel(Notes)
    notes.append("facts", f"fact {ctx.cycle_count}")
    # An addition acts at once, and a retry does not add again.
    notes.atomic_add("bytes", 6)
    if ctx.attempt == 1:
        raise ConnectionError("try again")


@task
def answer(ctx: TaskExecutionContext) -> str:
    notes = ctx.get_typed_channel(Notes)
    return f"{notes.get('facts')}, {notes.get('bytes')} bytes"


@task
def withdraw(ctx: TaskExecutionContext, amount: int) -> bool:
    """Without a schema, and with a lock: nobody else reads or writes between the two lines."""
    channel = ctx.get_channel()
    with channel.lock("balance"):
        balance = channel.get("balance")
        if balance < amount:
            return False
        channel.set("balance", balance - amount)
        return True


with workflow("loop") as wf:
    agent >> tool >> agent
print(wf.run().value)

bank = workflow("bank").add(parallel(*(withdraw(task_id=f"w{i}", amount=30) for i in range(10))))
paid, context = bank.execute(initial_channel={"balance": 100}, ret_context=True)
print(f"{sum(paid.values())} of 10 were paid, {context.get_channel().get('balance')} is left")
