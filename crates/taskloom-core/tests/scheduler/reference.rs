//! A slow executor that says what section 7 of the contract says, one rule after the other. What can be
//! found by looking at all nodes is looked for anew each time.

mod added;
mod control;
mod ending;
mod groups;
mod maps;
mod passes;
mod record;
mod settle;
mod suspension;

use std::collections::{BTreeMap, BTreeSet};

use taskloom_core::{Limits, Retry, State, TaskKind, TaskKinds};

use crate::graph::{Edge, Graph};
pub(crate) use ending::End;
use maps::Expanded;
use record::Record;

pub(crate) struct Reference<'a> {
    pub(crate) graph: Graph<'a>,
    limits: Limits,
    records: Vec<Record>,
    /// The edges that have arrived in their present pass, and whether they are live.
    arrived: BTreeMap<Edge, bool>,
    /// The loop edges that wait to fire.
    waiting: BTreeSet<Edge>,
    /// Ready nodes in the order in which they became so.
    queue: Vec<usize>,
    /// Those that became so by the event being applied.
    fresh: BTreeSet<usize>,
    /// The loop edges that have fired while no task ran.
    fired: BTreeSet<Edge>,
    /// How many executions have started.
    steps: u64,
    end: Option<End>,
    /// The maps that were taken apart and have not ended.
    maps: BTreeMap<usize, Expanded>,
    /// The maps that have succeeded with the event being applied.
    mapped: BTreeSet<usize>,
    /// What the event being applied has the driver cancel.
    cancelled: BTreeSet<usize>,
    cancels_all: bool,
    /// What has ended with it that the driver does not know of.
    trail: Vec<(usize, State)>,
    /// What has become ready with it, in order.
    readied: Vec<usize>,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(graph: Graph<'a>, limits: Limits) -> Self {
        let mut reference = Self {
            records: vec![Record::new(); graph.nodes.len()],
            graph,
            limits,
            arrived: BTreeMap::new(),
            waiting: BTreeSet::new(),
            queue: Vec::new(),
            fresh: BTreeSet::new(),
            fired: BTreeSet::new(),
            steps: 0,
            end: None,
            maps: BTreeMap::new(),
            mapped: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            cancels_all: false,
            trail: Vec::new(),
            readied: Vec::new(),
        };
        reference.settle();
        reference
    }

    /// Before an event: what the last one had the driver do is done.
    pub(crate) fn begin(&mut self, is_about_a_task: bool) {
        if is_about_a_task {
            self.fired.clear();
        }
        self.mapped.clear();
        self.cancelled.clear();
        self.cancels_all = false;
        self.trail.clear();
        self.readied.clear();
    }

    /// The node that has to start next where nodes of these kinds can.
    pub(crate) fn next(&self, kinds: TaskKinds) -> Option<usize> {
        let is_judging = self.running().len() > self.running_tasks().len();
        if is_judging && self.limits.max_concurrency.is_some_and(|most| most.get() == 1) {
            return None;
        }
        let mut exits = self.queue.iter().copied().filter(|&node| self.graph.recipe(node).is_none());
        if let Some(exit) = exits.next()
            && kinds.contains(TaskKind::Judgement)
        {
            return Some(exit);
        }
        let running = self.running_tasks();
        if self.limits.max_concurrency.is_some_and(|most| running.len() >= most.get() as usize) {
            return None;
        }
        let has_room = |node: usize| {
            let is_within = |group: usize, node: usize| self.graph.is_within(group, node);
            let around = (0..self.graph.groups.len()).filter(|&group| is_within(group, node));
            let most = |group: usize| self.graph.groups[group].settings.max_concurrency;
            let mut caps = around.filter_map(|group| Some((group, most(group)?.get() as usize)));
            caps.all(|(group, most)| running.iter().filter(|&&node| is_within(group, node)).count() < most)
        };
        let tasks = self.queue.iter().filter_map(|&node| Some((node, self.graph.recipe(node)?.kind)));
        let mut tasks = tasks.filter(|&(node, _)| has_room(node));
        let next = match self.limits.max_concurrency {
            None => tasks.find(|&(_, kind)| kinds.contains(kind)),
            // Slots of the run are given out in order.
            Some(_) => tasks.next().filter(|&(_, kind)| kinds.contains(kind)),
        };
        let (next, _) = next?;
        (self.records[next].is_begun() || !self.is_out_of_steps()).then_some(next)
    }

    /// The task that became ready first, whatever holds it back.
    pub(crate) fn first_ready(&self) -> Option<usize> {
        self.queue.iter().copied().find(|&node| self.graph.recipe(node).is_some())
    }

    /// Whether anything is ready that may start once there is room for it.
    pub(crate) fn has_ready(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The tasks that run; groups that are judged are not among them.
    pub(crate) fn running_tasks(&self) -> Vec<usize> {
        let mut running = self.running();
        running.retain(|&node| self.graph.recipe(node).is_some());
        running
    }

    pub(crate) fn running(&self) -> Vec<usize> {
        let mut running = self.in_state(State::Running);
        running.retain(|&node| !self.is_expanded(node));
        running
    }

    pub(crate) fn backing_off(&self) -> Vec<usize> {
        self.in_state(State::BackingOff)
    }

    pub(crate) fn is_finished(&self) -> bool {
        !self.records.iter().any(Record::is_active)
    }

    pub(crate) fn end(&self) -> Option<End> {
        self.end
    }

    /// The nodes that the last event has the driver cancel, and whether it has it cancel all.
    pub(crate) fn commands(&self) -> (&BTreeSet<usize>, bool) {
        (&self.cancelled, self.cancels_all)
    }

    /// The tasks that were skipped with the last event, and the groups and maps that have ended.
    pub(crate) fn trail(&self) -> &[(usize, State)] {
        &self.trail
    }

    /// What has become ready with the last event, in order.
    pub(crate) fn readied(&self) -> &[usize] {
        &self.readied
    }

    /// The maps that have succeeded with the last event.
    pub(crate) fn mapped(&self) -> &BTreeSet<usize> {
        &self.mapped
    }

    /// Whether a node is told to end, by its group or with the run.
    pub(crate) fn is_being_cancelled(&self, node: usize) -> bool {
        self.records[node].is_being_cancelled || matches!(self.end, Some(End::Cancelled | End::CancelledBy(_)))
    }

    pub(crate) fn iteration(&self, node: usize) -> u32 {
        self.records[node].iteration
    }

    /// How many executions have started.
    pub(crate) fn executions(&self, node: usize) -> u32 {
        if self.records[node].has_run { self.records[node].iteration } else { 0 }
    }

    pub(crate) fn attempt(&self, node: usize) -> u32 {
        self.records[node].attempt
    }

    /// Whether a node is ready or under way.
    pub(crate) fn is_active(&self, node: usize) -> bool {
        self.records[node].is_active()
    }

    /// The node that a jump or a loop edge came from, for the execution that a node is at; else the one that added it.
    pub(crate) fn cause(&self, node: usize) -> Option<usize> {
        self.records[node].cause.or_else(|| self.graph.added_by.get(&node).copied())
    }

    /// What a node is doing, or how its last pass ended.
    pub(crate) fn state(&self, node: usize) -> State {
        let record = &self.records[node];
        if self.graph.is_element(node) {
            return record.state;
        }
        let is_over = self.end.is_some() || self.is_finished();
        match (record.state, record.last) {
            (State::Waiting | State::NotRun, Some(last)) if is_over => last,
            (State::Waiting, None) if self.end.is_some() => State::NotRun,
            (state, _) => state,
        }
    }

    /// Whether a node's last finished pass was a success.
    pub(crate) fn has_value(&self, node: usize) -> bool {
        self.records[node].last == Some(State::Succeeded)
    }

    /// The nodes that still wait for an edge.
    pub(crate) fn waiting_nodes(&self) -> Vec<usize> {
        let included: BTreeSet<usize> = self.graph.included().collect();
        self.in_state(State::Waiting).into_iter().filter(|node| included.contains(node)).collect()
    }

    pub(crate) fn started(&mut self, node: usize) {
        self.queue.retain(|&ready| ready != node);
        let record = &mut self.records[node];
        record.state = State::Running;
        if self.graph.recipe(node).is_none() {
            return;
        }
        if record.is_begun() {
            record.has_waited = false;
        } else {
            // To take a map apart is none.
            self.steps += u64::from(self.graph.map(node).is_none());
            record.iteration += u32::from(record.has_run);
            record.has_run = true;
        }
        self.settle();
    }

    pub(crate) fn succeeded(&mut self, node: usize) {
        self.finish(node, State::Succeeded);
        self.settle();
    }

    pub(crate) fn failed(&mut self, node: usize, retry: Retry) {
        let is_over = self.end.is_some() && !self.graph.is_clean_up(node);
        if retry == Retry::No || is_over || self.records[node].is_being_cancelled {
            self.finish(node, State::Failed);
        } else {
            self.records[node].attempt += 1;
            self.records[node].state = State::BackingOff;
            match retry {
                Retry::Now => self.try_again(node),
                _ => self.gives_up_place(node),
            }
        }
        self.settle();
    }

    pub(crate) fn due(&mut self, node: usize) {
        if self.records[node].state == State::BackingOff && !self.is_held(node) {
            self.try_again(node);
        }
        self.settle();
    }

    /// Somebody has said whether a group has succeeded.
    pub(crate) fn judged(&mut self, exit: usize, passed: bool) {
        self.finish(exit, if passed { State::Succeeded } else { State::Failed });
        self.settle();
    }

    /// Nobody drops a node by itself: where nobody asked for it, that cancels the run.
    pub(crate) fn dropped(&mut self, node: usize) {
        if !self.is_being_cancelled(node) {
            self.records[node].state = State::Cancelled;
            self.stop(End::Cancelled);
        }
        self.finish(node, State::Cancelled);
        self.settle();
    }

    /// Cancels the run from outside, also one that has been ending for another reason.
    pub(crate) fn cancel(&mut self) {
        self.cancels_all = !self.running_tasks().is_empty();
        self.stop(End::Cancelled);
        self.settle();
    }

    fn try_again(&mut self, node: usize) {
        self.records[node].state = State::Ready;
        self.fresh.insert(node);
    }

    fn in_state(&self, state: State) -> Vec<usize> {
        (0..self.records.len()).filter(|&node| self.records[node].state == state).collect()
    }
}
