use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use taskloom_core::{Event, NodeId, State};

use super::Shared;
use crate::engine::{
    Execution,
    durable::Happened,
    waiting::{Awaited, Look, Question, Remembered},
};

/// What tasks remember, and what they wait for.
#[derive(Default)]
pub(in crate::engine) struct Waiting {
    /// By task and execution.
    memory: HashMap<(NodeId, u32), BTreeMap<String, Memory>>,
    /// Bodies that sleep until their wait is over.
    in_place: HashMap<NodeId, InPlace>,
    /// What tasks wait for whose bodies were left.
    left: BTreeMap<NodeId, (Execution, Awaited)>,
    /// Those of them that have not come back.
    leaving: BTreeSet<NodeId>,
    /// Where each question is remembered that has no answer.
    open: BTreeMap<String, (NodeId, u32, String)>,
}

enum Memory {
    Value(Remembered),
    Until(Duration),
    Question(Question),
}

struct InPlace {
    execution: Execution,
    awaited: Awaited,
    /// When the body is left, if it still waits then.
    limit: Option<Duration>,
    /// Whether it was a worker that waits, and is none meanwhile.
    is_worker: bool,
}

impl Waiting {
    pub(in crate::engine) fn recall(&self, execution: Execution, key: &str) -> Option<Remembered> {
        match self.memory.get(&(execution.node, execution.iteration))?.get(key)? {
            Memory::Value(remembered) => Some(remembered.clone()),
            Memory::Until(_) | Memory::Question(_) => None,
        }
    }

    pub(in crate::engine) fn has_questions(&self) -> bool {
        !self.open.is_empty()
    }

    pub(in crate::engine) fn open_ids(&self) -> Vec<String> {
        self.open.keys().cloned().collect()
    }

    pub(in crate::engine) fn open_questions(&self) -> Vec<Question> {
        let question =
            |(node, iteration, key): &(NodeId, u32, String)| match self.memory.get(&(*node, *iteration))?.get(key)? {
                Memory::Question(question) => Some(question.clone()),
                Memory::Value(_) | Memory::Until(_) => None,
            };
        self.open.values().filter_map(question).collect()
    }

    /// When the wait of a task is over whose body was left, if that is known.
    pub(in crate::engine) fn due(&self, node: NodeId) -> Option<Duration> {
        match self.left.get(&node)? {
            (_, Awaited::Until(until)) => Some(*until),
            (_, Awaited::Answer(_)) => None,
        }
    }

    /// When the first of these is.
    pub(in crate::engine) fn first_due(&self) -> Option<Duration> {
        self.left.keys().filter_map(|&node| self.due(node)).min()
    }

    pub(in crate::engine) fn left(&self) -> Vec<Execution> {
        self.left.values().map(|(execution, _)| *execution).collect()
    }

    /// Whether a body waits, or has been left and not come back.
    pub(super) fn has_bodies(&self) -> bool {
        !self.in_place.is_empty() || !self.leaving.is_empty()
    }

    fn is_over(&self, execution: Execution, awaited: &Awaited, now: Duration) -> bool {
        match awaited {
            Awaited::Until(until) => *until <= now,
            Awaited::Answer(key) => self.recall(execution, key).is_some(),
        }
    }

    fn of(&mut self, node: NodeId, iteration: u32) -> &mut BTreeMap<String, Memory> {
        self.memory.entry((node, iteration)).or_default()
    }

    /// An execution has ended, so that nobody asks any more what it remembers.
    pub(super) fn forget(&mut self, node: NodeId, iteration: u32) {
        if !self.memory.is_empty() && self.memory.remove(&(node, iteration)).is_some() {
            self.open.retain(|_, (other, of, _)| (*other, *of) != (node, iteration));
        }
    }

    pub(in crate::engine) fn remember(&mut self, node: NodeId, iteration: u32, key: &str, remembered: Remembered) {
        self.of(node, iteration).insert(key.to_owned(), Memory::Value(remembered));
    }

    pub(in crate::engine) fn remember_until(&mut self, node: NodeId, iteration: u32, key: &str, until: Duration) {
        self.of(node, iteration).insert(key.to_owned(), Memory::Until(until));
    }

