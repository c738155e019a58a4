use super::{ENTERS, LEAVES, Outline, escaped};
use crate::{NodeId, hash::Map};

impl Outline {
    /// How many of the nodes are tasks; these have the first numbers.
    pub fn task_count(&self) -> usize {
        self.lines.iter().filter(|line| line.starts_with("task\t")).count()
    }

    /// The edges of the plan, those within groups too, by the numbers of their nodes.
    pub fn edges(&self) -> Vec<(NodeId, NodeId)> {
        let tasks = self.task_count();
        let mut entries: Map<&str, NodeId> = Map::default();
        for (node, name) in (0_u32..).zip(self.names()) {
            // Of a group's two nodes the first is its entry.
            entries.entry(name).or_insert(node);
        }
        let entry = |name: &str| entries.get(name).copied();
        let exit = |name: &str| entry(name).map(|node| if (node as usize) < tasks { node } else { node + 1 });
        let edge = |line: &String| {
            let mut fields = line.split('\t');
            let (kind, from, to) = (fields.next()?, fields.next()?, fields.next()?);
            match kind {
                "edge" => Some((exit(from)?, entry(to)?)),
                ENTERS => Some((entry(from)?, entry(to)?)),
                LEAVES => Some((exit(from)?, exit(to)?)),
                _ => None,
            }
        };
        self.lines.iter().filter_map(edge).collect()
    }

    /// The number of a task by its id, or of a group's entry by its name.
    pub fn node(&self, id: &str) -> Option<NodeId> {
        let name = escaped(id);
        (0_u32..).zip(self.names()).find(|(_, other)| *other == name).map(|(node, _)| node)
    }
}
