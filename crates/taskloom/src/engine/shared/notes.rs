use std::{sync::Arc, time::Duration};

use taskloom_core::{NodeId, State};

use super::Shared;
use crate::engine::{
    Job,
    log::{Listener, Queue, What},
};

impl Shared {
    /// Lets somebody listen who wants to know what happens from the beginning on.
    pub(in crate::engine) fn listen(&mut self, listener: &Listener) {
        self.scheduler.keep_trail(true);
        self.log.get_or_insert_default().listen(listener);
    }

    /// Notes down what has happened, if somebody listens, and then what the scheduler has made of it.
    #[inline]
    pub(in crate::engine) fn note(&mut self, what: impl FnOnce(&Self) -> What) {
        if self.log.is_some() {
            self.note_in_log(what);
        }
    }

    #[cold]
    fn note_in_log(&mut self, what: impl FnOnce(&Self) -> What) {
        let what = what(self);
        let trail = self.scheduler.take_trail();
        let Some(log) = &mut self.log else { return };
        log.note(&what);
        for (node, state) in trail {
            let is_skipped = state == State::Skipped && self.plan.is_task(node);
            log.note(&if is_skipped { What::Skipped(node) } else { What::GroupEnded(node, state) });
        }
    }

    /// An attempt has failed, and the scheduler has been told.
    pub(super) fn note_failure(&mut self, job: &Job, error: Option<Arc<str>>, wait: Option<Duration>) {
        self.note(|shared| What::Failed {
            execution: job.execution(),
            error: error.unwrap_or_default(),
            retry_after: wait.filter(|_| shared.is_retried(job.node, job.attempt)),
        });
    }

    fn is_retried(&self, node: NodeId, attempt: u32) -> bool {
        let goes_on = matches!(self.scheduler.state(node), State::Ready | State::BackingOff);
        goes_on && self.scheduler.attempt(node) == attempt + 1
    }

    /// The time of a visit, for what is noted down in it. It was taken before the lock was there, so that of a later
    /// visit may be earlier.
    pub(in crate::engine) fn set_time(&mut self, now: Duration) {
        self.set_writing_time(now);
        if let Some(log) = &mut self.log {
            log.now = log.now.max(now);
        }
    }

    /// Those who wait for what was noted down. The log ends when nobody listens any more.
    #[inline]
    pub(in crate::engine) fn take_waiting(&mut self) -> Option<Vec<Arc<Queue>>> {
        if self.log.is_some() { self.take_waiting_in_log() } else { None }
    }

    #[cold]
    fn take_waiting_in_log(&mut self) -> Option<Vec<Arc<Queue>>> {
        let log = self.log.as_mut()?;
        let waiting = log.take_waiting();
        if log.is_idle() {
            self.log = None;
            self.scheduler.keep_trail(false);
        }
        Some(waiting)
    }

    /// Whether somebody listens.
    pub(in crate::engine) fn has_log(&self) -> bool {
        self.log.is_some()
    }
}
