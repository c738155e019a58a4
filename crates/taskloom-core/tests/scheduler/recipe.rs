//! What a random workflow is made of, and what happens in its run.

mod map;

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use taskloom_core::{
    Argument, Body, Definition, Digest, Fragment, GroupSettings, Instance, Limits, Lookup, Options, OwnPolicy, Place,
    Policy, TaskKind, Value, Workflow, chain, parallel,
};

use crate::{
    body::{Uncalled, instance},
    parameter::parameter,
};
pub(crate) use map::{Map, MapRule};

/// A composition over task numbers.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Task(usize),
    Chain(Vec<Self>),
    Group { members: Vec<Self>, by_operator: bool, settings: Settings },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) rule: Rule,
    pub(crate) fail_fast: bool,
    pub(crate) max_concurrency: Option<NonZeroU32>,
}

/// When a group has succeeded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Strict,
    BestEffort,
    AtLeast(u32),
    /// The branches of this one of its tasks have; counted round.
    Critical(usize),
    /// When somebody says so.
    Own,
}

/// A policy about which the core knows nothing.
#[derive(Debug)]
struct Opaque;

impl OwnPolicy for Opaque {
    fn name(&self) -> &'static str {
        "opaque"
    }
}

/// A body that says of itself what it is.
struct OfKind(TaskKind);

impl Body for OfKind {
    fn is_async(&self) -> bool {
        self.0 == TaskKind::Async
    }

    fn digest(&self, value: &Value, digest: &mut Digest) {
        Uncalled.digest(value, digest);
    }

    fn mapping(&self, entries: Vec<(&str, Value)>) -> Value {
        Uncalled.mapping(entries)
    }

    fn list(&self, parameter: usize, values: Vec<Value>) -> Value {
        Uncalled.list(parameter, values)
    }
}

/// How one attempt of a task ends.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Succeed,
    Fail,
    RetryNow,
    RetryLater,
    /// Waits for a person or for time, and goes on after that as its next act says.
    Suspend,
    Iterate,
    Terminate,
    Cancel,
    /// To tasks that the run has, and to spares, which it then adds.
    Jump(Vec<usize>),
    /// Adds so many of the next spares.
    Add(usize),
}

/// A task takes the output of another one, or a list of such.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) from: Vec<usize>,
    pub(crate) has_default: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) input: Option<Input>,
    pub(crate) max_cycles: u32,
    pub(crate) is_clean_up: bool,
    pub(crate) kind: TaskKind,
    /// One attempt after the other, over all its executions. Those that follow succeed.
    pub(crate) acts: Vec<Act>,
    /// What is taken apart where an attempt succeeds, if it is a map.
    pub(crate) map: Option<Map>,
}

/// A shape composed once more, before a task or after one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again {
    pub(crate) shape: usize,
    pub(crate) task: usize,
    pub(crate) task_is_first: bool,
}

#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) shapes: Vec<Shape>,
    /// Further edges from one task to another, or to itself.
    pub(crate) edges: Vec<(usize, usize)>,
    pub(crate) again: Vec<Again>,
    /// Those composed, then spares, for tasks to add.
    pub(crate) tasks: Vec<Task>,
    pub(crate) spares: usize,
    pub(crate) limits: Limits,
    /// Where to start, if that task has joined.
    pub(crate) start: Option<usize>,
    /// What happens next, and next, …
    pub(crate) choices: Vec<u16>,
}

/// One line for each field and task, since a failing case is read by people.
impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "shapes: {:?}\nedges: {:?}\nagain: {:?}", self.shapes, self.edges, self.again)?;
        for (number, task) in self.tasks.iter().enumerate() {
            writeln!(f, "t{number}: {task:?}")?;
        }
        writeln!(f, "spares: {}", self.spares)?;
        writeln!(f, "limits: {:?}\nstart: {:?}\nchoices: {:?}", self.limits, self.start, self.choices)
    }
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
    /// The tasks in it, each as often as it is there.
    pub(crate) fn tasks(&self) -> Vec<usize> {
        match self {
            Self::Task(task) => vec![*task],
            Self::Chain(parts) | Self::Group { members: parts, .. } => parts.iter().flat_map(Self::tasks).collect(),
        }
    }

    /// The task that a critical rule names.
    pub(crate) fn critical(&self, number: usize) -> usize {
        let tasks = self.tasks();
        tasks[number % tasks.len()]
    }
}

