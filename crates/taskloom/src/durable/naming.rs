use std::collections::HashMap;

use taskloom_core::{NodeId, Outline};

use super::maps::Tolerance;
use crate::engine::durable::Goal;

/// The number of the first element of the first map of a run.
pub(super) const FIRST_ELEMENT: NodeId = 1 << 31;

/// What the nodes of a run are called: those of its plan, those that tasks have added, behind these, and the elements of
/// maps, from [`FIRST_ELEMENT`] on.
pub(super) struct Naming {
    outline: Outline,
    planned: Vec<String>,
    planned_tasks: usize,
    added: Vec<String>,
    /// How many tasks without an id of their own each definition has got.
    nameless: HashMap<String, u32>,
    expansions: Vec<Expansion>,
}

struct Expansion {
    first: NodeId,
    map: NodeId,
    ids: Vec<String>,
}

impl Naming {
    pub(super) fn new(outline: &Outline) -> Self {
        Self {
            planned: outline.names().into_iter().map(str::to_owned).collect(),
            planned_tasks: outline.task_count(),
            outline: outline.clone(),
            added: Vec::new(),
            nameless: HashMap::new(),
            expansions: Vec::new(),
        }
    }

    pub(super) fn name(&self, node: NodeId) -> String {
        if let Some((expansion, index)) = self.element(node) {
            return expansion.ids[index].clone();
        }
        let place = node as usize;
        let added = || self.added.get(place.checked_sub(self.planned.len())?);
        self.planned.get(place).or_else(added).cloned().unwrap_or_else(|| format!("node {node}"))
    }

    /// What a target is called; one that is new has its number from here on.
    pub(super) fn goal(&mut self, goal: &Goal) -> String {
        match goal {
            Goal::Known(node) => self.name(*node),
            Goal::New(task) => {
                let name = task.id.clone().unwrap_or_else(|| {
                    let definition = task.definition.rsplit([':', '.']).next().unwrap_or_default();
                    let number = self.nameless.entry(definition.to_owned()).or_insert(0);
                    *number += 1;
                    format!("{definition}#{number}")
                });
                self.added.push(name.clone());
                name
            }
        }
    }

    pub(super) fn expanded(&mut self, map: NodeId, ids: Vec<String>) {
        let first = self.next_element();
        self.expansions.push(Expansion { first, map, ids });
    }

    pub(super) fn next_element(&self) -> NodeId {
        let last = self.expansions.last();
        last.map_or(FIRST_ELEMENT, |last| last.first.saturating_add(u32::try_from(last.ids.len()).unwrap_or(u32::MAX)))
    }

    pub(super) fn next_added(&self) -> NodeId {
        u32::try_from(self.planned.len() + self.added.len()).unwrap_or(u32::MAX)
    }

    /// The map that a node is an element of.
    pub(super) fn map_of(&self, node: NodeId) -> Option<NodeId> {
        self.element(node).map(|(expansion, _)| expansion.map)
    }

    /// The number of a task by its id. One of the workflow's without an id of the user's goes by its definition too, if
    /// that has no other.
    pub(super) fn find(&self, id: &str) -> Option<NodeId> {
        let named = self.tasks().find(|&node| self.name(node) == id);
        named.or_else(|| {
            let of_definition = |name: &String| name.rsplitn(3, '#').nth(2) == Some(id);
            let mut nodes = (0_u32..).zip(&self.planned).filter(|(_, name)| of_definition(name)).map(|(node, _)| node);
            nodes.next().filter(|_| nodes.next().is_none())
        })
    }

    /// What all tasks are called.
    pub(super) fn all(&self) -> Vec<String> {
        self.tasks().map(|node| self.name(node)).collect()
    }

    pub(super) fn tolerance(&self, map: NodeId) -> Tolerance {
        Tolerance::of(&self.outline, &self.name(map))
    }

    /// Every node that is a task.
    pub(super) fn tasks(&self) -> impl Iterator<Item = NodeId> + use<> {
        let planned = u32::try_from(self.planned_tasks).unwrap_or(u32::MAX);
        let groups = u32::try_from(self.planned.len()).unwrap_or(u32::MAX);
        (0..planned).chain(groups..self.next_added()).chain(FIRST_ELEMENT..self.next_element())
    }

    fn element(&self, node: NodeId) -> Option<(&Expansion, usize)> {
        if node < FIRST_ELEMENT {
            return None;
        }
        let after = self.expansions.partition_point(|expansion| expansion.first <= node);
        let expansion = self.expansions.get(after.checked_sub(1)?)?;
        let index = (node - expansion.first) as usize;
        (index < expansion.ids.len()).then_some((expansion, index))
    }
}
