//! Drives the scheduler and the reference through the same run.

use std::sync::Arc;

use proptest::{prelude::*, test_runner::TestCaseResult};
use taskloom_core::{Event, Limits, NodeId, Outcome, Plan, Scheduler, State};

use crate::{
    graph::{Graph, Node},
    recipe::Recipe,
    reference::{End, Reference},
};

struct Trial<'a> {
    recipe: &'a Recipe,
    scheduler: Scheduler,
    reference: Reference<'a>,
    /// The plan's number of each node of the reference.
    numbers: Vec<NodeId>,
}

pub(crate) fn compare(recipe: &Recipe) -> TestCaseResult {
    let graph = Graph::new(recipe);
    let start = graph.start().and(recipe.start).map(|task| format!("t{task}"));
    let plan = Arc::new(Plan::compile(&recipe.workflow(), start.as_deref()).unwrap());
    let numbers = graph.nodes.iter().map(|node| number(&plan, node)).collect();
    let limits = Limits { max_concurrency: recipe.max_concurrency };
    let scheduler = Scheduler::new(plan, limits);
    let reference = Reference::new(graph, recipe.max_concurrency);
    let mut trial = Trial { recipe, scheduler, reference, numbers };
    let mut choices = recipe.choices.iter().copied().chain(std::iter::repeat(0));
    trial.check()?;
    while !trial.scheduler.is_finished() {
        trial.step(choices.next().unwrap());
        trial.check()?;
    }
    let ending = trial.scheduler.ending();
    for &node in &trial.numbers {
        prop_assert_eq!(ending.state(node), trial.scheduler.state(node));
        prop_assert_eq!(ending.attempt(node), trial.scheduler.attempt(node));
    }
    prop_assert_eq!(ending.outcome(), trial.scheduler.outcome());
    Ok(())
}

fn number(plan: &Plan, node: &Node) -> NodeId {
    let group = |group: usize| plan.groups().iter().find(|g| g.name == format!("g{group}")).unwrap();
    match *node {
        Node::Task(task) => plan.find(&format!("t{task}")).unwrap(),
        Node::Entry(number) => group(number).entry,
        Node::Exit(number) => group(number).exit,
    }
}

impl Trial<'_> {
    /// One event, as `choice` would have it.
    fn step(&mut self, choice: u16) {
        let running: Vec<usize> = self.reference.running().collect();
        match (self.reference.next(), choice % 128) {
            (_, 1) => {
                self.scheduler.apply(Event::Cancelled);
                self.reference.cancelled();
            }
            (_, 3) if !running.is_empty() => {
                let node = running[usize::from(choice / 128) % running.len()];
                self.scheduler.apply(Event::Dropped(self.numbers[node]));
                self.reference.dropped(node);
            }
            (Some(node), even) if even % 2 == 0 || running.is_empty() => {
                self.scheduler.apply(Event::Started(self.numbers[node]));
                self.reference.started(node);
            }
            _ => self.end(running[usize::from(choice / 128) % running.len()]),
        }
    }

    /// A running node's attempt ends by its script.
    fn end(&mut self, node: usize) {
        let number = self.numbers[node];
        let Node::Task(task) = self.reference.graph.nodes[node] else { unreachable!("groups do not run") };
        let script = self.recipe.scripts[task];
        let retry = self.reference.attempt(node) <= script.retries;
        if script.succeeds && !retry {
            self.scheduler.apply(Event::Succeeded(number));
            self.reference.succeeded(node);
        } else {
            self.scheduler.apply(Event::Failed { node: number, retry });
            self.reference.failed(node, retry);
        }
    }

    fn check(&self) -> TestCaseResult {
        let (scheduler, reference) = (&self.scheduler, &self.reference);
        for (node, &number) in self.numbers.iter().enumerate() {
            let (state, id) = (scheduler.state(number), scheduler.plan().id(number));
            prop_assert!(reference.allows(node, state), "{} is {:?}", id, state);
            prop_assert_eq!(scheduler.attempt(number), reference.attempt(node), "attempts of {}", id);
        }
        let running = u32::try_from(reference.running().count()).unwrap();
        prop_assert_eq!(scheduler.running(), running);
        if let Some(most) = self.recipe.max_concurrency {
            prop_assert!(running <= most.get(), "{} run, {} may", running, most);
        }
        let next = reference.next();
        prop_assert_eq!(scheduler.next(), next.map(|node| self.numbers[node]), "what starts next");
        prop_assert_eq!(scheduler.is_finished(), reference.is_finished());
        self.check_outcome(next)
    }

    fn check_outcome(&self, next: Option<usize>) -> TestCaseResult {
        if let Some(node) = next {
            let before: Vec<State> =
                self.reference.graph.before(node).map(|from| self.scheduler.state(self.numbers[from])).collect();
            prop_assert!(before.is_empty() || before.contains(&State::Succeeded), "a node starts on dead edges alone");
            prop_assert!(
                before.iter().all(|s| matches!(s, State::Succeeded | State::Failed | State::Skipped)),
                "a node starts before {:?}",
                before,
            );
        }
        match (self.scheduler.outcome(), &self.reference.end) {
            (Outcome::Succeeded, End::Open) => {}
            (Outcome::Cancelled, End::Cancelled) => prop_assert_eq!(next, None),
            (Outcome::Failed(node), End::Failed(first)) => {
                prop_assert!(first.iter().any(|&failed| self.numbers[failed] == node), "{} did not fail first", node);
                prop_assert_eq!(next, None);
            }
            (outcome, end) => prop_assert!(false, "the run ends as {:?}, not as {:?}", outcome, end),
        }
        Ok(())
    }
}
