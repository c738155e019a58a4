use super::{Command, Node, NodeId, Phase, Scheduler, State};
use crate::{
    plan::{Group, Kind},
    policy::Tally,
};

impl Scheduler {
    /// Decides the first of the nodes that are decided when nothing else moves, but for groups in which a loop waits to
    /// fire (rule S-2) or something still runs that was told to end (rule S-3); says whether there was one.
    pub(super) fn decide_next(&mut self) -> bool {
        let can_be_decided = |&&node: &&NodeId| match self.kind(node) {
            Kind::Exit(group) => !self.is_reached(node) || !(self.has_loop_inside(group) || self.is_winding_up(group)),
            Kind::Task | Kind::Entry(_) => true,
        };
        let Some(&node) = self.reached.iter().find(can_be_decided) else { return false };
        self.reached.remove(&node);
        if self.is_reached(node) {
            self.decide(node);
        }
        true
    }

    /// Whether something in a group still runs that was told to end.
    fn is_winding_up(&self, group: u32) -> bool {
        if self.told.is_empty() {
            return false;
        }
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            for &node in self.plan.groups()[group as usize].branches.iter().flat_map(|branch| &branch.nodes) {
                if let Kind::Exit(inner) = self.plan.kind(node) {
                    groups.push(inner);
                    continue;
                }
                let mut nodes = self.added_from(node).iter().copied().chain([node]);
                if nodes.any(|node| self.told.contains_key(&node) || self.is_told_map(node)) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether a node has not been re-armed since it was reached.
    fn is_reached(&self, node: NodeId) -> bool {
        let Node { phase, pending, .. } = self.nodes[node];
        phase == Phase::Waiting && pending == 0
    }

    /// A group's exit is skipped only if its entry was, or if nothing failed in it and nothing arrived live
    /// (rule S-3).
    pub(super) fn judge(&mut self, exit: NodeId, group: u32, live: bool) {
        let plan = self.plan.clone();
        let group = &plan.groups()[group as usize];
        let tally = self.tally(group);
        if !live && tally.failed == 0 {
            return self.end(exit, State::Skipped);
        }
        match group.policy.accepts(tally) {
            Some(true) => self.end(exit, State::Succeeded),
            Some(false) => self.end(exit, State::Failed),
            None => self.make_ready(exit),
        }
    }

    /// A policy of the user's own has been asked.
    pub(super) fn judged(&mut self, exit: NodeId, passed: bool) {
        self.stopped_running(exit);
        self.finish_pass(exit, if passed { State::Succeeded } else { State::Failed });
    }

    fn tally(&self, group: &Group) -> Tally {
        let mut tally = Tally::default();
        for branch in &group.branches {
            let added = || branch.nodes.iter().flat_map(|&node| self.added_from(node));
            let failed = branch.nodes.iter().chain(added()).any(|&node| self.has_failed(node));
            let last = &self.nodes[branch.last];
            let is_over = |&node: &NodeId| self.nodes[node].phase == Phase::Ended;
            let ended = is_over(&branch.last) && added().all(is_over);
            let succeeded = ended && !failed && last.last == State::Succeeded;
            tally.failed += u32::from(failed);
            tally.succeeded += u32::from(succeeded);
            tally.open += u32::from(!failed && !ended);
            tally.critical_lost += u32::from((ended || failed) && !succeeded && branch.is_critical);
        }
        tally
    }

    fn has_failed(&self, node: NodeId) -> bool {
        let node = &self.nodes[node];
        node.phase == Phase::Ended && node.last == State::Failed
    }

    /// A member of groups has ended: those that fail fast stop as soon as their verdict is certain.
    #[inline]
    pub(super) fn member_ended(&mut self, node: NodeId) {
        if self.outcome.is_none() && self.plan.has_fail_fast() {
            self.fail_fast(node);
        }
    }

    fn fail_fast(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        let mut around = plan.fail_fast_around(self.run.root(node)).to_vec();
        while let Some(group) = around.pop() {
            let record = &plan.groups()[group as usize];
            let is_open = self.nodes[record.exit].phase == Phase::Waiting;
            if is_open && record.policy.is_certain(self.tally(record)) {
                let skipped = self.cut(group);
                let roots = skipped.iter().map(|&node| self.run.root(node));
                around.extend(roots.flat_map(|node| plan.fail_fast_around(node)).filter(|&&g| g != group));
                around.sort_unstable();
                around.dedup();
            }
        }
    }

    /// What has not started in a group ends as skipped, what runs is cancelled, and no loop in it goes on. Gives
    /// what it has skipped.
    fn cut(&mut self, group: u32) -> Vec<NodeId> {
        let plan = self.plan.clone();
        self.waiting.retain(|waiting| !waiting.groups.contains(&group));
        let (mut skipped, mut had_ready) = (Vec::new(), false);
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            for &node in plan.groups()[group as usize].branches.iter().flat_map(|branch| &branch.nodes) {
                if let Kind::Exit(inner) = plan.kind(node) {
                    groups.push(inner);
                    continue;
                }
                for node in std::iter::once(node).chain(self.added_from(node).to_vec()) {
                    match self.nodes[node].phase {
                        Phase::Running => self.tell(node),
                        Phase::Mapping => self.tell_map(node),
                        phase @ (Phase::Waiting | Phase::Ready | Phase::BackingOff | Phase::Suspended) => {
                            had_ready |= phase == Phase::Ready;
                            self.skip(node);
                            skipped.push(node);
                        }
                        Phase::Ended | Phase::Stopped => {}
                    }
                }
            }
        }
        if had_ready {
            // In one go: of a large group most members may be ready.
            let is_ready = |node: NodeId| self.nodes[node].phase == Phase::Ready;
            self.ready.retain(&self.run, is_ready);
            self.fresh.retain(|&node| is_ready(node));
        }
        skipped
    }

    /// A running node is to end, and nothing comes after that but that its edges arrive.
    pub(super) fn tell(&mut self, node: NodeId) {
        self.after.remove(&node);
        if self.told.insert(node, ()).is_none() {
            self.commands.push(Command::Cancel(node));
        }
    }

    fn skip(&mut self, node: NodeId) {
        self.forget_wait(node);
        if self.nodes[node].phase == Phase::Waiting {
            self.attempts.remove(&node);
        }
        self.after.remove(&node);
        self.deactivate(node);
        let record = &mut self.nodes[node];
        record.phase = Phase::Ended;
        record.last = State::Skipped;
        self.note_end(node, State::Skipped);
        self.ended.push((node, false));
    }
}
