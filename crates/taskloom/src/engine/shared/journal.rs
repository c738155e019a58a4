use std::{collections::HashMap, mem, sync::Arc, time::Duration};

use taskloom_core::{Command, Event, NodeId, State, TaskKinds};

use super::Shared;
use crate::{
    Status,
    engine::{
        BoxError, Execution, Job,
        durable::{Commits, Entry, Happened, Written},
        times::Times,
    },
};

/// Writes down what happens.
pub(in crate::engine) struct Writing {
    commits: Arc<Commits>,
    /// The time of the visit.
    now: Duration,
    /// What the attempt gives whose end is told in this visit.
    written: Option<Written>,
    /// On how many entries what is ready rests, where that is not known to be written.
    rests_on: HashMap<NodeId, u64>,
    /// Whether every task has run at most once so far: then what one takes from others was there when it became ready.
    is_straight: bool,
    /// Whether the run has ended and the last of it is being written.
    is_ending: bool,
}

impl Shared {
    /// Writes down, from here on, what happens. So far no execution has asked for anything, if `is_straight`.
    pub(in crate::engine) fn write_to(&mut self, commits: Arc<Commits>, is_straight: bool) {
        self.scheduler.keep_readied();
        self.writing = Some(Box::new(Writing {
            commits,
            now: Duration::ZERO,
            written: None,
            rests_on: HashMap::new(),
            // Whoever has one task run after the other has each recorded before the next.
            is_straight: is_straight && self.max_workers > 1 && !self.plan.plan().has_loops(),
            is_ending: false,
        }));
    }

    /// Writes down what is about to be told to the scheduler.
    #[inline]
    pub(in crate::engine) fn write(&mut self, what: impl FnOnce(&Self) -> Happened) {
        if self.writing.is_some() {
            self.append(what(self));
        }
    }

    #[cold]
    fn append(&mut self, what: Happened) {
        if let Some(writing) = &mut self.writing {
            writing.commits.append(Entry { at: writing.now, what });
        }
    }

    /// Takes in what the attempt gives whose end is told next.
    pub(in crate::engine) fn take_written(&mut self, written: Option<Written>) {
        if let Some(writing) = &mut self.writing {
            writing.written = written;
        }
    }

    pub(super) fn write_success(&mut self, node: NodeId) {
        let Some(writing) = &mut self.writing else { return };
        let Written { value, asked, changes } = writing.written.take().unwrap_or_default();
        self.append(Happened::Succeeded { node, value, asked, changes });
    }

    /// Notes down on what the nodes rest that have become ready.
    #[cold]
    pub(super) fn note_readied(&mut self) {
        let readied = self.scheduler.take_readied();
        if let Some(writing) = &mut self.writing {
            let last = writing.commits.last();
            writing.rests_on.extend(readied.into_iter().map(|node| (node, last)));
        }
    }

    /// An execution asks for something: from here on a task may take what came after it became ready.
    pub(super) fn is_not_straight(&mut self) {
        if let Some(writing) = &mut self.writing {
            writing.is_straight = false;
        }
    }

    /// On how many entries an execution rests that starts now.
    pub(super) fn rests_on(&mut self, node: NodeId) -> u64 {
        let Some(writing) = &mut self.writing else { return 0 };
        // What was ready before this process took the run up is written.
        let before = writing.rests_on.remove(&node).unwrap_or(0);
        if writing.is_straight { before } else { writing.commits.last() }
    }

    pub(super) fn set_writing_time(&mut self, now: Duration) {
        if let Some(writing) = &mut self.writing {
            // It was taken before the lock was there, so that of a later visit may be earlier.
            writing.now = writing.now.max(now);
        }
    }

    /// A node starts, if it is not one whose start another process has told of.
    pub(super) fn start_node(&mut self, node: NodeId) {
        if let Some(place) = self.lost.iter().position(|&lost| lost == node) {
            self.lost.remove(place);
            return;
        }
        self.write(|_| Happened::Started(node));
        self.apply(Event::Started(node));
    }

    /// The first lost attempt of one of these kinds.
    pub(super) fn lost_of(&self, kinds: TaskKinds) -> Option<NodeId> {
        self.lost.iter().copied().find(|&node| kinds.contains(self.scheduler.task_kind(node)))
    }

    #[inline]
    pub(super) fn has_ready(&self) -> bool {
        self.scheduler.has_ready() || !self.lost.is_empty()
    }

    /// Attempts that were under way when another process lost the run: nobody runs them now.
    pub(in crate::engine) fn lose(&mut self, nodes: Vec<NodeId>) {
        self.lost = nodes.into();
        self.drop_lost();
    }

    /// Lost attempts that are to end do not begin anew.
    #[cold]
    pub(super) fn drop_lost(&mut self) {
        // That one of them ends may tell others to.
        while let Some(place) = self.lost_to_drop() {
            let Some(node) = self.lost.remove(place) else { return };
            if self.plan.is_task(node) {
                let started = self.times(node).started();
                self.set_times(node, Times::new(started, started));
            }
            self.write(|_| Happened::Dropped(node));
            self.scheduler.apply(Event::Dropped(node), &mut self.commands);
        }
    }

