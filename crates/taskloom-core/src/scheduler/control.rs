use super::{After, Control, NodeId, Outcome, Phase, Scheduler, State};

impl Scheduler {
    /// A running node has succeeded and asks for something (rules R-9 and S-5 … S-9).
    pub(super) fn directed(&mut self, node: NodeId, mut control: Control) {
        if self.outcome.is_some() {
            self.enrol(control.targets(), false);
            return self.succeeded(node);
        }
        let was_told = self.stopped_running(node);
        let known = self.nodes.len();
        self.enrol(control.targets(), was_told);
        if was_told && let Control::Jump(targets) | Control::Add(targets) = &mut control {
            targets.retain(|&target| (target as usize) < known);
        }
        match control {
            // Its group has stopped.
            Control::Iterate if was_told => self.finish_pass(node, State::Succeeded),
            Control::Cancel => self.end_run(node, Outcome::CancelledBy(node)),
            Control::Terminate => self.end_run(node, Outcome::Terminated(node)),
            Control::Iterate => self.iterate(node),
            Control::Jump(targets) => self.jump(node, &targets),
            Control::Add(added) => {
                for added in added {
                    self.jump_to(added, node);
                }
                self.finish_pass(node, State::Succeeded);
            }
        }
    }

    /// Nothing comes after this execution, nor after the map that may end with it.
    fn end_run(&mut self, node: NodeId, outcome: Outcome) {
        if let Some((map, _)) = self.current_map_of(node) {
            self.after.remove(&map);
        }
        self.end(node, State::Succeeded);
        self.stop(outcome);
    }

    fn iterate(&mut self, node: NodeId) {
        if let Some(after) = self.after.remove(&node) {
            // What is before it runs again, so it does after that.
            return self.go_on(node, after);
        }
        self.deactivate(node);
        self.nodes[node].phase = Phase::Ended;
        self.causes.remove(&node);
        self.make_ready(node);
    }

    /// The targets first, then the node's own edges (rule S-5).
    fn jump(&mut self, node: NodeId, targets: &[NodeId]) {
        let after = self.after.remove(&node);
        self.deactivate(node);
        let record = &mut self.nodes[node];
        record.phase = Phase::Ended;
        record.last = State::Succeeded;
        for &target in targets {
            self.jump_to(target, node);
        }
        if self.run.is_element(node) {
            // It has no edges of its own, and nobody can jump to it.
            return self.element_ended(node, State::Succeeded);
        }
        if self.nodes[node].phase != Phase::Ended {
            // The jump led to itself or to before it: its edges stay open until its next pass.
            return;
        }
        if let Some(after) = after {
            if self.run.is_added(node) {
                // The jump may have led to before what it was added from, so that it counted no more.
                self.un_arrive_added(node);
            }
            return self.go_on(node, after);
        }
        self.member_ended(node);
        let plan = self.plan.clone();
        for edge in plan.edges().numbers(node) {
            let live = targets.contains(&plan.edges().target(edge));
            self.arrive(edge, live);
        }
        self.arrive_added(node, false);
    }

    fn jump_to(&mut self, target: NodeId, from: NodeId) {
        match self.nodes[target].phase {
            Phase::Ready | Phase::Stopped => {}
            Phase::Running | Phase::Mapping | Phase::BackingOff | Phase::Suspended => {
                self.after.insert(target, After::ReadyAgain(from));
            }
            phase @ (Phase::Waiting | Phase::Ended) => {
                if phase == Phase::Ended {
                    // An added one may lead to what it was added from, and counts none the less.
                    self.nodes[target].phase = Phase::Waiting;
                    self.re_arm(target);
                }
                self.make_ready_by_jump(target, from);
            }
        }
    }
}
