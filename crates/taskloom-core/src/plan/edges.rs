use super::NodeId;

/// The edges of a plan: for each node the nodes that follow, in one array (compressed sparse rows).
pub(crate) struct Edges {
    /// Row `n` is `targets[offsets[n]..offsets[n + 1]]`.
    offsets: Vec<u32>,
    targets: Vec<NodeId>,
}

impl Edges {
    /// Sorts edges into rows, each in the order of its targets, and drops repetitions.
    pub(super) fn new(nodes: usize, edges: &[(NodeId, NodeId)]) -> Self {
        let mut offsets = vec![0_u32; nodes + 1];
        for &(from, _) in edges {
            offsets[from as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let mut next = offsets.clone();
        let mut targets = vec![0; edges.len()];
        for &(from, to) in edges {
            let slot = &mut next[from as usize];
            targets[*slot as usize] = to;
            *slot += 1;
        }
        drop(next);
        let mut kept = 0;
        let mut begin = 0;
        for node in 0..nodes {
            let end = offsets[node + 1] as usize;
            targets[begin..end].sort_unstable();
            let row = kept;
            for index in begin..end {
                if kept == row || targets[kept - 1] != targets[index] {
                    targets[kept] = targets[index];
                    kept += 1;
                }
            }
            begin = end;
            // Rows only shrink, so this fits where the longer one did.
            offsets[node + 1] = u32::try_from(kept).unwrap_or(u32::MAX);
        }
        targets.truncate(kept);
        targets.shrink_to_fit();
        Self { offsets, targets }
    }

    /// The numbers of the edges that leave a node; none of one that the plan does not have.
    pub(crate) fn numbers(&self, node: NodeId) -> std::ops::Range<u32> {
        match self.offsets.get(node as usize..) {
            Some(&[begin, end, ..]) => begin..end,
            _ => 0..0,
        }
    }

    /// Where an edge leads.
    pub(crate) fn target(&self, edge: u32) -> NodeId {
        self.targets[edge as usize]
    }

    /// How many edges there are.
    pub(crate) fn count(&self) -> usize {
        self.targets.len()
    }

    pub(crate) fn of(&self, node: NodeId) -> &[NodeId] {
        let (begin, end) = (self.offsets[node as usize], self.offsets[node as usize + 1]);
        &self.targets[begin as usize..end as usize]
    }

    pub(super) fn nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    /// How many edges arrive at each node.
    pub(super) fn incoming(&self) -> Vec<u32> {
        let mut incoming = vec![0; self.nodes()];
        for &to in &self.targets {
            incoming[to as usize] += 1;
        }
        incoming
    }

    /// The edges for which `keep` holds, the other way round.
    pub(crate) fn reversed(&self, keep: impl Fn(u32) -> bool) -> Self {
        let nodes = self.nodes();
        let mut turned = Vec::with_capacity(self.targets.len());
        for node in (0_u32..).take(nodes) {
            turned.extend(self.numbers(node).filter(|&edge| keep(edge)).map(|edge| (self.target(edge), node)));
        }
        Self::new(nodes, &turned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_05_the_same_edge_again_adds_nothing() {
        let edges = Edges::new(3, &[(0, 2), (0, 1), (0, 2), (1, 2), (0, 1)]);
        assert_eq!(edges.of(0), [1, 2]);
        assert_eq!(edges.of(1), [2]);
        assert_eq!(edges.of(2), [] as [u32; 0]);
        assert_eq!(edges.incoming(), [0, 1, 2]);
        assert_eq!(edges.reversed(|_| true).of(2), [0, 1]);
    }
}
