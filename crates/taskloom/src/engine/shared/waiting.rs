use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
    sync::Arc,
    task::Waker,
    time::Duration,
};

use taskloom_core::{Event, NodeId, Outcome, State};

use super::Shared;
use crate::engine::{
    Execution,
    durable::Happened,
    waiting::{Awaited, Look, Question, Remembered},
};

/// How long a body waits that is told when there is something to look at.
const LONG: Duration = Duration::from_mins(1);

/// What tasks remember, and what they wait for.
#[derive(Default)]
pub(in crate::engine) struct Waiting {
    /// By task and execution.
    memory: HashMap<(NodeId, u32), Memories>,
    /// Bodies that sleep until their wait is over.
    in_place: HashMap<NodeId, InPlace>,
    /// What tasks wait for whose bodies were left.
    left: BTreeMap<NodeId, (Execution, Awaited)>,
    /// Those of them that have not come back.
    leaving: BTreeSet<NodeId>,
    /// Where each question is remembered that has no answer.
    open: BTreeMap<String, (NodeId, u32, String)>,
    /// How many look for answers at the moment.
    looking: u32,
    /// Whether somebody looks for answers again and again.
    is_watched: bool,
    /// A run does not come to rest before waits that are over within this time.
    patience: Duration,
    /// The time of the last visit that saw whether the run has come to rest.
    now: Duration,
    /// Bodies that have something to look at: async ones.
    wakers: Vec<Waker>,
    /// The same for threads.
    stirs: bool,
}

/// What an execution remembers, by key.
type Memories = BTreeMap<String, Memory>;

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
    /// Wakes the body, if it is async.
    waker: Option<Waker>,
}

