//! `async_dag`: tasks are closures that give futures, all of which are polled by the one that runs the graph, on one
//! thread.

use std::rc::Rc;

use async_dag::{Graph as Dag, NodeIndex};
use tokio::runtime::Runtime;

use crate::{
    graphs::{Subject, measured},
    shapes::{Before, Graph, sum},
};

pub(super) fn any_graph(runtime: &Rc<Runtime>) -> Subject {
    let runtime = runtime.clone();
    Subject::new("async_dag", move |graph| {
        measured(
            graph,
            build,
            |(dag, _)| runtime.block_on(dag.run()),
            |(dag, last), ()| dag.get_value(*last).expect("the last task has run"),
        )
    })
}

fn build(graph: &Graph) -> (Dag<'static>, NodeIndex) {
    let fits = "the types fit and there is no cycle";
    let mut dag = Dag::new();
    let mut nodes: Vec<NodeIndex> = Vec::with_capacity(graph.tasks.len());
    for before in &graph.tasks {
        let step = |value: i64| async move { value.wrapping_add(1) };
        let join = |left: i64, right: i64| async move { sum(left, right) };
        nodes.push(match *before {
            Before::Nothing => dag.add_task(|| async { 1_i64 }),
            Before::One(a) => dag.add_child_task(nodes[a as usize], step, 0).expect(fits),
            Before::Two(a, b) => {
                let node = dag.add_child_task(nodes[a as usize], join, 0).expect(fits);
                dag.update_dependency(nodes[b as usize], node, 1).expect(fits);
                node
            }
        });
    }
    let last = *nodes.last().expect("a graph has tasks");
    (dag, last)
}
