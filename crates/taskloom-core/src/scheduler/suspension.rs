//! Nodes that wait for a person or for time, and hold no slot meanwhile (rule D-5).

use super::{NodeId, Phase, Scheduler, State};

impl Scheduler {
    /// Whether nothing is under way but what waits for a person or for time.
    pub fn is_at_rest(&self) -> bool {
        self.suspended > 0 && self.is_idle()
    }

    /// The nodes that wait so.
    pub fn suspended_nodes(&self) -> Vec<NodeId> {
        if self.suspended == 0 {
            return Vec::new();
        }
        let is_suspended = |node: &NodeId| self.nodes[*node].phase == Phase::Suspended;
        self.nodes.numbers().into_iter().filter(is_suspended).collect()
    }

    /// The nodes that wait for a further attempt.
    pub fn backing_off_nodes(&self) -> Vec<NodeId> {
        if self.backing_off == 0 {
            return Vec::new();
        }
        let backs_off = |node: &NodeId| self.nodes[*node].phase == Phase::BackingOff;
        self.nodes.numbers().into_iter().filter(backs_off).collect()
    }

    /// Whether a node is ready, or to be judged, whatever a limit may say.
    pub fn can_start(&self, node: NodeId) -> bool {
        if self.run.is_element(node) && !self.nodes.elements.contains_key(&node) {
            return false;
        }
        let is_lined_up = || self.run.is_task(node) && self.ready.is_lined_up(&self.run, node);
        self.ready.is_judged(node) || (self.nodes[node].phase == Phase::Ready && is_lined_up())
    }

    /// A node that can start is to start before others that have been ready for longer: in a run that was forked these
    /// have not started when it has.
    pub fn bring_forward(&mut self, node: NodeId) {
        self.ready.bring_forward(&self.run, node);
    }

    /// A running node waits, and will go on under the same attempt. One that was told to end does, and in a run that ends
    /// nothing goes on (rule S-8).
    pub(super) fn suspend(&mut self, node: NodeId) {
        let was_told = self.stopped_running(node);
        let ends_with_run = self.outcome.filter(|_| !self.is_clean_up(node));
        if was_told || ends_with_run.is_some_and(super::Outcome::cancels_running) {
            return self.finish_pass(node, State::Cancelled);
        }
        if ends_with_run.is_some() {
            self.nodes[node].phase = Phase::Stopped;
            return;
        }
        self.nodes[node].phase = Phase::Suspended;
        self.suspended += 1;
        self.gives_up_place(node);
    }

    /// What a node waited for is there.
    pub(super) fn go_on_again(&mut self, node: NodeId) {
        if self.nodes.get(node).is_some_and(|node| node.phase == Phase::Suspended) {
            self.suspended -= 1;
            self.continued.insert(node, ());
            self.wait_is_over(node);
        }
    }

    /// Takes a node that is to end out of the count of those that wait, if it is one.
    pub(super) fn forget_wait(&mut self, node: NodeId) {
        match self.nodes[node].phase {
            Phase::BackingOff => self.backing_off -= 1,
            Phase::Suspended => self.suspended -= 1,
            _ => _ = self.continued.remove(&node),
        }
    }

    /// Whether what starts next is no new execution of the node, but a further attempt, or the same after a wait.
    #[inline]
    pub(super) fn is_under_way(&self, node: NodeId) -> bool {
        self.attempt(node) > 1 || (!self.continued.is_empty() && self.continued.contains_key(&node))
    }
}
