use std::{
    collections::{BTreeMap, BTreeSet},
    iter::once,
    time::Duration,
};

use super::{Removed, Ticket, change::Change};
use crate::{NodeId, hash::Map};

/// Which attempt it is: unique in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The task's node.
    pub node: NodeId,
    /// The execution of the task.
    pub iteration: u32,
    /// The attempt of that execution.
    pub number: u32,
}

/// The key of a lock that nobody can take: what a step writes lies under it.
pub(super) const STEP: &str = "\0step";

pub(super) type Changes = BTreeMap<String, Change>;

/// What an attempt has written and not published, and which locks it holds.
///
/// What is written goes to the lock that was taken last, so whatever lies below was written before.
#[derive(Debug)]
pub struct Pending {
    attempt: Attempt,
    changes: Changes,
    held: Vec<Held>,
    /// How many adds there were, by key.
    adds: Map<String, u32>,
    pub(super) waiting: Vec<(String, Ticket)>,
}

/// A lock that the attempt holds.
#[derive(Debug)]
struct Held {
    key: String,
    /// How often it was taken.
    depth: u32,
    /// What was written meanwhile.
    changes: Changes,
}

impl Pending {
    /// An attempt that begins.
    pub fn new(attempt: Attempt) -> Self {
        Self { attempt, changes: Changes::new(), held: Vec::new(), adds: Map::default(), waiting: Vec::new() }
    }

    /// Whose it is.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    pub(super) fn write(&mut self, key: &str, change: Change, now: Duration, removed: &mut Removed) {
        let changes = self.held.last_mut().map_or(&mut self.changes, |held| &mut held.changes);
        put(changes, key.to_owned(), change, now, removed);
    }

    /// The changes of a key, oldest first.
    pub(super) fn changes<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Change> {
        once(&self.changes)
            .chain(self.held.iter().map(|held| &held.changes))
            .filter_map(move |changes| changes.get(key))
    }

    /// The keys that were written to, in order.
    pub(super) fn keys(&self) -> BTreeSet<&str> {
        let held = self.held.iter().flat_map(|held| held.changes.keys());
        self.changes.keys().chain(held).map(String::as_str).collect()
    }

    /// Takes all changes of a key out, as one.
    pub(super) fn take(&mut self, key: &str, now: Duration, removed: &mut Removed) -> Option<Change> {
        self.take_below(self.held.len(), key, now, removed)
    }

    /// The same, without what was written under the locks from this one on.
    fn take_below(&mut self, end: usize, key: &str, now: Duration, removed: &mut Removed) -> Option<Change> {
        let held = self.held[..end].iter_mut().map(|held| &mut held.changes);
        let changes = once(&mut self.changes).chain(held).filter_map(|changes| changes.remove(key));
        changes.reduce(|earlier, later| earlier.then(later, now, removed))
    }

    pub(super) fn put_back(&mut self, key: String, change: Change) {
        self.changes.insert(key, change);
    }

    pub(super) fn adds(&self, key: &str) -> usize {
        self.adds.get(key).map_or(0, |&adds| adds as usize)
    }

    pub(super) fn added(&mut self, key: &str) {
        *self.adds.entry_ref(key).or_insert(0) += 1;
    }

    /// What is written from here on belongs to a step, until that ends.
    pub fn begin_step(&mut self) {
        self.hold(STEP);
    }

    pub(super) fn hold(&mut self, key: &str) {
        self.held.push(Held { key: key.to_owned(), depth: 1, changes: Changes::new() });
    }

    /// Takes a lock once more, if it is held.
    pub(super) fn hold_again(&mut self, key: &str) -> bool {
        let held = self.held.iter_mut().find(|held| held.key == key);
        held.map(|held| held.depth += 1).is_some()
    }

    /// Lets go of a lock once. If that was all, gives what was written under it and, if it is to be published, what
    /// was written to the same keys before; else that stays, with what was written before.
    pub(super) fn let_go(
        &mut self,
        key: &str,
        publish: bool,
        now: Duration,
        removed: &mut Removed,
    ) -> Option<Vec<(String, Change)>> {
        // Of steps, one within another, the inner one ends first.
        let place = self.held.iter().rposition(|held| held.key == key)?;
        self.held[place].depth -= 1;
        if self.held[place].depth > 0 {
            return None;
        }
        let changes = self.held.remove(place).changes;
        if publish {
            let whole = changes.into_iter().map(|(key, change)| match self.take_below(place, &key, now, removed) {
                Some(earlier) => (key, earlier.then(change, now, removed)),
                None => (key, change),
            });
            return Some(whole.collect());
        }
        let below = self.held[..place].last_mut().map_or(&mut self.changes, |held| &mut held.changes);
        for (key, change) in changes {
            put(below, key, change, now, removed);
        }
        Some(Vec::new())
    }

    /// The locks that it holds.
    pub(super) fn locks(&mut self) -> Vec<String> {
        self.held.iter_mut().map(|held| std::mem::take(&mut held.key)).collect()
    }
}

fn put(changes: &mut Changes, key: String, change: Change, now: Duration, removed: &mut Removed) {
    let change = match changes.remove(&key) {
        Some(earlier) => earlier.then(change, now, removed),
        None => change,
    };
    changes.insert(key, change);
}
