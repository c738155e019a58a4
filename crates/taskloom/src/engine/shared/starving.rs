use std::time::Duration;

use taskloom_core::NodeId;

use super::Shared;

/// Whether tasks are ready that no worker can take.
#[derive(Debug, Default)]
pub(super) struct Starving {
    /// It has begun in this visit.
    pub(super) begins: bool,
    /// Somebody looks here again.
    pub(super) is_watched: bool,
    /// When a task was last taken.
    pub(super) last_start: Duration,
}

/// What there is to be said of workers that are busy.
#[derive(Debug)]
pub(in crate::engine) enum Look {
    /// Nothing, since they are not.
    Fine,
    /// Nothing before this time is over.
    Wait(Duration),
    /// They have been for too long.
    Warn(String),
}

/// How many tasks a warning names.
const MOST_NAMED: usize = 10;

impl Shared {
    /// Nobody can be called for what is ready, if anything is.
    pub(super) fn starves(&mut self) {
        self.starving.begins = !self.starving.is_watched && self.scheduler.first_ready().is_some();
    }

    /// Whether somebody has to look here again, and nobody does; this is said once.
    pub(in crate::engine) fn begins_to_starve(&mut self) -> bool {
        let begins = std::mem::take(&mut self.starving.begins);
        self.starving.is_watched |= begins;
        begins
    }

    /// Looks at a run that was starving `patience` ago.
    pub(in crate::engine) fn look_for_starving(&mut self, patience: Duration, now: Duration) -> Look {
        let is_full = self.scheduler.next().is_none() || (self.workers >= self.max_workers && !self.called.worker);
        let busy = if is_full { self.busy() } else { Vec::new() };
        let Some(next) = self.scheduler.first_ready().filter(|_| !busy.is_empty() && !self.is_finished()) else {
            self.starving.is_watched = false;
            return Look::Fine;
        };
        let idle_for = now.saturating_sub(self.starving.last_start);
        if idle_for < patience {
            return Look::Wait(patience.saturating_sub(idle_for));
        }
        // It stays watched, so that there is one warning.
        Look::Warn(self.describe(next, &busy, idle_for))
    }

    /// The plain functions that run.
    fn busy(&self) -> Vec<NodeId> {
        self.scheduler.running_tasks().into_iter().filter(|&node| !self.is_async(node)).collect()
    }

    fn describe(&self, next: NodeId, busy: &[NodeId], since: Duration) -> String {
        let named: Vec<String> =
            busy.iter().take(MOST_NAMED).map(|&node| format!("`{}`", self.plan.id(node))).collect();
        let further = busy.len() - named.len();
        let more = if further > 0 { format!(", and {further} more") } else { String::new() };
        format!(
            "workflow `{}`: no worker has been free for {since:.0?} while `{}` is ready; all are in {}{more}\n  hint: give the run a higher `max_concurrency`, or make tasks that mostly wait async",
            self.plan.name(),
            self.plan.id(next),
            named.join(", "),
        )
    }
}
