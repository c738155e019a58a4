use super::{Kind, NodeId, Plan};
use crate::{BuildError, BuildErrorKind};

/// All nodes in the order of composition: a group stands behind the tasks that were composed when it
/// was.
pub(super) fn composition(plan: &Plan) -> impl Iterator<Item = NodeId> {
    let mut groups = plan.groups.iter().peekable();
    let tasks = u32::try_from(plan.task_count()).unwrap_or(u32::MAX);
    (0..=tasks).flat_map(move |task| {
        let mut nodes = Vec::new();
        while let Some(group) = groups.next_if(|group| group.after <= task) {
            nodes.push(group.exit);
        }
        if task < tasks {
            nodes.push(task);
        }
        nodes
    })
}

/// Refuses a plan with a cycle, which needs loop edges.
pub(super) fn refuse_cycles(plan: &Plan) -> Result<(), BuildError> {
    let mut pending = plan.pending.clone();
    let mut ready: Vec<NodeId> =
        (0_u32..).zip(&pending).filter(|&(node, &p)| p == 0 && plan.includes(node)).map(|(node, _)| node).collect();
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
    let included = (0_u32..).take(plan.len()).filter(|&node| plan.includes(node)).count();
    if ended == included {
        return Ok(());
    }
    let cycle = find_cycle(plan, &pending);
    let ids: Vec<String> = cycle.iter().map(|&node| format!("`{}`", plan.id(node))).collect();
    Err(BuildError::new(
        BuildErrorKind::NotImplemented,
        format!("cycles are not implemented yet: {} >> `{}`", ids.join(" >> "), plan.id(cycle[0])),
    )
    .task(plan.id(cycle[0])))
}

/// A cycle among the nodes that still wait for an edge: each of them has a predecessor that waits too,
/// so going backwards long enough must come round.
fn find_cycle(plan: &Plan, pending: &[u32]) -> Vec<NodeId> {
    let before = plan.edges.reversed();
    let waits = |node: NodeId| pending[node as usize] > 0 && plan.includes(node);
    let mut at = (0_u32..).take(plan.len()).find(|&node| waits(node)).unwrap_or(0);
    let mut seen = vec![false; plan.len()];
    while !seen[at as usize] {
        seen[at as usize] = true;
        at = before.of(at).iter().copied().find(|&node| waits(node)).unwrap_or(at);
    }
    let (begin, mut cycle) = (at, Vec::new());
    loop {
        if !matches!(plan.kind(at), Kind::Entry(_)) {
            cycle.push(at);
        }
        at = before.of(at).iter().copied().find(|&node| waits(node)).unwrap_or(at);
        if at == begin {
            break;
        }
    }
    cycle.reverse();
    cycle
}
