mod content;
mod lock;
mod typed;

use std::{fmt, sync::Arc, time::Duration};

use taskloom_core::{
    RunPlan,
    channel::{End, Item, Write},
};

use crate::{
    Error, ErrorKind, Result,
    engine::{AttemptChannel, ChannelFailure},
};
pub use content::Amount;
pub(crate) use content::{content, list, read};
use content::{item, mismatch};
pub use lock::ChannelLock;
pub use typed::{Key, TypedChannel};

/// The channel of a run as one attempt sees it: a key-value store that the tasks of the run share.
///
/// An attempt sees what it writes at once. Others see all of it together when the attempt completes; what a failed or
/// dropped attempt has written they never see, so a retry leaves nothing double. Sooner they see
///
/// - what was written while a [lock](Self::lock) was held, when that lock is let go,
/// - what was written [at once](Self::at_once),
/// - what [`atomic_add`](Self::atomic_add) adds.
///
/// Publishing a key publishes everything that the attempt has written to it before.
///
/// Once the attempt has ended, every call gives an error of kind [`ErrorKind::AttemptEnded`].
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn measure(sensor: i64, ctx: &Context) -> taskloom::Result<()> {
///     let channel = ctx.channel();
///     channel.append("values", sensor * 10)?;
///     channel.atomic_add("count", 1)?;
///     Ok(())
/// }
///
/// #[task]
/// fn report(ctx: &Context) -> taskloom::Result<String> {
///     let values = ctx.channel().list::<i64>("values")?;
///     let count = ctx.channel().get::<i64>("count")?;
///     Ok(format!("{count:?} measured, the largest is {:?}", values.iter().max()))
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let sensors = parallel([1, 2, 3].map(|sensor| measure::task().sensor(sensor)));
/// let run = Workflow::new("w").add(sensors >> report::task()).execute().blocking()?;
/// assert_eq!(run.value::<String>()?, "Some(3) measured, the largest is Some(30)");
/// assert_eq!(run.channel().get::<i64>("count")?, Some(3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Channel {
    inner: AttemptChannel,
    plan: Arc<RunPlan>,
    write: Write,
}

impl Channel {
    pub(crate) fn new(inner: AttemptChannel, plan: Arc<RunPlan>) -> Self {
        Self { inner, plan, write: Write::default() }
    }

    /// The same channel, where others see at once what is written: `channel.at_once().set("progress", 50)`.
    #[must_use = "it is what is written through this that is seen at once"]
    pub fn at_once(&self) -> Self {
        Self { write: Write { at_once: true, ..self.write }, ..self.clone() }
    }

    /// The same channel, where a key that is written is absent again after this time:
    /// `channel.ttl(Duration::from_secs(60)).set("token", token)`. The time begins with the write. To write a key
    /// without this ends its time; to append or add to it leaves it as it is.
    #[must_use = "it is what is written through this that has a time"]
    pub fn ttl(&self, ttl: Duration) -> Self {
        Self { write: Write { ttl: Some(ttl), ..self.write }, ..self.clone() }
    }

