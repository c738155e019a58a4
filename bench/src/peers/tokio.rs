//! tokio's own tasks on its multi-thread runtime, without a graph. Everything begins inside of a spawned task, where
//! spawning is fastest.

use std::{pin::Pin, rc::Rc};

use tokio::{
    runtime::Runtime,
    task::{JoinHandle, spawn},
};

use crate::graphs::{Subject, measured_run};

fn subject<F>(name: &'static str, runtime: &Rc<Runtime>, work: fn(u32) -> F) -> Subject
where
    F: Future<Output = i64> + Send + 'static,
{
    let runtime = runtime.clone();
    Subject::new(name, move |graph| {
        let n = graph.n();
        measured_run(graph, || runtime.block_on(async { spawn(work(n)).await.expect("nothing panics") }))
    })
}

async fn joined(task: JoinHandle<i64>) -> i64 {
    task.await.expect("nothing panics")
}

pub(super) fn chain(runtime: &Rc<Runtime>) -> Subject {
    subject("tokio: spawn, await, spawn the next", runtime, |n| async move {
        let mut value = 0;
        for _ in 0..n {
            value = joined(spawn(async move { value + 1 })).await;
        }
        value
    })
}

pub(super) fn fan_out(runtime: &Rc<Runtime>) -> Subject {
    subject("tokio: spawn all, join all", runtime, |n| async move {
        let first = joined(spawn(async { 1 })).await;
        let all: Vec<JoinHandle<i64>> = (1..n).map(|_| spawn(async move { first + 1 })).collect();
        let mut value = first;
        for task in all {
            value = joined(task).await;
        }
        value
    })
}

pub(super) fn tree(runtime: &Rc<Runtime>) -> Subject {
    subject("tokio: each spawns two", runtime, |n| below(0, 1, n))
}

/// A task and those below it; gives the value of the deepest, which the last one has.
fn below(task: u32, value: i64, n: u32) -> Pin<Box<dyn Future<Output = i64> + Send>> {
    Box::pin(async move {
        let next = |child| (child < n).then(|| spawn(below(child, value + 1, n)));
        let (left, right) = (next(2 * task + 1), next(2 * task + 2));
        let mut deepest = value;
        for child in [left, right].into_iter().flatten() {
            deepest = deepest.max(joined(child).await);
        }
        deepest
    })
}
