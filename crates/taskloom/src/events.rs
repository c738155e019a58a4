//! What happens in a run, as it happens.

mod event;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures_core::Stream;
use taskloom_core::RunPlan;

pub use event::{Event, EventKind};

use crate::engine::{Engine, Entry, Listener};

/// The events of a run in their order, from its beginning to its end: [`RunHandle::events`](crate::RunHandle::events).
///
/// It is a [`Stream`]; [`next`](Self::next) needs no further crate, [`blocking`](Self::blocking) no runtime. It ends
/// after [`EventKind::RunEnded`], or if the run is lost because its runtime has shut down.
///
/// Events wait here until they are taken. A slow listener neither holds up the run nor misses anything: what it has
/// not taken takes up memory, some 100 bytes for each event. Dropping this and the handle ends that.
pub struct Events {
    plan: Arc<RunPlan>,
    listener: Option<Arc<Listener>>,
}

impl Events {
    pub(crate) fn new(plan: Arc<RunPlan>, listener: Option<Arc<Listener>>) -> Self {
        Self { plan, listener }
    }

    /// Listens to a run that has not begun. Part of the engine's interface for front ends.
    #[doc(hidden)]
    pub fn listen(engine: &Engine) -> Self {
        Self::new(engine.plan().clone(), Some(engine.listen(false)))
    }

    /// The next event; `None` after the last.
    ///
    /// # Cancel safety
    ///
    /// An event is taken only by the call that gives it.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The events as an iterator that blocks its thread until the next event is there. Not for async code.
    pub fn blocking(self) -> BlockingEvents {
        BlockingEvents(self)
    }

    /// Waits for the next event until then. Part of the engine's interface for front ends.
    #[doc(hidden)]
    pub fn wait(&self, until: Option<Instant>) -> Poll<Option<Event>> {
        self.ask(|listener| listener.wait(until))
    }

    /// As a stream does it, for who has no exclusive reference. Part of the engine's interface for front ends.
    #[doc(hidden)]
    pub fn poll(&self, waker: &Waker) -> Poll<Option<Event>> {
        self.ask(|listener| listener.poll(waker))
    }

    fn ask(&self, ask: impl FnOnce(&Listener) -> Poll<Option<Entry>>) -> Poll<Option<Event>> {
        let Some(listener) = &self.listener else { return Poll::Ready(None) };
        ask(listener).map(|entry| entry.map(|entry| Event::new(&self.plan, entry)))
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(context.waker())
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("workflow", &self.plan.name()).finish_non_exhaustive()
    }
}

/// The events of a run, for a thread that may block: [`Events::blocking`].
#[derive(Debug)]
pub struct BlockingEvents(Events);

impl Iterator for BlockingEvents {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        match self.0.wait(None) {
            Poll::Ready(event) => event,
            // It waits as long as it takes.
            Poll::Pending => None,
        }
    }
}
