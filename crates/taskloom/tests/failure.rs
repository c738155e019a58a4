//! How a failure ends a run, and what its error says.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{error::Error as _, fmt};

use gate::Gate;
use taskloom::{ErrorKind, State, prelude::*};

#[derive(Debug, PartialEq)]
struct NoSuchCity {
    city: String,
}

impl fmt::Display for NoSuchCity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no city {}", self.city)
    }
}

impl std::error::Error for NoSuchCity {}

#[task]
fn fetch(city: &str) -> Result<String, NoSuchCity> {
    Err(NoSuchCity { city: city.to_owned() })
}

#[task]
async fn fetch_async(city: &str) -> Result<String, NoSuchCity> {
    tokio::task::yield_now().await;
    fetch(city)
}

#[task]
fn fail_at(gate: &Gate) -> Result<(), String> {
    gate.pass();
    Err("the gate was open".to_owned())
}

#[task]
fn fail_and_open(gate: &Gate, city: &str) -> Result<(), NoSuchCity> {
    gate.open();
    Err(NoSuchCity { city: city.to_owned() })
}

#[task]
fn pass(gate: &Gate) -> &'static str {
    gate.pass();
    "passed"
}

#[task]
fn fine() -> u32 {
    7
}

#[task]
fn panics(message: &str) {
    panic!("{message}");
}

#[task]
async fn panics_later() {
    tokio::task::yield_now().await;
    panic!("later");
}

fn fails(workflow: &Workflow) -> taskloom::Error {
    workflow.execute().blocking().unwrap_err()
}

#[test]
fn r_06_the_error_says_what_failed_and_where() {
    let line = line!() + 1;
    let atlantis = fetch::task().task_id("atlantis").city("Atlantis");
    let error = fails(&Workflow::new("w").add(atlantis));
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
    assert_eq!(error.task_id(), Some("atlantis"));
    let text = error.to_string();
    let first = "task `atlantis` failed at attempt 1 of 1: there is no city Atlantis\n";
    assert!(text.starts_with(first), "{text}");
    let file = file!();
    for part in ["definition `fetch` at", &format!("instance made at {file}:{line}"), "bound: city"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn r_06_the_cause_is_the_original_error() {
    for workflow in [
        Workflow::new("sync").add(fetch::task().city("Atlantis")),
        Workflow::new("async").add(fetch_async::task().city("Atlantis")),
    ] {
        let error = fails(&workflow);
        let cause = error.source().and_then(|cause| cause.downcast_ref());
        assert_eq!(cause, Some(&NoSuchCity { city: "Atlantis".to_owned() }));
    }
}

#[test]
fn r_06_nothing_new_starts_after_a_failure() {
    let workflow = Workflow::new("w").add(fine::task().task_id("before") >> fetch::task().city("x") >> fine::task());
    let workflow = workflow.add(fine::task().task_id("after"));
    let error = workflow.execute().max_concurrency(1).blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.status(), Status::Failed);
    assert_eq!(run.output::<u32>("before").unwrap(), 7);
    let states: Vec<State> = run.tasks().map(taskloom::TaskRecord::state).collect();
    assert_eq!(states, [State::Succeeded, State::Failed, State::NotRun, State::Succeeded]);
    let attempts: Vec<u32> = run.tasks().map(taskloom::TaskRecord::attempts).collect();
    assert_eq!(attempts, [1, 1, 0, 1]);
}

#[test]
fn s_08_what_is_running_may_end_and_its_result_is_kept() {
    let gate = Gate::default();
    let slow = pass::task().task_id("slow").gate(gate.clone());
    let failing = fail_and_open::task().task_id("failing").gate(gate).city("x");
    // Both run, since the one that fails lets the other one through.
    let error = fails(&Workflow::new("w").add(&slow).add(failing));
    assert_eq!(error.task_id(), Some("failing"));
    assert_eq!(error.run().unwrap().output_of(&slow).unwrap(), "passed");
}

#[test]
fn s_08_the_error_is_that_of_the_first_failure() {
    let gate = Gate::default();
    let second = fail_at::task().task_id("second").gate(gate.clone());
    let first = fail_and_open::task().task_id("first").gate(gate).city("x");
    let error = fails(&Workflow::new("w").add(second).add(first));
    // Whichever was first is the error; the other one is in the run.
    let run = error.run().unwrap();
    assert!(run.tasks().all(|task| task.state() == State::Failed && task.error().is_some()));
    assert!(["first", "second"].contains(&error.task_id().unwrap()));
}

#[test]
fn r_08_a_strict_group_runs_all_members_before_it_fails() {
    let gate = Gate::default();
    let failing = fail_and_open::task().task_id("failing").gate(gate.clone()).city("x");
    let slow = pass::task().task_id("slow").gate(gate) >> fine::task().task_id("after_slow");
    let error = fails(&Workflow::new("w").add((failing | slow).group_name("both") >> fine::task().task_id("next")));
    assert_eq!(error.kind(), ErrorKind::ParallelGroup);
    assert_eq!(error.task_id(), Some("both"));
    let run = error.run().unwrap();
    assert_eq!(run.task("after_slow").unwrap().state(), State::Succeeded);
    assert_eq!(run.task("next").unwrap().state(), State::NotRun);
}

#[test]
fn r_08_the_error_of_a_group_lists_its_members() {
    let broken = fetch::task().task_id("broken").city("Atlantis") >> fine::task().task_id("rest");
    let group = broken | fine::task().task_id("fine");
    let error = fails(&Workflow::new("w").add(group));
    let expected = "group `ParallelGroup_1` failed: 1 of 2 branches failed, and its policy is strict\n  \
                    failed: `broken` (there is no city Atlantis)\n  successful: fine\n  skipped: none";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.run().unwrap().task("rest").unwrap().state(), State::Skipped);
}

