use std::{
    error::Error,
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
use crate::engine::{Engine, Execution, Job, durable::Happened, waiting::Remembered};

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
    /// The run is durable, and the value cannot be written.
    Unwritable(Arc<dyn Error + Send + Sync>),
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
        let content = self.act(|state, pending, now| state.get(pending, key, now))??;
        self.rest_on_written()?;
        Ok(content)
    }

    /// Whether anything is seen under a key.
    pub fn exists(&self, key: &str) -> Result<bool, ChannelFailure> {
        let exists = self.act(|state, pending, now| state.exists(pending, key, now))?;
        self.rest_on_written()?;
        Ok(exists)
    }

    /// The keys that are seen, in order.
    pub fn keys(&self) -> Result<Vec<String>, ChannelFailure> {
        let keys = self.act(|state, pending, now| state.keys(pending, now))?;
        self.rest_on_written()?;
        Ok(keys)
    }

    /// Writes a key.
    pub fn set(&self, key: &str, content: Content, write: Write) -> Result<(), ChannelFailure> {
        let content = self.written_content(content)?;
        self.publish(write.at_once, |state, pending, now| state.set(pending, key, content, write, now))
    }

    /// Deletes a key; says whether it was there.
    pub fn delete(&self, key: &str, write: Write) -> Result<bool, ChannelFailure> {
        self.publish(write.at_once, |state, pending, now| state.delete(pending, key, write, now))
    }

    /// Adds an element to a list; says how many there are then.
    pub fn push(&self, key: &str, item: Item, end: End, write: Write) -> Result<usize, ChannelFailure> {
        let item = self.written(item)?;
        Ok(self.publish(write.at_once, |state, pending, now| state.push(pending, key, item, end, write, now))??)
    }

    /// Adds to a number, at once; with `exact` only to one of the same kind.
    pub fn add(&self, key: &str, amount: Number, exact: bool) -> Result<Number, ChannelFailure> {
        Ok(self.publish(true, |state, pending, now| state.add(pending, key, amount, exact, now))??)
    }

    /// Waits for a lock.
    pub fn acquire(&self, key: &str) -> Acquire {
        Acquire::new(self.clone(), key.to_owned())
    }

    /// Lets go of a lock; what was written under it is published, or stays pending. After the end of the attempt
    /// that has been done.
    pub fn release(&self, key: &str, publish: bool) {
        let _ = self.publish(publish, |state, pending, now| state.release(pending, key, publish, now));
    }

    /// Whether the task is to end.
    pub(super) fn is_cancelled(&self) -> bool {
        self.engine.upgrade().is_none_or(|engine| engine.is_cancelled(self.execution))
    }

    /// Begins a step: what is written from here on goes with its end.
    pub fn begin_step(&self) {
        let _ = self.act(|_, pending, _| pending.begin_step());
    }

    /// Ends a step. If it has given something, what it has written is published together with the record of that; else
    /// that stays pending.
    ///
    /// # Errors
    ///
    /// If the attempt has ended, or the run cannot be written any more.
    pub fn end_step(&self, given: Option<(&str, Remembered)>) -> Result<(), ChannelFailure> {
        let engine = self.engine.upgrade().ok_or(ChannelFailure::Ended)?;
        let Execution { node, iteration, .. } = self.execution;
        let publish = given.is_some();
        let mut given = given;
        let effects = engine.visit(|shared, now| {
            let mut slot = self.slot.0.lock();
            let pending = slot.as_mut()?;
            let ((), effects) = engine.channel.visit(|inner| inner.state.end_step(pending, publish, now));
            let changes = engine.channel.take_trail();
            if let Some((key, remembered)) = given.take() {
                let text = remembered.text.clone();
                shared.write(|_| Happened::Remembered { node, iteration, key: key.to_owned(), text, changes });
                shared.waiting_mut().remember(node, iteration, key, remembered);
            }
            Some(effects)
        });
        effects.ok_or(ChannelFailure::Ended)?.perform();
        if !publish || engine.write() { Ok(()) } else { Err(ChannelFailure::Cancelled) }
    }

    /// What another attempt has published may be used once it is written.
    fn rest_on_written(&self) -> Result<(), ChannelFailure> {
        let engine = self.engine.upgrade().ok_or(ChannelFailure::Ended)?;
        if engine.write() { Ok(()) } else { Err(ChannelFailure::Cancelled) }
    }

    /// Does something that others see from here on, if `now` says so. In a durable run that is written then.
    fn publish<R>(
        &self,
        now: bool,
        act: impl FnOnce(&mut ChannelState, &mut Pending, Duration) -> R,
    ) -> Result<R, ChannelFailure> {
        let engine = self.engine.upgrade().ok_or(ChannelFailure::Ended)?;
        if !now || !engine.is_durable() {
            return self.act(act);
        }
        // What is not done is dropped outside of the locks.
        let mut act = Some(act);
        let visited = engine.visit(|shared, now| {
            let mut slot = self.slot.0.lock();
            let pending = slot.as_mut()?;
            let act = act.take()?;
            let visited = engine.channel.visit(|inner| act(&mut inner.state, pending, now));
            let changes = engine.channel.take_trail();
            if !changes.is_empty() {
                shared.write(|_| Happened::Published { node: self.execution.node, changes });
            }
            Some(visited)
        });
        let (result, effects) = visited.ok_or(ChannelFailure::Ended)?;
        effects.perform();
        if engine.write() { Ok(result) } else { Err(ChannelFailure::Cancelled) }
    }

    /// The same with its text, which a durable run needs.
    fn written(&self, mut item: Item) -> Result<Item, ChannelFailure> {
        let engine = self.engine.upgrade().ok_or(ChannelFailure::Ended)?;
        if let Some(values) = engine.values() {
            let text = values.write_item(&item).map_err(|error| ChannelFailure::Unwritable(error.into()))?;
            item.text = Some(text.into());
        }
        Ok(item)
    }

    fn written_content(&self, content: Content) -> Result<Content, ChannelFailure> {
        Ok(match content {
            Content::Item(item) => Content::Item(self.written(item)?),
            Content::List(items) if self.engine.upgrade().is_some_and(|engine| engine.is_durable()) => {
                let items = items.iter().map(|item| self.written(item.clone())).collect::<Result<Vec<_>, _>>()?;
                Content::list(items)
            }
            other => other,
        })
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
