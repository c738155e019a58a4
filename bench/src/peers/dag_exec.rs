//! `dag_exec`: sync closures by key, run until the outputs that are asked for are there. Run on one thread, since its
//! pool sends each task through a channel and its result through another, and is slower for small tasks, as its
//! documentation says.

use std::sync::Arc;

use dag_exec::{Dag, DagBuilder, Executor, ExecutorConfig};

use crate::{
    graphs::{Subject, measured},
    shapes::{Before, Graph},
};

pub(super) fn any_graph() -> Subject {
    // Made once, since its default asks the system for the number of cores, which takes as long as 200 tasks.
    let executor = Executor::new(ExecutorConfig::default());
    Subject::new("dag_exec, on one thread", move |graph| {
        let outputs = ends(graph);
        measured(
            graph,
            build,
            |dag| executor.run_sequential(dag, outputs).expect("nothing fails"),
            |_, values| *values[&(graph.n() - 1)],
        )
    })
}

/// The tasks that nothing follows; to ask for them makes it run all.
fn ends(graph: &Graph) -> Vec<u32> {
    let mut followed = vec![false; graph.tasks.len()];
    for before in &graph.tasks {
        let (Before::One(a) | Before::Two(a, _)) = *before else { continue };
        followed[a as usize] = true;
        if let Before::Two(_, b) = *before {
            followed[b as usize] = true;
        }
    }
    (0..graph.n()).filter(|&i| !followed[i as usize]).collect()
}

fn build(graph: &Graph) -> Dag<u32, i64, ()> {
    let mut dag = DagBuilder::new();
    for (key, before) in (0..).zip(&graph.tasks) {
        let before = match *before {
            Before::Nothing => vec![],
            Before::One(a) => vec![a],
            Before::Two(a, b) => vec![a, b],
        };
        let body = |values: &[Arc<i64>]| Ok(values.iter().fold(1, |sum: i64, value| sum.wrapping_add(**value)));
        dag.add_task(key, before, body).expect("the keys differ");
    }
    dag.build().expect("every key is there")
}
