//! What happens in a run, for those who listen.
//!
//! It is noted down under the engine's lock, so its order is that of the scheduler's events, and put at once into
//! the queue of each listener, who takes it from there in a thread of its own. So nothing of the user's runs under
//! the lock or on a worker, and once a run has ended its listeners have everything. Without a listener there is no
//! log.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use taskloom_core::{Control, NodeId, Outcome, State};

use super::Execution;

/// Something that has happened, in numbers: whoever listens knows the plan.
#[derive(Clone, Debug)]
pub enum What {
    /// The run has begun.
    RunStarted,
    /// An attempt has begun.
    Started(Execution),
    /// A body is called with these arguments: names and texts. Only for those who listen for them.
    Called(Execution, Arc<[(String, String)]>),
    /// An attempt has succeeded.
    Succeeded(Execution),
    /// An attempt has failed.
    Failed {
        /// The attempt.
        execution: Execution,
        /// The text of its error.
        error: Arc<str>,
        /// The wait before the next attempt, if there is to be one.
        retry_after: Option<Duration>,
    },
    /// A task was skipped.
    Skipped(NodeId),
    /// An attempt was ended from outside.
    Cancelled(Execution),
    /// A plain function has outrun its timeout and is not waited for.
    Abandoned(Execution),
    /// The wait before this attempt is over.
    RetryDue(Execution),
    /// A group was judged, or skipped, or a map has ended.
    GroupEnded(NodeId, State),
    /// An attempt that has succeeded asks for something.
    Asked(Execution, Control, Option<String>),
    /// A map was taken apart into so many elements.
    Expanded(Execution, u32),
    /// The run has ended.
    RunEnded(Outcome),
}

/// What has happened, and when since the run began.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Since the run began.
    pub at: Duration,
    /// What has happened.
    pub what: What,
}

/// Somebody who listens to a run, until this is dropped.
///
/// What it has not taken yet waits in it, as long as it takes nothing: no entry is ever dropped.
#[derive(Debug)]
pub struct Listener(Arc<Queue>);

/// What a listener has not taken yet.
#[derive(Debug)]
pub(super) struct Queue {
    with_arguments: bool,
    inner: Mutex<Inner>,
    /// Tells threads that wait.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Whether the listener has left.
    is_closed: bool,
    entries: VecDeque<Entry>,
    /// Whether no entry follows.
    is_complete: bool,
    wakers: Vec<Waker>,
    sleepers: u32,
}

impl Queue {
    /// Whether somebody waits, who is to be woken where no lock is held.
    fn push(&self, entry: Entry) -> bool {
        let mut inner = self.inner.lock();
        if inner.is_closed {
            return false;
        }
        inner.is_complete |= matches!(entry.what, What::RunEnded(_));
        inner.entries.push_back(entry);
        inner.sleepers > 0 || !inner.wakers.is_empty()
    }

    /// No entry follows, whatever became of the run.
    fn complete(&self) {
        self.inner.lock().is_complete = true;
        self.wake();
    }

    fn is_closed(&self) -> bool {
        self.inner.lock().is_closed
    }

    pub(super) fn wake(&self) {
        let wakers = std::mem::take(&mut self.inner.lock().wakers);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Listener {
    pub(super) fn new(with_arguments: bool) -> Self {
        Self(Arc::new(Queue { with_arguments, inner: Mutex::default(), changed: Condvar::new() }))
    }

    /// The next entry, `None` inside if none follows; pending if the run goes on.
    pub fn take(&self) -> Poll<Option<Entry>> {
        self.0.inner.lock().take()
    }

    /// As [`take`](Self::take); if it is pending the waker is woken when one should ask again.
    pub fn poll(&self, waker: &Waker) -> Poll<Option<Entry>> {
        if let Poll::Ready(entry) = self.take() {
            return Poll::Ready(entry);
        }
        // A waker may be anybody's code, so it is cloned and dropped where no lock is held.
        let waker = waker.clone();
        let mut inner = self.0.inner.lock();
        let taken = inner.take();
        if taken.is_pending() && !inner.wakers.iter().any(|other| other.will_wake(&waker)) {
            inner.wakers.push(waker);
            return Poll::Pending;
        }
        drop(inner);
        drop(waker);
        taken
    }

    /// As [`take`](Self::take), but waits until there is an entry, none follows, or the time has come.
    pub fn wait(&self, until: Option<Instant>) -> Poll<Option<Entry>> {
        let mut inner = self.0.inner.lock();
        loop {
            let taken = inner.take();
            if taken.is_ready() {
                return taken;
            }
            inner.sleepers += 1;
            let timed_out = match until {
                None => {
                    self.0.changed.wait(&mut inner);
                    false
                }
                Some(until) => self.0.changed.wait_until(&mut inner, until).timed_out(),
            };
            inner.sleepers -= 1;
            if timed_out {
                return inner.take();
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The log lets go of the queue under the engine's lock, when nothing of anybody's is left in it.
        let mut inner = self.0.inner.lock();
        let left = std::mem::replace(&mut *inner, Inner { is_closed: true, ..Inner::default() });
        drop(inner);
        drop(left);
    }
}

impl Inner {
    fn take(&mut self) -> Poll<Option<Entry>> {
        match self.entries.pop_front() {
            Some(entry) => Poll::Ready(Some(entry)),
            None if self.is_complete => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// Puts what happens into the queues of those who listen.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The time of the visit.
    pub(super) now: Duration,
    listeners: Vec<Arc<Queue>>,
    /// Those of them who wait.
    waiting: Vec<Arc<Queue>>,
}

impl Log {
    /// A listener of a run that has not begun.
    pub(super) fn listen(&mut self, Listener(queue): &Listener) {
        queue.push(Entry { at: Duration::ZERO, what: What::RunStarted });
        self.listeners.push(queue.clone());
    }

    pub(super) fn note(&mut self, what: &What) {
        let Self { now, listeners, waiting } = self;
        let is_call = matches!(what, What::Called(..));
        listeners.retain(|queue| !queue.is_closed());
        for queue in listeners.iter().filter(|queue| queue.with_arguments || !is_call) {
            if queue.push(Entry { at: *now, what: what.clone() }) {
                waiting.push(queue.clone());
            }
        }
    }

    /// Whether nobody listens any more.
    pub(super) fn is_idle(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Those who are to be woken where no lock is held.
    pub(super) fn take_waiting(&mut self) -> Vec<Arc<Queue>> {
        std::mem::take(&mut self.waiting)
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // A run that nobody drives to its end has no event that says so.
        self.listeners.iter().for_each(|queue| queue.complete());
    }
}
