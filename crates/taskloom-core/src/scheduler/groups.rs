use super::{Command, NodeId, Phase, Scheduler, State};
use crate::{
    plan::{Group, Kind},
    policy::Tally,
};

impl Scheduler {
    /// All branches of a group have ended. It is skipped only if its entry was, or if nothing failed in it
    /// and nothing arrived live; and it waits for loops inside of it (rules S-2 and S-3).
    pub(super) fn reach_exit(&mut self, exit: NodeId, group: u32, live: bool) {
        if self.has_loop_inside(group) {
            self.held.push(exit);
            return;
        }
        let plan = self.plan.clone();
        let group = &plan.groups()[group as usize];
        let tally = self.tally(group);
        let state = if !live && tally.failed == 0 {
            State::Skipped
        } else if group.policy.accepts(tally) {
            State::Succeeded
        } else {
            State::Failed
        };
        self.end(exit, state);
    }

    fn tally(&self, group: &Group) -> Tally {
        let mut tally = Tally::default();
        for branch in &group.branches {
            let failed = branch.nodes.iter().any(|&node| self.has_failed(node));
            let last = &self.nodes[branch.last as usize];
            let ended = last.phase == Phase::Ended;
            let succeeded = ended && !failed && last.last == State::Succeeded;
            tally.failed += u32::from(failed);
            tally.succeeded += u32::from(succeeded);
            tally.open += u32::from(!failed && !ended);
            tally.critical_lost += u32::from((ended || failed) && !succeeded && branch.is_critical);
        }
        tally
    }

    fn has_failed(&self, node: NodeId) -> bool {
        let node = &self.nodes[node as usize];
        node.phase == Phase::Ended && node.last == State::Failed
    }

    /// A member of groups has ended: those that fail fast stop as soon as their verdict is certain.
    pub(super) fn member_ended(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        for &group in plan.fail_fast_around(node) {
            let record = &plan.groups()[group as usize];
            let is_open = self.nodes[record.exit as usize].phase == Phase::Waiting;
            if is_open && record.policy.is_certain(self.tally(record)) {
                self.cut(group);
            }
        }
    }

    /// What has not started in a group ends as skipped, what runs is cancelled.
    fn cut(&mut self, group: u32) {
        let plan = self.plan.clone();
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            for &node in plan.groups()[group as usize].branches.iter().flat_map(|branch| &branch.nodes) {
                if let Kind::Exit(inner) = plan.kind(node) {
                    groups.push(inner);
                    continue;
                }
                match self.nodes[node as usize].phase {
                    Phase::Running => self.commands.push(Command::Cancel(node)),
                    Phase::Waiting | Phase::Ready | Phase::BackingOff => self.skip(node),
                    Phase::Ended | Phase::Stopped => {}
                }
            }
        }
    }

    fn skip(&mut self, node: NodeId) {
        match self.nodes[node as usize].phase {
            Phase::Ready => {
                self.ready.retain(|&ready| ready != node);
                self.fresh.retain(|&fresh| fresh != node);
            }
            Phase::BackingOff => self.backing_off -= 1,
            _ => {}
        }
        self.deactivate(node);
        let record = &mut self.nodes[node as usize];
        record.phase = Phase::Ended;
        record.last = State::Skipped;
        self.ended.push((node, false));
    }
}
