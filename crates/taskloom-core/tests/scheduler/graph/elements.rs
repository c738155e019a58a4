//! Elements of maps (rule S-11): they have no edges, and are wherever their map is.

use std::ops::Range;

use super::{Graph, Node};
use crate::recipe::Map;

impl Graph<'_> {
    /// Takes a map apart.
    pub(crate) fn expand(&mut self, map: usize, count: usize) -> Range<usize> {
        let first = self.nodes.len();
        self.nodes.extend((0..count).map(|index| Node::Element(map, index)));
        first..self.nodes.len()
    }

    pub(crate) fn is_element(&self, node: usize) -> bool {
        self.map_of(node).is_some()
    }

    /// The map of an element.
    pub(crate) fn map_of(&self, node: usize) -> Option<usize> {
        match self.nodes[node] {
            Node::Element(map, _) => Some(map),
            Node::Task(_) | Node::Entry(_) | Node::Exit(_) => None,
        }
    }

    /// What the recipe says of a node that is a map.
    pub(crate) fn map(&self, node: usize) -> Option<&Map> {
        if self.is_element(node) { None } else { self.recipe(node)?.map.as_ref() }
    }
}
