//! Nodes that wait for a person or for time (rule D-5).

use taskloom_core::State;

use super::{End, Reference};

impl Reference<'_> {
    /// A running node waits from here on. In a run that ends nothing goes on, so there it has no other end than that of
    /// those that have waited (rule S-8).
    pub(crate) fn suspended(&mut self, node: usize) {
        let goes_on = self.end.is_none() || self.graph.is_clean_up(node);
        let cancels_all = matches!(self.end, Some(End::Cancelled | End::CancelledBy(_)));
        if self.records[node].is_being_cancelled || (!goes_on && cancels_all) {
            self.finish(node, State::Cancelled);
        } else if goes_on {
            self.records[node].state = State::Suspended;
            self.gives_up_place(node);
        } else {
            self.records[node].state = State::NotRun;
        }
        self.settle();
    }

    /// What a node has waited for is there.
    pub(crate) fn continued(&mut self, node: usize) {
        if self.records[node].state == State::Suspended {
            self.records[node].has_waited = true;
            if !self.is_held(node) {
                self.try_again(node);
            }
        }
        self.settle();
    }

    /// The nodes that wait.
    pub(crate) fn waiting_for_others(&self) -> Vec<usize> {
        self.in_state(State::Suspended)
    }

    /// Whether nothing is under way but what waits.
    pub(crate) fn is_at_rest(&self) -> bool {
        let is_active = |&node: &usize| self.records[node].is_active() && !self.is_expanded(node);
        let mut active = (0..self.records.len()).filter(is_active).peekable();
        active.peek().is_some() && active.all(|node| self.records[node].state == State::Suspended)
    }
}
