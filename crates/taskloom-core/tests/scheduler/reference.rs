//! A slow executor that says what rules, R-8 (strict), S-1, S-3 and S-8 say, one after the other.

use std::{
    collections::{BTreeSet, VecDeque},
    num::NonZeroU32,
};

use taskloom_core::State;

use crate::graph::{Graph, Node};

/// How the reference's run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Open,
    /// One of these failed first; the same event decided all of them.
    Failed(BTreeSet<usize>),
    Cancelled,
}

pub(crate) struct Reference<'a> {
    pub(crate) graph: Graph<'a>,
    states: Vec<State>,
    attempts: Vec<u32>,
    /// Ready nodes in the order in which they became so.
    queue: VecDeque<usize>,
    max_concurrency: Option<NonZeroU32>,
    pub(crate) end: End,
    /// Nodes decided by the event that ended the run: the run may have ended just before them.
    doubtful: BTreeSet<usize>,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(graph: Graph<'a>, max_concurrency: Option<NonZeroU32>) -> Self {
        let nodes = graph.nodes.len();
        let mut reference = Self {
            graph,
            states: vec![State::Waiting; nodes],
            attempts: vec![1; nodes],
            queue: VecDeque::new(),
            max_concurrency,
            end: End::Open,
            doubtful: BTreeSet::new(),
        };
        reference.settle(Vec::new());
        reference
    }

    /// The node that has to start next.
    pub(crate) fn next(&self) -> Option<usize> {
        let full = self.max_concurrency.is_some_and(|most| self.running().count() >= most.get() as usize);
        if full { None } else { self.queue.front().copied() }
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.states.len()).filter(|&node| self.states[node] == State::Running)
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.running().next().is_none() && self.queue.is_empty()
    }

    pub(crate) fn attempt(&self, node: usize) -> u32 {
        self.attempts[node]
    }

    /// Whether the scheduler may say that a node is in `state`.
    pub(crate) fn allows(&self, node: usize, state: State) -> bool {
        let ended_first = self.end != End::Open && state == State::NotRun;
        match self.states[node] {
            State::Waiting | State::Ready if self.end != End::Open => ended_first,
            expected => state == expected || ended_first && self.doubtful.contains(&node),
        }
    }

    pub(crate) fn started(&mut self, node: usize) {
        assert_eq!(self.queue.pop_front(), Some(node));
        self.states[node] = State::Running;
    }

    pub(crate) fn succeeded(&mut self, node: usize) {
        self.states[node] = State::Succeeded;
        self.settle(Vec::new());
    }

    pub(crate) fn failed(&mut self, node: usize, retry: bool) {
        if retry && self.end == End::Open {
            self.attempts[node] += 1;
            self.states[node] = State::Ready;
            self.settle(vec![node]);
            return;
        }
        self.states[node] = State::Failed;
        if !self.graph.is_grouped(node) {
            self.stop(End::Failed(BTreeSet::from([node])));
        }
        self.settle(Vec::new());
    }

    pub(crate) fn dropped(&mut self, node: usize) {
        self.states[node] = State::Cancelled;
        self.stop(End::Cancelled);
    }

    pub(crate) fn cancelled(&mut self) {
        self.stop(End::Cancelled);
    }

    fn stop(&mut self, end: End) {
        if self.end == End::Open {
            self.end = end;
        }
        self.queue.clear();
    }

    /// Decides every node whose predecessors have all ended, until there is none.
    fn settle(&mut self, mut ready: Vec<usize>) {
        if self.end != End::Open {
            return;
        }
        let mut decided = BTreeSet::new();
        while let Some((node, state)) = self.decidable() {
            self.states[node] = state;
            decided.insert(node);
            if state == State::Ready {
                ready.push(node);
            }
        }
        let failed = |&node: &usize| self.states[node] == State::Failed && !self.graph.is_grouped(node);
        let failed: BTreeSet<usize> = decided.iter().copied().filter(failed).collect();
        if failed.is_empty() {
            ready.sort_unstable();
            self.queue.extend(ready);
        } else {
            self.stop(End::Failed(failed));
            self.doubtful = decided;
        }
    }

    fn decidable(&self) -> Option<(usize, State)> {
        (0..self.states.len()).filter(|node| !self.graph.excluded.contains(node)).find_map(|node| {
            let ended = |node: usize| {
                matches!(self.states[node], State::Succeeded | State::Failed | State::Skipped | State::Cancelled)
            };
            let decidable = self.states[node] == State::Waiting && self.graph.before(node).all(ended);
            decidable.then(|| (node, self.decide(node)))
        })
    }

    fn decide(&self, node: usize) -> State {
        let succeeded = |node: usize| self.states[node] == State::Succeeded;
        let is_root = self.graph.before(node).next().is_none();
        let live = is_root || self.graph.before(node).any(succeeded);
        match self.graph.nodes[node] {
            Node::Exit(group)
                if self.graph.members[group].iter().any(|&member| self.states[member] == State::Failed) =>
            {
                State::Failed
            }
            _ if !live => State::Skipped,
            Node::Entry(_) | Node::Exit(_) => State::Succeeded,
            Node::Task(_) if !self.graph.needed(node).into_iter().all(succeeded) => State::Skipped,
            Node::Task(_) => State::Ready,
        }
    }
}
