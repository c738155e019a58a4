//! How a pass of a node begins, ends, and is followed by another (rules S-3 and S-4).

use taskloom_core::State;

use super::{
    End, Reference,
    record::{After, Record},
};
use crate::graph::Node;

impl Reference<'_> {
    /// A further execution begins.
    pub(super) fn make_ready(&mut self, node: usize, by_jump: bool, cause: Option<usize>) {
        let record = &mut self.records[node];
        record.attempt = 1;
        record.has_waited = false;
        record.by_jump = by_jump;
        record.cause = cause;
        record.state = State::Ready;
        self.fresh.insert(node);
    }

    /// An execution has ended.
    pub(super) fn finish(&mut self, node: usize, state: State) {
        let after = self.records[node].after.take();
        match after {
            Some(after) if state != State::Failed || self.is_forgiven(node) => {
                self.records[node].last = Some(state);
                self.go_on(node, after);
            }
            _ => self.end_pass(node, state),
        }
    }

    pub(super) fn go_on(&mut self, node: usize, after: After) {
        self.records[node].is_being_cancelled = false;
        match after {
            After::Wait => self.records[node].state = State::Waiting,
            After::ReadyAgain { cause } => self.make_ready(node, true, Some(cause)),
        }
    }

    /// A pass is over: the node's edges arrive, its loop edges wait to fire, and its groups may have had enough.
    pub(super) fn end_pass(&mut self, node: usize, state: State) {
        if self.graph.is_element(node) {
            return self.element_ended(node, state);
        }
        self.record_end(node, state);
        self.leave_trail(node, state);
        if state == State::Failed && !self.is_forgiven(node) {
            return self.stop(End::Failed(node));
        }
        let live = state == State::Succeeded;
        for edge in self.graph.leaving(node) {
            if !self.graph.loops.contains(&edge) {
                self.arrived.insert(edge, live);
            } else if live {
                self.waiting.insert(edge);
            }
        }
        self.member_ended(node);
    }

    fn leave_trail(&mut self, node: usize, state: State) {
        let is_told_of = match self.graph.nodes[node] {
            Node::Exit(_) => true,
            Node::Task(_) => state == State::Skipped || self.graph.map(node).is_some(),
            Node::Entry(_) | Node::Element(..) => false,
        };
        if is_told_of {
            self.trail.push((node, state));
        }
    }

    pub(super) fn record_end(&mut self, node: usize, state: State) {
        let record = &mut self.records[node];
        *record = Record { state, last: Some(state), by_jump: false, is_being_cancelled: false, ..record.clone() };
    }

    /// Whether a failure of a node is for its group to judge, or nobody's business.
    pub(super) fn is_forgiven(&self, node: usize) -> bool {
        self.graph.is_grouped(node) || self.graph.is_clean_up(node)
    }

    /// A node that has ended will run again.
    pub(super) fn re_arm(&mut self, node: usize) {
        self.re_count(node);
        for edge in self.graph.leaving(node) {
            if self.graph.loops.contains(&edge) {
                self.waiting.remove(&edge);
                continue;
            }
            self.arrived.remove(&edge);
            let (_, target) = edge;
            let record = &mut self.records[target];
            if record.has_ended() {
                record.state = State::Waiting;
                self.re_arm(target);
            } else if record.state == State::Ready && !record.by_jump {
                record.state = State::Waiting;
                self.not_ready(target);
            } else if record.is_active() && record.after.is_none() {
                record.after = Some(After::Wait);
            }
        }
    }

    pub(super) fn not_ready(&mut self, node: usize) {
        self.queue.retain(|&ready| ready != node);
        self.fresh.remove(&node);
        self.records[node].has_waited = false;
    }
}