#[test]
fn r_08_the_cause_of_a_group_is_in_the_group() {
    // One at a time: a member of the first group fails first, but that group ends after the second one.
    let first = fetch::task().city("elsewhere") | (fine::task() >> fine::task() >> fine::task());
    let second = (fetch::task().city("here") | fine::task()).group_name("second");
    let workflow = Workflow::new("w").add(first).add(second);
    let error = workflow.execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.task_id(), Some("second"));
    let cause: &NoSuchCity = error.source().unwrap().downcast_ref().unwrap();
    assert_eq!(cause.city, "here");
}

#[test]
fn r_08_a_failure_inside_a_nested_group_is_the_outer_groups() {
    let inner = (fetch::task().city("x") | fine::task()).group_name("inner");
    let outer = (inner | fine::task()).group_name("outer");
    let error = fails(&Workflow::new("w").add(outer));
    assert_eq!(error.task_id(), Some("outer"));
    assert!(error.to_string().contains("`inner`"), "{error}");
    assert!(error.source().unwrap().is::<NoSuchCity>());
}

#[test]
fn r_06_a_panic_fails_the_run_and_not_the_process() {
    let error = fails(&Workflow::new("w").add(panics::task().task_id("boom").message("out of cheese")));
    assert_eq!(error.task_id(), Some("boom"));
    assert!(error.to_string().contains("out of cheese"), "{error}");
    assert_eq!(Workflow::new("w").add(fine::task()).execute().blocking().unwrap().value::<u32>().unwrap(), 7);
}

#[test]
fn r_06_a_panic_after_an_await_does_too() {
    let error = fails(&Workflow::new("w").add(panics_later::task().task_id("boom")));
    assert_eq!(error.task_id(), Some("boom"));
    assert!(error.to_string().contains("later"), "{error}");
}

#[test]
fn s_03_a_task_bound_to_a_failed_output_is_skipped() {
    let broken = fetch::task().task_id("broken").city("x");
    let user = fetch::task().task_id("user").city(&broken);
    let error = fails(&Workflow::new("w").add(broken | (fine::task() >> user)));
    assert_eq!(error.run().unwrap().task("user").unwrap().state(), State::Skipped);
}
