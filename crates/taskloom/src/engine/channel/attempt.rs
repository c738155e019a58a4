use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use taskloom_core::{
    NodeId,
    channel::{Attempt, ChannelError, ChannelState, Content, End, Item, Number, Pending, Write},
};

use super::{Acquire, Effects, Inner};
use crate::engine::{Engine, Execution, Job};

/// What an attempt has written and not published, until it ends.
#[derive(Debug)]
pub(in crate::engine) struct Slot(Mutex<Option<Pending>>);

impl Slot {
    pub(in crate::engine) fn new(attempt: Attempt) -> Self {
        Self(Mutex::new(Some(Pending::new(attempt))))
    }

    /// Ends the attempt: what it still tries is refused.
    pub(in crate::engine) fn close(&self) -> Option<Pending> {
        self.0.lock().take()
    }
}

/// Why something could not be done in a channel.
#[derive(Clone, Debug)]
pub enum ChannelFailure {
    /// The attempt, or the run, has ended.
    Ended,
    /// The run is being cancelled.
    Cancelled,
    /// A lock was not there in time.
    TimedOut,
    /// The channel holds something else than what was expected.
    Refused(ChannelError),
}

/// The channel of a run as one attempt sees it.
///
/// It holds the run weakly: what it is kept in may be kept by the run.
#[derive(Clone)]
pub struct AttemptChannel {
    engine: Weak<Engine>,
    slot: Arc<Slot>,
    execution: Execution,
}

impl AttemptChannel {
    pub(crate) fn new(engine: &Arc<Engine>, job: &Job) -> Self {
        let (slot, execution) = (job.slot().clone(), job.execution());
        engine.channel.register(execution, &slot);
        Self { engine: Arc::downgrade(engine), slot, execution }
    }

    /// The task's node.
    pub fn node(&self) -> NodeId {
        self.execution.node
    }

    /// What is seen under a key.
    pub fn get(&self, key: &str) -> Result<Option<Content>, ChannelFailure> {
        Ok(self.act(|state, pending, now| state.get(pending, key, now))??)
    }

    /// Whether anything is seen under a key.
    pub fn exists(&self, key: &str) -> Result<bool, ChannelFailure> {
        self.act(|state, pending, now| state.exists(pending, key, now))
    }

    /// The keys that are seen, in order.
    pub fn keys(&self) -> Result<Vec<String>, ChannelFailure> {
        self.act(|state, pending, now| state.keys(pending, now))
    }

    /// Writes a key.
    pub fn set(&self, key: &str, content: Content, write: Write) -> Result<(), ChannelFailure> {
        self.act(|state, pending, now| state.set(pending, key, content, write, now))
    }

    /// Deletes a key; says whether it was there.
    pub fn delete(&self, key: &str, write: Write) -> Result<bool, ChannelFailure> {
        self.act(|state, pending, now| state.delete(pending, key, write, now))
    }

    /// Adds an element to a list; says how many there are then.
    pub fn push(&self, key: &str, item: Item, end: End, write: Write) -> Result<usize, ChannelFailure> {
        Ok(self.act(|state, pending, now| state.push(pending, key, item, end, write, now))??)
    }

    /// Adds to a number, at once; with `exact` only to one of the same kind.
    pub fn add(&self, key: &str, amount: Number, exact: bool) -> Result<Number, ChannelFailure> {
        Ok(self.act(|state, pending, now| state.add(pending, key, amount, exact, now))??)
    }

    /// Waits for a lock.
    pub fn acquire(&self, key: &str) -> Acquire {
        Acquire::new(self.clone(), key.to_owned())
    }

    /// Lets go of a lock; what was written under it is published, or stays pending. After the end of the attempt
    /// that has been done.
    pub fn release(&self, key: &str, publish: bool) {
        let _ = self.act(|state, pending, now| state.release(pending, key, publish, now));
    }

    /// Whether the task is to end.
    pub(super) fn is_cancelled(&self) -> bool {
        self.engine.upgrade().is_none_or(|engine| engine.is_cancelled(self.execution))
    }

    fn act<R>(&self, act: impl FnOnce(&mut ChannelState, &mut Pending, Duration) -> R) -> Result<R, ChannelFailure> {
        self.visit(|inner, pending, now| act(&mut inner.state, pending, now))
    }

    /// Nothing of the user's is dropped under the two locks; `visit` itself is, if at all, after them.
    pub(super) fn visit<R>(
        &self,
        visit: impl FnOnce(&mut Inner, &mut Pending, Duration) -> R,
    ) -> Result<R, ChannelFailure> {
        let engine = self.engine.upgrade().ok_or(ChannelFailure::Ended)?;
        let now = engine.now();
        let mut slot = self.slot.0.lock();
        let Some(pending) = slot.as_mut() else {
            drop(slot);
            return Err(ChannelFailure::Ended);
        };
        let (result, effects): (R, Effects) = engine.channel.visit(|inner| visit(inner, pending, now));
        drop(slot);
        effects.perform();
        Ok(result)
    }
}

impl fmt::Debug for AttemptChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptChannel").field("node", &self.execution.node).finish_non_exhaustive()
    }
}
