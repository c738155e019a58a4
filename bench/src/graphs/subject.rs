use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::shapes::Graph;

/// A library that runs a graph, in one way of using it.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// The largest graph that it bears.
    pub(crate) most: u32,
    pub(crate) round: Box<dyn FnMut(&Graph) -> Round>,
}

impl Subject {
    pub(crate) fn new(name: &'static str, round: impl FnMut(&Graph) -> Round + 'static) -> Self {
        Self { name, most: u32::MAX, round: Box::new(round) }
    }

    /// Not given graphs of more than `most` tasks.
    #[cfg(feature = "peers")]
    pub(crate) fn up_to(self, most: u32) -> Self {
        Self { most, ..self }
    }
}

/// What building a graph and running it took.
pub(crate) struct Round {
    /// Nothing, if there is no graph to build.
    pub(crate) build: Duration,
    pub(crate) run: Duration,
    /// Bytes at the peak, of a subject in a process of its own, where the allocator of this one sees nothing.
    pub(crate) peak: Option<usize>,
}

/// Builds and runs a graph, and compares the value of its last task. Nothing is dropped before both times are taken.
pub(crate) fn measured<B, R>(
    graph: &Graph,
    build: impl FnOnce(&Graph) -> B,
    run: impl FnOnce(&mut B) -> R,
    last: impl FnOnce(&B, &R) -> i64,
) -> Round {
    let begun = Instant::now();
    let mut built = black_box(build(graph));
    let build = begun.elapsed();
    let begun = Instant::now();
    let result = black_box(run(&mut built));
    let run = begun.elapsed();
    assert_eq!(last(&built, &result), graph.last, "the last task has another value");
    Round { build, run, peak: None }
}

/// Runs what needs no graph to be built.
pub(crate) fn measured_run(graph: &Graph, run: impl FnOnce() -> i64) -> Round {
    let begun = Instant::now();
    let last = run();
    let run = begun.elapsed();
    assert_eq!(last, graph.last, "the last task has another value");
    Round { build: Duration::ZERO, run, peak: None }
}
