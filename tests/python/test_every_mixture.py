"""Rules I-1 and C-5: definitions and instances may be made inside or outside of the block, at the top level
of a module or in a function, and composed in any way: the result is the same."""

import itertools
import textwrap

import pytest

from taskloom import chain, parallel, task, workflow

DEFINITIONS = """\
@task
def fetch(city: str) -> str:
    return f"Weather for {city}"

@task
def report(weather: str, note: str = "fine") -> str:
    return f"{weather}: {note}"
"""

INSTANCES = """\
tokyo = fetch(task_id="tokyo", city="Tokyo")
paris = fetch(city="Paris")
end = report(task_id="end", weather=tokyo)
"""

COMPOSITIONS = {
    "operators": "tokyo >> paris >> end",
    "chain": "chain(tokyo, paris, end)",
    "edges": "tokyo >> paris; paris >> end",
    "backwards": "end << paris << tokyo",
    "list": "[tokyo] >> paris >> end",
    "group": "parallel(tokyo) >> paris >> end",
}

PLACES = ["outside", "inside"]


def program(definitions, instances, composition, function):
    outside, inside = [], []
    (inside if definitions == "inside" else outside).append(DEFINITIONS)
    (inside if instances == "inside" else outside).append(INSTANCES)
    inside.append(composition)
    lines = (
        "".join(outside) + 'with workflow("w") as wf:\n' + textwrap.indent("\n".join(inside), "    ") + "\n"
    )
    if not function:
        return lines
    return (
        "def build():\n"
        + textwrap.indent(lines, "    ")
        + "    return wf, end, paris\n\nwf, end, paris = build()\n"
    )


@pytest.mark.parametrize("function", [False, True], ids=["module", "function"])
@pytest.mark.parametrize("composition", COMPOSITIONS.values(), ids=COMPOSITIONS)
@pytest.mark.parametrize(
    ("definitions", "instances"),
    [pair for pair in itertools.product(PLACES, PLACES) if pair != ("inside", "outside")],
)
def test_c_05_every_mixture_gives_the_same(definitions, instances, composition, function):
    namespace = {
        "task": task,
        "workflow": workflow,
        "chain": chain,
        "parallel": parallel,
        "__name__": "program",
    }
    source = program(definitions, instances, composition, function)
    exec(compile(source, "program.py", "exec"), namespace)
    run = namespace["wf"].run()
    assert run.value == "Weather for Tokyo: fine"
    assert list(run.outputs) == ["tokyo", namespace["paris"].task_id, "end"]
    assert run.output(namespace["paris"]) == "Weather for Paris"


@pytest.mark.parametrize("added", ["inside", "after"])
@pytest.mark.parametrize("composed", ["outside", "inside"])
def test_c_05_a_composition_made_anywhere(composed, added):
    @task
    def step(name):
        return name

    def compose():
        return step(task_id="a", name="A") >> step(task_id="b", name="B")

    wf = workflow("w")
    composition = compose() if composed == "outside" else None
    with wf:
        if composition is None:
            composition = compose()
        if added == "inside":
            wf.add(composition)
    if added == "after":
        wf.add(composition)
    assert list(wf.run().outputs) == ["a", "b"]
