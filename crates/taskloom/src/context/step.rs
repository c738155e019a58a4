//! Parts of a task that are not repeated (rule D-4).

use std::{convert::Infallible, future::Future, sync::Arc};

use super::{Context, StepValue, wait::apart};
use crate::{
    Error, ErrorKind, Result,
    body::BoxError,
    engine::{AttemptChannel, ChannelFailure, Engine, waiting::Remembered},
};

impl Context {
    /// Runs a part of the task, unless this execution of the task has done so before: then it gives what that gave. So a
    /// further attempt, and in a store also a resume or the end of a long wait, does not repeat what the steps have done.
    ///
    /// In a [store](crate::Execute::store) what the step gives is recorded before this returns. If the process dies in
    /// between, the step is repeated: hand [`idempotency_key`](Self::idempotency_key) to the outside world where that
    /// matters. What the step writes to the channel is published with its record. Steps run one after the other.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task(max_retries = 1)]
    /// fn buy(ctx: &Context) -> taskloom::Result<String> {
    ///     let order = ctx.step("order", || format!("order made by attempt {}", ctx.attempt()))?;
    ///     if ctx.attempt() == 1 {
    ///         panic!("the network is gone");
    ///     }
    ///     Ok(order)
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("shop").add(buy::task()).execute().blocking()?;
    /// assert_eq!(run.value::<String>()?, "order made by attempt 1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`DuplicateKey`](ErrorKind::DuplicateKey) if the name was used before in this attempt;
    /// [`Encoding`](ErrorKind::Encoding) if what the step gives cannot be written, or what was recorded under its name is
    /// no `T`; [`AttemptEnded`](ErrorKind::AttemptEnded) and [`RunCancelled`](ErrorKind::RunCancelled) if the attempt has
    /// ended, or the run cannot be recorded any more.
    pub fn step<T: StepValue>(&self, name: impl AsRef<str>, run: impl FnOnce() -> T) -> Result<T> {
        self.try_step(name, || Ok::<_, Infallible>(run()))
    }

    /// [`step`](Self::step) for a part that can fail. Its error is not recorded: another attempt calls it again.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step), and of kind [`StepFailed`](ErrorKind::StepFailed) if the part fails; its own error is the
    /// source.
    pub fn try_step<T: StepValue, E: Into<BoxError>>(
        &self,
        name: impl AsRef<str>,
        run: impl FnOnce() -> std::result::Result<T, E>,
    ) -> Result<T> {
        let name = name.as_ref();
        let key = match self.begin_step(name)? {
            Begun::Known(value) => return Ok(value),
            Begun::New(key) => key,
        };
        let open = OpenStep::new(&self.channel);
        let value = run().map_err(|error| self.step_failed(name, error.into()))?;
        let remembered = self.remembered(name, &value)?;
        open.end(&key, remembered).map_err(|failure| self.step_lost(&failure))?;
        Ok(value)
    }

    /// [`step`](Self::step) in an async task: the future is awaited, unless this execution has done so before.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    ///
    /// # Cancel safety
    ///
    /// A step that is dropped before it has ended is not recorded.
    pub async fn step_async<T: StepValue>(
        &self,
        name: impl AsRef<str> + Send,
        future: impl Future<Output = T> + Send,
    ) -> Result<T> {
        self.try_step_async(name, async { Ok::<_, Infallible>(future.await) }).await
    }

    /// [`try_step`](Self::try_step) in an async task.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// async fn order(item: &str) -> std::io::Result<u64> {
    ///     # let _ = item;
    ///     Ok(7)
    /// }
    ///
    /// #[task]
    /// async fn buy(ctx: Context) -> taskloom::Result<u64> {
    ///     ctx.try_step_async("order", order("tea")).await
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("shop").add(buy::task()).execute().blocking()?;
    /// assert_eq!(run.value::<u64>()?, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_step`](Self::try_step).
    pub async fn try_step_async<T: StepValue, E: Into<BoxError>>(
        &self,
        name: impl AsRef<str> + Send,
        future: impl Future<Output = std::result::Result<T, E>> + Send,
    ) -> Result<T> {
        let key = match self.begin_step(name.as_ref())? {
            Begun::Known(value) => return Ok(value),
            Begun::New(key) => key,
        };
        let open = OpenStep::new(&self.channel);
        let value = match future.await {
            Ok(value) => value,
            Err(error) => return Err(self.step_failed(name.as_ref(), error.into())),
        };
        let remembered = self.remembered(name.as_ref(), &value)?;
        let durable = self.engine()?.is_durable();
        apart(durable, move || open.end(&key, remembered)).await.map_err(|failure| self.step_lost(&failure))?;
        Ok(value)
    }