impl Waiting {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, ..Self::default() }
    }

    pub(in crate::engine) fn recall(&self, execution: Execution, key: &str) -> Option<Remembered> {
        match self.memory.get(&(execution.node, execution.iteration))?.get(key)? {
            Memory::Value(remembered) => Some(remembered.clone()),
            Memory::Until(_) | Memory::Question(_) => None,
        }
    }

    pub(in crate::engine) fn has_questions(&self) -> bool {
        !self.open.is_empty()
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

    /// When the first of these is over.
    pub(in crate::engine) fn first_due(&self) -> Option<Duration> {
        self.left.keys().filter_map(|&node| self.due(node)).min()
    }

    pub(in crate::engine) fn left(&self) -> Vec<Execution> {
        self.left.values().map(|(execution, _)| *execution).collect()
    }

    /// Whether somebody is at it: a body waits or has been left and not come back, a wait is over soon, or somebody
    /// looks for answers.
    fn is_busy(&self) -> bool {
        let soon = self.now.saturating_add(self.patience);
        let has_bodies = !self.in_place.is_empty() || !self.leaving.is_empty();
        has_bodies || self.looking > 0 || self.first_due().is_some_and(|due| due <= soon)
    }

    /// The questions that may have been answered elsewhere. Until [`looked`](Self::looked) the run does not come to
    /// rest: what is found then must not be too late.
    pub(in crate::engine) fn look_for_answers(&mut self) -> Vec<String> {
        let ids: Vec<String> = self.open.keys().cloned().collect();
        self.looking += u32::from(!ids.is_empty());
        ids
    }

    /// Whether somebody has to begin to look for answers again and again.
    pub(in crate::engine) fn begin_to_watch(&mut self) -> bool {
        self.has_questions() && !mem::replace(&mut self.is_watched, true)
    }

    /// Whether that goes on.
    pub(in crate::engine) fn goes_on_watching(&mut self) -> bool {
        self.is_watched = self.has_questions();
        self.is_watched
    }

    /// Whether nobody waits on a thread or in a future.
    #[inline]
    pub(super) fn has_nobody_in_place(&self) -> bool {
        self.in_place.is_empty()
    }

    /// Whether nobody waits at all, and nothing is asked.
    #[inline]
    fn is_idle(&self) -> bool {
        self.in_place.is_empty() && self.left.is_empty() && self.open.is_empty()
    }

    /// A body that waits in place has something to look at.
    fn stir(&mut self, waker: Option<Waker>) {
        match waker {
            Some(waker) => self.wakers.push(waker),
            None => self.stirs = true,
        }
    }

    fn is_over(&self, execution: Execution, awaited: &Awaited, now: Duration) -> bool {
        match awaited {
            Awaited::Until(until) => *until <= now,
            Awaited::Answer(key) => self.recall(execution, key).is_some(),
        }
    }

    fn of(&mut self, node: NodeId, iteration: u32) -> &mut Memories {
        self.memory.entry((node, iteration)).or_default()
    }

    /// An execution has ended, so that nobody asks any more what it remembers.
    fn forget(&mut self, node: NodeId, iteration: u32) -> Option<Memories> {
        if self.memory.is_empty() {
            return None;
        }
        let memories = self.memory.remove(&(node, iteration))?;
        self.open.retain(|_, (other, of, _)| (*other, *of) != (node, iteration));
        Some(memories)
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
    /// An execution has ended, and what it remembers is for nobody.
    #[inline]
    pub(super) fn forget(&mut self, node: NodeId, iteration: u32) {
        if self.waiting.memory.is_empty() {
            return;
        }
        let memories = self.waiting.forget(node, iteration);
        self.drop_later(memories);
    }

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
        if self.has_ended() {
            return false;
        }
        let Some((node, iteration, key)) = self.waiting.take_answer(id, text.clone()) else { return false };
        let text = text.clone();
        self.write(|_| Happened::Remembered { node, iteration, key, text: Some(text), changes: Vec::new() });
        self.go_on_if_over(node, now);
        true
    }

    /// Takes in what somebody has found who looked for answers.
    pub(in crate::engine) fn take_answers(&mut self, answers: Vec<(String, String)>, now: Duration) {
        self.waiting.looking -= 1;
        for (id, text) in answers {
            self.answer(&id, &text.into(), now);
        }
    }

    pub(in crate::engine) fn begin_wait(
        &mut self,
        execution: Execution,
        awaited: Awaited,
        patience: Option<Duration>,
        now: Duration,
    ) -> Look {
        if self.waits(execution) && !self.is_given_up(execution) {
            return Look::Beside;
        }
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
        self.waiting.in_place.insert(node, InPlace { execution, awaited, limit, is_worker, waker: None });
        if stays { self.look(execution, now) } else { self.leave(node) }
    }

    /// Looks how the wait of a body stands, and lets it go on if it is over and the scheduler has a place for it.
    pub(in crate::engine) fn look(&mut self, execution: Execution, now: Duration) -> Look {
        let node = execution.node;
        if !self.waits(execution) {
            return if self.is_running(execution) { Look::Over } else { Look::Cancelled };
        }
        if self.is_given_up(execution) {
            return self.give_up_wait(node);
        }
        self.go_on_if_over(node, now);
        self.open_gates();
        let Some(place) = self.waiting.in_place.get(&node) else { return Look::Over };
        if self.scheduler.state(node) == State::Ready {
            // It waits for a place among the running ones.
            return Look::Later(LONG);
        }
        let next = match place.awaited {
            Awaited::Until(until) => Some(until),
            Awaited::Answer(_) => place.limit,
        };
        match next.map(|next| next.saturating_sub(now)) {
            Some(Duration::ZERO) => self.leave(node),
            Some(wait) => Look::Later(wait),
            None => Look::Later(LONG),
        }
    }

    /// The same for an async body, which is woken when there is something to look at.
    pub(in crate::engine) fn look_waking(&mut self, execution: Execution, waker: &Waker, now: Duration) -> Look {
        let look = self.look(execution, now);
        if let Some(place) = self.waiting.in_place.get_mut(&execution.node).filter(|place| place.execution == execution)
        {
            place.waker = Some(waker.clone());
        }
        look
    }

    /// Whether a body waits in place.
    fn waits(&self, execution: Execution) -> bool {
        self.waiting.in_place.get(&execution.node).is_some_and(|place| place.execution == execution)
    }

    /// Whether it has something to look at.
    pub(in crate::engine) fn has_to_look(&self, execution: Execution) -> bool {
        !self.waits(execution) || self.is_given_up(execution)
    }

    /// Whether a body waits in place whose task is to end, or has ended without it.
    fn is_given_up(&self, execution: Execution) -> bool {
        let waits = matches!(self.scheduler.state(execution.node), State::Suspended | State::Ready);
        self.has_ended() || !waits || self.is_cancelled(execution)
    }

    /// Whether nothing goes on in the run any more.
    fn has_ended(&self) -> bool {
        self.is_closed() || self.at_rest
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

    /// A body that waits in place gives that up, and goes on at once: there may be one more under way than may be.
    pub(in crate::engine) fn stop_waiting(&mut self, execution: Execution) {
        if !self.waits(execution) {
            return;
        }
        let node = execution.node;
        if self.is_given_up(execution) {
            self.give_up_wait(node);
            return;
        }
        if self.scheduler.state(node) == State::Suspended {
            self.write(|_| Happened::Continued(node));
            self.apply(Event::Continued(node));
        }
        if let Some(place) = self.waiting.in_place.remove(&node) {
            self.go_on_in_place(&place);
        }
    }

    /// A body that was left has come back.
    pub(super) fn has_left(&mut self, execution: Execution, now: Duration) {
        if self.waiting.leaving.remove(&execution.node) {
            self.go_on_if_over(execution.node, now);
        }
    }

    /// Tasks whose waits are over are ready again, if nobody waits in place.
    pub(in crate::engine) fn go_on_after_waits(&mut self, now: Duration) {
        for execution in self.waiting.left() {
            self.go_on_if_over(execution.node, now);
        }
    }

    /// A task is ready again if its wait is over. A body that waits in place goes on when it is its turn.
    pub(in crate::engine) fn go_on_if_over(&mut self, node: NodeId, now: Duration) {
        let waiting = &self.waiting;
        let awaits = match waiting.in_place.get(&node) {
            Some(place) => Some((place.execution, &place.awaited)),
            None if waiting.leaving.contains(&node) => None,
            None => waiting.left.get(&node).map(|(execution, awaited)| (*execution, awaited)),
        };
        let is_over = awaits.is_some_and(|(execution, awaited)| waiting.is_over(execution, awaited, now));
        if !is_over || self.has_ended() {
            return;
        }
        if self.scheduler.state(node) == State::Suspended {
            self.write(|_| Happened::Continued(node));
            self.apply(Event::Continued(node));
        }
        self.waiting.go_on(node);
    }

    /// Lets bodies go on that wait in place and are the next to start.
    #[inline]
    pub(super) fn open_gates(&mut self) {
        while !self.waiting.has_nobody_in_place()
            && let Some(node) = self.scheduler.next()
            && self.open_gate(node)
        {}
    }

    /// The same for one of them that a worker would start.
    #[inline]
    pub(super) fn open_gate(&mut self, node: NodeId) -> bool {
        if self.waiting.has_nobody_in_place() || self.scheduler.state(node) != State::Ready {
            return false;
        }
        let Some(mut place) = self.waiting.in_place.remove(&node) else { return false };
        self.go_on_in_place(&place);
        let waker = place.waker.take();
        self.waiting.stir(waker);
        true
    }

    fn go_on_in_place(&mut self, place: &InPlace) {
        self.start_node(place.execution.node);
        if place.is_worker {
            self.workers += 1;
        }
    }

    /// Something has happened that may have ended tasks that wait: bodies that do so in place hear of it, and what the
    /// others wait for is nobody's any more.
    #[cold]
    pub(super) fn give_up_waits(&mut self) {
        let places = self.waiting.in_place.values().map(|place| place.execution);
        let given_up: Vec<Execution> = places.filter(|&execution| self.is_given_up(execution)).collect();
        for execution in given_up {
            let waker = self.waiting.in_place.get_mut(&execution.node).and_then(|place| place.waker.take());
            self.give_up_wait(execution.node);
            self.waiting.stir(waker);
        }
        let scheduler = &self.scheduler;
        let goes_on = |node, iteration| {
            let state = scheduler.state(node);
            let has_ended = !matches!(state, State::Ready | State::Running | State::BackingOff | State::Suspended);
            !has_ended && scheduler.iteration(node) == iteration
        };
        self.waiting.left.retain(|_, (execution, _)| goes_on(execution.node, execution.iteration));
        let asked = self.waiting.open.values().map(|(node, iteration, _)| (*node, *iteration));
        let ended: Vec<_> = asked.filter(|&(node, iteration)| !goes_on(node, iteration)).collect();
        for (node, iteration) in ended {
            self.forget(node, iteration);
        }
    }

    /// Whether an event may end tasks that wait.
    #[inline]
    pub(super) fn may_end_waits(&self, event: &Event) -> bool {
        !self.waiting.is_idle() && self.may_end_others(event)
    }

    #[cold]
    fn may_end_others(&self, event: &Event) -> bool {
        let is_common = match *event {
            // A group may have enough of those that have succeeded.
            Event::Succeeded(node) => !self.plan.fails_fast(node),
            Event::Started(_) | Event::Suspended(_) | Event::Continued(_) => true,
            _ => false,
        };
        !is_common || self.scheduler.outcome() != Outcome::Succeeded
    }

    /// Who has something to look at: whether threads have, and async bodies.
    #[inline]
    pub(in crate::engine) fn take_stirred(&mut self) -> (bool, Vec<Waker>) {
        (mem::take(&mut self.waiting.stirs), mem::take(&mut self.waiting.wakers))
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
        self.at_rest || (self.scheduler.is_at_rest() && self.lost.is_empty() && !self.waiting.is_busy())
    }

    /// The same at this time.
    pub(super) fn rests(&mut self, now: Duration) -> bool {
        self.waiting.now = now;
        self.is_at_rest()
    }
}
