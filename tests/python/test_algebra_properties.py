"""Rules C-1, C-2, C-5 and C-10 for any composition: its plan is that of a small model of the algebra."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from taskloom import chain, parallel, task, workflow


@task
def step():
    return 1


# The model: what a composition is, and which edges and groups it has.


@dataclass(frozen=True)
class Leaf:
    name: str


@dataclass(frozen=True)
class Series:
    parts: tuple[Expression, ...]
    operator: bool


@dataclass(frozen=True)
class Parallel:
    members: tuple[Expression, ...]
    form: str  # "operator", "function" or "list"


Expression = Leaf | Series | Parallel


def members(expression):
    """The branches of a group: one that is begun by another group with `|` goes on with it (C-10)."""
    first, *rest = expression.members
    if expression.form == "operator" and isinstance(first, Parallel):
        return [*members(first), *rest]
    return [first, *rest]


def ends(expression):
    """What an edge to it leads to, and one from it comes from. A group stands as its branches' last ends."""
    match expression:
        case Leaf(name):
            return name, name
        case Series(parts):
            return ends(parts[0])[0], ends(parts[-1])[1]
        case Parallel():
            key = tuple(ends(member)[1] for member in members(expression))
            return key, key


def model(expression):
    """The edges and the groups."""
    match expression:
        case Leaf():
            return set(), set()
        case Series(parts):
            inner = [model(part) for part in parts]
            own = {(ends(one)[1], ends(other)[0]) for one, other in pairwise(parts)}
            return own.union(*[edges for edges, _ in inner]), set().union(*[groups for _, groups in inner])
        case Parallel():
            inner = [model(member) for member in members(expression)]
            groups = {ends(expression)[0]}.union(*[groups for _, groups in inner])
            return set().union(*[edges for edges, _ in inner]), groups


# The library's.


def build(expression, tasks):
    match expression:
        case Leaf(name):
            return tasks.setdefault(name, step(task_id=name))
        case Series(parts, operator):
            built = [build(part, tasks) for part in parts]
            return reduce(lambda left, right: left >> right, built) if operator else chain(*built)
        case Parallel(members, form):
            built = [build(member, tasks) for member in members]
            match form:
                case "operator":
                    return reduce(lambda left, right: left | right, built)
                case "list":
                    return built
            return parallel(*built)


def planned(wf):
    """Edges and groups as in the model."""
    graph = wf.graph

    def key(node):
        return tuple(key(member) for member in graph.groups[node]) if node in graph.groups else node

    return {(key(one), key(other)) for one, other in graph.get_edges()}, {key(name) for name in graph.groups}


def plan(*expressions):
    tasks = {}
    return planned(workflow("w").add(*[build(expression, tasks) for expression in expressions]))


def named(expression, names):
    """The expression with a name of its own at each leaf."""
    match expression:
        case Leaf():
            return Leaf(next(names))
        case Series(parts, operator):
            return Series(tuple(named(part, names) for part in parts), operator)
        case Parallel(members, form):
            return Parallel(tuple(named(member, names) for member in members), form)


def operable(parts):
    """Python has no operators between two lists: one of the first two is none."""
    return not all(isinstance(part, Parallel) and part.form == "list" for part in parts[:2])


def compositions(inner):
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    for_operators = st.lists(inner, min_size=2, max_size=4).map(tuple).filter(operable)
    return st.one_of(
        st.builds(Series, several, st.just(False)),
        st.builds(Series, for_operators, st.just(True)),
        st.builds(Parallel, several, st.sampled_from(["function", "list"])),
        st.builds(Parallel, for_operators, st.just("operator")),
    )


SHAPES = st.recursive(st.just(Leaf("")), compositions, max_leaves=15)


def expressions(count):
    """Expressions that share no task."""

    def all_named(shapes):
        names = iter(f"t{number}" for number in range(1000))
        return [named(shape, names) for shape in shapes]

    return st.lists(SHAPES, min_size=count, max_size=count).map(all_named)