    fn begin_step<T: StepValue>(&self, name: &str) -> Result<Begun<T>> {
        let engine = self.engine()?;
        let Some(key) = self.asks.lock().names.named("step", name) else {
            return Err(self.used_twice("steps", name));
        };
        Ok(match self.recall(&engine, &key, name)? {
            Some(value) => Begun::Known(value),
            None => Begun::New(key),
        })
    }

    fn recall<T: StepValue>(&self, engine: &Engine, key: &str, name: &str) -> Result<Option<T>> {
        let Some(Remembered { value, text }) = engine.recall(self.execution, key) else { return Ok(None) };
        let known = value.as_ref().and_then(|value| value.downcast_ref::<T>()).cloned();
        if known.is_some() {
            return Ok(known);
        }
        #[cfg(feature = "sqlite")]
        if let Some(text) = text {
            return T::__read(&text).map(Some).map_err(|error| self.unreadable(name, &*error));
        }
        drop(text);
        Err(self.unreadable(name, &format!("it is no `{}`", std::any::type_name::<T>())))
    }

    #[cfg(feature = "sqlite")]
    fn remembered<T: StepValue>(&self, name: &str, value: &T) -> Result<Remembered> {
        let written = if self.engine()?.is_durable() {
            let written = value.__write().map_err(|error| {
                let id = self.task_id();
                let message = format!("what step `{name}` of `{id}` gives cannot be recorded: {error}");
                Error::new(ErrorKind::Encoding, message).task(id).cause(Some(error.into()))
            })?;
            Some(written.into())
        } else {
            None
        };
        Ok(Remembered { value: Some(Arc::new(value.clone())), text: written })
    }

    #[cfg(not(feature = "sqlite"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "with stores it may fail")]
    fn remembered<T: StepValue>(&self, _name: &str, value: &T) -> Result<Remembered> {
        Ok(Remembered { value: Some(Arc::new(value.clone())), text: None })
    }

    fn unreadable(&self, name: &str, why: &dyn std::fmt::Display) -> Error {
        let id = self.task_id();
        let message = format!("what is recorded of step `{name}` of `{id}` cannot be read: {why}");
        Error::new(ErrorKind::Encoding, message).task(id)
    }

    fn step_failed(&self, name: &str, error: BoxError) -> Error {
        let id = self.task_id();
        Error::new(ErrorKind::StepFailed, format!("step `{name}` failed: {error}")).task(id).cause(Some(error.into()))
    }

    fn step_lost(&self, failure: &ChannelFailure) -> Error {
        match failure {
            ChannelFailure::Ended => self.has_ended(),
            _ => self.to_end("so its step is not recorded"),
        }
    }
}

enum Begun<T> {
    /// It was done before.
    Known(T),
    /// It is to be done, and remembered under this key.
    New(String),
}

/// A step under way. Dropped, it has failed: what it has written to the channel stays pending.
struct OpenStep(Option<AttemptChannel>);

impl OpenStep {
    fn new(channel: &AttemptChannel) -> Self {
        channel.begin_step();
        Self(Some(channel.clone()))
    }

    fn end(mut self, key: &str, remembered: Remembered) -> std::result::Result<(), ChannelFailure> {
        match self.0.take() {
            Some(channel) => channel.end_step(Some((key, remembered))),
            None => Ok(()),
        }
    }
}

impl Drop for OpenStep {
    fn drop(&mut self) {
        if let Some(channel) = &self.0 {
            // An attempt that has ended has nothing pending.
            let _ = channel.end_step(None);
        }
    }
}
