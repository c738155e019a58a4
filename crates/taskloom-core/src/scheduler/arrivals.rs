use super::{After, Kind, NodeId, Phase, Scheduler, State};
use crate::plan::Source;

impl Scheduler {
    /// Lets all edges of a node that has ended arrive, but for loop edges, which fire in their own time.
    #[inline]
    pub(super) fn arrive_all(&mut self, node: NodeId, live: bool) {
        for edge in self.plan.edges().numbers(node) {
            self.arrive(edge, live);
        }
        self.arrive_added(node, live);
    }

    #[inline]
    pub(super) fn arrive(&mut self, edge: u32, live: bool) {
        if self.plan.loops().contains(edge) || self.arrived.put(edge as usize) {
            return;
        }
        let target = self.plan.edges().target(edge);
        let node = &mut self.nodes[target];
        node.pending -= 1;
        if live {
            node.live += 1;
            self.live.insert(edge as usize);
        }
        if node.pending == 0 && node.phase == Phase::Waiting {
            self.reach(target);
        }
    }

    /// All edges of a node that waits have arrived.
    #[inline]
    pub(super) fn reach(&mut self, node: NodeId) {
        if self.outcome.is_some() {
            return;
        }
        if self.plan.is_bound_over_a_loop(node) || matches!(self.kind(node), Kind::Exit(_)) {
            self.reached.insert(node);
        } else {
            self.decide(node);
        }
    }

    /// Decides whether a node runs that all edges have reached (rule S-3).
    #[inline]
    pub(super) fn decide(&mut self, node: NodeId) {
        let live = self.nodes[node].live > 0 || self.plan.pending(node) == 0;
        match self.kind(node) {
            Kind::Task if (live && self.has_its_inputs(node)) || self.is_clean_up(node) => {
                if !self.causes.is_empty() {
                    self.causes.remove(&node);
                }
                self.make_ready(node);
            }
            Kind::Entry(_) if live => self.end(node, State::Succeeded),
            Kind::Task | Kind::Entry(_) => {
                // No attempt was made in this pass.
                self.attempts.remove(&node);
                self.end(node, State::Skipped);
            }
            Kind::Exit(group) => self.judge(node, group, live),
        }
    }

    /// Whether every output bound to the node exists, or the parameter has a default.
    fn has_its_inputs(&self, node: NodeId) -> bool {
        self.plan.fills(node).iter().all(|fill| match &fill.sources[..] {
            [Source::Output(from)] => self.has_value(*from),
            [Source::Outputs(from)] => from.iter().all(|&from| self.has_value(from)),
            _ => true,
        })
    }

    /// Makes a node ready for a further execution.
    #[inline]
    pub(super) fn make_ready(&mut self, node: NodeId) {
        self.nodes[node].by_jump = false;
        if self.nodes[node].has_run {
            self.attempts.remove(&node);
        }
        self.activate(node);
        self.make_ready_again(node);
    }

    pub(super) fn make_ready_by_jump(&mut self, node: NodeId, from: NodeId) {
        self.causes.insert(node, from);
        self.make_ready(node);
        self.nodes[node].by_jump = true;
    }

    /// Makes a node ready that is under way already, for a further attempt.
    #[inline]
    pub(super) fn make_ready_again(&mut self, node: NodeId) {
        self.nodes[node].phase = Phase::Ready;
        self.fresh.push(node);
    }

    /// An execution has ended with a value or for good with an error.
    #[inline]
    pub(super) fn finish_pass(&mut self, node: NodeId, state: State) {
        let after = if self.after.is_empty() { None } else { self.after.remove(&node) };
        match after {
            None => self.end(node, state),
            Some(_) if state == State::Failed && !self.is_forgiven(node) => self.end(node, state),
            Some(after) => {
                self.nodes[node].last = state;
                self.go_on(node, after);
            }
        }
    }

    /// After an execution whose edges do not arrive.
    pub(super) fn go_on(&mut self, node: NodeId, after: After) {
        self.deactivate(node);
        let record = &mut self.nodes[node];
        match after {
            After::ReadyAgain(from) => {
                record.phase = Phase::Ended;
                self.make_ready_by_jump(node, from);
            }
            After::Wait => {
                record.phase = Phase::Waiting;
                if record.pending == 0 {
                    self.reach(node);
                }
            }
        }
    }

    /// A node's pass is over: its edges arrive.
    #[inline]
    pub(super) fn end(&mut self, node: NodeId, state: State) {
        if self.run.is_element(node) {
            return self.element_ended(node, state);
        }
        self.deactivate(node);
        let record = &mut self.nodes[node];
        record.phase = Phase::Ended;
        record.last = state;
        self.note_end(node, state);
        if state == State::Failed && !self.is_forgiven(node) {
            self.stop(super::Outcome::Failed(node));
        } else {
            let live = state == State::Succeeded;
            self.ended.push((node, live));
            if live {
                self.wait_to_fire(node);
            }
            self.member_ended(node);
        }
    }

    /// Whether a failure of the node is for somebody else to judge: its group; nobody, if it is a clean-up.
    pub(super) fn is_forgiven(&self, node: NodeId) -> bool {
        self.plan.is_grouped(self.run.root(node)) || self.is_clean_up(node)
    }

    /// A node runs again after it had ended: the edges that leave it have not arrived any more, and what had
    /// ended behind them waits again (rule S-4).
    pub(super) fn re_arm(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            for edge in plan.edges().numbers(node) {
                if plan.loops().contains(edge) {
                    self.waiting.retain(|waiting| waiting.edge != edge);
                    continue;
                }
                let target = plan.edges().target(edge);
                self.un_arrive(edge, target);
                pending.extend(self.wait_again(target));
            }
            for exit in self.un_arrive_added(node) {
                pending.extend(self.wait_again(exit));
            }
        }
    }

    /// What leads to a node runs again, so the node waits for it; gives the node if it had ended.
    fn wait_again(&mut self, target: NodeId) -> Option<NodeId> {
        match self.nodes[target].phase {
            Phase::Ended => {
                self.nodes[target].phase = Phase::Waiting;
                return Some(target);
            }
            Phase::Ready if self.nodes[target].by_jump => {
                self.after.entry(target).or_insert(After::Wait);
            }
            Phase::Ready => {
                self.ready.remove(&self.run, target);
                self.fresh.retain(|&fresh| fresh != target);
                self.deactivate(target);
                self.forget_wait(target);
                self.nodes[target].phase = Phase::Waiting;
            }
            Phase::Running | Phase::Mapping | Phase::BackingOff | Phase::Suspended => {
                self.after.entry(target).or_insert(After::Wait);
            }
            Phase::Waiting | Phase::Stopped => {}
        }
        None
    }

    fn un_arrive(&mut self, edge: u32, target: NodeId) {
        if !self.arrived.contains(edge as usize) {
            return;
        }
        self.arrived.remove(edge as usize);
        let node = &mut self.nodes[target];
        node.pending += 1;
        if self.live.contains(edge as usize) {
            self.live.remove(edge as usize);
            node.live -= 1;
        }
    }
}