    pub(in crate::engine) fn remember_question(&mut self, node: NodeId, iteration: u32, key: &str, question: Question) {
        self.open.insert(question.id.clone(), (node, iteration, key.to_owned()));
        self.of(node, iteration).insert(key.to_owned(), Memory::Question(question));
    }

    pub(in crate::engine) fn take_answer(&mut self, id: &str, text: Arc<str>) -> Option<(NodeId, u32, String)> {
        let (node, iteration, key) = self.open.remove(id)?;
        self.remember(node, iteration, &key, Remembered { value: None, text: Some(text) });
        Some((node, iteration, key))
    }

    /// A question that an execution remembers under this key has its answer, if there is one.
    pub(in crate::engine) fn answered(&mut self, node: NodeId, iteration: u32, key: &str) {
        self.open.retain(|_, (other, of, name)| (*other, *of, name.as_str()) != (node, iteration, key));
    }

    pub(in crate::engine) fn leave(&mut self, execution: Execution, awaited: Awaited) {
        self.left.insert(execution.node, (execution, awaited));
    }

    pub(in crate::engine) fn go_on(&mut self, node: NodeId) {
        self.left.remove(&node);
    }
}

impl Shared {
    pub(in crate::engine) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    pub(in crate::engine) fn waiting_mut(&mut self) -> &mut Waiting {
        &mut self.waiting
    }

    /// Until when a sleep lasts that an execution begins, or has begun.
    pub(in crate::engine) fn sleep(&mut self, execution: Execution, key: &str, until: Duration) -> Duration {
        let Execution { node, iteration, .. } = execution;
        if let Some(Memory::Until(until)) = self.waiting.of(node, iteration).get(key) {
            return *until;
        }
        self.waiting.remember_until(node, iteration, key, until);
        self.write(|_| Happened::Slept { node, iteration, key: key.to_owned(), until });
        until
    }

    pub(in crate::engine) fn ask(&mut self, execution: Execution, key: &str, question: Question) {
        let Execution { node, iteration, .. } = execution;
        if self.waiting.of(node, iteration).contains_key(key) {
            return;
        }
        self.write(|_| Happened::Questioned { node, iteration, key: key.to_owned(), question: question.clone() });
        self.waiting.remember_question(node, iteration, key, question);
    }

    /// A question is answered; says whether it was open.
    pub(in crate::engine) fn answer(&mut self, id: &str, text: &Arc<str>, now: Duration) -> bool {
        if self.is_closed() {
            return false;
        }
        let Some((node, iteration, key)) = self.waiting.take_answer(id, text.clone()) else { return false };
        let text = text.clone();
        self.write(|_| Happened::Remembered { node, iteration, key, text: Some(text), changes: Vec::new() });
        self.go_on_after_waits(now);
        true
    }

    pub(in crate::engine) fn begin_wait(
        &mut self,
        execution: Execution,
        awaited: Awaited,
        patience: Option<Duration>,
        now: Duration,
    ) -> Look {
        if !self.is_running(execution) || self.is_cancelled(execution) {
            return Look::Cancelled;
        }
        if self.waiting.is_over(execution, &awaited, now) {
            return Look::Over;
        }
        let node = execution.node;
        self.write(|_| Happened::Suspended { node, awaited: awaited.clone() });
        self.apply(Event::Suspended(node));
        let is_worker = !self.is_async(node) && self.with_caller != Some(node);
        if is_worker {
            self.workers -= 1;
        }
        let limit = patience.map(|patience| now.saturating_add(patience));
        let stays = match (&awaited, limit) {
            (_, None) => true,
            (Awaited::Until(until), Some(limit)) => *until <= limit,
            (Awaited::Answer(_), Some(limit)) => limit > now,
        };
        self.waiting.in_place.insert(node, InPlace { execution, awaited, limit, is_worker });
        if stays { self.look(execution, now) } else { self.leave(node) }
    }

