"""Rule I-7: an instance is also a definition with fewer open parameters."""

import pytest

from taskloom import chain, task, workflow
from taskloom.errors import BindingError, DuplicateTaskError


@task
def fetch(city: str = "Oslo", unit: str = "K", **more: int) -> str:
    return f"{city} {unit}" + "".join(f" {name}={value}" for name, value in more.items())


@task
def collect(**more):
    return more


@task
def double(value):
    return value * 2


class Flaky:
    """A body that fails so many times before it succeeds."""

    def __init__(self, failures):
        self.failures = failures

    def __call__(self):
        if self.failures:
            self.failures -= 1
            raise ValueError("not yet")
        return "done"


def execute(*operands):
    wf = workflow("w")
    wf.add(*operands)
    return wf.execute()


def test_i_07_bound_arguments_carry_over():
    celsius = fetch(unit="C")
    tokyo = celsius(task_id="tokyo", city="Tokyo")
    paris = celsius(task_id="paris", city="Paris")
    with workflow("w") as wf:
        tokyo >> paris
    assert wf.run().outputs == {"tokyo": "Tokyo C", "paris": "Paris C"}


def test_i_07_bound_arguments_may_be_bound_anew():
    assert execute(fetch(unit="C", city="Tokyo")(unit="F")) == "Tokyo F"
    assert execute(fetch("Tokyo")("Paris")) == "Paris K"


def test_i_07_deriving_does_not_change_what_it_derives_from():
    base = fetch(city="Tokyo")
    base(city="Paris", unit="C")
    assert execute(base) == "Tokyo K"


def test_i_07_a_task_id_does_not_carry_over():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    other = tokyo(unit="C")
    assert other.task_id.startswith("fetch_")


def test_i_07_a_bound_output_carries_over():
    source = fetch(task_id="source")
    base = double(value=source)
    with workflow("w") as wf:
        base(task_id="again")
    assert wf.execute() == "Oslo KOslo K"


def test_i_07_in_several_steps():
    assert execute(fetch()(city="a")(unit="b")(city="c")) == "c b"


def test_i_07_unknown_names_are_refused_as_ever():
    with pytest.raises(BindingError):
        double(value=1)(valu=2)


def test_i_07_further_keyword_arguments_carry_over():
    base = collect(a=1, b=2)
    assert execute(base(task_id="x", c=3)) == {"a": 1, "b": 2, "c": 3}
    assert execute(base(task_id="y", b=5)) == {"a": 1, "b": 5}
    assert execute(base) == {"a": 1, "b": 2}


def test_i_07_with_options_keeps_id_and_arguments():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    patient = tokyo.with_options(max_retries=3)
    assert patient.task_id == "tokyo"
    assert (patient.max_retries, tokyo.max_retries) == (3, 0)
    assert execute(patient) == "Tokyo K"


def test_i_07_with_options_of_an_unnamed_instance():
    flaky = task(Flaky(2))
    assert execute(flaky().with_options(max_retries=2)) == "done"


def test_i_07_options_override_the_definitions():
    @task(max_retries=5)
    def fails():
        raise ValueError

    assert fails().max_retries == 5
    assert fails().with_options(max_retries=0).max_retries == 0
    assert fails().with_options(max_retries=1)().max_retries == 1
    assert fails().with_options().max_retries == 5


def test_i_07_options_of_a_derived_instance_stay_when_not_given_anew():
    tokyo = fetch(task_id="tokyo").with_options(max_retries=2)
    assert tokyo.with_options().max_retries == 2


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", True, 2**32])
def test_i_07_a_number_of_retries_that_cannot_be_counted(wrong):
    with pytest.raises(BindingError, match="max_retries"):
        fetch().with_options(max_retries=wrong)
    with pytest.raises(BindingError, match="max_retries"):
        task(max_retries=wrong)(lambda: 1)


def test_i_07_an_unknown_option():
    with pytest.raises(TypeError, match="unexpected keyword argument 'retries'"):
        fetch().with_options(retries=3)


def test_i_07_one_derived_under_the_same_id_replaces_it():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    patient = tokyo.with_options(max_retries=1)
    kyoto = tokyo(task_id="tokyo", city="Kyoto")
    assert (patient.task_id, kyoto.task_id) == ("tokyo", "tokyo")
    assert execute(kyoto) == "Kyoto K"


def test_i_07_one_derived_in_several_steps_replaces_them():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    patient = tokyo.with_options(max_retries=1)
    very_patient = patient.with_options(max_retries=2)
    kyoto = very_patient(task_id="tokyo", city="Kyoto")
    assert (kyoto.max_retries, kyoto.task_id) == (2, "tokyo")


def test_i_07_one_derived_in_a_block_replaces_it():
    with workflow("w") as wf:
        tokyo = fetch(task_id="tokyo", city="Tokyo")
        patient = tokyo.with_options(max_retries=1)
        kyoto = patient(task_id="tokyo", city="Kyoto")
        kyoto >> double(task_id="end", value=2)
    assert wf.run().outputs == {"tokyo": "Kyoto K", "end": 4}


def test_i_07_the_one_that_was_replaced_does_not_run_by_itself():
    with workflow("w") as wf:
        tokyo = fetch(task_id="tokyo", city="Tokyo")
        tokyo(task_id="tokyo", city="Kyoto")
    assert wf.run().outputs == {"tokyo": "Kyoto K"}


def test_i_05_composing_both_is_an_error():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    patient = tokyo.with_options(max_retries=1)
    with pytest.raises(DuplicateTaskError):
        chain(tokyo, patient)


def test_i_07_a_derived_instance_under_an_id_that_is_no_bases_is_checked():
    tokyo = fetch(task_id="tokyo", city="Tokyo")
    base = fetch(unit="C")
    with pytest.raises(DuplicateTaskError):
        base(task_id="tokyo")
    assert tokyo.task_id == "tokyo"
