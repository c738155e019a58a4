use std::{
    collections::BTreeMap,
    ops::{Index, IndexMut},
};

use super::{Node, NodeId};
use crate::run_plan::FIRST_ELEMENT;

/// What the scheduler knows of each node: one after the other those of the plan and those that were added, and apart
/// from these the few elements of maps that are ready or under way.
pub(super) struct Nodes {
    lasting: Vec<Node>,
    pub(super) elements: BTreeMap<NodeId, Node>,
}

impl Nodes {
    pub(super) fn new(lasting: Vec<Node>) -> Self {
        Self { lasting, elements: BTreeMap::new() }
    }

    /// How many there are that are no elements.
    pub(super) fn len(&self) -> usize {
        self.lasting.len()
    }

    pub(super) fn push(&mut self, node: Node) {
        self.lasting.push(node);
    }

    pub(super) fn lasting(&self) -> &[Node] {
        &self.lasting
    }

    /// What is known of a node, if it is no element that has ended or is still to come.
    pub(super) fn get(&self, node: NodeId) -> Option<&Node> {
        if node < FIRST_ELEMENT { self.lasting.get(node as usize) } else { self.elements.get(&node) }
    }

    // Apart, so that the look-up of all other nodes is small enough to be inlined.
    #[cold]
    fn element(&self, element: NodeId) -> &Node {
        &self.elements[&element]
    }

    #[cold]
    fn element_mut(&mut self, element: NodeId) -> &mut Node {
        self.elements.get_mut(&element).expect("an element that is ready or under way")
    }

    /// The numbers of those that are there now.
    pub(super) fn numbers(&self) -> Vec<NodeId> {
        (0_u32..).take(self.len()).chain(self.elements.keys().copied()).collect()
    }
}

impl Index<NodeId> for Nodes {
    type Output = Node;

    #[inline]
    fn index(&self, node: NodeId) -> &Node {
        if node < FIRST_ELEMENT { &self.lasting[node as usize] } else { self.element(node) }
    }
}

impl IndexMut<NodeId> for Nodes {
    #[inline]
    fn index_mut(&mut self, node: NodeId) -> &mut Node {
        if node < FIRST_ELEMENT { &mut self.lasting[node as usize] } else { self.element_mut(node) }
    }
}
