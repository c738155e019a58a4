use std::rc::Rc;

use taskloom::prelude::*;
use tokio::runtime::Runtime;

use crate::measure::{Case, timed};

#[task]
pub(crate) fn noop(value: i64) -> i64 {
    value
}

#[task(id = "noop")]
#[expect(clippy::unused_async, reason = "async bodies that are ready at once are what is measured")]
async fn async_noop(value: i64) -> i64 {
    value
}

#[task(id = "noop")]
async fn yielding_noop(value: i64) -> i64 {
    tokio::task::yield_now().await;
    value
}

/// Instances, each with an id of its own and one argument. The text of the id is made here too, as a
/// user has to.
pub(crate) fn instances(n: u32) -> impl Iterator<Item = noop> {
    (0..n).map(|i| noop::task().task_id(format!("t{i}")).value(i64::from(i)))
}

fn async_instances(n: u32) -> impl Iterator<Item = async_noop> {
    (0..n).map(|i| async_noop::task().task_id(format!("t{i}")).value(i64::from(i)))
}

fn yielding_instances(n: u32) -> impl Iterator<Item = yielding_noop> {
    (0..n).map(|i| yielding_noop::task().task_id(format!("t{i}")).value(i64::from(i)))
}

/// A workflow that is planned, so that only its run is measured.
fn planned(fragment: impl IntoFragment) -> Workflow {
    let workflow = Workflow::new("w").add(fragment);
    workflow.plan().expect("nothing is wrong with it");
    workflow
}

fn blocking(name: &'static str, workflow: Workflow) -> Case {
    Case::ours(name, move || timed(|| workflow.execute().blocking().expect("nothing fails")))
}

fn awaited(name: &'static str, workflow: Workflow, runtime: &Rc<Runtime>) -> Case {
    let runtime = runtime.clone();
    Case::ours(name, move || timed(|| runtime.block_on(workflow.execute()).expect("nothing fails")))
}

pub(crate) fn chain(n: u32, runtime: &Rc<Runtime>) -> Vec<Case> {
    let workflow = planned(taskloom::chain(instances(n)));
    let asynchronous = planned(taskloom::chain(async_instances(n)));
    vec![
        blocking("sync, `.blocking()`", workflow.clone()),
        awaited("sync, `.await`", workflow, runtime),
        awaited("async, `.await`", asynchronous, runtime),
    ]
}

pub(crate) fn fan_out(n: u32, runtime: &Rc<Runtime>) -> Vec<Case> {
    let workflow = planned(parallel(instances(n)));
    let asynchronous = planned(parallel(async_instances(n)));
    vec![
        blocking("sync, `.blocking()`", workflow.clone()),
        awaited("sync, `.await`", workflow, runtime),
        awaited("async, `.await`", asynchronous, runtime),
    ]
}

pub(crate) fn yielding_chain(n: u32, runtime: &Rc<Runtime>) -> Case {
    awaited("async, `.await`", planned(taskloom::chain(yielding_instances(n))), runtime)
}

/// The steps before a run, each alone and all at once.
pub(crate) fn building(n: u32) -> Vec<Case> {
    let tasks: Rc<[noop]> = instances(n).collect();
    let of_plan = tasks.clone();
    let composing = |compose: fn(&[noop]) -> Fragment| {
        let tasks = tasks.clone();
        move || timed(|| Workflow::new("w").add(compose(&tasks)))
    };
    let planning = |compose: fn(&[noop]) -> Fragment| {
        let tasks = of_plan.clone();
        move || {
            let workflow = Workflow::new("w").add(compose(&tasks));
            timed(|| workflow.plan().expect("nothing is wrong with it"))
        }
    };
    vec![
        Case::ours("of which the texts of the ids", move || {
            timed(|| (0..n).map(|i| format!("t{i}").into_boxed_str()).collect::<Vec<_>>())
        }),
        Case::ours("make", move || timed(|| instances(n).collect::<Vec<_>>())),
        Case::ours("compose a chain", composing(|tasks| taskloom::chain(tasks))),
        Case::ours("plan it", planning(|tasks| taskloom::chain(tasks))),
        Case::ours("compose a fan-out", composing(|tasks| parallel(tasks))),
        Case::ours("plan it", planning(|tasks| parallel(tasks))),
        Case::ours("make, compose and plan a chain", move || timed(|| planned(taskloom::chain(instances(n))))),
        Case::ours("make, compose and plan a fan-out", move || timed(|| planned(parallel(instances(n))))),
    ]
}

/// The whole way, and the end of what it leaves behind.
pub(crate) fn everything(n: u32) -> Vec<Case> {
    let all = |compose: fn(u32) -> Fragment| {
        move || {
            timed(|| {
                let workflow = planned(compose(n));
                let run = workflow.execute().blocking().expect("nothing fails");
                (workflow, run)
            })
        }
    };
    let dropping = |compose: fn(u32) -> Fragment| {
        move || {
            let workflow = planned(compose(n));
            let run = workflow.execute().blocking().expect("nothing fails");
            timed(|| drop((workflow, run)))
        }
    };
    vec![
        Case::ours("a chain", all(|n| taskloom::chain(instances(n)))),
        Case::ours("a fan-out", all(|n| parallel(instances(n)))),
        Case::ours("dropping a chain and its run", dropping(|n| taskloom::chain(instances(n)))),
        Case::ours("dropping a fan-out and its run", dropping(|n| parallel(instances(n)))),
    ]
}
