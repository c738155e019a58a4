"""Rule I-5: two instances with one given id are an error, where it is certain that they are a mistake."""

import ast
import re
import threading

import pytest

import taskloom
from taskloom import chain, parallel, task, workflow
from taskloom.errors import DuplicateTaskError, GraphCompilationError, TaskloomError


@task
def fetch(city: str) -> str:
    return city


@task
def report(weather: str = "") -> str:
    return weather


def cell(source, namespace):
    """Runs a cell of a notebook: each has a code object of its own."""
    exec(compile(source, "<cell>", "exec"), namespace)


def notebook():
    return {
        "__name__": "__main__",
        "fetch": fetch,
        "report": report,
        "workflow": workflow,
        "taskloom": taskloom,
    }


# (a) In a block, at the second creation.


def test_i_05_a_in_a_block_at_the_second_creation():
    with workflow("w"):
        fetch(task_id="x", city="Tokyo")
        with pytest.raises(DuplicateTaskError, match="`x` already exists"):
            fetch(task_id="x", city="Paris")


def test_i_05_a_in_a_block_whoever_holds_the_first():
    def make(city):
        return fetch(task_id="x", city=city)

    with workflow("w"):
        make("Tokyo")
        with pytest.raises(DuplicateTaskError):
            make("Paris")


def test_i_05_a_in_a_block_after_one_that_was_composed_in_it():
    first = fetch(task_id="x", city="Tokyo")
    with workflow("w"):
        first >> report(task_id="end")
        with pytest.raises(DuplicateTaskError):
            fetch(task_id="x", city="Paris")


def test_i_05_a_two_blocks_of_two_workflows_may_have_one_id():
    for city in ("Tokyo", "Paris"):
        with workflow("w") as wf:
            fetch(task_id="x", city=city)
        assert wf.execute() == city


def test_i_05_a_nothing_is_dropped_after_the_error():
    with workflow("w") as wf:
        first = fetch(task_id="x", city="Tokyo")
        with pytest.raises(DuplicateTaskError):
            fetch(task_id="x", city="Paris")
        first >> report(task_id="end", weather="fine")
    assert wf.run().outputs == {"x": "Tokyo", "end": "fine"}


# (b) Outside a block, on the line that the page marks.


def test_i_05_b_the_line_that_the_page_marks():
    task1 = fetch(task_id="fetch", city="Tokyo")
    with pytest.raises(DuplicateTaskError):
        task2 = fetch(task_id="fetch", city="Paris")
    assert task1.task_id == "fetch"
    assert "task2" not in locals()


def test_i_05_b_the_error_names_the_id_and_both_places():
    namespace = notebook()
    source = "one = fetch(task_id='x', city='Tokyo')\n\ntwo = fetch(task_id='x', city='Paris')"
    with pytest.raises(DuplicateTaskError) as caught:
        exec(compile(source, "weather.py", "exec"), namespace)
    text = str(caught.value)
    assert text.startswith("`x` already exists: first made at weather.py:1, again at weather.py:3")
    assert "hint: " in text
    assert caught.value.task_id == "x"
    assert caught.traceback[-3].lineno + 1 == 3 or "weather.py" in str(caught.traceback)


def test_i_05_b_the_error_is_one_of_the_tree():
    assert issubclass(DuplicateTaskError, GraphCompilationError)
    assert issubclass(GraphCompilationError, TaskloomError)


def test_i_05_b_in_one_cell():
    with pytest.raises(DuplicateTaskError):
        cell("a = fetch(task_id='x', city='a')\nb = fetch(task_id='x', city='b')", notebook())


