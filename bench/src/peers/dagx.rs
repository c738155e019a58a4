//! `dagx`: one layer of the graph after the other, a layer of one task in place, the others spawned on tokio.

use std::rc::Rc;

use dagx::{DagRunner, TaskHandle, task_fn};
use tokio::runtime::Runtime;

use crate::{
    graphs::{Subject, measured},
    shapes::{Before, Graph, sum},
};

pub(super) fn any_graph(runtime: &Rc<Runtime>) -> Subject {
    let runtime = runtime.clone();
    Subject::new("dagx", move |graph| {
        measured(
            graph,
            build,
            |(dag, _)| {
                let spawn = |task| drop(tokio::spawn(task));
                runtime.block_on(dag.run(spawn)).expect("nothing fails");
            },
            |(dag, last), ()| dag.get(last).expect("the last task has run"),
        )
    })
}

fn build(graph: &Graph) -> (DagRunner, TaskHandle<i64>) {
    let dag = DagRunner::new();
    let mut handles: Vec<TaskHandle<i64>> = Vec::with_capacity(graph.tasks.len());
    for before in &graph.tasks {
        let handle = match *before {
            Before::Nothing => dag.add_task(task_fn(|(): ()| async { 1_i64 })).into(),
            Before::One(a) => {
                let step = task_fn(|value: i64| async move { value.wrapping_add(1) });
                dag.add_task(step).depends_on(handles[a as usize])
            }
            Before::Two(a, b) => {
                let join = task_fn(|(left, right): (i64, i64)| async move { sum(left, right) });
                dag.add_task(join).depends_on((&handles[a as usize], &handles[b as usize]))
            }
        };
        handles.push(handle);
    }
    let last = *handles.last().expect("a graph has tasks");
    (dag, last)
}
