use std::{hint::black_box, process::ExitCode};

use taskloom::prelude::*;

/// Enough for what a run costs by itself to vanish beside its tasks.
pub(crate) const TASKS: u32 = 2_000;

/// Something to count.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    run: fn(),
}

pub(crate) const ALL: [Work; 7] = [
    Work { name: "build_chain", run: || build(|| Workflow::new("w").add(taskloom::chain(steps()))) },
    Work { name: "build_fan_out", run: || build(|| Workflow::new("w").add(parallel(steps()))) },
    Work { name: "build_bound_chain", run: || build(bound_chain) },
    Work { name: "run_chain", run: || run_of(&Workflow::new("w").add(taskloom::chain(steps()))) },
    Work { name: "run_bound_chain", run: || run_of(&bound_chain()) },
    Work { name: "run_async_chain", run: || run_of(&Workflow::new("w").add(taskloom::chain(async_steps()))) },
    Work { name: "run_fan_out", run: || run_of(&Workflow::new("w").add(parallel(steps()))) },
];

/// Does the work of this name.
pub(crate) fn run(name: &str) -> ExitCode {
    match ALL.iter().find(|work| work.name == name) {
        Some(work) => {
            (work.run)();
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

/// What runs in here is counted: callgrind knows it by its name.
#[inline(never)]
fn count_this(work: &mut dyn FnMut()) {
    work();
}

#[task]
fn step(value: i64) -> i64 {
    value
}

#[task(id = "step")]
#[expect(clippy::unused_async, reason = "an async body that is ready at once is what is measured")]
async fn async_step(value: i64) -> i64 {
    value
}

fn steps() -> impl Iterator<Item = step> {
    (0..TASKS).map(|i| step::task().task_id(format!("t{i}")).value(i64::from(i)))
}

fn async_steps() -> impl Iterator<Item = async_step> {
    (0..TASKS).map(|i| async_step::task().task_id(format!("t{i}")).value(i64::from(i)))
}

/// A chain in which each task takes the output of the one before.
fn bound_chain() -> Workflow {
    let mut task = step::task().task_id("first").value(0);
    let mut workflow = Workflow::new("w").add(&task);
    for i in 1..TASKS {
        task = step::task().task_id(format!("t{i}")).value(&task);
        workflow = workflow.add(&task);
    }
    workflow
}

/// Counts making, composing and planning a workflow, but not dropping it.
fn build(make: fn() -> Workflow) {
    let mut built = None;
    count_this(&mut || {
        let workflow = make();
        let plan = workflow.plan().expect("nothing is wrong with it");
        built = Some((workflow, plan));
    });
    black_box(built);
}

/// Counts a run, but not what is done once in a process, nor dropping what it leaves.
///
/// One task at a time, so that only this thread works and the order is fixed.
fn run_of(workflow: &Workflow) {
    let run = || workflow.execute().max_concurrency(1).blocking().expect("nothing fails");
    let first = run();
    let mut second = None;
    count_this(&mut || second = Some(run()));
    black_box((first, second));
}
