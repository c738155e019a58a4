//! How much memory a workflow takes: what was asked for, without what the system's allocator adds.

use std::fmt;

use taskloom::{Fragment, Workflow, chain, parallel};

use crate::{
    allocator, ours,
    table::{grouped, markdown},
};

/// What is composed of the tasks.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Chain,
    FanOut,
}

pub(crate) const SHAPES: [Shape; 2] = [Shape::Chain, Shape::FanOut];

impl Shape {
    fn compose(self, n: u32) -> Fragment {
        match self {
            Self::Chain => chain(ours::instances(n)),
            Self::FanOut => parallel(ours::instances(n)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::FanOut => "fan-out",
        }
    }
}

/// Bytes at each step, together with those of the steps before.
pub(crate) struct Memory {
    shape: Shape,
    n: u32,
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    peak: usize,
    afterwards: usize,
}

/// Counts the memory of `n` sync tasks, each with a given id and one argument: composed, planned, run.
///
/// One run of each is enough, since the counts hardly vary.
pub(crate) fn count(shape: Shape, n: u32) -> Memory {
    let mut steps = Vec::with_capacity(4);
    let mut step = |name| {
        steps.push(Step { name, peak: allocator::peak(), afterwards: allocator::live() });
        allocator::forget_peak();
    };
    allocator::start();
    let fragment = shape.compose(n);
    step("make and compose");
    let workflow = Workflow::new("w").add(fragment);
    step("add to a workflow");
    let plan = workflow.plan().expect("nothing is wrong with it");
    step("plan");
    let run = workflow.execute().blocking().expect("nothing fails");
    step("run");
    allocator::stop();
    drop((plan, run));
    Memory { shape, n, steps }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_task = |bytes: usize| format!("{}", bytes / self.n as usize);
        let title = format!("Bytes per task, {} of {}", self.shape.name(), grouped(self.n));
        let mut rows = vec![vec![title, "at its peak".to_owned(), "afterwards".to_owned()]];
        rows.extend(
            self.steps.iter().map(|step| vec![step.name.to_owned(), per_task(step.peak), per_task(step.afterwards)]),
        );
        markdown(f, &rows)
    }
}