def test_i_05_b_in_one_cell_of_ipython_where_each_statement_has_code_of_its_own():
    namespace = notebook() | {"get_ipython": None}

    def run(source, name):
        for statement in ast.parse(source).body:
            exec(compile(ast.Module([statement], []), name, "exec"), namespace)

    for _ in range(2):
        with pytest.raises(DuplicateTaskError, match="first made at <cell 1>:1, again at <cell 1>:2"):
            run("a = fetch(task_id='x', city='a')\nb = fetch(task_id='x', city='b')", "<cell 1>")
    # Another cell is another source.
    run("\n\nc = fetch(task_id='x', city='c')", "<cell 2>")
    # A cell that is run again replaces what it had made.
    for _ in range(2):
        run("d = fetch(task_id='y', city='d')\ne = fetch(task_id='z', city='e')", "<cell 3>")


def test_i_05_b_of_two_definitions():
    first = fetch(task_id="x", city="Tokyo")
    with pytest.raises(DuplicateTaskError):
        report(task_id="x")
    assert first.task_id == "x"


def test_i_05_b_where_the_value_of_the_second_is_not_assigned_at_once():
    first = fetch(task_id="x", city="Tokyo")
    with pytest.raises(DuplicateTaskError):
        print(fetch(task_id="x", city="Paris"))
    assert first.task_id == "x"


# Nothing else is an error.


def test_i_05_the_same_variable_assigned_anew():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    tokyo = fetch(task_id="tokyo", city="Kyoto")
    with workflow("w") as wf:
        wf.add(tokyo)
    assert wf.execute() == "Kyoto"


def test_i_05_the_same_global_and_closure_variable_assigned_anew():
    namespace = notebook()
    cell("a = fetch(task_id='x', city='a')\na = fetch(task_id='x', city='b')", namespace)
    cell(
        "def f():\n  global a\n  a = fetch(task_id='x', city='a')\n  a = fetch(task_id='x', city='b')\nf()",
        namespace,
    )

    held = fetch(task_id="x", city="a")

    def reader():
        return held

    held = fetch(task_id="x", city="b")
    assert reader() is held


def test_i_05_the_same_variable_assigned_anew_with_an_annotation():
    tokyo: object = fetch(task_id="tokyo", city="Tokyo")
    tokyo: object = fetch(task_id="tokyo", city="Kyoto")
    assert tokyo.task_id == "tokyo"


def test_i_05_all_variables_that_a_statement_assigns_anew():
    a = b = fetch(task_id="x", city="1")
    a = b = fetch(task_id="x", city="2")
    a, b = fetch(task_id="x", city="3"), fetch(task_id="y", city="3")
    a, b = fetch(task_id="x", city="4"), fetch(task_id="y", city="4")
    (a, *c), b = (fetch(task_id="x", city="5"), fetch(task_id="z", city="5")), fetch(task_id="y", city="5")
    assert (a.run(), b.run(), c[0].run()) == ("5", "5", "5")


def test_i_05_a_variable_assigned_anew_with_what_is_made_of_the_instance():
    tokyo = fetch(task_id="tokyo", city="1").with_options(max_retries=1)
    tokyo = fetch(task_id="tokyo", city="2").with_options(max_retries=2)
    tokyo = fetch(task_id="tokyo", city="3")(task_id="tokyo", city="4")
    tokyo = fetch(task_id="tokyo", city="5") if tokyo else None
    if tokyo := fetch(task_id="tokyo", city="6"):
        tokyo = (lambda instance: instance)(fetch(task_id="tokyo", city="7"))
    assert tokyo.run() == "7"


def test_i_05_a_global_variable_assigned_anew_with_what_is_made_of_the_instance():
    source = """
a = b = fetch(task_id="x", city="1")
a = b = fetch(task_id="x", city="2")
a, b = fetch(task_id="x", city="3"), fetch(task_id="y", city="3")
a, b = fetch(task_id="x", city="4"), fetch(task_id="y", city="4")
a = fetch(task_id="x", city="5").with_options(max_retries=1)
"""
    cell(source, notebook())


