//! When a task starts: as soon as everything before it has ended, and only once.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use gate::Gate;
use taskloom::prelude::*;

#[task]
fn pass(gate: &Gate) {
    gate.pass();
}

#[task]
fn open(gate: &Gate) {
    gate.open();
}

#[task]
async fn pass_async(notify: Arc<tokio::sync::Notify>) {
    notify.notified().await;
}

#[task]
async fn open_async(notify: Arc<tokio::sync::Notify>) {
    notify.notify_one();
}

#[task]
async fn nothing() {}

#[task]
fn count(runs: &Arc<AtomicU32>) -> u32 {
    runs.fetch_add(1, Ordering::SeqCst) + 1
}

#[test]
fn r_01_the_successor_of_a_fast_task_does_not_wait_for_an_unrelated_slow_one() {
    let gate = Gate::default();
    let slow = pass::task().gate(gate.clone());
    let fast = nothing::task();
    let next = open::task().gate(gate);
    Workflow::new("w").add(slow).add(fast >> next).execute().blocking().unwrap();
}

#[test]
fn r_01_a_branch_of_a_group_goes_on_while_another_one_is_slow() {
    let gate = Gate::default();
    let slow = pass::task().gate(gate.clone());
    let branch = nothing::task() >> nothing::task() >> open::task().gate(gate);
    Workflow::new("w").add(slow | branch).execute().blocking().unwrap();
}

#[tokio::test]
async fn r_01_async_tasks_need_no_thread_each() {
    let notify = Arc::new(tokio::sync::Notify::new());
    let slow = pass_async::task().notify(notify.clone());
    let next = open_async::task().notify(notify);
    Workflow::new("w").add(slow).add(nothing::task() >> next).execute().await.unwrap();
}

#[test]
fn r_01_what_follows_a_group_waits_for_all_of_it() {
    let runs = Arc::new(AtomicU32::new(0));
    let members = (0..50).map(|_| count::task().runs(runs.clone()));
    let last = count::task().task_id("last").runs(runs.clone());
    let run = Workflow::new("w").add(parallel(members) >> &last).execute().blocking().unwrap();
    assert_eq!(run.output_of(&last).unwrap(), 51);
}

#[test]
fn r_02_a_join_runs_once_in_diamonds_one_after_the_other() {
    let runs = Arc::new(AtomicU32::new(0));
    let task = || count::task().runs(runs.clone());
    let mut top = task();
    let mut workflow = Workflow::new("diamonds");
    for _ in 0..20 {
        let (left, right, bottom) = (task(), task(), task());
        workflow = workflow.add(&top >> &left >> &bottom).add(&top >> &right >> &bottom);
        top = bottom;
    }
    let run = workflow.execute().blocking().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 61);
    assert_eq!(run.output_of(&top).unwrap(), 61);
}

#[test]
fn r_02_a_join_of_many_runs_once() {
    let runs = Arc::new(AtomicU32::new(0));
    let join = count::task().runs(runs.clone());
    let before: Vec<_> = (0..100).map(|_| nothing::task()).collect();
    let workflow = before.iter().fold(Workflow::new("w"), |workflow, task| workflow.add(task >> &join));
    workflow.execute().blocking().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
