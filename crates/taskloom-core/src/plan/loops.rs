//! Which edges close a cycle (rule S-2).

use std::collections::BinaryHeap;

use fixedbitset::FixedBitSet;

use super::{Kind, NodeId, Plan, order};
use crate::hash::Map;

/// An edge that closes a cycle. It does not count for readiness; it fires when a pass has ended.
#[derive(Clone, Debug)]
pub(crate) struct LoopEdge {
    /// The number of the edge.
    pub(crate) edge: u32,
    pub(crate) source: NodeId,
    pub(crate) target: NodeId,
    /// The place of the target in plan order: topological over the edges that count, ties by composition.
    pub(crate) rank: u32,
    /// The groups that both ends are in: none of them is judged while this waits to fire.
    pub(crate) groups: Box<[u32]>,
}

/// All loop edges of a plan, in the order of their numbers.
#[derive(Default)]
pub(crate) struct Loops {
    pub(crate) list: Vec<LoopEdge>,
    /// By the number of the edge; empty where there are no loops.
    edges: FixedBitSet,
}

impl Loops {
    pub(crate) fn contains(&self, edge: u32) -> bool {
        self.edges.contains(edge as usize)
    }

    /// The loop edges that leave a node.
    pub(crate) fn of(&self, source: NodeId) -> &[LoopEdge] {
        let begin = self.list.partition_point(|other| other.source < source);
        let end = self.list.partition_point(|other| other.source <= source);
        &self.list[begin..end]
    }
}

/// Finds them depth-first: from the roots in the order of composition, then from what is left over, which is
/// in cycles that nothing enters. What is in a group is entered through the group. A plan with a start node is searched from that alone.
pub(super) fn find(plan: &Plan) -> Loops {
    if !order::has_cycle(plan) {
        return Loops::default();
    }
    let mut edges = FixedBitSet::with_capacity(plan.edges.count());
    let membership = Membership::new(plan);
    let mut search = Search { plan, state: vec![New; plan.len()], edges: &mut edges };
    if let Some(start) = plan.start {
        search.from(start);
    } else {
        let composed: Vec<NodeId> = order::composition(plan).collect();
        for &root in composed.iter().filter(|&&node| plan.pending(node) == 0) {
            search.from(root);
        }
        for &node in &composed {
            let mut around = membership.around(plan, node);
            // Groups are numbered from the inside to the outside.
            around.sort_unstable_by(|a, b| b.cmp(a));
            for group in around {
                search.from(plan.groups[group as usize].entry);
            }
            search.from(node);
        }
    }
    let mut loops = Loops { list: Vec::new(), edges };
    let ranks = ranks(plan, &loops);
    for source in (0_u32..).take(plan.len()) {
        for edge in plan.edges.numbers(source).filter(|&edge| loops.edges.contains(edge as usize)) {
            let target = plan.edges.target(edge);
            let rank = ranks[target as usize];
            loops.list.push(LoopEdge { edge, source, target, rank, groups: membership.common(plan, source, target) });
        }
    }
    loops
}

use Found::{Done, New, Open};

#[derive(Clone, Copy, PartialEq)]
enum Found {
    New,
    /// On the way from the root to here.
    Open,
    Done,
}

struct Search<'a> {
    plan: &'a Plan,
    state: Vec<Found>,
    edges: &'a mut FixedBitSet,
}

impl Search<'_> {
    fn from(&mut self, root: NodeId) {
        if self.state[root as usize] != New {
            return;
        }
        self.state[root as usize] = Open;
        let mut path = vec![(root, self.plan.edges.numbers(root))];
        while let Some((node, edges)) = path.last_mut() {
            let Some(edge) = edges.next() else {
                self.state[*node as usize] = Done;
                path.pop();
                continue;
            };
            let target = self.plan.edges.target(edge);
            match self.state[target as usize] {
                New => {
                    self.state[target as usize] = Open;
                    path.push((target, self.plan.edges.numbers(target)));
                }
                Open => self.edges.insert(edge as usize),
                Done => {}
            }
        }
    }
}

/// The place of each node in plan order.
pub(super) fn ranks(plan: &Plan, loops: &Loops) -> Vec<u32> {
    let mut place = vec![0_u32; plan.len()];
    for (at, node) in (0..).zip(order::composition(plan)) {
        place[node as usize] = at;
    }
    let counts = |edge: &u32| !loops.contains(*edge);
    let mut pending = vec![0_u32; plan.len()];
    for node in (0_u32..).take(plan.len()) {
        for edge in plan.edges.numbers(node).filter(counts) {
            pending[plan.edges.target(edge) as usize] += 1;
        }
    }
    let smallest = |node: NodeId| std::cmp::Reverse((place[node as usize], node));
    let roots = (0_u32..).zip(&pending).filter(|&(_, &pending)| pending == 0);
    let mut ready: BinaryHeap<_> = roots.map(|(node, _)| smallest(node)).collect();
    let mut ranks = vec![0; plan.len()];
    let mut next = 0;
    while let Some(std::cmp::Reverse((_, node))) = ready.pop() {
        ranks[node as usize] = next;
        next += 1;
        for edge in plan.edges.numbers(node).filter(counts) {
            let target = plan.edges.target(edge);
            pending[target as usize] -= 1;
            if pending[target as usize] == 0 {
                ready.push(smallest(target));
            }
        }
    }
    ranks
}

/// Which groups each node is directly in.
struct Membership(Map<NodeId, Vec<u32>>);

impl Membership {
    fn new(plan: &Plan) -> Self {
        let mut groups: Map<NodeId, Vec<u32>> = Map::default();
        for (number, group) in (0_u32..).zip(&plan.groups) {
            for branch in &group.branches {
                for &node in &branch.nodes {
                    groups.entry(node).or_default().push(number);
                    // What leads into an inner group is inside of the outer one as well.
                    if let Kind::Exit(_) = plan.kind(node) {
                        groups.entry(node - 1).or_default().push(number);
                    }
                }
            }
        }
        Self(groups)
    }

    fn around(&self, plan: &Plan, node: NodeId) -> Vec<u32> {
        let mut around = Vec::new();
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            for &group in self.0.get(&node).into_iter().flatten() {
                if !around.contains(&group) {
                    around.push(group);
                    pending.push(plan.groups[group as usize].exit);
                }
            }
        }
        around
    }

    fn common(&self, plan: &Plan, a: NodeId, b: NodeId) -> Box<[u32]> {
        let around = self.around(plan, b);
        self.around(plan, a).into_iter().filter(|group| around.contains(group)).collect()
    }
}
