use fixedbitset::FixedBitSet;

use super::{Kind, NodeId, Plan};
use crate::Backend;

impl Plan {
    /// Where a task is called: where the innermost group around it says that tasks are. A task in several groups, some
    /// of which say that it is called in a process, is called in one.
    pub fn backend(&self, task: NodeId) -> Backend {
        if self.in_processes.contains(task as usize) { Backend::Processes } else { Backend::Threads }
    }

    /// The tasks that are called in processes, in the order of composition.
    pub fn tasks_in_processes(&self) -> impl Iterator<Item = NodeId> {
        let tasks = self.in_processes.ones().map(|task| u32::try_from(task).unwrap_or(u32::MAX));
        tasks.filter(|&task| self.includes(task))
    }
}

/// The tasks that are called in processes.
pub(super) fn in_processes(plan: &Plan) -> FixedBitSet {
    let mut found = FixedBitSet::new();
    for group in plan.groups.iter().filter(|group| group.backend == Some(Backend::Processes)) {
        let mut pending = vec![group];
        while let Some(group) = pending.pop() {
            for &node in group.branches.iter().flat_map(|branch| &branch.nodes) {
                match plan.kind(node) {
                    Kind::Task => found.grow_and_insert(node as usize),
                    Kind::Entry(inner) | Kind::Exit(inner) => {
                        pending.extend(plan.groups.get(inner as usize).filter(|inner| inner.backend.is_none()));
                    }
                }
            }
        }
    }
    found
}
