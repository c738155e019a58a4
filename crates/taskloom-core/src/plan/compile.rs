use fixedbitset::FixedBitSet;

use super::{Kind, NodeId, Plan, backends, edges::Edges, groups, loops, sources};
use crate::{BuildError, BuildErrorKind, Workflow, hash::Map, suggest};

pub(super) fn compile(workflow: &Workflow, start: Option<&str>) -> Result<Plan, BuildError> {
    let mut kept = groups::keep(workflow)?;
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
        pairs.retain(|&(from, _)| reached[from as usize]);
        kept.groups.iter_mut().for_each(|group| group.keep_reached(&reached));
        edges = Edges::new(nodes, &pairs);
        included = Some(reached);
        start_node = Some(node);
    }
    let mut plan = Plan {
        name: workflow.name().to_owned(),
        tasks: workflow.tasks.clone(),
        pending: edges.incoming(),
        edges,
        fills: sources::Fills::default(),
        grouped,
        included,
        start: start_node,
        loops: loops::Loops::default(),
        always: Vec::new(),
        fail_fast: groups::fail_fast(&kept.groups),
        in_processes: FixedBitSet::new(),
        groups: kept.groups,
    };
    plan.in_processes = backends::in_processes(&plan);
    plan.loops = loops::find(&plan);
    for edge in &plan.loops.list {
        plan.pending[edge.target as usize] -= 1;
    }
    plan.always = always(&plan);
    plan.fills = sources::find(&plan)?;
    Ok(plan)
}

/// The clean-ups, each with the tasks that have to end before it.
fn always(plan: &Plan) -> Vec<(NodeId, Box<[NodeId]>)> {
    let tasks = (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node));
    let clean_ups: Vec<NodeId> = tasks.filter(|&node| plan.task(node).options().always).collect();
    if clean_ups.is_empty() {
        return Vec::new();
    }
    let before = plan.edges.reversed(|edge| !plan.loops.contains(edge));
    let tasks_before = |node: NodeId| {
        let mut tasks = Vec::new();
        let mut seen = Map::default();
        let mut pending = before.of(node).to_vec();
        while let Some(node) = pending.pop() {
            if seen.insert(node, ()).is_some() {
                continue;
            }
            // Groups' entries and exits run nothing themselves: what counts is what they stand for.
            match plan.kind(node) {
                Kind::Task => tasks.push(node),
                Kind::Entry(_) => pending.extend(before.of(node)),
                Kind::Exit(group) => {
                    pending.extend(plan.groups[group as usize].branches.iter().flat_map(|branch| &branch.nodes));
                }
            }
        }
        tasks.into()
    };
    clean_ups.into_iter().map(|node| (node, tasks_before(node))).collect()
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
