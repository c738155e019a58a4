use super::{Kind, NodeId, Outcome, Phase, Scheduler, State};

/// A loop edge whose source has succeeded and that has not fired (rule S-2).
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) edge: u32,
    source: NodeId,
    target: NodeId,
    rank: u32,
    pub(super) groups: Box<[u32]>,
    /// How many nodes of the target's forward part are ready or under way. It fires at none.
    busy: u32,
}

impl Scheduler {
    /// A node's pass has ended as a success, without a jump: its loop edges wait to fire.
    #[inline]
    pub(super) fn wait_to_fire(&mut self, node: NodeId) {
        if self.outcome.is_none() && !self.plan.loops().list.is_empty() {
            self.begin_to_wait(node);
        }
    }

    fn begin_to_wait(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        for edge in plan.loops().of(node) {
            let forward = self.forward.entry(edge.target).or_insert_with(|| plan.forward(edge.target));
            let (nodes, added) = (&self.nodes, &self.added);
            let is_active = |node: &NodeId| nodes[*node].is_active();
            let forward = forward.ones().map(|node| u32::try_from(node).unwrap_or(NodeId::MAX));
            let busy =
                forward.flat_map(|node| added.from(node).iter().copied().chain([node])).filter(is_active).count();
            self.waiting.push(Waiting {
                edge: edge.edge,
                source: edge.source,
                target: edge.target,
                rank: edge.rank,
                groups: edge.groups.clone(),
                busy: u32::try_from(busy).unwrap_or(u32::MAX),
            });
        }
    }

    /// Fires the loop edge that is the first in plan order of those that can; says whether there was one.
    pub(super) fn fire(&mut self) -> bool {
        let can_fire = self.waiting.iter().enumerate().filter(|(_, waiting)| waiting.busy == 0);
        let Some((first, _)) = can_fire.min_by_key(|(_, waiting)| (waiting.rank, waiting.edge)) else { return false };
        let fired = self.waiting.remove(first);
        if self.fired.contains(&fired.edge) {
            // No task has run since: it leads to a group in which nothing can, and would fire for ever.
            self.stop(Outcome::CycleLimit(fired.target));
            return false;
        }
        self.fired.push(fired.edge);
        if self.nodes[fired.target].phase == Phase::Ended {
            self.re_arm(fired.target);
            match self.kind(fired.target) {
                Kind::Task => {
                    self.causes.insert(fired.target, fired.source);
                    self.make_ready(fired.target);
                }
                Kind::Entry(_) => self.end(fired.target, State::Succeeded),
                Kind::Exit(group) => self.judge(fired.target, group, true),
            }
        }
        true
    }

    /// Whether a loop between members of a group waits to fire.
    pub(super) fn has_loop_inside(&self, group: u32) -> bool {
        self.waiting.iter().any(|waiting| waiting.groups.contains(&group))
    }

    /// A node is ready that was not under way.
    #[inline]
    pub(super) fn activate(&mut self, node: NodeId) {
        if !self.waiting.is_empty() && !self.run.is_element(node) {
            self.count(node, |busy| busy + 1);
        }
    }

    /// A node is not ready and not under way any more. To be called before its phase changes.
    #[inline]
    pub(super) fn deactivate(&mut self, node: NodeId) {
        // While its elements are, their map itself is active.
        if !self.waiting.is_empty() && !self.run.is_element(node) && self.was_active(node) {
            self.count(node, |busy| busy - 1);
        }
    }

    fn was_active(&self, node: NodeId) -> bool {
        self.nodes[node].is_active()
    }

    #[cold]
    fn count(&mut self, node: NodeId, count: impl Fn(u32) -> u32) {
        for waiting in &mut self.waiting {
            if self.forward[&waiting.target].contains(self.run.root(node) as usize) {
                waiting.busy = count(waiting.busy);
            }
        }
    }
}
