use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Attempt;

/// A place in the queue for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Who holds which lock, and who waits for it. Locks are given in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Locks {
    taken: BTreeMap<String, Lock>,
    tickets: u64,
    /// Who has got a lock and has not taken note.
    granted: BTreeSet<Ticket>,
    /// Who has something to take note of.
    called: Vec<Ticket>,
}

#[derive(Debug)]
struct Lock {
    owner: Attempt,
    queue: VecDeque<(Ticket, Attempt)>,
}

impl Locks {
    /// Takes a lock, or a place in the queue.
    pub(super) fn acquire(&mut self, key: &str, attempt: Attempt) -> Option<Ticket> {
        let Some(lock) = self.taken.get_mut(key) else {
            self.taken.insert(key.to_owned(), Lock { owner: attempt, queue: VecDeque::new() });
            return None;
        };
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        lock.queue.push_back((ticket, attempt));
        Some(ticket)
    }

    /// Whether the one with this ticket has got the lock; it takes note of that.
    pub(super) fn claim(&mut self, ticket: Ticket) -> bool {
        self.granted.remove(&ticket)
    }

    /// Gives a lock to the next who waits for it.
    pub(super) fn pass_on(&mut self, key: &str) {
        let Some(lock) = self.taken.get_mut(key) else { return };
        match lock.queue.pop_front() {
            Some((ticket, attempt)) => {
                lock.owner = attempt;
                self.granted.insert(ticket);
                self.called.push(ticket);
            }
            None => {
                self.taken.remove(key);
            }
        }
    }

    /// Leaves the queue, or lets go of a lock that was got meanwhile.
    pub(super) fn give_up(&mut self, key: &str, ticket: Ticket) {
        self.called.push(ticket);
        if self.granted.remove(&ticket) {
            self.pass_on(key);
        } else if let Some(lock) = self.taken.get_mut(key) {
            lock.queue.retain(|(other, _)| *other != ticket);
        }
    }

    pub(super) fn owner(&self, key: &str) -> Option<Attempt> {
        self.taken.get(key).map(|lock| lock.owner)
    }

    pub(super) fn take_called(&mut self) -> Vec<Ticket> {
        std::mem::take(&mut self.called)
    }
}
