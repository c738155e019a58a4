//! The channel of a run: one key-value store that its tasks share (rules H-1 … H-3).
//!
//! [`ChannelState`] is what is published; a [`Pending`] is what one attempt has written and nobody else sees.
//! There is no clock in here: whoever calls says what time it is since the run began. Nothing that a user
//! gave is dropped in here either, since that may run the user's code: it is kept until
//! [`ChannelState::take_removed`].

mod adds;
mod change;
mod content;
mod error;
mod locks;
mod pending;
mod trail;
mod view;

use std::{collections::BTreeMap, time::Duration};

pub use content::{Content, Item, Number};
pub use error::ChannelError;
pub use locks::Ticket;
pub use pending::{Attempt, Pending};
pub use trail::Published;

use adds::{Add, Adds};
use change::{Change, Extend};
use locks::Locks;
use view::View;

/// How something is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Write {
    /// After how long the key is absent again. Nothing is forever, without appending: that leaves it as it is.
    pub ttl: Option<Duration>,
    /// Whether others see it at once, and not only when the attempt completes.
    pub at_once: bool,
}

/// Which end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first element.
    Front,
    /// The last one.
    Back,
}

/// What is not needed any more, to be dropped where no lock is held.
#[derive(Debug, Default)]
pub struct Removed {
    contents: Vec<Content>,
    changes: Vec<Change>,
}

impl Removed {
    fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn entry(&mut self, entry: Option<Entry>) {
        self.contents.extend(entry.map(|entry| entry.content));
    }
}

#[derive(Debug)]
struct Entry {
    content: Content,
    expires: Option<Duration>,
}

fn is_over(expires: Option<Duration>, now: Duration) -> bool {
    expires.is_some_and(|expires| expires <= now)
}

/// What is published in the channel of a run, who holds its locks, and which adds a retry would repeat.
#[derive(Debug, Default)]
pub struct ChannelState {
    published: BTreeMap<String, Entry>,
    /// When the next key expires.
    next_expiry: Option<Duration>,
    adds: Adds,
    locks: Locks,
    removed: Removed,
    /// What was published, if somebody wants to know.
    trail: Option<Vec<Published>>,
}

impl ChannelState {
    /// A channel that begins with these.
    pub fn new(initial: impl IntoIterator<Item = (String, Content)>) -> Self {
        let published = initial.into_iter().map(|(key, content)| (key, Entry { content, expires: None }));
        Self { published: published.collect(), ..Self::default() }
    }

    /// What is published under a key.
    pub fn published(&self, key: &str, now: Duration) -> Option<&Content> {
        self.live(key, now).map(|entry| &entry.content)
    }

    /// Everything that is published, by key.
    pub fn into_published(mut self, now: Duration) -> (BTreeMap<String, Content>, Removed) {
        self.purge(now);
        let published = self.published.into_iter().map(|(key, entry)| (key, entry.content)).collect();
        (published, self.removed)
    }

    /// What an attempt sees under a key.
    ///
    /// # Errors
    ///
    /// If it has appended to the key, and another attempt has published something else than a list there.
    pub fn get(&self, pending: &Pending, key: &str, now: Duration) -> Result<Option<Content>, ChannelError> {
        self.view(pending, key, now).content(key)
    }

    /// Whether an attempt sees anything under a key.
    pub fn exists(&self, pending: &Pending, key: &str, now: Duration) -> bool {
        self.view(pending, key, now).exists()
    }

    /// The keys that an attempt sees, in order.
    pub fn keys(&self, pending: &Pending, now: Duration) -> Vec<String> {
        let mut keys = pending.keys();
        keys.extend(self.published.keys().map(String::as_str));
        keys.into_iter().filter(|key| self.exists(pending, key, now)).map(str::to_owned).collect()
    }

    /// Writes a key.
    pub fn set(&mut self, pending: &mut Pending, key: &str, content: Content, write: Write, now: Duration) {
        let expires = write.ttl.map(|ttl| now.saturating_add(ttl));
        self.write(pending, key, Change::Set { content, expires }, write, now);
    }

    /// Deletes a key; says whether it was there.
    pub fn delete(&mut self, pending: &mut Pending, key: &str, write: Write, now: Duration) -> bool {
        let existed = self.exists(pending, key, now);
        self.write(pending, key, Change::Delete, write, now);
        existed
    }

