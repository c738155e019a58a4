use super::{After, Control, NodeId, Outcome, Phase, Scheduler, State};

impl Scheduler {
    /// A running node has succeeded and asks for something (rules R-9 and S-5 … S-9).
    pub(super) fn directed(&mut self, node: NodeId, control: Control) {
        if self.outcome.is_some() {
            return self.succeeded(node);
        }
        self.stopped_running(node);
        match control {
            Control::Cancel => {
                self.end(node, State::Succeeded);
                self.stop(Outcome::CancelledBy(node));
            }
            Control::Terminate => {
                self.end(node, State::Succeeded);
                self.stop(Outcome::Terminated(node));
            }
            Control::Iterate => match self.after.remove(&node) {
                // What is before it runs again, so it does after that.
                Some(after) => self.go_on(node, after),
                None => {
                    self.deactivate(node);
                    self.nodes[node as usize].phase = Phase::Ended;
                    self.causes.remove(&node);
                    self.make_ready(node);
                }
            },
            Control::Jump(targets) => self.jump(node, &targets),
        }
    }

    /// The targets first, then the node's own edges (rule S-5).
    fn jump(&mut self, node: NodeId, targets: &[NodeId]) {
        let after = self.after.remove(&node);
        self.deactivate(node);
        let record = &mut self.nodes[node as usize];
        record.phase = Phase::Ended;
        record.last = State::Succeeded;
        record.by_jump = false;
        for &target in targets {
            self.jump_to(target, node);
        }
        if self.nodes[node as usize].phase != Phase::Ended || self.outcome.is_some() {
            // The jump led to itself or to before it: its edges stay open until its next pass.
            return;
        }
        if let Some(after) = after {
            return self.go_on(node, after);
        }
        let plan = self.plan.clone();
        for edge in plan.edges().numbers(node) {
            let live = targets.contains(&plan.edges().target(edge));
            self.arrive(edge, live);
        }
        self.member_ended(node);
    }

    fn jump_to(&mut self, target: NodeId, from: NodeId) {
        match self.nodes[target as usize].phase {
            Phase::Ready | Phase::Stopped => {}
            Phase::Running | Phase::BackingOff => {
                self.after.insert(target, After::ReadyAgain(from));
            }
            phase @ (Phase::Waiting | Phase::Ended) => {
                if phase == Phase::Ended {
                    self.re_arm(target);
                }
                self.causes.insert(target, from);
                self.nodes[target as usize].by_jump = true;
                self.make_ready(target);
            }
        }
    }
}
