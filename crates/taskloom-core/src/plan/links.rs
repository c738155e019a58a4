use super::{Kind, NodeId, Plan, order};

/// What was composed with `>>`: an edge between tasks or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// A task, or the exit of a group.
    pub from: NodeId,
    /// A task, or the entry of a group.
    pub to: NodeId,
    /// Whether it closes a loop: then nothing waits for it (rule S-2).
    pub closes_loop: bool,
}

impl Plan {
    /// The edges in the order of composition. What leads from a group to its branches and from these to its end is
    /// not among them: [`groups`](Self::groups) says that.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        let sources = order::composition(self).filter(move |&node| !matches!(self.kind(node), Kind::Entry(_)));
        let links = sources.flat_map(move |from| {
            let edges = self.edges.numbers(from);
            edges.map(move |edge| Link { from, to: self.edges.target(edge), closes_loop: self.loops.contains(edge) })
        });
        links.filter(move |link| !matches!(self.kind(link.to), Kind::Exit(_)))
    }
}
