use super::{Plan, edges::Edges, groups, order, sources};
use crate::{BuildError, BuildErrorKind, Workflow, suggest};

pub(super) fn compile(workflow: &Workflow, start: Option<&str>) -> Result<Plan, BuildError> {
    let kept = groups::keep(workflow)?;
    let nodes = workflow.len() + 2 * kept.groups.len();
    let mut pairs: Vec<_> = workflow.edges.iter().map(|&(from, to)| (kept.last(from), kept.first(to))).collect();
    let mut grouped = vec![false; nodes];
    for group in &kept.groups {
        for branch in &group.branches {
            pairs.push((group.entry, branch.first));
            pairs.push((branch.last, group.exit));
            for &node in &branch.nodes {
                grouped[node as usize] = true;
            }
        }
    }
    let mut edges = Edges::new(nodes, &pairs);
    let mut included = None;
    let mut start_node = None;
    if let Some(id) = start {
        let node = workflow.tasks.find(id).ok_or_else(|| unknown_start(workflow, id))?;
        let reached = reach(&edges, node);
        // The start begins at once, whatever leads to it.
        pairs.retain(|&(from, to)| reached[from as usize] && to != node);
        edges = Edges::new(nodes, &pairs);
        included = Some(reached);
        start_node = Some(node);
    }
    let mut plan = Plan {
        name: workflow.name().to_owned(),
        tasks: workflow.tasks.clone(),
        pending: edges.incoming(),
        edges,
        groups: kept.groups,
        fills: sources::Fills::default(),
        grouped,
        included,
        start: start_node,
    };
    order::refuse_cycles(&plan)?;
    plan.fills = sources::find(&plan)?;
    Ok(plan)
}

pub(super) fn reach(edges: &Edges, start: u32) -> Vec<bool> {
    let mut reached = vec![false; edges.nodes()];
    reached[start as usize] = true;
    let mut pending = vec![start];
    while let Some(node) = pending.pop() {
        for &next in edges.of(node) {
            if !std::mem::replace(&mut reached[next as usize], true) {
                pending.push(next);
            }
        }
    }
    reached
}

fn unknown_start(workflow: &Workflow, id: &str) -> BuildError {
    let ids = || (0_u32..).take(workflow.len()).map(|node| workflow.tasks.id(node));
    let hint = suggest::did_you_mean(id, ids()).unwrap_or_else(|| {
        let shown: Vec<String> = ids().take(5).map(|id| format!("`{id}`")).collect();
        let more = if workflow.len() > 5 { ", …" } else { "" };
        format!("its tasks are {}{more}", shown.join(", "))
    });
    BuildError::new(
        BuildErrorKind::UnknownTask,
        format!("start_node `{id}` is not a task of workflow `{}`", workflow.name()),
    )
    .task(id)
    .hint(hint)
}
