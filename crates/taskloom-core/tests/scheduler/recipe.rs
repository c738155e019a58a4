//! What a random workflow is made of, and what happens in its run.

use std::{num::NonZeroU32, ops::Range, sync::Arc};

use proptest::{collection::vec, option, prelude::*};
use taskloom_core::{Argument, Fragment, GroupSettings, Instance, Lookup, Workflow, chain, parallel};

use crate::body::{definition, instance, parameter};

/// A composition over task numbers. In a chain all numbers of a part are less than those of the next,
/// so whatever is composed together has no cycle.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Task(usize),
    Chain(Vec<Self>),
    Group { members: Vec<Self>, by_operator: bool },
}

/// How the attempts of a task end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// So many fail and are retried.
    pub(crate) retries: u32,
    /// The last one succeeds.
    pub(crate) succeeds: bool,
}

/// A task takes the output of another one, or a list of such.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) from: Vec<usize>,
    pub(crate) has_default: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) shapes: Vec<Shape>,
    /// Further edges from one task to another.
    pub(crate) edges: Vec<(usize, usize)>,
    /// A shape composed once more, before a task.
    pub(crate) again: Vec<(usize, usize)>,
    pub(crate) inputs: Vec<Option<Input>>,
    pub(crate) scripts: Vec<Script>,
    pub(crate) max_concurrency: Option<NonZeroU32>,
    /// Where to start, if that task has joined.
    pub(crate) start: Option<usize>,
    /// What happens next, and next, …
    pub(crate) choices: Vec<u16>,
}

const MOST_TASKS: usize = 12;

pub(crate) fn recipes() -> impl Strategy<Value = Recipe> {
    (2..=MOST_TASKS).prop_flat_map(|tasks| {
        let shapes = vec(shape(0..tasks, 3), 1..4);
        let edges = vec(ascending(tasks), 0..4);
        let again = vec((0_usize..3, 0..tasks), 0..2);
        let inputs = (0..tasks).map(|task| input(task).boxed()).collect::<Vec<_>>();
        let script = (prop_oneof![4 => Just(0_u32), 1 => 1_u32..3], prop::bool::weighted(0.8));
        let scripts = vec(script.prop_map(|(retries, succeeds)| Script { retries, succeeds }), tasks);
        let max_concurrency = option::of((1_u32..5).prop_map(|n| NonZeroU32::new(n).unwrap()));
        let start = option::weighted(0.2, 0..tasks);
        let rest = (max_concurrency, start, vec(any::<u16>(), 0..60));
        (shapes, edges, again, inputs, scripts, rest).prop_map(|(shapes, edges, again, inputs, scripts, rest)| {
            let (max_concurrency, start, choices) = rest;
            Recipe { shapes, edges, again, inputs, scripts, max_concurrency, start, choices }
        })
    })
}

fn ascending(tasks: usize) -> impl Strategy<Value = (usize, usize)> {
    (1..tasks).prop_flat_map(|to| (0..to, Just(to)))
}

fn input(task: usize) -> impl Strategy<Value = Option<Input>> {
    let input = (vec(0..task.max(1), 1..3), any::<bool>()).prop_map(|(from, has_default)| Input { from, has_default });
    // The first task has nothing before it.
    option::weighted(0.15, input).prop_map(move |input| input.filter(|_| task > 0))
}

fn shape(tasks: Range<usize>, depth: u32) -> BoxedStrategy<Shape> {
    let leaf = tasks.clone().prop_map(Shape::Task);
    if depth == 0 || tasks.len() < 2 {
        return leaf.boxed();
    }
    let parts = tasks.clone();
    let chain = vec(tasks.start + 1..tasks.end, 1..4).prop_flat_map(move |mut cuts| {
        cuts.extend([parts.start, parts.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts: Vec<_> = cuts.windows(2).map(|cut| shape(cut[0]..cut[1], depth - 1)).collect();
        parts.prop_map(Shape::Chain)
    });
    let member = (tasks.clone(), tasks).prop_flat_map(move |(a, b)| shape(a.min(b)..a.max(b) + 1, depth - 1));
    let group =
        (vec(member, 1..4), any::<bool>()).prop_map(|(members, by_operator)| Shape::Group { members, by_operator });
    prop_oneof![1 => leaf, 3 => chain, 3 => group].boxed()
}

impl Input {
    fn bind(&self, tasks: &[Instance]) -> Argument {
        match *self.from {
            [from] => Argument::Output(tasks[from].clone()),
            _ => Argument::Outputs(Arc::new(self.from.iter().map(|&from| tasks[from].clone()).collect())),
        }
    }
}

impl Shape {
    pub(crate) fn last_task(&self) -> usize {
        match self {
            Self::Task(task) => *task,
            Self::Chain(parts) | Self::Group { members: parts, .. } => parts.iter().map(Self::last_task).max().unwrap(),
        }
    }
}

impl Recipe {
    /// The shapes that are composed once more, each with a task that may follow it.
    pub(crate) fn composed_again(&self) -> impl Iterator<Item = (usize, usize)> {
        let fits = |&(shape, task): &(usize, usize)| self.shapes.get(shape).is_some_and(|s| s.last_task() < task);
        self.again.iter().copied().filter(move |again| fits(again))
    }

    /// Composes it. A group's name says which in the order of its appearance it is, its members first.
    pub(crate) fn workflow(&self) -> Workflow {
        let mut tasks: Vec<Instance> = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            let parameters: Vec<_> = input.iter().map(|input| parameter("input", input.has_default)).collect();
            let mut task = instance(&definition("t", parameters, Lookup::ByName), &format!("t{number}"));
            if let Some(input) = input {
                task.bind(0, input.bind(&tasks));
            }
            tasks.push(task);
        }
        let mut groups = 0;
        let shapes: Vec<Fragment> = self.shapes.iter().map(|shape| compose(shape, &tasks, &mut groups)).collect();
        let mut workflow = Workflow::new("random");
        for shape in &shapes {
            workflow.join(shape).unwrap();
        }
        for &(from, to) in &self.edges {
            workflow.join(&Fragment::from(&tasks[from]).then((&tasks[to]).into())).unwrap();
        }
        for (shape, task) in self.composed_again() {
            workflow.join(&shapes[shape].clone().then((&tasks[task]).into())).unwrap();
        }
        workflow
    }
}

fn compose(shape: &Shape, tasks: &[Instance], groups: &mut u32) -> Fragment {
    match shape {
        Shape::Task(task) => (&tasks[*task]).into(),
        Shape::Chain(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| compose(part, tasks, groups)).collect();
            chain(parts).unwrap()
        }
        Shape::Group { members, by_operator } => {
            let members: Vec<_> = members.iter().map(|member| compose(member, tasks, groups)).collect();
            let name = format!("g{groups}");
            *groups += 1;
            let group = if *by_operator && members.len() > 1 {
                members.into_iter().reduce(Fragment::beside).unwrap()
            } else {
                parallel(members).unwrap()
            };
            group.with_settings(GroupSettings { name: Some(name) }).unwrap()
        }
    }
}
