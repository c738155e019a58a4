//! How maps are taken apart, and what their elements do.

use std::sync::Arc;

use taskloom_core::{Event, Expansion, Retry};

use super::Trial;
use crate::{graph::Node, recipe::Act};

impl Trial<'_> {
    /// What a node does now.
    pub(super) fn act(&self, node: usize) -> Act {
        let graph = &self.reference.graph;
        let task = graph.recipe(node).unwrap();
        let acts = match (graph.nodes[node], &task.map) {
            (Node::Element(_, index), Some(map)) => &map.acts[index % map.acts.len()],
            _ => &task.acts,
        };
        acts.get(self.acted[node]).cloned().unwrap_or(Act::Succeed)
    }

    /// A map fails to be taken apart, or is. It has no body that could ask for anything.
    pub(super) fn take_apart(&mut self, map: usize, act: &Act) {
        match act {
            Act::Fail => self.fail(map, Retry::No),
            Act::RetryNow => self.fail(map, Retry::Now),
            Act::RetryLater => self.fail(map, Retry::Later),
            _ => self.expand(map),
        }
    }

    fn expand(&mut self, map: usize) {
        let task = self.reference.graph.recipe(map).unwrap();
        let list = task.map.as_ref().unwrap().list(self.acted[map] - 1);
        let plan = self.scheduler.run_plan();
        let inputs = [(task.list_parameter(), list)].into_iter().collect();
        let expansion = Arc::new(Expansion::new(plan, self.numbers[map], inputs).unwrap());
        let count = expansion.count();
        let first = plan.expand(expansion);
        self.numbers.extend(first..first + count);
        self.acted.extend((0..count).map(|_| 0));
        self.apply(Event::Expanded { node: self.numbers[map], first, count });
        self.reference.expanded(map, count as usize);
    }
}
