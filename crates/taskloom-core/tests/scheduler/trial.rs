//! Drives the scheduler and the reference through the same run.

mod added;
mod check;
mod maps;

use std::sync::Arc;

use proptest::test_runner::{TestCaseError, TestCaseResult};
use taskloom_core::{Command, Control, Event, Instance, NodeId, Plan, Retry, Scheduler, State, TaskKind, TaskKinds};

use crate::{
    graph::{Graph, Node},
    recipe::{Act, Recipe},
    reference::Reference,
};

/// Who may ask for a node: one who runs all kinds, or one kind.
const KINDS: [TaskKinds; 5] = [
    TaskKinds::ALL,
    TaskKinds::of(TaskKind::Plain),
    TaskKinds::of(TaskKind::Timed),
    TaskKinds::of(TaskKind::Async),
    TaskKinds::of(TaskKind::Judgement),
];

/// No run here has that many events, unless it never ends.
const MOST_EVENTS: usize = 5000;

struct Trial<'a> {
    recipe: &'a Recipe,
    instances: Vec<Instance>,
    scheduler: Scheduler,
    reference: Reference<'a>,
    /// The plan's number of each node of the reference.
    numbers: Vec<NodeId>,
    /// How many attempts of each node have ended.
    acted: Vec<usize>,
    /// What the last event had the driver do.
    commands: Vec<Command>,
    /// What has ended with it that the driver does not know of.
    trail: Vec<(NodeId, State)>,
    /// What has become ready with it.
    readied: Vec<NodeId>,
    events: Vec<Event>,
}

/// Gives how many events it has applied.
pub(crate) fn compare(recipe: &Recipe) -> Result<u64, TestCaseError> {
    let mut trial = Trial::new(recipe);
    trial.run().map_err(|error| TestCaseError::fail(format!("{error}\n{}", trial.story())))?;
    Ok(trial.events.len() as u64)
}

fn number(plan: &Plan, node: Node) -> NodeId {
    let group = |group: usize| plan.groups().iter().find(|g| g.name == format!("g{group}")).unwrap();
    match node {
        Node::Task(task) => plan.find(&format!("t{task}")).unwrap(),
        Node::Entry(number) => group(number).entry,
        Node::Exit(number) => group(number).exit,
        Node::Element(..) => unreachable!("nothing was taken apart yet"),
    }
}

impl<'a> Trial<'a> {
    fn new(recipe: &'a Recipe) -> Self {
        let graph = Graph::new(recipe);
        let start = graph.start().and(recipe.start).map(|task| format!("t{task}"));
        let instances = recipe.instances();
        let plan = Arc::new(Plan::compile(&recipe.workflow(&instances), start.as_deref()).unwrap());
        let numbers: Vec<NodeId> = graph.nodes.iter().map(|&node| number(&plan, node)).collect();
        let acted = vec![0; numbers.len()];
        let mut scheduler = Scheduler::new(plan, recipe.limits);
        scheduler.keep_trail(true);
        scheduler.keep_readied();
        let reference = Reference::new(graph, recipe.limits);
        let (commands, trail, readied, events) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { recipe, instances, scheduler, reference, numbers, acted, commands, trail, readied, events }
    }

    fn run(&mut self) -> TestCaseResult {
        let mut choices = self.recipe.choices.iter().copied().chain(std::iter::repeat(0));
        self.check()?;
        while !self.scheduler.is_finished() {
            if self.events.len() == MOST_EVENTS {
                return Err(TestCaseError::fail("the run does not end"));
            }
            self.step(choices.next().unwrap());
            self.check()?;
        }
        self.check_ending()
    }

    /// What has happened, for a person who looks into a failing case.
    fn story(&self) -> String {
        let plan = self.scheduler.plan();
        let nodes = (0_u32..).take(plan.len()).map(|node| format!("{node}: {:?} {}", plan.kind(node), plan.id(node)));
        let nodes: Vec<String> = nodes.collect();
        let states = self.numbers.iter().enumerate().map(|(node, &number)| {
            let id = self.scheduler.run_plan().id(number);
            let (ours, theirs) = (self.scheduler.state(number), self.reference.state(node));
            if ours == theirs {
                format!("{id} ({number}) {ours}")
            } else {
                format!("{id} {ours}, by the reference {theirs}")
            }
        });
        let states: Vec<String> = states.collect();
        let (nodes, states) = (nodes.join(", "), states.join("; "));
        format!("nodes: {nodes}\n{plan}events: {:?}\nstates: {states}", self.events)
    }

