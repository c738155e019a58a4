//! one workflow, executed many times and at the same time.

use std::sync::{Arc, Barrier};

use taskloom::prelude::*;

#[task]
async fn meet(barrier: Arc<tokio::sync::Barrier>) {
    barrier.wait().await;
}

#[task]
fn meet_in_threads(barrier: &Arc<Barrier>) {
    barrier.wait();
}

#[task]
fn number(#[default(0)] number: u64) -> u64 {
    number + 1
}

/// Something that needs all eight runs to be under way, and then a chain that counts to 3.
fn workflow(meet: impl IntoFragment) -> Workflow {
    let first = number::task();
    let second = number::task().number(&first);
    let third = number::task().task_id("third").number(&second);
    Workflow::new("w").add(meet.into_fragment() >> first).add(third)
}

#[tokio::test]
async fn r_05_runs_joined_in_one_task() {
    let workflow = workflow(meet::task().barrier(Arc::new(tokio::sync::Barrier::new(8))));
    let run = || async { workflow.execute().await.unwrap().output::<u64>("third").unwrap() };
    let numbers = tokio::join!(run(), run(), run(), run(), run(), run(), run(), run());
    assert_eq!(numbers, (3, 3, 3, 3, 3, 3, 3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn r_05_runs_in_spawned_tasks() {
    let workflow = workflow(meet::task().barrier(Arc::new(tokio::sync::Barrier::new(8))));
    let runs: Vec<_> = (0..8).map(|_| tokio::spawn(workflow.execute())).collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap().output::<u64>("third").unwrap(), 3);
    }
}

#[test]
fn r_05_runs_in_threads() {
    let workflow = workflow(meet_in_threads::task().barrier(Arc::new(Barrier::new(8))));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(workflow.execute().blocking().unwrap().output::<u64>("third").unwrap(), 3));
        }
    });
}

#[test]
fn r_05_executing_changes_nothing() {
    let workflow = workflow(number::task().task_id("zero"));
    let before = workflow.plan().unwrap().to_string();
    workflow.execute().blocking().unwrap();
    assert_eq!(workflow.plan().unwrap().to_string(), before);
}

#[test]
fn r_05_an_instance_in_two_workflows_runs_in_both() {
    let shared = number::task().number(4);
    for name in ["one", "two"] {
        let run = Workflow::new(name).add(&shared).execute().blocking().unwrap();
        assert_eq!(run.output_of(&shared).unwrap(), 5);
    }
}

#[test]
fn r_05_a_larger_workflow_leaves_the_smaller_one() {
    let small = Workflow::new("w").add(number::task());
    let large = small.clone().add(number::task());
    assert_eq!(small.execute().blocking().unwrap().tasks().count(), 1);
    assert_eq!(large.execute().blocking().unwrap().tasks().count(), 2);
}
