use std::time::Duration;

use super::{
    Attempt, ChannelState, Content, Entry, Item, Number,
    adds::Add,
    change::{Change, Extend},
};

/// A change that others see from here on, as it was made: enough to make it again in another process.
#[derive(Clone, Debug)]
pub enum Published {
    /// A key holds this now.
    Set {
        /// The key.
        key: String,
        /// What it holds.
        content: Content,
        /// When it is absent again, since the run began.
        expires: Option<Duration>,
    },
    /// A key is absent.
    Delete {
        /// The key.
        key: String,
    },
    /// A list, which need not have been there, has got further elements.
    Extend {
        /// The key.
        key: String,
        /// In the order in which they went to the front.
        front: Vec<Item>,
        /// In the order in which they went to the back.
        back: Vec<Item>,
        /// When the key is absent again; `None` leaves that as it was.
        expires: Option<Duration>,
    },
    /// An attempt has added to a number. What the key holds because of that is a change of its own.
    Added {
        /// Whose add it was.
        attempt: Attempt,
        /// The key.
        key: String,
        /// Which of the attempt's adds to this key.
        place: usize,
        /// How much was added.
        amount: Number,
        /// What the call gave.
        total: Number,
        /// Whether it published a write of the attempt's own before.
        published: bool,
    },
}

impl Published {
    pub(super) fn of(key: &str, change: &Change) -> Self {
        let key = key.to_owned();
        match change {
            Change::Set { content, expires } => Self::Set { key, content: content.clone(), expires: *expires },
            Change::Delete => Self::Delete { key },
            Change::Extend(Extend { front, back, expires }) => {
                Self::Extend { key, front: front.clone(), back: back.clone(), expires: *expires }
            }
        }
    }
}

impl ChannelState {
    /// Whether to note down, from here on, what [`take_trail`](Self::take_trail) gives; at first it is not.
    pub fn keep_trail(&mut self, keep: bool) {
        self.trail = keep.then(Vec::new);
    }

    /// What was published since this was last asked for, in order.
    pub fn take_trail(&mut self) -> Vec<Published> {
        self.trail.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Makes a change again that a trail tells of. It is not noted down anew.
    pub fn replay(&mut self, published: Published, now: Duration) {
        let trail = self.trail.take();
        self.make_again(published, now);
        self.trail = trail;
    }

    fn make_again(&mut self, published: Published, now: Duration) {
        match published {
            Published::Set { key, content, expires } => self.insert(&key, Entry { content, expires }),
            Published::Delete { key } => self.publish(&key, Change::Delete, now),
            Published::Extend { key, front, back, expires } => {
                self.publish(&key, Change::Extend(Extend { front, back, expires }), now);
            }
            Published::Added { attempt, key, place, amount, total, published } => {
                self.adds.note(attempt, &key, place, Add { amount, total, published });
            }
        }
    }

    /// An execution has succeeded, so that nothing of it is repeated.
    pub fn forget(&mut self, attempt: Attempt) {
        self.adds.forget(attempt);
    }

    pub(super) fn note(&mut self, published: impl FnOnce() -> Published) {
        if let Some(trail) = &mut self.trail {
            trail.push(published());
        }
    }
}
