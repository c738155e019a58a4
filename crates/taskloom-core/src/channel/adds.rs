use super::{Attempt, Number};
use crate::{NodeId, hash::Map};

/// One add, so that a retry does not repeat it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Add {
    pub(super) amount: Number,
    pub(super) total: Number,
    /// Whether it published a write of the attempt's own before.
    pub(super) published: bool,
}

/// The adds of executions that may be tried again, by key and place.
#[derive(Debug, Default)]
pub(super) struct Adds(Map<(NodeId, u32), Map<String, Vec<Add>>>);

impl Adds {
    pub(super) fn find(&self, attempt: Attempt, key: &str, place: usize) -> Option<Add> {
        self.0.get(&(attempt.node, attempt.iteration))?.get(key)?.get(place).copied()
    }

    pub(super) fn note(&mut self, attempt: Attempt, key: &str, place: usize, add: Add) {
        let adds = self.0.entry((attempt.node, attempt.iteration)).or_default().entry_ref(key).or_default();
        match adds.get_mut(place) {
            Some(noted) => *noted = add,
            None => adds.push(add),
        }
    }

    /// The execution has ended, so nothing of it is repeated.
    pub(super) fn forget(&mut self, attempt: Attempt) {
        if !self.0.is_empty() {
            self.0.remove(&(attempt.node, attempt.iteration));
        }
    }
}