    /// Adds an element at an end of a list, which need not be there; says how many the attempt sees then.
    ///
    /// # Errors
    ///
    /// If the key holds something else than a list.
    pub fn push(
        &mut self,
        pending: &mut Pending,
        key: &str,
        item: Item,
        end: End,
        write: Write,
        now: Duration,
    ) -> Result<usize, ChannelError> {
        let length = self.view(pending, key, now).len(key);
        let length = match length {
            Ok(length) => length,
            Err(error) => {
                self.removed.contents.push(Content::Item(item));
                return Err(error);
            }
        };
        let expires = write.ttl.map(|ttl| now.saturating_add(ttl));
        let (front, back) = match end {
            End::Front => (vec![item], vec![]),
            End::Back => (vec![], vec![item]),
        };
        self.write(pending, key, Change::Extend(Extend { front, back, expires }), write, now);
        Ok(length + 1)
    }

    /// Adds to a number, at once; a key that is not there counts as 0. The attempt's own write of that key is
    /// published before. A retry's n-th add to a key gives what that of the attempt before it gave, and adds only
    /// by how much the amounts differ.
    ///
    /// # Errors
    ///
    /// If the key holds no number, or, with `exact`, one of another kind than `amount`; if the sum is too large.
    pub fn add(
        &mut self,
        pending: &mut Pending,
        key: &str,
        amount: Number,
        exact: bool,
        now: Duration,
    ) -> Result<Number, ChannelError> {
        let (attempt, place) = (pending.attempt(), pending.adds(key));
        let before = self.adds.find(attempt, key, place);
        let repeats = before.is_some_and(|add| add.published);
        let current =
            if repeats { self.published(key, now).cloned() } else { self.view(pending, key, now).content(key)? };
        let current = match current {
            None => amount.zero(),
            Some(Content::Number(number)) if !exact || number.kind() == amount.kind() => number,
            Some(found) => {
                let expected = if exact { amount.kind() } else { "a number" };
                return Err(ChannelError::Mismatch { key: key.to_owned(), expected, found });
            }
        };
        let overflow = || ChannelError::Overflow { key: key.to_owned() };
        let total = match before {
            Some(add) if add.amount == amount => None,
            Some(add) => {
                let difference = amount.minus(add.amount).ok_or_else(overflow)?;
                Some(current.plus(difference).ok_or_else(overflow)?)
            }
            None => Some(current.plus(amount).ok_or_else(overflow)?),
        };
        let own = pending.take(key, now, &mut self.removed);
        let published = repeats || own.is_some();
        match own {
            // The attempt before has published it with its add.
            Some(own) if repeats => self.removed.change(own),
            Some(own) => self.publish(key, own, now),
            None => {}
        }
        if let Some(total) = total {
            self.store(key, Content::Number(total), now);
        }
        pending.added(key);
        let total = total.or_else(|| before.map(|add| add.total)).unwrap_or(current);
        self.adds.note(attempt, key, place, Add { amount, total, published });
        self.note(|| Published::Added { attempt, key: key.to_owned(), place, amount, total, published });
        Ok(total)
    }

    /// Takes a lock; gives a place in the queue if another attempt holds it.
    pub fn acquire(&mut self, pending: &mut Pending, key: &str) -> Option<Ticket> {
        if pending.hold_again(key) {
            return None;
        }
        let ticket = self.locks.acquire(key, pending.attempt());
        match ticket {
            Some(ticket) => pending.waiting.push((key.to_owned(), ticket)),
            None => pending.hold(key),
        }
        ticket
    }

    /// Whether the lock that was waited for is there now.
    pub fn claim(&mut self, pending: &mut Pending, key: &str, ticket: Ticket) -> bool {
        let is_there = self.locks.claim(ticket);
        if is_there {
            pending.waiting.retain(|(_, other)| *other != ticket);
            pending.hold(key);
        }
        is_there
    }

    /// Waits for a lock no longer.
    pub fn give_up(&mut self, pending: &mut Pending, key: &str, ticket: Ticket) {
        pending.waiting.retain(|(_, other)| *other != ticket);
        self.locks.give_up(key, ticket);
    }

    /// Lets go of a lock. What was written since it was taken is published now, or stays pending.
    ///
    /// Where an append finds something else than a list by now it stays pending, too, so that the attempt fails
    /// when it completes.
    pub fn release(&mut self, pending: &mut Pending, key: &str, publish: bool, now: Duration) {
        let Some(changes) = pending.let_go(key, publish, now, &mut self.removed) else { return };
        for (key, change) in changes {
            if View::new(self.published.get(&key), [&change].into_iter(), now).check(&key).is_ok() {
                self.publish(&key, change, now);
            } else {
                pending.put_back(key, change);
            }
        }
        self.locks.pass_on(key);
    }

