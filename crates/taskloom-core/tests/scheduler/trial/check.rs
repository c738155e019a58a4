//! What has to hold after every event.

use std::collections::BTreeSet;

use proptest::{prelude::*, test_runner::TestCaseResult};
use taskloom_core::{Command, NodeId, Outcome, State};

use super::{KINDS, Trial};
use crate::reference::End;

impl Trial<'_> {
    pub(super) fn check(&self) -> TestCaseResult {
        let (scheduler, reference) = (&self.scheduler, &self.reference);
        prop_assert_eq!(scheduler.outcome(), self.outcome(), "how the run ends");
        for (node, &number) in self.numbers.iter().enumerate() {
            let id = scheduler.run_plan().id(number);
            prop_assert_eq!(scheduler.state(number), reference.state(node), "state of {}", id);
            prop_assert_eq!(scheduler.iteration(number), reference.iteration(node), "iteration of {}", id);
            prop_assert_eq!(scheduler.attempt(number), reference.attempt(node), "attempt of {}", id);
            prop_assert_eq!(scheduler.has_value(number), reference.has_value(node), "value of {}", id);
            if reference.is_active(node) {
                let cause = reference.cause(node).map(|from| self.numbers[from]);
                prop_assert_eq!(scheduler.cause(number), cause, "where the execution of {} came from", id);
            }
        }
        prop_assert_eq!(scheduler.is_finished(), reference.is_finished(), "whether the run is finished");
        self.check_commands()?;
        self.check_trail()?;
        self.check_waits()?;
        self.check_start()
    }

    /// How the run ends as the reference says.
    fn outcome(&self) -> Outcome {
        match self.reference.end() {
            None => Outcome::Succeeded,
            Some(End::Terminated(node)) => Outcome::Terminated(self.numbers[node]),
            Some(End::Failed(node)) => Outcome::Failed(self.numbers[node]),
            Some(End::CycleLimit(node)) => Outcome::CycleLimit(self.numbers[node]),
            Some(End::StepLimit(node)) => Outcome::StepLimit(self.numbers[node]),
            Some(End::Cancelled) => Outcome::Cancelled,
            Some(End::CancelledBy(node)) => Outcome::CancelledBy(self.numbers[node]),
        }
    }

    fn check_commands(&self) -> TestCaseResult {
        let (cancelled, all) = self.reference.commands();
        let mut commands: Vec<Command> = cancelled.iter().map(|&node| Command::Cancel(self.numbers[node])).collect();
        commands.extend(all.then_some(Command::CancelAll));
        commands.extend(self.reference.mapped().iter().map(|&map| Command::Mapped(self.numbers[map])));
        let in_order = |commands: &[Command]| {
            let mut texts: Vec<String> = commands.iter().map(|command| format!("{command:?}")).collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(in_order(&self.commands), in_order(&commands), "what the driver has to do");
        Ok(())
    }

    /// In any order, but that of one node's ends.
    fn check_trail(&self) -> TestCaseResult {
        let mut ours = self.trail.clone();
        let mut theirs: Vec<_> =
            self.reference.trail().iter().map(|&(node, state)| (self.numbers[node], state)).collect();
        if self.events.is_empty() {
            // What has happened at once was not noted down yet.
            theirs.clear();
        }
        ours.sort_by_key(|(node, _)| *node);
        theirs.sort_by_key(|(node, _)| *node);
        prop_assert_eq!(ours, theirs, "what the driver is told of");
        Ok(())
    }

    /// Who waits, who may start, and what has become ready.
    fn check_waits(&self) -> TestCaseResult {
        let (scheduler, reference) = (&self.scheduler, &self.reference);
        let numbers = |nodes: &[usize]| nodes.iter().map(|&node| self.numbers[node]).collect::<Vec<_>>();
        prop_assert_eq!(scheduler.is_at_rest(), reference.is_at_rest(), "whether the run is at rest");
        prop_assert_eq!(scheduler.suspended_nodes(), sorted(numbers(&reference.waiting_for_others())));
        prop_assert_eq!(scheduler.backing_off_nodes(), sorted(numbers(&reference.backing_off())));
        for (node, &number) in self.numbers.iter().enumerate() {
            let may_start = reference.state(node) == State::Ready && !reference.stands_aside(node);
            prop_assert_eq!(scheduler.can_start(number), may_start, "{} can start", number);
        }
        if !self.events.is_empty() {
            let readied = sorted(numbers(reference.readied()));
            prop_assert_eq!(sorted(self.readied.clone()), readied, "what has become ready");
        }
        Ok(())
    }

    fn check_start(&self) -> TestCaseResult {
        let running = self.reference.running_tasks();
        prop_assert_eq!(self.scheduler.running() as usize, running.len());
        let running_tasks: BTreeSet<_> = running.iter().map(|&node| self.numbers[node]).collect();
        prop_assert_eq!(self.scheduler.running_tasks().into_iter().collect::<BTreeSet<_>>(), running_tasks);
        prop_assert_eq!(self.scheduler.has_ready(), self.reference.has_ready());
        let first = self.reference.first_ready().map(|node| self.numbers[node]);
        prop_assert_eq!(self.scheduler.first_ready(), first, "what became ready first");
        if let Some(most) = self.recipe.limits.max_concurrency {
            prop_assert!(running.len() <= most.get() as usize, "{} run, {} may", running.len(), most);
        }
        for (number, group) in self.reference.graph.groups.iter().enumerate() {
            if let Some(most) = group.settings.max_concurrency {
                let inside = running.iter().filter(|&&node| self.reference.graph.is_within(number, node)).count();
                prop_assert!(inside <= most.get() as usize, "{} run in a group, {} may", inside, most);
            }
        }
        for kinds in KINDS {
            let next = self.reference.next(kinds);
            prop_assert_eq!(self.scheduler.next_of(kinds), next.map(|node| self.numbers[node]), "next of {:?}", kinds);
            if let Some(node) = next {
                prop_assert_eq!(self.reference.state(node), State::Ready, "one execution at a time");
                let is_clean_up = self.reference.graph.is_clean_up(node);
                prop_assert!(self.reference.end().is_none() || is_clean_up, "something starts in a run that has ended");
            }
        }
        Ok(())
    }

    pub(super) fn check_ending(&self) -> TestCaseResult {
        let ending = self.scheduler.ending();
        for (node, &number) in self.numbers.iter().enumerate() {
            prop_assert_eq!(ending.state(number), self.scheduler.state(number));
            prop_assert_eq!(ending.executions(number), self.reference.executions(node));
            prop_assert_eq!(ending.attempt(number), self.scheduler.attempt(number));
        }
        prop_assert_eq!(ending.outcome(), self.scheduler.outcome());
        let is_success = matches!(self.reference.end(), None | Some(End::Terminated(_)));
        prop_assert_eq!(ending.outcome().is_success(), is_success);
        let listed: BTreeSet<NodeId> = ending.unsuccessful_elements().collect();
        for (node, &number) in self.numbers.iter().enumerate() {
            let state = self.reference.state(node);
            // Of those that were not begun there may be millions, and none is listed.
            if self.reference.graph.is_element(node)
                && (self.reference.executions(node) > 0 || listed.contains(&number))
            {
                prop_assert_eq!(listed.contains(&number), state != State::Succeeded, "{} is {}", number, state);
            }
        }
        if self.reference.end().is_none() {
            let waiting = self.reference.waiting_nodes();
            prop_assert!(waiting.is_empty(), "the run ends though {:?} still wait", waiting);
        }
        Ok(())
    }
}

fn sorted(mut numbers: Vec<NodeId>) -> Vec<NodeId> {
    numbers.sort_unstable();
    numbers
}
