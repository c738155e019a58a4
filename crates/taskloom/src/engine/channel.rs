//! The channel of a run under way: the core's state behind a lock of its own, and who waits in it.
//!
//! The engine's lock may be held when this one is taken, never the other way round. What users gave is
//! dropped, and whoever waits is woken, only when neither is held: that is what [`Effects`] are for.

mod acquire;
mod attempt;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    task::Waker,
    time::Duration,
};

use parking_lot::Mutex;
use taskloom_core::{
    Value,
    channel::{Attempt, ChannelError, ChannelState, Content, Pending, Published, Removed, Ticket},
};

use super::{Execution, Failure};
pub use acquire::Acquire;
pub(super) use attempt::Slot;
pub use attempt::{AttemptChannel, ChannelFailure};

/// How an attempt ended, until the engine has taken it.
type Outcome = Option<Result<Value, Failure>>;

/// The channel of a run.
#[derive(Debug)]
pub(super) struct Hub(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: ChannelState,
    /// Those who wait for a lock.
    wakers: BTreeMap<Ticket, Waker>,
    /// What the attempts under way have written, where they have looked at the channel's handle at all.
    slots: HashMap<Execution, Arc<Slot>>,
}

/// What is left to do once no lock is held.
#[derive(Debug, Default)]
#[must_use = "to be performed where no lock is held"]
pub(super) struct Effects {
    removed: Removed,
    wake: Vec<Waker>,
    /// A result that became a failure.
    refused: Outcome,
}

impl Effects {
    pub(super) fn perform(self) {
        let Self { removed, wake, refused } = self;
        drop((removed, refused));
        for waker in wake {
            waker.wake();
        }
    }
}

impl Hub {
    pub(super) fn new(initial: Vec<(String, Content)>) -> Self {
        Self(Mutex::new(Inner { state: ChannelState::new(initial), wakers: BTreeMap::new(), slots: HashMap::new() }))
    }

    /// Notes down, from here on, what is published.
    pub(super) fn keep_trail(&self) {
        self.0.lock().state.keep_trail(true);
    }

    /// What was published since this was last asked for.
    pub(super) fn take_trail(&self) -> Vec<Published> {
        self.0.lock().state.take_trail()
    }

    /// Publishes again what another process has.
    pub(super) fn replay(&self, change: Published, at: Duration) {
        self.visit(|inner| inner.state.replay(change, at)).1.perform();
    }

    /// An execution has succeeded in another process.
    pub(super) fn forget(&self, attempt: Attempt) {
        self.0.lock().state.forget(attempt);
    }

    /// What is published under a key.
    pub(super) fn published(&self, key: &str, now: Duration) -> Option<Content> {
        self.0.lock().state.published(key, now).cloned()
    }

    /// Makes it possible to end an attempt from outside.
    fn register(&self, execution: Execution, slot: &Arc<Slot>) {
        self.0.lock().slots.insert(execution, slot.clone());
    }

    /// What an attempt under way has written; this is asked for once.
    pub(super) fn slot(&self, execution: Execution) -> Option<Arc<Slot>> {
        self.0.lock().slots.remove(&execution)
    }

    /// What is published in the end; nothing of it stays here.
    pub(super) fn take(&self, now: Duration) -> BTreeMap<String, Content> {
        let state = std::mem::take(&mut self.0.lock().state);
        state.into_published(now).0
    }

    /// Wakes everybody who waits, to look at whether the run is being cancelled.
    pub(super) fn stir(&self) {
        let wakers = std::mem::take(&mut self.0.lock().wakers);
        wakers.into_values().for_each(Waker::wake);
    }

    /// An attempt has ended. If it succeeded, what it has written is published; if that cannot be, it has failed.
    pub(super) fn end(&self, pending: &mut Pending, outcome: &mut Outcome, now: Duration) -> Effects {
        let (refused, mut effects) = self.visit(|inner| {
            let completed = match outcome {
                Some(Ok(_)) => inner.state.complete(pending, now),
                _ => Ok(()),
            };
            // What has been published is pending no more.
            inner.discard(pending);
            completed.err().and_then(|error| outcome.replace(Err(Failure::new(error))))
        });
        effects.refused = refused;
        effects
    }

    /// An attempt is over and has not succeeded.
    pub(super) fn discard(&self, pending: &mut Pending) -> Effects {
        self.visit(|inner| inner.discard(pending)).1
    }

    fn visit<R>(&self, visit: impl FnOnce(&mut Inner) -> R) -> (R, Effects) {
        let mut inner = self.0.lock();
        let result = visit(&mut inner);
        let called = inner.state.take_called();
        let wake = called.into_iter().filter_map(|ticket| inner.wakers.remove(&ticket)).collect();
        let removed = inner.state.take_removed();
        (result, Effects { removed, wake, refused: None })
    }
}

impl Inner {
    fn discard(&mut self, pending: &mut Pending) {
        let Attempt { node, iteration, number } = pending.attempt();
        // Its content is where this one came from.
        self.slots.remove(&Execution { node, iteration, attempt: number });
        self.state.discard(pending);
    }
}

impl From<ChannelError> for ChannelFailure {
    fn from(error: ChannelError) -> Self {
        Self::Refused(error)
    }
}
