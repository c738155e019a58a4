use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::host::RustHost;
use crate::{
    Events, Result, Run,
    engine::{Engine, Listener},
};
#[cfg(feature = "sqlite")]
use crate::{OpenQuestion, Store, feedback};

/// A run in the background; awaiting it gives the [`Run`]. Dropping it lets the run go on.
pub struct RunHandle {
    engine: Arc<Engine>,
    host: Arc<RustHost>,
    /// What has happened since the beginning, for who asks for it.
    listener: Option<Arc<Listener>>,
    #[cfg(feature = "sqlite")]
    store: Option<Store>,
}

impl RunHandle {
    pub(super) fn new(
        engine: Arc<Engine>,
        host: Arc<RustHost>,
        listener: Option<Arc<Listener>>,
        #[cfg(feature = "sqlite")] store: Option<Store>,
    ) -> Self {
        Self {
            engine,
            host,
            listener,
            #[cfg(feature = "sqlite")]
            store,
        }
    }

    /// Cancels the run: nothing new starts, async tasks are dropped at their next suspension point, plain
    /// functions that are running have the time of [`grace`](crate::Execute::grace). Awaiting the handle then gives an error of kind
    /// [`RunCancelled`](crate::ErrorKind::RunCancelled).
    pub fn cancel(&self) {
        self.engine.cancel();
    }

    /// The events of the run, from its very beginning, whenever this is called before the handle is awaited: the run
    /// keeps them for it. Awaiting or dropping the handle gives up events that nobody has asked for; this gives none
    /// after that.
    ///
    /// An event is given once: if this is called again, the two share what has not been taken.
    ///
    /// ```
    /// use taskloom::{EventKind, prelude::*};
    ///
    /// #[task]
    /// fn fetch(city: String) -> String {
    ///     format!("Weather for {city}")
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
    /// let handle = Workflow::new("weather").add(tokyo).execute().start()?;
    /// let lines: Vec<String> = handle.events().blocking().map(|event| event.to_string()).collect();
    /// assert_eq!(lines, ["run started", "tokyo started", "tokyo succeeded", "run ended: succeeded"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> Events {
        Events::new(self.engine.plan().clone(), self.listener.clone())
    }

    /// The questions that the run has asked people and that have no answer, as far as the run knows: one of another
    /// process takes a moment.
    #[cfg(feature = "sqlite")]
    pub fn questions(&self) -> Vec<OpenQuestion> {
        self.engine.questions()
    }

    /// Answers a question of the run, with JSON text as [`Store::answer`] takes it. In a store the answer is recorded
    /// when this returns; the first one counts.
    ///
    /// # Errors
    ///
    /// [`FeedbackNotFound`](crate::ErrorKind::FeedbackNotFound) if the run has no such question that is open,
    /// [`InvalidFeedback`](crate::ErrorKind::InvalidFeedback) if this cannot be an answer to it; and what [`Store::answer`] says.
    #[cfg(feature = "sqlite")]
    pub fn answer(&self, id: &str, json: &str) -> Result<()> {
        feedback::answer(&self.engine, self.store.as_ref(), id, json)
    }

    /// The id of the run: 32 hexadecimal digits.
    pub fn run_id(&self) -> &str {
        self.engine.run_id()
    }

    /// Whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.engine.is_finished()
    }
}

impl Future for RunHandle {
    type Output = Result<Run>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.listener.as_ref().is_some_and(|listener| Arc::strong_count(listener) == 1) {
            self.listener = None;
        }
        self.host.poll_finished(&self.engine, context).map(|()| Run::finish(&self.engine))
    }
}

impl fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("finished", &self.is_finished()).finish_non_exhaustive()
    }
}