def is_list(expression):
    return isinstance(expression, Parallel) and expression.form == "list"


def is_group(expression):
    return isinstance(expression, Parallel)


@settings(max_examples=300, deadline=None)
@given(expressions(1))
def test_c_02_a_plan_is_what_the_model_says(parts):
    assert plan(*parts) == model(*parts)


@settings(max_examples=100, deadline=None)
@given(expressions(1))
def test_c_05_a_block_makes_the_same_plan(parts):
    with workflow("w") as wf:
        built = build(*parts, {})
    wf.add(built)
    assert planned(wf) == model(*parts)


@settings(max_examples=100, deadline=None)
@given(expressions(3))
def test_c_02_series_is_associative(parts):
    one, two, three = parts
    left = Series((Series((one, two), False), three), False)
    right = Series((one, Series((two, three), False)), False)
    assert plan(left) == plan(right) == plan(Series((one, two, three), False))


@settings(max_examples=100, deadline=None)
@given(expressions(3).filter(lambda parts: not is_list(parts[0]) and not is_list(parts[2])))
def test_c_01_operators_are_the_functions(parts):
    one, two, three = (build(part, {}) for part in parts)
    forms = [one >> two >> three, one >> (two >> three), three << two << one, chain(one, two, three)]
    # A group that is a value is the same group wherever it is used.
    plans = [planned(workflow("w").add(form)) for form in forms]
    assert all(plan == plans[0] for plan in plans)


@settings(max_examples=100, deadline=None)
@given(expressions(3).filter(lambda parts: not is_group(parts[0]) and not is_list(parts[1])))
def test_c_10_a_group_goes_on_with_the_next_member(parts):
    one, two, three = (build(part, {}) for part in parts)
    assert planned(workflow("w").add(one | two | three)) == planned(
        workflow("w").add(parallel(one, two, three))
    )


@settings(max_examples=100, deadline=None)
@given(expressions(3).filter(lambda parts: not is_group(parts[0]) and not is_list(parts[1])))
def test_c_10_a_named_group_stays_whole(parts):
    one, two, three = (build(part, {}) for part in parts)
    graph = workflow("w").add((one | two).set_group_name("whole") | three).graph
    outer = [name for name, inside in graph.groups.items() if "whole" in inside]
    assert len(outer) == 1
    assert len(graph.groups[outer[0]]) == len(graph.groups["whole"]) == 2


@settings(max_examples=100, deadline=None)
@given(expressions(1), st.integers(1, 3))
def test_c_05_composing_again_adds_nothing(parts, times):
    # Lists are new groups each time.
    built = chain(build(*parts, {}))
    wf = workflow("w").add(built)
    once = wf.to_mermaid()
    for _ in range(times):
        wf.add(built)
    assert wf.to_mermaid() == once
    assert planned(wf) == model(*parts)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1), st.randoms())
def test_c_05_a_workflow_is_a_set_of_edges(pairs, shuffled: random.Random):
    tasks = [step(task_id=f"t{number}") for number in range(10)]
    edges = [*pairs, *pairs]
    shuffled.shuffle(edges)
    wf = workflow("w")
    for one, other in edges:
        wf.add(tasks[one] >> tasks[other])
    assert planned(wf) == ({(f"t{one}", f"t{other}") for one, other in pairs}, set())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([">>", "|"]), min_size=1, max_size=12))
def test_c_02_series_binds_tighter_than_parallel(operators):
    names = [f"t{number}" for number in range(len(operators) + 1)]
    source = names[0] + "".join(
        f" {operator} {name}" for operator, name in zip(operators, names[1:], strict=True)
    )
    wf = workflow("w").add(eval(source, {name: step(task_id=name) for name in names}))
    branches = [tuple(map(Leaf, branch.split(" >> "))) for branch in source.split(" | ")]
    chains = tuple(Series(branch, True) for branch in branches)
    assert planned(wf) == model(chains[0] if len(chains) == 1 else Parallel(chains, "function"))
