use std::time::Duration;

use taskloom_core::{Backend, Event, NodeId, Outcome};

use super::Shared;
use crate::engine::{Execution, Job, Role, durable::Happened, log::What, times::Times};

impl Shared {
    /// The run has taken as long as it may.
    pub(in crate::engine) fn expire(&mut self) {
        if self.is_closed() {
            return;
        }
        // A run that was ending for another reason keeps that one; what runs is cancelled in any case.
        self.cancelled.by_time = self.scheduler.outcome() == Outcome::Succeeded;
        let by_time = self.cancelled.by_time;
        self.write(|_| Happened::Cancelled { by_time });
        self.apply(Event::Cancelled);
    }

    /// Whether a plain function runs that is to end.
    pub(in crate::engine) fn is_plain_told(&self) -> bool {
        self.plain_told().next().is_some()
    }

    /// Gives up the plain functions that were told to end and still run.
    pub(in crate::engine) fn abandon_told(&mut self, now: Duration) -> Vec<Execution> {
        if self.is_closed() {
            return Vec::new();
        }
        let told: Vec<_> = self.plain_told().collect();
        for &execution in &told {
            self.give_up(execution);
            self.set_times(execution.node, Times::new(self.times(execution.node).started(), now));
            self.write(|_| Happened::Dropped(execution.node));
            self.apply(Event::Dropped(execution.node));
            self.note(|_| What::Cancelled(execution));
        }
        told
    }

    /// The thread of a function is not one of the workers any more, until it returns. The caller never is.
    pub(super) fn give_up(&mut self, execution: Execution) {
        self.overdue.push(execution);
        self.abandoned.push(execution.node);
        self.note(|_| What::Abandoned(execution));
        if self.with_caller != Some(execution.node) {
            self.workers -= 1;
        }
    }

    /// A function has returned whose attempt was ended before. Its thread is a worker again, if one is wanted.
    pub(in crate::engine) fn come_back(&mut self, job: &Job, role: Role, now: Duration) -> Option<Job> {
        self.has_come_back(job.execution(), now);
        // A worker that polled an async body was one all the time.
        if role == Role::Worker && !self.is_async(job.node) {
            if self.workers >= self.max_workers {
                return None;
            }
            self.workers += 1;
        }
        self.take(role, now)
    }

    /// The same, if who ran it takes no further task.
    pub(in crate::engine) fn has_come_back(&mut self, execution: Execution, now: Duration) {
        self.overdue.retain(|other| *other != execution);
        self.has_left(execution, now);
    }

    fn plain_told(&self) -> impl Iterator<Item = Execution> {
        // Whoever waits for a process ends that.
        let is_plain = |&node: &NodeId| !self.is_async(node) && self.plan.backend(node) == Backend::Threads;
        let running = self.scheduler.running_tasks().into_iter().filter(is_plain);
        running.map(|node| self.execution(node)).filter(|&execution| self.is_cancelled(execution))
    }

    fn execution(&self, node: NodeId) -> Execution {
        Execution { node, iteration: self.scheduler.iteration(node), attempt: self.scheduler.attempt(node) }
    }
}
