use super::{Kind, NodeId, Phase, Scheduler};

impl Scheduler {
    /// The run is ending: makes the clean-ups ready before which nothing can run any more (rule R-15).
    pub(super) fn clean_up(&mut self) {
        let plan = self.plan.clone();
        for (node, before) in plan.always() {
            if self.can_clean_up(*node) && before.iter().all(|&before| self.is_over(before)) {
                self.nodes[*node].phase = Phase::Ready;
                self.fresh.push(*node);
            }
        }
        self.clean_up_added();
    }

    /// A clean-up that was added waits for what has added it.
    fn clean_up_added(&mut self) {
        for node in self.added_clean_ups() {
            if self.can_clean_up(node) && self.run.added_by(node).is_none_or(|by| self.is_over(by)) {
                self.nodes[node].phase = Phase::Ready;
                self.fresh.push(node);
            }
        }
    }

    fn can_clean_up(&self, node: NodeId) -> bool {
        let node = &self.nodes[node];
        !node.has_run && matches!(node.phase, Phase::Waiting | Phase::Stopped)
    }

    fn is_over(&self, node: NodeId) -> bool {
        // An element that has added a clean-up has ended with that.
        if self.run.is_element(node) {
            return true;
        }
        let may_come = self.is_clean_up(node) && self.can_clean_up(node);
        !may_come && !self.nodes[node].is_active() && !self.has_active_elements(node) && self.is_over_inside(node)
    }

    /// A group is not over before what was added from inside of it.
    fn is_over_inside(&self, node: NodeId) -> bool {
        let Kind::Exit(group) = self.kind(node) else { return true };
        let inside = self.plan.groups()[group as usize].branches.iter().flat_map(|branch| &branch.nodes);
        inside.flat_map(|&node| self.added_from(node)).all(|&added| self.is_over(added))
    }
}
