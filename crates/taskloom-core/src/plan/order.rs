use super::{NodeId, Plan};

/// All nodes in the order of composition: a group stands behind the tasks that were composed when it
/// was.
pub(super) fn composition(plan: &Plan) -> impl Iterator<Item = NodeId> {
    let mut groups = plan.groups.iter().peekable();
    let tasks = u32::try_from(plan.task_count()).unwrap_or(u32::MAX);
    (0..=tasks).flat_map(move |task| {
        let mut nodes = Vec::new();
        while let Some(group) = groups.next_if(|group| group.after <= task) {
            nodes.extend([group.entry, group.exit]);
        }
        if task < tasks {
            nodes.push(task);
        }
        nodes
    })
}

/// Whether edges come round to where they began.
pub(super) fn has_cycle(plan: &Plan) -> bool {
    let mut pending = plan.pending.clone();
    let mut ready: Vec<NodeId> = (0_u32..).zip(&pending).filter(|&(_, &p)| p == 0).map(|(node, _)| node).collect();
    let mut ended = 0;
    while let Some(node) = ready.pop() {
        ended += 1;
        for &next in plan.successors(node) {
            pending[next as usize] -= 1;
            if pending[next as usize] == 0 {
                ready.push(next);
            }
        }
    }
    ended < plan.len()
}
