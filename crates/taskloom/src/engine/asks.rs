use std::collections::{BTreeMap, BTreeSet};

use taskloom_core::{Addition, BuildError, Instance, NodeId, RunPlan, Value};

/// What an execution asks for from inside (rule R-9). It counts only if the attempt succeeds.
#[derive(Default)]
pub struct Asks {
    /// Cancel the run, with this message.
    pub cancel: Option<String>,
    /// End the run well, with this message.
    pub terminate: Option<String>,
    /// Run again, with this as the first argument.
    pub iterate: Option<Value>,
    /// Which tasks are to run.
    targets: Vec<Target>,
    /// Whether the run goes on at these instead of what follows the task.
    leaves: bool,
    /// What its steps, sleeps and questions are called.
    pub(crate) names: Names,
}

/// The names of what an attempt remembers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    used: BTreeSet<String>,
    counts: BTreeMap<&'static str, u32>,
}

impl Names {
    /// The key of something of this kind and name, if there is none of that name.
    pub(crate) fn named(&mut self, kind: &'static str, name: &str) -> Option<String> {
        let key = format!("{kind}:{name}");
        self.used.insert(key.clone()).then_some(key)
    }

    /// The key of the next one without a name.
    pub(crate) fn next(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        format!("{kind}:#{count}")
    }
}

/// A task that is to run because another one says so.
#[derive(Debug)]
pub enum Target {
    /// One that the run has.
    Known(NodeId),
    /// One that is added to it.
    New(Addition),
}

/// The one wish of an attempt that counts.
pub(super) enum Wish {
    Cancel(String),
    Terminate(String),
    Iterate(Value),
    Jump(Vec<Target>),
    Add(Vec<Target>),
}

/// The same, while the attempt has not been told of.
pub(super) enum Peek<'a> {
    Nothing,
    Cancel(&'a str),
    Terminate(&'a str),
    Iterate(&'a Value),
    Jump(&'a [Target]),
    Add(&'a [Target]),
}

impl Wish {
    /// What the run is told to end with.
    pub(super) fn message(&self) -> Option<String> {
        match self {
            Self::Cancel(message) | Self::Terminate(message) => Some(message.clone()),
            _ => None,
        }
    }
}

impl Target {
    /// A task for the run: one that it has, or one that `by` adds to it.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if it cannot be added.
    pub fn new(plan: &RunPlan, task: &Instance, by: NodeId) -> Result<Self, BuildError> {
        match plan.node_of(task).filter(|&node| plan.includes(node)) {
            Some(node) => Ok(Self::Known(node)),
            None => plan.prepare(task, by).map(Self::New),
        }
    }

    /// A task that the run has.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if nobody can go on at it.
    pub fn known(plan: &RunPlan, node: NodeId) -> Result<Self, BuildError> {
        plan.refuse_element(node).map(|()| Self::Known(node))
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(node), Self::Known(other)) => node == other,
            (Self::New(addition), Self::New(other)) => addition.task().same(other.task()),
            _ => false,
        }
    }

    /// The id under which it would be added.
    fn new_id(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::New(addition) => addition.task().given_id(),
        }
    }
}

impl Asks {
    /// Asks for a task to run: instead of what follows the asking one if the run has it or with `goto`, else beside
    /// that.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if another new task with its id was asked for.
    pub fn run(&mut self, target: Target, goto: bool) -> Result<(), BuildError> {
        self.leaves |= goto || matches!(target, Target::Known(_));
        if self.targets.iter().any(|asked| asked.is_same(&target)) {
            return Ok(());
        }
        if let Target::New(addition) = &target {
            let with_its_id = |asked: &&Target| asked.new_id().is_some_and(|id| target.new_id() == Some(id));
            if let Some(Target::New(first)) = self.targets.iter().find(with_its_id)
                && let Some(error) = taskloom_core::conflict(first.task(), addition.task())
            {
                return Err(error);
            }
        }
        self.targets.push(target);
        Ok(())
    }

    /// Looks whether the tasks to be added still can be.
    pub(super) fn check(&self, plan: &RunPlan) -> Result<(), BuildError> {
        let additions = self.targets.iter().filter_map(|target| match target {
            Target::Known(_) => None,
            Target::New(addition) => Some(addition),
        });
        plan.check(additions)
    }

    /// What [`take_wish`](Self::take_wish) will give.
    pub(super) fn peek(&self) -> Peek<'_> {
        match self {
            Self { cancel: Some(message), .. } => Peek::Cancel(message),
            Self { terminate: Some(message), .. } => Peek::Terminate(message),
            Self { iterate: Some(data), .. } => Peek::Iterate(data),
            Self { targets, .. } if targets.is_empty() => Peek::Nothing,
            Self { targets, leaves: true, .. } => Peek::Jump(targets),
            Self { targets, .. } => Peek::Add(targets),
        }
    }

    /// What an attempt asked for in another process.
    pub(super) fn again(wish: Wish) -> Self {
        match wish {
            Wish::Cancel(message) => Self { cancel: Some(message), ..Self::default() },
            Wish::Terminate(message) => Self { terminate: Some(message), ..Self::default() },
            Wish::Iterate(data) => Self { iterate: Some(data), ..Self::default() },
            Wish::Jump(targets) => Self { targets, leaves: true, ..Self::default() },
            Wish::Add(targets) => Self { targets, ..Self::default() },
        }
    }

    /// Whether something is there that holds values of the user's.
    pub(super) fn has_values(&self) -> bool {
        self.iterate.is_some() || !self.targets.is_empty()
    }

    /// The one wish that counts: cancel before terminate before iterate before jumps.
    pub(super) fn take_wish(&mut self) -> Option<Wish> {
        if let Some(message) = self.cancel.take() {
            return Some(Wish::Cancel(message));
        }
        if let Some(message) = self.terminate.take() {
            return Some(Wish::Terminate(message));
        }
        if let Some(data) = self.iterate.take() {
            return Some(Wish::Iterate(data));
        }
        let targets = std::mem::take(&mut self.targets);
        if targets.is_empty() {
            return None;
        }
        Some(if self.leaves { Wish::Jump(targets) } else { Wish::Add(targets) })
    }
}

impl std::fmt::Debug for Asks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asks")
            .field("cancel", &self.cancel)
            .field("terminate", &self.terminate)
            .field("iterate", &self.iterate.is_some())
            .field("targets", &self.targets)
            .field("leaves", &self.leaves)
            .finish_non_exhaustive()
    }
}
