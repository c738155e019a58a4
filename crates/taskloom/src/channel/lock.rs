use std::{fmt, thread};

use crate::engine::AttemptChannel;

/// A lock in the channel, until this is dropped: then what was written meanwhile is published, and the next task
/// that waits gets the lock.
///
/// A panic lets go of the lock, too, but what was written stays pending, like everything else that the attempt has
/// written. To return early with `?` is an end like any other, and publishes.
#[must_use = "the lock is let go when this is dropped"]
pub struct ChannelLock {
    channel: AttemptChannel,
    key: String,
}

impl ChannelLock {
    pub(super) fn new(channel: AttemptChannel, key: &str) -> Self {
        Self { channel, key: key.to_owned() }
    }

    /// The key that is locked.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for ChannelLock {
    fn drop(&mut self) {
        self.channel.release(&self.key, !thread::panicking());
    }
}

impl fmt::Debug for ChannelLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelLock").field("key", &self.key).finish_non_exhaustive()
    }
}