    /// One event, as `choice` would have it.
    fn step(&mut self, choice: u16) {
        let (kind, which) = (choice % 64, usize::from(choice / 64));
        let (running, backing_off) = (self.reference.running(), self.reference.backing_off());
        let suspended = self.reference.waiting_for_others();
        let one_of = |nodes: &[usize]| nodes.get(which % nodes.len().max(1)).copied();
        let being_cancelled: Vec<usize> =
            running.iter().copied().filter(|&node| self.reference.is_being_cancelled(node)).collect();
        // Somebody asks who can run some kinds; or, if there is nothing for him, somebody else.
        let asked = KINDS[which % KINDS.len()];
        let next = self.reference.next(asked).or_else(|| self.reference.next(TaskKinds::ALL));
        match (kind, one_of(&running), one_of(&backing_off), next) {
            (1, ..) if which % 4 == 0 => {
                self.apply(Event::Cancelled);
                self.reference.cancel();
            }
            (3, Some(node), ..) if which % 4 == 0 => self.drop(node),
            // A timer of a node that does not back off any more, or the end of a wait that is none.
            (5, ..) if which % 2 == 0 => self.due(which / 2 % self.numbers.len()),
            (5, ..) => self.go_on(which / 2 % self.numbers.len()),
            (7..21, ..) if !being_cancelled.is_empty() => self.drop(one_of(&being_cancelled).unwrap()),
            (31..41, ..) if !suspended.is_empty() => self.go_on(one_of(&suspended).unwrap()),
            (21..31, _, Some(node), _) | (_, None, Some(node), None) => self.due(node),
            (_, None, None, None) => self.go_on(one_of(&suspended).unwrap()),
            (even, None, ..) | (even, .., Some(_)) if even % 2 == 0 || running.is_empty() => {
                let node = next.unwrap();
                self.apply(Event::Started(self.numbers[node]));
                self.reference.started(node);
            }
            (_, Some(node), ..) => self.end(node),
            (_, None, ..) => unreachable!("something is ready or under way"),
        }
    }

    fn due(&mut self, node: usize) {
        self.apply(Event::Due(self.numbers[node]));
        self.reference.due(node);
    }

    /// What a node has waited for is there.
    fn go_on(&mut self, node: usize) {
        self.apply(Event::Continued(self.numbers[node]));
        self.reference.continued(node);
    }

    fn drop(&mut self, node: usize) {
        self.apply(Event::Dropped(self.numbers[node]));
        self.reference.dropped(node);
    }

    /// A running node's attempt ends by its script.
    fn end(&mut self, node: usize) {
        let number = self.numbers[node];
        if matches!(self.reference.graph.nodes[node], Node::Exit(_)) {
            // Most groups pass, but not at every look.
            self.acted[node] += 1;
            let passed = (node + self.acted[node]) % 4 != 3;
            self.apply(Event::Judged { exit: number, passed });
            return self.reference.judged(node, passed);
        }
        let act = self.act(node);
        self.acted[node] += 1;
        if self.reference.graph.map(node).is_some() {
            return self.take_apart(node, &act);
        }
        let directed = |control| Event::Directed { node: number, control };
        match act {
            Act::Succeed => self.succeed(node),
            Act::Fail => self.fail(node, Retry::No),
            Act::RetryNow => self.fail(node, Retry::Now),
            Act::RetryLater => self.fail(node, Retry::Later),
            Act::Suspend => {
                self.apply(Event::Suspended(number));
                self.reference.suspended(node);
            }
            Act::Iterate => {
                self.apply(directed(Control::Iterate));
                self.reference.iterated(node);
            }
            Act::Terminate => {
                self.apply(directed(Control::Terminate));
                self.reference.terminated(node);
            }
            Act::Cancel => {
                self.apply(directed(Control::Cancel));
                self.reference.cancelled_by(node);
            }
            Act::Jump(tasks) => {
                let graph = &self.reference.graph;
                let is_excluded = |task| graph.find(task).is_some_and(|node| graph.excluded.contains(&node));
                let targets: Vec<usize> = tasks.into_iter().filter(|&task| !is_excluded(task)).collect();
                self.jump(node, &targets);
            }
            Act::Add(count) => self.add(node, count),
        }
    }

    fn succeed(&mut self, node: usize) {
        self.apply(Event::Succeeded(self.numbers[node]));
        self.reference.succeeded(node);
    }

    fn fail(&mut self, node: usize, retry: Retry) {
        self.apply(Event::Failed { node: self.numbers[node], retry });
        self.reference.failed(node, retry);
    }

    /// Tells the scheduler.
    fn apply(&mut self, event: Event) {
        self.commands.clear();
        let is_about_a_task = match event {
            Event::Started(node) => self.scheduler.run_plan().is_task(node),
            Event::Judged { .. } => false,
            _ => true,
        };
        self.events.push(event.clone());
        self.scheduler.apply(event, &mut self.commands);
        self.trail = self.scheduler.take_trail();
        self.readied = self.scheduler.take_readied();
        self.reference.begin(is_about_a_task);
    }
}