    /// Looks how the wait of a body stands, and lets it go on if it is over and the scheduler has a place for it.
    pub(in crate::engine) fn look(&mut self, execution: Execution, now: Duration) -> Look {
        let node = execution.node;
        self.go_on_after_waits(now);
        let Some(place) = self.waiting.in_place.get(&node).filter(|place| place.execution == execution) else {
            return if self.is_running(execution) { Look::Over } else { Look::Cancelled };
        };
        if self.finished.is_some() || self.is_cancelled(execution) {
            return self.give_up_wait(node);
        }
        match self.scheduler.state(node) {
            State::Suspended => {
                let next = match place.awaited {
                    Awaited::Until(until) => Some(until),
                    Awaited::Answer(_) => place.limit,
                };
                match next.map(|next| next.saturating_sub(now)) {
                    Some(Duration::ZERO) => self.leave(node),
                    Some(wait) => Look::Later(wait),
                    None => Look::Later(Duration::from_mins(1)),
                }
            }
            // It waits for a place among the running ones.
            State::Ready => Look::Later(Duration::from_mins(1)),
            _ => self.give_up_wait(node),
        }
    }

    /// The body is to end, and what it gives does not count: nobody waits for it.
    fn give_up_wait(&mut self, node: NodeId) -> Look {
        if let Some(place) = self.waiting.in_place.remove(&node) {
            self.overdue.push(place.execution);
        }
        Look::Cancelled
    }

    fn leave(&mut self, node: NodeId) -> Look {
        if let Some(place) = self.waiting.in_place.remove(&node) {
            self.overdue.push(place.execution);
            self.waiting.leaving.insert(node);
            self.waiting.leave(place.execution, place.awaited);
        }
        Look::Leave
    }

    /// A body that was left has come back.
    pub(super) fn has_left(&mut self, execution: Execution, now: Duration) {
        if self.waiting.leaving.remove(&execution.node) {
            self.go_on_after_waits(now);
        }
    }

    /// Tasks whose waits are over are ready again; bodies that wait in place go on when it is their turn.
    pub(in crate::engine) fn go_on_after_waits(&mut self, now: Duration) {
        if self.is_closed() {
            return;
        }
        let waiting = &self.waiting;
        let in_place = waiting.in_place.values().map(|place| (place.execution, &place.awaited));
        let left = waiting.left.values().filter(|(execution, _)| !waiting.leaving.contains(&execution.node));
        let left = left.map(|(execution, awaited)| (*execution, awaited));
        let over: Vec<NodeId> = in_place
            .chain(left)
            .filter(|(execution, awaited)| waiting.is_over(*execution, awaited, now))
            .map(|(execution, _)| execution.node)
            .collect();
        for node in over {
            if self.scheduler.state(node) == State::Suspended {
                self.write(|_| Happened::Continued(node));
                self.apply(Event::Continued(node));
            }
            self.waiting.go_on(node);
        }
        self.open_gates();
    }

    /// Lets bodies go on that wait in place and are the next to start.
    pub(super) fn open_gates(&mut self) {
        while !self.waiting.in_place.is_empty()
            && let Some(node) = self.scheduler.next()
            && self.scheduler.state(node) == State::Ready
            && let Some(place) = self.waiting.in_place.remove(&node)
        {
            self.start_node(node);
            self.gates_opened = true;
            if place.is_worker {
                self.workers += 1;
            }
        }
    }

    /// The same for one of them that a worker would start.
    pub(super) fn open_gate(&mut self, node: NodeId) -> bool {
        if self.waiting.in_place.is_empty() {
            return false;
        }
        let Some(place) = self.waiting.in_place.remove(&node) else { return false };
        self.start_node(node);
        self.gates_opened = true;
        if place.is_worker {
            self.workers += 1;
        }
        true
    }

    /// Whether bodies that wait have something to look at.
    #[inline]
    pub(in crate::engine) fn take_gates_opened(&mut self) -> bool {
        std::mem::take(&mut self.gates_opened)
    }

    /// A task waits again whose wait the journal tells of; its body is gone.
    pub(in crate::engine) fn suspend_again(&mut self, execution: Execution, awaited: Awaited) {
        self.apply(Event::Suspended(execution.node));
        self.waiting.leave(execution, awaited);
    }

    pub(in crate::engine) fn continue_again(&mut self, node: NodeId) {
        self.apply(Event::Continued(node));
        self.waiting.go_on(node);
    }

    /// Whether the run has come to rest: nothing goes on in it before a wait is over that nobody stays for.
    pub(super) fn is_at_rest(&self) -> bool {
        self.scheduler.is_at_rest() && self.lost.is_empty() && !self.waiting.has_bodies()
    }
}