impl Task {
    fn options(&self, id: &str) -> Options {
        let timeout = (self.kind == TaskKind::Timed).then_some(Duration::from_secs(1));
        let map = self.map.as_ref().map(|map| Arc::new(map.mapping(id, self.list_parameter())));
        Options { max_cycles: Some(self.max_cycles), always: self.is_clean_up, timeout, map, ..Options::default() }
    }

    /// The parameter that a map goes over.
    pub(crate) fn list_parameter(&self) -> usize {
        usize::from(self.input.is_some())
    }
}

impl Recipe {
    /// Whether a task is there to be added.
    pub(crate) fn is_spare(&self, task: usize) -> bool {
        task >= self.tasks.len() - self.spares
    }

    /// The instances of all tasks.
    pub(crate) fn instances(&self) -> Vec<Instance> {
        let mut tasks: Vec<Instance> = Vec::new();
        for (number, task) in self.tasks.iter().enumerate() {
            let mut parameters: Vec<_> = task.input.iter().map(|input| parameter("input", input.has_default)).collect();
            parameters.extend(task.map.iter().map(|_| parameter("over", false)));
            let body = OfKind(task.kind);
            let definition = Definition::new("t", parameters, Lookup::ByName, Place::caller(), body);
            let id = format!("t{number}");
            let mut made = instance(&Arc::new(definition), &id);
            if let Some(input) = &task.input {
                made.bind(0, input.bind(&tasks));
            }
            if let Some(map) = &task.map {
                made.bind(task.list_parameter(), Argument::Value(map.list(0)));
            }
            made.set_options(task.options(&id));
            tasks.push(made);
        }
        tasks
    }

    /// Composes it. A group's name says which in the order of its appearance it is, its members first.
    pub(crate) fn workflow(&self, tasks: &[Instance]) -> Workflow {
        let mut groups = 0;
        let shapes: Vec<Fragment> = self.shapes.iter().map(|shape| compose(shape, tasks, &mut groups)).collect();
        let mut workflow = Workflow::new("random");
        for shape in &shapes {
            workflow.join(shape).unwrap();
        }
        for &(from, to) in &self.edges {
            workflow.join(&Fragment::from(&tasks[from]).then((&tasks[to]).into())).unwrap();
        }
        for again in &self.again {
            let (shape, task) = (shapes[again.shape % shapes.len()].clone(), Fragment::from(&tasks[again.task]));
            workflow.join(&if again.task_is_first { task.then(shape) } else { shape.then(task) }).unwrap();
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
        Shape::Group { members, by_operator, settings } => {
            let members: Vec<_> = members.iter().map(|member| compose(member, tasks, groups)).collect();
            let name = format!("g{groups}");
            *groups += 1;
            let group = if *by_operator && members.len() > 1 {
                members.into_iter().reduce(Fragment::beside).unwrap()
            } else {
                parallel(members).unwrap()
            };
            let policy = match settings.rule {
                Rule::Strict => Policy::Strict,
                Rule::BestEffort => Policy::BestEffort,
                Rule::AtLeast(least) => Policy::AtLeast(least),
                Rule::Critical(number) => Policy::Critical(vec![format!("t{}", shape.critical(number))]),
                Rule::Own => Policy::Own(Arc::new(Opaque)),
            };
            let Settings { fail_fast, max_concurrency, .. } = *settings;
            let name = Some(name);
            group
                .with_settings(GroupSettings { name, policy, fail_fast, max_concurrency, ..GroupSettings::default() })
                .unwrap()
        }
    }
}
