use super::{Node, NodeId, Phase, Scheduler, State};
use crate::hash::Map;

/// The nodes that the run has beside those of the plan (rules ). They have no edges, but those that
/// were added from inside a branch belong to it: its group waits for them.
#[derive(Default)]
pub(super) struct AddedNodes {
    /// Whether each has arrived at the exits of the groups that wait for it.
    arrivals: Vec<Arrival>,
    /// Those that count in the present pass of the node of the plan from which they were added.
    by_root: Map<NodeId, Vec<NodeId>>,
    /// The exits of the groups with a branch that such a node is in.
    exits: Map<NodeId, Box<[NodeId]>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Open,
    Live,
    Dead,
}

impl AddedNodes {
    pub(super) fn from(&self, root: NodeId) -> &[NodeId] {
        self.by_root.get(&root).map_or(&[], |added| added)
    }
}

impl Scheduler {
    /// Takes in those of some nodes that were added just now. Their group waits for them, unless it has told the
    /// node that added them to end, or the run has ended: then they do not run.
    pub(super) fn enrol(&mut self, nodes: &[NodeId], was_told: bool) {
        for &node in nodes {
            if (node as usize) < self.nodes.len() {
                continue;
            }
            assert_eq!(node as usize, self.nodes.len(), "nodes are added in the order of their numbers");
            let mut record = Node::new(0);
            let runs = !was_told && self.outcome.is_none();
            if was_told {
                (record.phase, record.last) = (Phase::Ended, State::Skipped);
            } else if !runs {
                record.phase = Phase::Stopped;
            }
            self.nodes.push(record);
            self.added.arrivals.push(if runs { Arrival::Open } else { Arrival::Dead });
            let root = self.run.root(node);
            self.added.by_root.entry(root).or_default().push(node);
            if runs && self.plan.is_grouped(root) {
                for exit in self.exits_around(root) {
                    self.nodes[exit].pending += 1;
                }
            }
        }
    }

    fn exits_around(&mut self, root: NodeId) -> Box<[NodeId]> {
        let plan = &self.plan;
        let find = || {
            let has_it = |group: &&crate::Group| group.branches.iter().any(|branch| branch.nodes.contains(&root));
            plan.groups().iter().filter(has_it).map(|group| group.exit).collect()
        };
        self.added.exits.entry(root).or_insert_with(find).clone()
    }

    /// A node has ended: if it was added, it arrives at the exits that wait for it.
    #[inline]
    pub(super) fn arrive_added(&mut self, node: NodeId, live: bool) {
        if let Some(index) = self.index(node) {
            self.arrive_at_exits(node, index, live);
        }
    }

    #[cold]
    fn arrive_at_exits(&mut self, node: NodeId, index: usize, live: bool) {
        if self.added.arrivals[index] != Arrival::Open {
            return;
        }
        self.added.arrivals[index] = if live { Arrival::Live } else { Arrival::Dead };
        for exit in self.exits_of(node) {
            let record = &mut self.nodes[exit];
            record.pending -= 1;
            record.live += u32::from(live);
            if record.pending == 0 && record.phase == Phase::Waiting {
                self.reach(exit);
            }
        }
    }

    /// An added node runs again: it has not arrived any more. Gives the exits that wait for it again.
    pub(super) fn un_arrive_added(&mut self, node: NodeId) -> Box<[NodeId]> {
        let Some(index) = self.index(node) else {
            self.forget_added(node);
            return Box::default();
        };
        let arrival = std::mem::replace(&mut self.added.arrivals[index], Arrival::Open);
        let exits = self.exits_of(node);
        if arrival != Arrival::Open {
            for &exit in &exits {
                let record = &mut self.nodes[exit];
                record.pending += 1;
                record.live -= u32::from(arrival == Arrival::Live);
            }
        }
        let counted = self.added.by_root.entry(self.run.root(node)).or_default();
        if !counted.contains(&node) {
            counted.push(node);
        }
        exits
    }

    /// A node of the plan runs again: what its last pass has added and has ended counts no more, nor does it keep a
    /// group from being skipped in which nothing else runs.
    fn forget_added(&mut self, root: NodeId) {
        let Some(counted) = self.added.by_root.get_mut(&root) else { return };
        let nodes = &self.nodes;
        let forgotten: Vec<NodeId> = counted.extract_if(.., |node| nodes[*node].phase == Phase::Ended).collect();
        for node in forgotten {
            // One that ends in this very event may not have arrived.
            self.arrive_added(node, false);
            let arrival =
                self.index(node).map(|index| std::mem::replace(&mut self.added.arrivals[index], Arrival::Dead));
            if arrival == Some(Arrival::Live) {
                for exit in self.exits_of(node) {
                    self.nodes[exit].live -= 1;
                }
            }
        }
    }

    fn exits_of(&mut self, node: NodeId) -> Box<[NodeId]> {
        let root = self.run.root(node);
        if self.plan.is_grouped(root) { self.exits_around(root) } else { Box::default() }
    }

    fn index(&self, node: NodeId) -> Option<usize> {
        (node as usize).checked_sub(self.plan.len())
    }

    /// What was added from a node of the plan in its present pass, directly or not.
    pub(super) fn added_from(&self, root: NodeId) -> &[NodeId] {
        self.added.from(root)
    }

    /// The clean-ups that were added.
    pub(super) fn added_clean_ups(&self) -> Vec<NodeId> {
        self.run.added_nodes().take(self.added.arrivals.len()).filter(|&node| self.is_clean_up(node)).collect()
    }
}
