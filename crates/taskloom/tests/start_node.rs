//! Where a run starts.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/log.rs"]
mod log;

use log::Log;
use taskloom::{BuildErrorKind, ErrorKind, GroupOutput, State, prelude::*};

#[task]
fn step(log: &Log, ctx: &Context) -> String {
    log.add(ctx.task_id());
    ctx.task_id().to_owned()
}

#[task]
fn suffix(#[default("nothing".to_owned())] text: &str) -> String {
    format!("{text}!")
}

#[task]
fn required(text: &str) -> String {
    text.to_owned()
}

fn letters<const N: usize>(log: &Log) -> [step; N] {
    let mut letters = ('a'..='z').map(|letter| step::task().task_id(letter).log(log.clone()));
    std::array::from_fn(|_| letters.next().unwrap())
}

#[test]
fn c_07_all_roots_start() {
    let log = Log::default();
    let [a, b, c, d] = letters(&log);
    Workflow::new("w").add(&a >> &c).add(&b >> &c).add(d).execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(log.entries(), ["a", "b", "d", "c"]);
}

#[test]
fn c_07_only_what_the_start_reaches_runs() {
    let log = Log::default();
    let [a, b, c, d] = letters(&log);
    let workflow = Workflow::new("w").add(a >> &b >> c).add(d >> b);
    let run = workflow.execute().start_node("b").blocking().unwrap();
    assert_eq!(log.entries(), ["b", "c"]);
    assert_eq!(run.tasks().map(taskloom::TaskRecord::id).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn s_10_a_join_does_not_wait_for_what_is_left_out() {
    let log = Log::default();
    let [a, b, c, d] = letters(&log);
    let workflow = Workflow::new("w").add(a >> (b | c) >> d);
    let run = workflow.execute().start_node("b").blocking().unwrap();
    assert_eq!(log.entries(), ["b", "d"]);
    let group: GroupOutput = run.output("ParallelGroup_1").unwrap();
    assert_eq!(group.len(), 1);
}

#[test]
fn s_10_the_workflow_stays_whole() {
    let log = Log::default();
    let [a, b] = letters(&log);
    let workflow = Workflow::new("w").add(a >> b);
    workflow.execute().start_node("b").blocking().unwrap();
    workflow.execute().blocking().unwrap();
    assert_eq!(log.entries(), ["b", "a", "b"]);
}

#[test]
fn s_10_a_run_may_start_at_a_group() {
    let log = Log::default();
    let [a, b, c, d] = letters(&log);
    let group = (b | c).group_name("middle");
    let run = Workflow::new("w").add(a >> group >> d).execute().start_node("middle").blocking().unwrap();
    let mut entries = log.entries();
    entries[..2].sort();
    assert_eq!(entries, ["b", "c", "d"]);
    assert!(run.output::<String>("a").is_err());
}

#[test]
fn s_10_a_parameter_looks_further_when_its_source_is_left_out() {
    let first = suffix::task().task_id("first").text("a");
    let second = suffix::task().task_id("second").text(&first);
    let workflow = Workflow::new("w").add(&second);
    assert_eq!(workflow.execute().blocking().unwrap().value::<String>().unwrap(), "a!!");
    let run = workflow.execute().start_node("second").blocking().unwrap();
    assert_eq!(run.value::<String>().unwrap(), "nothing!");
}

#[test]
fn s_10_a_parameter_that_has_nothing_else_is_an_error() {
    let first = suffix::task().task_id("first").text("a");
    let second = required::task().task_id("second").text(&first);
    let error = Workflow::new("w").add(second).execute().start_node("second").blocking().unwrap_err();
    assert_eq!(error.build_error().unwrap().kind(), BuildErrorKind::UnfilledParameter);
    assert_eq!(error.task_id(), Some("second"));
    assert!(error.to_string().contains("`first`"), "{error}");
}

#[test]
fn c_07_an_unknown_id_is_an_error_with_near_matches() {
    let workflow = Workflow::new("weather").add(suffix::task().task_id("fetch_tokyo"));
    let error = workflow.execute().start_node("fetch_toyko").blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::GraphCompilation);
    assert_eq!(
        error.to_string(),
        "start_node `fetch_toyko` is not a task or group of workflow `weather`\n  hint: did you mean `fetch_tokyo`?"
    );
}

#[test]
fn c_07_an_unknown_id_that_is_like_nothing_lists_the_tasks() {
    let workflow = Workflow::new("weather").add(suffix::task().task_id("fetch_tokyo"));
    let error = workflow.execute().start_node("zzz").blocking().unwrap_err();
    assert!(error.to_string().ends_with("hint: its tasks are `fetch_tokyo`"), "{error}");
}

#[test]
fn s_10_what_is_left_out_has_no_state_of_the_run() {
    let log = Log::default();
    let [a, b] = letters(&log);
    let run = Workflow::new("w").add(a >> b).execute().start_node("b").blocking().unwrap();
    assert!(run.output::<String>("a").is_err());
    assert_eq!(run.task("b").unwrap().state(), State::Succeeded);
}