def test_i_05_b_another_statement_on_the_line_assigns():
    namespace = notebook()
    with pytest.raises(DuplicateTaskError):
        cell("a = fetch(task_id='x', city='1')\nid(fetch(task_id='x', city='2')); a = 1", namespace)
    assert namespace["a"].run() == "1"


def test_i_05_a_cell_run_again():
    namespace = notebook()
    source = "a = fetch(task_id='x', city='a')\nb = fetch(task_id='y', city='b')\n"
    source += "with workflow('w') as wf:\n    a >> b\n"
    for _ in range(3):
        cell(source, namespace)
        assert namespace["wf"].execute() == "b"


def test_i_05_a_cell_run_again_before_it_joined():
    namespace = notebook()
    code = compile("a = fetch(task_id='x', city='a')\nb = fetch(task_id='y', city='b')", "<cell>", "exec")
    for _ in range(3):
        exec(code, namespace)


def test_i_05_another_cell_makes_it_for_another_variable():
    namespace = notebook()
    cell("a = fetch(task_id='x', city='a')", namespace)
    cell("b = fetch(task_id='x', city='b')", namespace)
    assert namespace["a"] is not namespace["b"]


def test_i_05_two_modules():
    modules = [{"fetch": fetch}, {"fetch": fetch}]
    for module in modules:
        exec(compile("tokyo = fetch(task_id='tokyo', city='Tokyo')", "<module>", "exec"), module)
    assert modules[0]["tokyo"].task_id == modules[1]["tokyo"].task_id


def test_i_05_two_calls_of_a_function():
    def build():
        tokyo = fetch(task_id="tokyo", city="Tokyo")
        end = report(task_id="end", weather=tokyo)
        return tokyo, end

    first, second = build(), build()
    for pair in (first, second):
        with workflow("w") as wf:
            chain(*pair)
        assert wf.execute() == "Tokyo"


def test_i_05_a_function_that_calls_itself():
    def build(depth):
        tokyo = fetch(task_id="tokyo", city=str(depth))
        return [tokyo, *(build(depth - 1) if depth else [])]

    assert len(build(5)) == 6


def test_i_05_two_functions_with_variables_of_the_same_name():
    def one():
        tokyo = fetch(task_id="tokyo", city="Tokyo")
        return two(), tokyo

    def two():
        tokyo = fetch(task_id="tokyo", city="Tokyo")
        return tokyo

    assert len(one()) == 2


def test_i_05_an_argument_of_the_frame_was_made_elsewhere():
    def replace(tokyo):
        return fetch(task_id="tokyo", city="Kyoto"), tokyo

    assert len(replace(fetch(task_id="tokyo", city="Tokyo"))) == 2


def test_i_05_a_loop():
    made = []
    for city in ("Tokyo", "Paris"):
        tokyo = fetch(task_id="x", city=city)
        made.append(tokyo)
    assert len(made) == 2


def test_i_05_a_loop_that_keeps_the_last():
    previous = None
    for city in ("Tokyo", "Paris", "London"):
        current = fetch(task_id="x", city=city)
        previous = current
    assert previous is not None


def test_i_05_a_comprehension():
    assert len([fetch(task_id="x", city=city) for city in ("Tokyo", "Paris")]) == 2


def test_i_05_a_first_that_is_not_held_by_a_variable():
    held = [fetch(task_id="x", city="Tokyo")]
    second = fetch(task_id="x", city="Paris")
    assert held[0].task_id == second.task_id


def test_i_05_a_first_that_is_gone():
    first = fetch(task_id="x", city="Tokyo")
    del first
    second = fetch(task_id="x", city="Paris")
    assert second.task_id == "x"


def test_i_05_a_first_that_has_joined_a_workflow():
    first = fetch(task_id="x", city="Tokyo")
    with workflow("w") as wf:
        wf.add(first)
    second = fetch(task_id="x", city="Paris")
    assert (first.task_id, second.task_id) == ("x", "x")


