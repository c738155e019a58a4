//! When a run has to end, and what becomes of plain functions that do not (rules ).

use std::{sync::Arc, time::Duration};

use super::{Engine, Execution, RunOptions, Timer};

impl RunOptions {
    /// How long plain functions are waited for that are to end, if nothing else is said.
    pub const GRACE: Duration = Duration::from_secs(5);

    /// How long a body of a durable run waits for time or for a person before it is left (rule D-5).
    pub const SUSPEND_AFTER: Duration = Duration::from_mins(1);

    /// How long all workers may be busy while tasks are ready, until there is a warning (rule R-13).
    pub const PATIENCE: Duration = Duration::from_secs(10);
}

impl Engine {
    /// Begins the time that the run may take, if that is limited: what is left of it, in one that goes on.
    pub fn begin(self: &Arc<Self>) {
        if let Some(timeout) = self.timeout {
            self.host.wake_later(self, timeout.saturating_sub(self.now()), Timer::Run);
        }
    }

    /// How long what is to end and does not is waited for.
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// Whether an attempt has been given up while its function runs on, so that nothing of it counts any more.
    pub fn is_abandoned(&self, execution: Execution) -> bool {
        self.shared.lock().is_overdue(execution)
    }

    /// The grace time is over: whatever was told to end and has not is given up.
    pub(super) fn abandon_overdue(self: &Arc<Self>) {
        let mut effects = Vec::new();
        self.visit(|shared, now| {
            for execution in shared.abandon_told(now) {
                let pending = self.channel.slot(execution).and_then(|slot| slot.close());
                effects.extend(pending.map(|mut pending| self.channel.discard(&mut pending)));
            }
        });
        effects.into_iter().for_each(super::Effects::perform);
        // They may wait for locks of the channel.
        self.channel.stir();
    }
}
