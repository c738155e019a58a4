//! Waiting for time (rule D-5).

use std::time::{Duration, SystemTime};

use super::{Context, wait::apart};
use crate::{Result, engine::waiting::Awaited};

impl Context {
    /// Sleeps for so long. Meanwhile the task gives its place among the running ones to others, and takes one again
    /// before it goes on.
    ///
    /// In a run in a [store](crate::Execute::store) the end of the sleep is recorded when it begins. If it is farther away
    /// than [`suspend_after`](crate::Execute::suspend_after), the body is left: this gives an error to pass on with `?`,
    /// and whatever the body makes of it does not count. When the time has come, the task runs again from its beginning,
    /// under the same attempt, and this returns at once; what must not be repeated goes into a [`step`](Self::step). If
    /// nothing else is left to do, the run is suspended, and goes on when it is executed again.
    ///
    /// The sleeps of an execution are told apart by their order.
    ///
    /// ```
    /// use std::time::Duration;
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn remind(ctx: &Context) -> taskloom::Result<String> {
    ///     ctx.sleep(Duration::from_millis(5))?;
    ///     Ok("time is up".to_owned())
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("timer").add(remind::task()).execute().blocking()?;
    /// assert_eq!(run.value::<String>()?, "time is up");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`RunSuspended`](crate::ErrorKind::RunSuspended) if the body is left;
    /// [`RunCancelled`](crate::ErrorKind::RunCancelled) if the task is to end;
    /// [`AttemptEnded`](crate::ErrorKind::AttemptEnded) if this attempt has ended.
    pub fn sleep(&self, wait: Duration) -> Result<()> {
        let key = self.asks.lock().names.next("sleep");
        let until = self.engine()?.sleep(self.execution, &key, wait);
        self.wait(Awaited::Until(until), None)
    }

    /// [`sleep`](Self::sleep) in an async task. If the body is left, its future may be dropped here, before it hears of
    /// that.
    ///
    /// # Errors
    ///
    /// As [`sleep`](Self::sleep).
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the sleep, and the body goes on.
    pub async fn sleep_async(&self, wait: Duration) -> Result<()> {
        let key = self.asks.lock().names.next("sleep");
        let (engine, execution) = (self.engine()?, self.execution);
        let until = apart(engine.is_durable(), move || engine.sleep(execution, &key, wait)).await;
        self.wait_async(Awaited::Until(until), None).await
    }

    /// [Sleeps](Self::sleep) until this time by the clock, and not at all if it has passed. The time with which the sleep
    /// first began counts.
    ///
    /// # Errors
    ///
    /// As [`sleep`](Self::sleep).
    pub fn sleep_until(&self, time: SystemTime) -> Result<()> {
        self.sleep(from_now(time))
    }

    /// [`sleep_until`](Self::sleep_until) in an async task.
    ///
    /// # Errors
    ///
    /// As [`sleep`](Self::sleep).
    ///
    /// # Cancel safety
    ///
    /// As [`sleep_async`](Self::sleep_async).
    pub async fn sleep_until_async(&self, time: SystemTime) -> Result<()> {
        self.sleep_async(from_now(time)).await
    }
}

fn from_now(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::now()).unwrap_or_default()
}