def test_i_05_a_later_line_that_has_run_before():
    # On the second pass the instance that is held was made on a later line.
    first = second = None
    for is_first_pass in (True, False):
        if not is_first_pass:
            first = fetch(task_id="x", city="Tokyo")
        if is_first_pass:
            second = fetch(task_id="x", city="Paris")
    assert (first.task_id, second.task_id) == ("x", "x")


def test_i_05_branches_of_a_condition():
    for flag in (True, False):
        if flag:  # noqa: SIM108
            tokyo = fetch(task_id="tokyo", city="Tokyo")
        else:
            tokyo = fetch(task_id="tokyo", city="Kyoto")
    assert tokyo.task_id == "tokyo"


def test_i_05_a_generated_name_is_never_a_duplicate():
    one = fetch(city="Tokyo")
    two = fetch(city="Tokyo")
    assert one.task_id != two.task_id


def test_i_05_two_threads():
    barrier = threading.Barrier(2)
    failures = []

    def build():
        try:
            for _ in range(300):
                barrier.wait(20)
                tokyo = fetch(task_id="tokyo", city="Tokyo")
                end = report(task_id="end", weather=tokyo)
                with workflow("w") as wf:
                    tokyo >> end
                assert wf.execute() == "Tokyo"
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []


# (c) In any case where both meet.


def pair():
    return fetch(task_id="x", city="Tokyo"), report(task_id="x", weather="fine")


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b: a >> b,
        lambda a, b: a << b,
        lambda a, b: a | b,
        lambda a, b: chain(a, b),
        lambda a, b: parallel(a, b),
        lambda a, b: chain(a, report(task_id="end"), b),
    ],
    ids=[">>", "<<", "|", "chain", "parallel", "chain of three"],
)
def test_i_05_c_in_one_composition(compose):
    with pytest.raises(
        DuplicateTaskError, match=r"`x` already exists: first made at .*test_duplicates.py:\d+"
    ):
        compose(*pair())


@pytest.mark.parametrize(
    "compose",
    [
        lambda a, b: a >> report(task_id="end") >> b,
        lambda a, b: (a >> report(task_id="end")) | b,
        lambda a, b: chain(a, parallel(b, report(task_id="end"))),
        lambda a, b: [a, b] >> report(task_id="end"),
    ],
    ids=["chain", "branch", "nested", "list"],
)
def test_i_05_c_at_the_latest_in_the_workflow(compose):
    with pytest.raises(DuplicateTaskError):
        workflow("w").add(compose(*pair()))


def test_i_05_c_in_one_workflow():
    one, two = pair()
    wf = workflow("w").add(one)
    with pytest.raises(DuplicateTaskError) as caught:
        wf.add(two)
    lines = [int(line) for line in re.findall(r"test_duplicates.py:(\d+)", str(caught.value))]
    assert lines == [pair.__code__.co_firstlineno + 1] * 2
    assert wf.execute() == "Tokyo"


def test_i_05_c_as_an_argument():
    one, two = pair()
    wf = workflow("w").add(two)
    with pytest.raises(DuplicateTaskError):
        wf.add(report(task_id="end", weather=one))


def test_i_05_c_a_definition_alone_has_its_own_id():
    # C-1: a definition alone stands for its one unbound instance.
    other = fetch(task_id="report", city="Tokyo")
    with pytest.raises(DuplicateTaskError):
        other >> report


def test_i_05_c_in_a_block_that_composes_what_was_made_elsewhere():
    one, two = pair()
    with workflow("w") as wf:
        one >> report(task_id="end")
        with pytest.raises(DuplicateTaskError):
            two >> report(task_id="other")
    assert "x" in wf.run().outputs


def test_i_05_c_one_instance_may_be_composed_twice():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    with workflow("w") as wf:
        tokyo >> report(task_id="a", weather="1")
        tokyo >> report(task_id="b", weather="2")
        tokyo | tokyo
    assert wf.run().outputs.keys() == {"tokyo", "a", "b"}
