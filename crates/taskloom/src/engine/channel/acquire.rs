use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

use taskloom_core::channel::Ticket;

use super::{AttemptChannel, ChannelFailure};

/// Waits for a lock: as a future, or with [`wait`](Self::wait) on a thread. Dropping it leaves the queue; whoever
/// has got the lock has to let go of it with [`AttemptChannel::release`].
#[derive(Debug)]
pub struct Acquire {
    channel: AttemptChannel,
    key: String,
    /// The place in the queue.
    ticket: Option<Ticket>,
}

impl Acquire {
    pub(super) fn new(channel: AttemptChannel, key: String) -> Self {
        Self { channel, key, ticket: None }
    }

    /// Blocks the thread until the lock is there, the time is over or the run is being cancelled.
    pub fn wait(&mut self, deadline: Option<Instant>) -> Result<(), ChannelFailure> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(result) = Pin::new(&mut *self).poll(&mut context) {
                return result;
            }
            // Who cancels wakes after that, so one of the two is seen.
            if self.channel.is_cancelled() {
                return Err(ChannelFailure::Cancelled);
            }
            match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(left) if left.is_zero() => return Err(ChannelFailure::TimedOut),
                Some(left) => thread::park_timeout(left),
            }
        }
    }

    fn poll_lock(&mut self, waker: Waker) -> Result<bool, ChannelFailure> {
        let (channel, key, place) = (&self.channel, &self.key, &mut self.ticket);
        let (is_there, before) = channel.visit(|inner, pending, _| {
            match *place {
                None => *place = inner.state.acquire(pending, key),
                Some(ticket) if inner.state.claim(pending, key, ticket) => *place = None,
                Some(_) => {}
            }
            match *place {
                None => (true, Some(waker)),
                Some(ticket) => (false, inner.wakers.insert(ticket, waker)),
            }
        })?;
        // A waker may be anybody's code, so it is dropped here.
        drop(before);
        Ok(is_there)
    }
}

impl Future for Acquire {
    type Output = Result<(), ChannelFailure>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.poll_lock(context.waker().clone()) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let key = &self.key;
        // An attempt that has ended has left the queue.
        let before = self.channel.visit(|inner, pending, _| {
            inner.state.give_up(pending, key, ticket);
            inner.wakers.remove(&ticket)
        });
        drop(before);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
