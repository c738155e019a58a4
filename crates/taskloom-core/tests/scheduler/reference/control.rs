//! What tasks ask for from inside (rules S-5, S-7 and S-9).

use taskloom_core::State;

use super::{End, Reference, record::After};
use crate::graph::Edge;

impl Reference<'_> {
    pub(crate) fn terminated(&mut self, node: usize) {
        self.end_run(node, End::Terminated(node));
    }

    pub(crate) fn cancelled_by(&mut self, node: usize) {
        self.end_run(node, End::CancelledBy(node));
    }

    fn end_run(&mut self, node: usize, end: End) {
        if self.end.is_some() {
            return self.succeeded(node);
        }
        // Nothing comes after it, nor after a map that ends with it.
        if let Some(map) = self.current_map_of(node) {
            self.records[map].after = None;
        }
        self.end_pass(node, State::Succeeded);
        self.stop(end);
        self.settle();
    }

    pub(crate) fn iterated(&mut self, node: usize) {
        if self.end.is_some() || self.records[node].is_being_cancelled {
            return self.succeeded(node);
        }
        match self.records[node].after.take() {
            Some(after) => self.go_on(node, after),
            None => self.make_ready(node, false, None),
        }
        self.settle();
    }

    /// Some of the targets were added just now.
    pub(crate) fn jumped(&mut self, node: usize, targets: &[usize], added: &[usize]) {
        if self.end.is_some() {
            return self.succeeded(node);
        }
        let was_told = self.records[node].is_being_cancelled;
        let after = self.records[node].after.take();
        self.record_end(node, State::Succeeded);
        for &target in targets.iter().filter(|target| !was_told || !added.contains(target)) {
            self.jump_to(target, node);
        }
        let is_re_armed = !self.records[node].has_ended();
        if !is_re_armed {
            match after {
                Some(after) => {
                    // It runs again, so it counts, wherever the jump has led.
                    if self.graph.added_by.contains_key(&node) {
                        self.graph.count(node);
                    }
                    self.go_on(node, after);
                }
                None => self.leave(node, targets),
            }
        }
        self.settle();
    }

    fn jump_to(&mut self, target: usize, from: usize) {
        match self.records[target].state {
            State::Ready => {}
            State::Running | State::BackingOff | State::Suspended => {
                self.records[target].after = Some(After::ReadyAgain { cause: from });
            }
            State::Waiting => self.make_ready(target, true, Some(from)),
            _ => {
                self.records[target].state = State::Waiting;
                self.re_arm(target);
                self.make_ready(target, true, Some(from));
            }
        }
    }

    /// The jumping task's own edges arrive dead, but for those to a target.
    fn leave(&mut self, node: usize, targets: &[usize]) {
        if self.graph.is_element(node) {
            return self.element_ended(node, State::Succeeded);
        }
        let leaving = self.graph.leaving(node);
        let counting: Vec<Edge> = leaving.into_iter().filter(|edge| !self.graph.loops.contains(edge)).collect();
        self.arrived.extend(counting.into_iter().map(|edge| (edge, targets.contains(&edge.1))));
        self.member_ended(node);
    }
}