    /// A step of an attempt ends: what was written in it is published now, or stays pending.
    pub fn end_step(&mut self, pending: &mut Pending, publish: bool, now: Duration) {
        self.release(pending, pending::STEP, publish, now);
    }

    /// Who holds a lock.
    pub fn lock_owner(&self, key: &str) -> Option<Attempt> {
        self.locks.owner(key)
    }

    /// The attempt completes: everything that it has written is published together. Its end is told with
    /// [`discard`](Self::discard), as that of any other.
    ///
    /// # Errors
    ///
    /// If it has appended to a key where another attempt has published something else than a list since; nothing is
    /// published then.
    pub fn complete(&mut self, pending: &mut Pending, now: Duration) -> Result<(), ChannelError> {
        let keys: Vec<String> = pending.keys().into_iter().map(str::to_owned).collect();
        for key in &keys {
            self.view(pending, key, now).check(key)?;
        }
        for key in keys {
            if let Some(change) = pending.take(&key, now, &mut self.removed) {
                self.publish(&key, change, now);
            }
        }
        self.adds.forget(pending.attempt());
        Ok(())
    }

    /// The attempt ends: its locks are free. What it has written and not published goes with it.
    pub fn discard(&mut self, pending: &mut Pending) {
        for key in pending.locks() {
            self.locks.pass_on(&key);
        }
        for (key, ticket) in std::mem::take(&mut pending.waiting) {
            self.locks.give_up(&key, ticket);
        }
    }

    /// Those who wait for a lock and have something to look at: they have got it, or their attempt has ended.
    pub fn take_called(&mut self) -> Vec<Ticket> {
        self.locks.take_called()
    }

    /// What is not needed any more.
    pub fn take_removed(&mut self) -> Removed {
        std::mem::take(&mut self.removed)
    }

    fn live(&self, key: &str, now: Duration) -> Option<&Entry> {
        self.published.get(key).filter(|entry| !is_over(entry.expires, now))
    }

    fn view<'a>(&'a self, pending: &'a Pending, key: &str, now: Duration) -> View<'a> {
        View::new(self.live(key, now), pending.changes(key), now)
    }

    /// An appended element must fit what the attempt sees.
    fn write(&mut self, pending: &mut Pending, key: &str, change: Change, write: Write, now: Duration) {
        pending.write(key, change, now, &mut self.removed);
        if write.at_once
            && let Some(change) = pending.take(key, now, &mut self.removed)
        {
            self.publish(key, change, now);
        }
    }

    /// Makes a change that others see from here on.
    fn publish(&mut self, key: &str, change: Change, now: Duration) {
        self.purge(now);
        self.note(|| Published::of(key, &change));
        match change {
            Change::Set { content, expires } => self.insert(key, Entry { content, expires }),
            Change::Delete => self.removed.entry(self.published.remove(key)),
            Change::Extend(extend) => match self.published.get_mut(key) {
                Some(entry) if matches!(entry.content, Content::List(_)) => {
                    entry.expires = extend.expires.or(entry.expires);
                    self.next_expiry = earlier(self.next_expiry, entry.expires);
                    extend.put_into(&mut entry.content);
                }
                _ => {
                    let (content, expires) = extend.into_list();
                    self.insert(key, Entry { content, expires });
                }
            },
        }
    }

    /// Replaces what a key holds; when it expires stays as it is.
    fn store(&mut self, key: &str, content: Content, now: Duration) {
        self.purge(now);
        let expires = self.published.get(key).and_then(|entry| entry.expires);
        self.note(|| Published::Set { key: key.to_owned(), content: content.clone(), expires });
        self.insert(key, Entry { content, expires });
    }

    fn insert(&mut self, key: &str, entry: Entry) {
        self.next_expiry = earlier(self.next_expiry, entry.expires);
        let before = match self.published.get_mut(key) {
            Some(present) => Some(std::mem::replace(present, entry)),
            None => self.published.insert(key.to_owned(), entry),
        };
        self.removed.entry(before);
    }

    /// Removes what has expired.
    fn purge(&mut self, now: Duration) {
        if !is_over(self.next_expiry, now) {
            return;
        }
        let over: Vec<String> = self
            .published
            .iter()
            .filter(|(_, entry)| is_over(entry.expires, now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in over {
            self.removed.entry(self.published.remove(&key));
        }
        self.next_expiry = self.published.values().filter_map(|entry| entry.expires).min();
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
}
