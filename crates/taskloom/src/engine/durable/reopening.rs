//! A run that was cancelled from outside goes on when it is executed again (rule R-10).
//!
//! The scheduler is not told of the cancellation then. What came between that and the run's reopening counts where it
//! still fits: what tasks have completed. An attempt that was dropped, or has failed after it was told to end, is lost
//! and begins anew; a clean-up that ran because of the cancellation is forgotten, but for what it has published before
//! its end.

use std::collections::HashSet;

use taskloom_core::{NodeId, Outcome};

use super::{BoxError, Durable, Entry, Happened, replay::Replay};
use crate::engine::Engine;

impl Engine {
    /// Tells an entry again, or keeps it until it is known whether the run was reopened.
    pub(super) fn take_in(&self, durable: &Durable, replay: &mut Replay, entry: Entry) -> Result<(), BoxError> {
        if let Happened::Reopened = entry.what {
            return self.tell_what_fits(durable, replay);
        }
        if let Some(entries) = &mut replay.cancelled {
            entries.push(entry);
            return Ok(());
        }
        if self.is_outside(&entry.what) {
            replay.cancelled = Some(vec![entry]);
            return Ok(());
        }
        self.tell_again(durable, replay, entry)
    }

    /// All was read: whether the run goes on although it was cancelled.
    pub(super) fn reopen(&self, durable: &Durable, replay: &mut Replay) -> Result<bool, BoxError> {
        if replay.cancelled.is_none() {
            return Ok(false);
        }
        if durable.is_read {
            for entry in replay.cancelled.take().unwrap_or_default() {
                self.tell_again(durable, replay, entry)?;
            }
            return Ok(false);
        }
        self.tell_what_fits(durable, replay)?;
        Ok(true)
    }

    /// Whether this ends a run that was going on, from outside: somebody cancels it, or drops what works for it.
    fn is_outside(&self, what: &Happened) -> bool {
        match what {
            Happened::Cancelled { by_time: false } => self.outcome() == Outcome::Succeeded,
            Happened::Dropped(node) => {
                let shared = self.shared.lock();
                let Ok(job) = shared.job_of(*node) else { return false };
                shared.outcome() == Outcome::Succeeded && !shared.is_cancelled(job.execution())
            }
            _ => false,
        }
    }

    fn tell_what_fits(&self, durable: &Durable, replay: &mut Replay) -> Result<(), BoxError> {
        let mut forgotten: HashSet<NodeId> = HashSet::new();
        for entry in replay.cancelled.take().unwrap_or_default() {
            match &entry.what {
                Happened::Started(node) => {
                    forgotten.insert(*node);
                }
                Happened::Cancelled { .. }
                | Happened::Dropped(_)
                | Happened::Failed { .. }
                | Happened::Rested { .. }
                | Happened::Finished { .. }
                | Happened::Resumed
                | Happened::Reopened => {}
                Happened::Published { .. } => self.tell_again(durable, replay, entry)?,
                Happened::Succeeded { node, .. }
                | Happened::Expanded { node, .. }
                | Happened::Due(node)
                | Happened::Judged { exit: node, .. }
                | Happened::Remembered { node, .. }
                | Happened::Slept { node, .. }
                | Happened::Questioned { node, .. }
                | Happened::Suspended { node, .. }
                | Happened::Continued(node) => {
                    if !forgotten.contains(node) {
                        self.tell_again(durable, replay, entry)?;
                    }
                }
            }
        }
        Ok(())
    }
}
