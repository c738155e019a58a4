//! `rayon`: no graph, but jobs that spawn or join others, on a pool that is there before. A job per task, rather than
//! an iterator that puts thousands of them into one.

use crate::{
    graphs::{Subject, measured_run},
    shapes::Graph,
};

pub(super) fn fan_out() -> Subject {
    Subject::new("rayon, a spawn each", |graph| {
        let mut values = vec![0_i64; graph.tasks.len()];
        measured_run(graph, || {
            rayon::scope(|scope| {
                for value in &mut values[1..] {
                    scope.spawn(move |_| *value = 2);
                }
            });
            values[values.len() - 1]
        })
    })
}

pub(super) fn tree() -> Subject {
    Subject::new("rayon, joins", |graph| measured_run(graph, || below(0, 1, graph)))
}

/// Runs a task and those below it, and gives the value of the deepest, which the last one has.
fn below(task: u32, value: i64, graph: &Graph) -> i64 {
    let left = 2 * task + 1;
    let next = |child| if child < graph.n() { below(child, value.wrapping_add(1), graph) } else { value };
    if left < graph.n() { Ord::max(rayon::join(|| next(left), || next(left + 1)).0, value) } else { value }
}