    fn lost_to_drop(&self) -> Option<usize> {
        let is_ending = self.cancelled.all || self.scheduler.outcome().cancels_running();
        if !is_ending && self.commands.is_empty() && self.cancelled.nodes.is_empty() {
            return None;
        }
        let is_clean_up = |node: NodeId| self.plan.is_task(node) && self.plan.task(node).options().always;
        let is_told = |node: NodeId| {
            let in_commands = |command: &Command| match command {
                Command::Cancel(other) => *other == node,
                Command::CancelAll => !is_clean_up(node),
                Command::Mapped(_) => false,
            };
            self.cancelled.nodes.contains(&node) || self.commands.iter().any(in_commands)
        };
        self.lost.iter().position(|&node| is_told(node) || (is_ending && !is_clean_up(node)))
    }

    /// A node starts that had, as its journal says; gives its attempt.
    pub(in crate::engine) fn start_again(&mut self, node: NodeId, at: Duration) -> Result<Job, BoxError> {
        let is_known = self.plan.is_known(node);
        if !is_known || !self.scheduler.can_start(node) {
            return Err(format!("{} starts and is not the next to", self.name(node)).into());
        }
        self.scheduler.bring_forward(node);
        self.apply(Event::Started(node));
        let mut job = self.job_of(node)?;
        job.started = at;
        if self.plan.is_task(node) {
            self.set_times(node, Times::new(at, Duration::ZERO));
            if self.plan.is_map(node) {
                job.sources = self.sources(node);
            }
        }
        Ok(job)
    }

    /// The attempt that a node is at.
    pub(in crate::engine) fn job_of(&self, node: NodeId) -> Result<Job, BoxError> {
        if !self.plan.is_known(node) || self.scheduler.state(node) != State::Running {
            return Err(format!("{} ends and is not under way", self.name(node)).into());
        }
        let started = if self.plan.is_task(node) { self.times(node).started() } else { Duration::ZERO };
        Ok(Job::new(node, self.scheduler.iteration(node), self.scheduler.attempt(node), started))
    }

    pub(in crate::engine) fn due_again(&mut self, node: NodeId) -> Result<(), BoxError> {
        if !self.plan.is_known(node) {
            return Err(format!("{} is not there", self.name(node)).into());
        }
        self.apply(Event::Due(node));
        Ok(())
    }

    pub(in crate::engine) fn cancel_again(&mut self, by_time: bool) {
        self.cancelled.by_time |= by_time;
        self.apply(Event::Cancelled);
    }

    /// The tasks that back off, each with the attempt that has failed.
    pub(in crate::engine) fn backing_off(&self) -> Vec<Execution> {
        let execution = |node| Execution {
            node,
            iteration: self.scheduler.iteration(node),
            attempt: self.scheduler.attempt(node) - 1,
        };
        self.scheduler.backing_off_nodes().into_iter().map(execution).collect()
    }

    /// Whether a run of which all was told again has ended; it ended at this time then.
    pub(in crate::engine) fn is_over(&mut self, at: Duration) -> bool {
        if self.scheduler.is_finished() {
            self.finished = Some(at);
        }
        self.finished.is_some()
    }

    fn name(&self, node: NodeId) -> String {
        if self.plan.is_known(node) { format!("`{}`", self.plan.id(node)) } else { format!("node {node}") }
    }

    /// The run has ended: says whether the caller is to write what is left.
    pub(super) fn begin_to_seal(&mut self) -> bool {
        let rests = self.is_at_rest();
        let due = self.waiting.first_due();
        let status = Status::from(self.scheduler.outcome()).to_string();
        let Some(writing) = &mut self.writing else { return false };
        if mem::replace(&mut writing.is_ending, true) {
            return false;
        }
        self.append(if rests { Happened::Rested { due } } else { Happened::Finished { status } });
        true
    }

    /// Whether the run has ended, or its end is being written: nothing can happen in it any more.
    #[inline]
    pub(in crate::engine) fn is_closed(&self) -> bool {
        self.is_finished() || self.writing.as_ref().is_some_and(|writing| writing.is_ending)
    }

    /// All of the run is written.
    pub(in crate::engine) fn seal(&mut self) {
        self.writing = None;
    }

    /// Whether nothing runs in a run that cannot be written any more; its clean-ups are for whoever goes on with it.
    pub(super) fn has_stopped(&self) -> bool {
        let runs = || self.scheduler.running() as usize > self.lost.len();
        self.journal_lost.is_some() && !runs() && self.waiting.has_nobody_in_place()
    }

    /// The journal cannot be written to any more: the run cannot go on.
    pub(in crate::engine) fn lose_journal(&mut self, error: Arc<dyn std::error::Error + Send + Sync>) {
        if self.writing.take().is_some() {
            self.journal_lost = Some(error);
            if !self.scheduler.is_finished() {
                self.apply(Event::Cancelled);
            }
        }
    }
}
