//! Runs a workflow by hand: what each task does is a function of its id, its iteration and its attempt, and
//! what happened is told as a list of lines.

use std::sync::Arc;

use taskloom_core::{Command, Control, Event, Limits, NodeId, Outcome, Plan, Retry, Scheduler, State, Workflow};

/// What an execution does.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Succeed,
    Fail,
    RetryNow,
    Iterate,
    Terminate,
    Cancel,
    /// Jumps to the tasks with these ids.
    Jump(&'static [&'static str]),
}

pub(crate) struct Story {
    /// `id` for each execution, in the order in which they started; `id#2` for the second, and so on.
    pub(crate) started: Vec<String>,
    pub(crate) scheduler: Scheduler,
}

impl Story {
    /// One task at a time, in the order in which they become ready.
    pub(crate) fn of(workflow: &Workflow, limits: Limits, act: impl Fn(&str, u32, u32) -> Act) -> Self {
        let plan = Arc::new(Plan::compile(workflow, None).unwrap());
        let mut story = Self { started: Vec::new(), scheduler: Scheduler::new(plan, limits) };
        while let Some(node) = story.scheduler.next() {
            story.start(node);
            let plan = story.scheduler.plan().clone();
            let id = plan.id(node);
            let done = act(id, story.scheduler.iteration(node), story.scheduler.attempt(node));
            story.end(node, done);
        }
        assert!(story.scheduler.is_finished(), "the run hangs after {:?}", story.started);
        story
    }

    pub(crate) fn start(&mut self, node: NodeId) {
        self.apply(Event::Started(node));
        let id = self.scheduler.plan().id(node).to_owned();
        let iteration = self.scheduler.iteration(node);
        self.started.push(if iteration == 1 { id } else { format!("{id}#{iteration}") });
    }

    pub(crate) fn end(&mut self, node: NodeId, act: Act) -> Vec<Command> {
        let directed = |control| Event::Directed { node, control };
        let plan = self.scheduler.plan().clone();
        self.apply(match act {
            Act::Succeed => Event::Succeeded(node),
            Act::Fail => Event::Failed { node, retry: Retry::No },
            Act::RetryNow => Event::Failed { node, retry: Retry::Now },
            Act::Iterate => directed(Control::Iterate),
            Act::Terminate => directed(Control::Terminate),
            Act::Cancel => directed(Control::Cancel),
            Act::Jump(ids) => directed(Control::Jump(ids.iter().map(|id| plan.find(id).unwrap()).collect())),
        })
    }

    pub(crate) fn apply(&mut self, event: Event) -> Vec<Command> {
        let mut commands = Vec::new();
        self.scheduler.apply(event, &mut commands);
        commands
    }

    pub(crate) fn state(&self, id: &str) -> State {
        self.scheduler.state(self.node(id))
    }

    pub(crate) fn node(&self, id: &str) -> NodeId {
        self.scheduler.plan().find(id).unwrap()
    }

    /// How the run ended, with the id of the task that decided it.
    pub(crate) fn outcome(&self) -> (&'static str, Option<String>) {
        let id = |node| Some(self.scheduler.plan().id(node).to_owned());
        match self.scheduler.outcome() {
            Outcome::Succeeded => ("succeeded", None),
            Outcome::Cancelled => ("cancelled", None),
            Outcome::Terminated(node) => ("terminated", id(node)),
            Outcome::Failed(node) => ("failed", id(node)),
            Outcome::CycleLimit(node) => ("cycle limit", id(node)),
            Outcome::StepLimit(node) => ("step limit", id(node)),
            Outcome::CancelledBy(node) => ("cancelled by", id(node)),
        }
    }
}
