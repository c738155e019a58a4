use std::rc::Rc;

use taskloom::{Arg, prelude::*};
use tokio::runtime::Runtime;

use super::subject::{Subject, measured};
use crate::shapes::{Before, Graph, Shape, sum};

#[task]
fn step(value: i64) -> i64 {
    value.wrapping_add(1)
}

#[task]
fn join(left: i64, right: i64) -> i64 {
    sum(left, right)
}

#[task(id = "step")]
#[expect(clippy::unused_async, reason = "async bodies that are ready at once are what is measured")]
async fn async_step(value: i64) -> i64 {
    value.wrapping_add(1)
}

#[task(id = "join")]
#[expect(clippy::unused_async, reason = "async bodies that are ready at once are what is measured")]
async fn async_join(left: i64, right: i64) -> i64 {
    sum(left, right)
}

/// Of several types of tasks, any one.
enum Either<A, B> {
    Step(A),
    Join(B),
}

/// A workflow of `graph`, planned. The outputs that its instances are bound to are its edges.
macro_rules! planned {
    ($graph:expr, $step:ident, $join:ident) => {{
        let mut tasks: Vec<Either<$step, $join>> = Vec::with_capacity($graph.tasks.len());
        let mut workflow = Workflow::new("w");
        for (i, before) in $graph.tasks.iter().enumerate() {
            let value = |of: u32| -> Arg<i64> {
                match &tasks[of as usize] {
                    Either::Step(task) => task.into(),
                    Either::Join(task) => task.into(),
                }
            };
            let id = format!("t{i}");
            let task = match *before {
                Before::Nothing => Either::Step($step::task().task_id(id).value(0)),
                Before::One(a) => Either::Step($step::task().task_id(id).value(value(a))),
                Before::Two(a, b) => Either::Join($join::task().task_id(id).left(value(a)).right(value(b))),
            };
            workflow = match &task {
                Either::Step(task) => workflow.add(task),
                Either::Join(task) => workflow.add(task),
            };
            tasks.push(task);
        }
        workflow.plan().expect("nothing is wrong with it");
        workflow
    }};
}

fn last(graph: &Graph, run: &Run) -> i64 {
    run.output(format!("t{}", graph.n() - 1)).expect("the last task has run")
}

fn blocking(name: &'static str, build: fn(&Graph) -> Workflow) -> Subject {
    Subject::new(name, move |graph| {
        measured(
            graph,
            build,
            |workflow| workflow.execute().blocking().expect("nothing fails"),
            |_, run| last(graph, run),
        )
    })
}

pub(super) fn sync() -> Subject {
    blocking("taskloom, sync, `.blocking()`", |graph| planned!(graph, step, join))
}

/// A chain or a fan-out with `chain` and `parallel`, whose edges are order alone: each task has a given argument.
pub(super) fn ordered() -> Subject {
    blocking("the same, order alone", |graph| {
        let mut tasks = (0..graph.n()).map(|i| step::task().task_id(format!("t{i}")).value(graph.last.wrapping_sub(1)));
        let workflow = Workflow::new("w").add(match graph.shape {
            Shape::Chain => taskloom::chain(tasks),
            Shape::FanOut => tasks.next().expect("a graph has tasks") >> parallel(tasks),
            Shape::Lattice | Shape::Tree | Shape::Random => unreachable!("these are bound"),
        });
        workflow.plan().expect("nothing is wrong with it");
        workflow
    })
}

pub(super) fn asynchronous(runtime: &Rc<Runtime>) -> Subject {
    let runtime = runtime.clone();
    Subject::new("taskloom, async, `.await`", move |graph| {
        measured(
            graph,
            |graph| planned!(graph, async_step, async_join),
            |workflow| runtime.block_on(workflow.execute()).expect("nothing fails"),
            |_, run| last(graph, run),
        )
    })
}