    /// Writes a key. A text given as `&'static str` is kept as a `String`.
    ///
    /// # Errors
    ///
    /// If the attempt has ended.
    pub fn set<T: Send + Sync + 'static>(&self, key: impl AsRef<str>, value: T) -> Result<()> {
        let key = key.as_ref();
        self.give(key, self.inner.set(key, content(value), self.write))
    }

    /// A clone of the value of a key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`] if that is no `T`. Lists that are appended to are read with [`list`](Self::list).
    pub fn get<T: Clone + 'static>(&self, key: impl AsRef<str>) -> Result<Option<T>> {
        let key = key.as_ref();
        let content = self.give(key, self.inner.get(key))?;
        content.map(|content| read(key, &content)).transpose().map_err(|error| self.name(error))
    }

    /// Clones of the elements of a list; none if there is no such key.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`] if the key holds something else, or an element is no `T`.
    pub fn list<T: Clone + 'static>(&self, key: impl AsRef<str>) -> Result<Vec<T>> {
        let key = key.as_ref();
        let content = self.give(key, self.inner.get(key))?;
        content.map_or(Ok(Vec::new()), |content| list(key, &content)).map_err(|error| self.name(error))
    }

    /// Deletes a key; says whether it was there.
    ///
    /// # Errors
    ///
    /// If the attempt has ended.
    pub fn delete(&self, key: impl AsRef<str>) -> Result<bool> {
        let key = key.as_ref();
        self.give(key, self.inner.delete(key, self.write))
    }

    /// Whether there is a key.
    ///
    /// # Errors
    ///
    /// If the attempt has ended.
    pub fn exists(&self, key: impl AsRef<str>) -> Result<bool> {
        let key = key.as_ref();
        self.give(key, self.inner.exists(key))
    }

    /// The keys that there are, in order.
    ///
    /// # Errors
    ///
    /// If the attempt has ended.
    pub fn keys(&self) -> Result<Vec<String>> {
        self.give("", self.inner.keys())
    }

    /// Adds an element behind a list, which need not be there yet; says how many elements this attempt sees then.
    /// What several tasks append at the same time is all there in the end.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`] if the key holds something else than a list.
    pub fn append<T: Send + Sync + 'static>(&self, key: impl AsRef<str>, value: T) -> Result<usize> {
        self.push(key.as_ref(), item(value), End::Back)
    }

    /// Adds an element before a list; otherwise as [`append`](Self::append).
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append).
    pub fn prepend<T: Send + Sync + 'static>(&self, key: impl AsRef<str>, value: T) -> Result<usize> {
        self.push(key.as_ref(), item(value), End::Front)
    }

    /// Adds to a number, at once, and gives the total; a key that is not there counts as 0.
    ///
    /// So n tasks that add 1 get n different totals. A retry that adds again gets the total of the attempt before it,
    /// and nothing is added twice; with another amount the difference is added. What a task has added stays, even if
    /// it fails for good.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`] if the key holds something else than a number of this type, or the sum does not
    /// fit.
    pub fn atomic_add<N: Amount>(&self, key: impl AsRef<str>, amount: N) -> Result<N> {
        let key = key.as_ref();
        let total = self.give(key, self.inner.add(key, amount.number(), true))?;
        N::from_number(total).ok_or_else(|| {
            self.name(Error::new(ErrorKind::Channel, format!("the total at channel key `{key}` is of another type")))
        })
    }

    /// Waits for a lock, for plain functions: it blocks the thread. In an async task use
    /// [`lock_async`](Self::lock_async).
    ///
    /// The lock excludes all other tasks of the run that lock this key; it does not hinder them to read or write it.
    /// Tasks get it in the order in which they asked; an attempt that has it may take it again. It is let go when the
    /// guard is dropped, at the latest when the attempt ends.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn book(seats: i64, ctx: &Context) -> taskloom::Result<bool> {
    ///     let channel = ctx.channel();
    ///     let _lock = channel.lock("free")?;
    ///     let free: i64 = channel.get("free")?.unwrap_or(0);
    ///     if free >= seats {
    ///         channel.set("free", free - seats)?;
    ///     }
    ///     Ok(free >= seats)
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let bookings = parallel((0..5).map(|n| book::task().task_id(format!("b{n}")).seats(3)));
    /// let run = Workflow::new("w").add(bookings).execute().initial_channel("free", 10_i64).blocking()?;
    /// assert_eq!(run.channel().get::<i64>("free")?, Some(1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the attempt has ended, or the run is cancelled meanwhile.
    pub fn lock(&self, key: impl AsRef<str>) -> Result<ChannelLock> {
        let key = key.as_ref();
        self.give(key, self.inner.acquire(key).wait(None))?;
        Ok(ChannelLock::new(self.inner.clone(), key))
    }

    /// Waits for a lock, for async tasks; otherwise as [`lock`](Self::lock).
    ///
    /// # Errors
    ///
    /// If the attempt has ended.
    ///
    /// # Cancel safety
    ///
    /// Who is dropped while waiting loses the place in the queue.
    pub async fn lock_async(&self, key: impl AsRef<str> + Send) -> Result<ChannelLock> {
        let key = key.as_ref();
        let acquired = self.inner.acquire(key).await;
        self.give(key, acquired)?;
        Ok(ChannelLock::new(self.inner.clone(), key))
    }

    fn push(&self, key: &str, item: Item, end: End) -> Result<usize> {
        self.give(key, self.inner.push(key, item, end, self.write))
    }

    fn give<T>(&self, key: &str, result: Result<T, ChannelFailure>) -> Result<T> {
        let id = self.plan.id(self.inner.node());
        result.map_err(|failure| {
            self.name(match failure {
                ChannelFailure::Ended => {
                    Error::new(ErrorKind::AttemptEnded, format!("an attempt of `{id}` that has ended used the channel"))
                }
                ChannelFailure::Cancelled | ChannelFailure::TimedOut => Error::new(
                    ErrorKind::RunCancelled,
                    format!("`{id}` is to end, so it does not wait for the lock `{key}`"),
                ),
                ChannelFailure::Refused(error) => mismatch(&error),
                ChannelFailure::Unwritable(error) => {
                    let message =
                        format!("what `{id}` writes to channel key `{key}` cannot be kept in a durable run: {error}");
                    Error::new(ErrorKind::Encoding, message).cause(Some(error))
                }
            })
        })
    }

    fn name(&self, error: Error) -> Error {
        error.task(self.plan.id(self.inner.node()))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("task_id", &self.plan.id(self.inner.node())).finish_non_exhaustive()
    }
}
