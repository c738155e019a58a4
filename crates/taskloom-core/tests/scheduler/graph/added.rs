//! Nodes that a run has added: they have no edges, but those that were added from inside a branch lead to its group's
//! exit (rules ).

use std::collections::BTreeSet;

use super::{Edge, Graph, Node};

impl Graph<'_> {
    /// Adds a spare task.
    pub(crate) fn add(&mut self, task: usize, by: usize) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node::Task(task));
        self.added_by.insert(node, by);
        self.count(node);
        node
    }

    /// The node of the plan from which the chain of additions began.
    pub(crate) fn root(&self, node: usize) -> usize {
        let from = self.added_by.get(&node).copied().or_else(|| self.map_of(node));
        from.map_or(node, |from| self.root(from))
    }

    /// What was added from a node of the plan, directly or not.
    pub(crate) fn added_from(&self, root: usize) -> Vec<usize> {
        self.added_by.keys().copied().filter(|&node| self.root(node) == root).collect()
    }

    /// The exits of the groups with a branch that an added node belongs to.
    pub(crate) fn exits_of(&self, added: usize) -> BTreeSet<usize> {
        let root = self.root(added);
        let has_it = |inside: &[usize]| inside.contains(&root);
        let around = self.groups.iter().filter(|group| group.branches.iter().any(|branch| has_it(&branch.inside)));
        around.map(|group| group.exit).collect()
    }

    /// An added node counts in judging the groups that it belongs to.
    pub(crate) fn count(&mut self, added: usize) {
        self.edges.extend(self.exits_of(added).into_iter().map(|exit| (added, exit)));
    }

    /// It does no more. Gives its edges.
    pub(crate) fn forget(&mut self, added: usize) -> Vec<Edge> {
        let edges = self.leaving(added);
        self.edges.retain(|(from, _)| *from != added);
        edges
    }

    /// Whether a node is in a group, at any depth.
    pub(crate) fn is_within(&self, group: usize, node: usize) -> bool {
        self.groups[group].within.contains(&self.root(node))
    }
}
