//! What tasks add to the run (rules and S-5).

use taskloom_core::State;

use super::{Record, Reference};
use crate::graph::Branch;

impl Reference<'_> {
    /// Takes in a task that a node which is about to end adds.
    pub(crate) fn enrol(&mut self, task: usize, by: usize) -> usize {
        let node = self.graph.add(task, by);
        self.records.push(Record::new());
        if self.end.is_some() {
            self.records[node].state = State::NotRun;
        } else if self.records[by].is_being_cancelled {
            self.record_end(node, State::Skipped);
            self.arrived.extend(self.graph.leaving(node).into_iter().map(|edge| (edge, false)));
        }
        node
    }

    /// What a node has added runs beside what follows it.
    pub(crate) fn added(&mut self, node: usize, added: &[usize]) {
        if self.end.is_none() && !self.records[node].is_being_cancelled {
            for &added in added {
                self.make_ready(added, true, Some(node));
            }
        }
        self.succeeded(node);
    }

    /// A node runs again: if it was added, its groups wait for it once more; else what it has added and has ended
    /// belongs to its last pass, and counts no more.
    pub(super) fn re_count(&mut self, node: usize) {
        if self.graph.added_by.contains_key(&node) {
            return self.graph.count(node);
        }
        for added in self.graph.added_from(node) {
            if self.records[added].has_ended() {
                for edge in self.graph.forget(added) {
                    self.arrived.remove(&edge);
                }
            }
        }
    }

    /// What belongs to a branch of a group since it was added from inside.
    pub(super) fn added_to(&self, group: usize, branch: &Branch) -> Vec<usize> {
        let exit = self.graph.groups[group].exit;
        let added = branch.inside.iter().flat_map(|&node| self.graph.added_from(node));
        added.filter(|&added| self.graph.edges.contains(&(added, exit))).collect()
    }
}
