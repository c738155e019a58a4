use fixedbitset::FixedBitSet;

use super::{Kind, NodeId, Plan, Source, backends, edges::Edges, groups, groups::Kept, lanes, loops, sources};
use crate::{BuildError, BuildErrorKind, Workflow, hash::Map, suggest};

pub(super) fn compile(workflow: &Workflow, start: Option<&str>) -> Result<Plan, BuildError> {
    let (mut plan, kept) = shape(workflow, start)?;
    plan.fills = sources::find(&plan, &|taker, group| kept.exit(workflow, taker, group))?;
    plan.bound_over_loops = bound_over_loops(&plan);
    Ok(plan)
}

/// A plan in which nothing says where values come from yet, and how the workflow's groups are numbered in it.
pub(super) fn shape(workflow: &Workflow, start: Option<&str>) -> Result<(Plan, Kept), BuildError> {
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
    pairs.append(&mut kept.further);
    let mut edges = Edges::new(nodes, &pairs);
    let mut included = None;
    let mut start_node = None;
    if let Some(id) = start {
        let group = || kept.groups.iter().find(|group| group.name == id).map(|group| group.entry);
        let node = workflow.tasks.find(id).or_else(group).ok_or_else(|| unknown_start(workflow, id))?;
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
        fail_fast: groups::around(&kept.groups, |group| group.fail_fast),
        in_processes: FixedBitSet::new(),
        lanes: lanes::Lanes::default(),
        bound_over_loops: Map::default(),
        groups: std::mem::take(&mut kept.groups),
        templates: workflow.templates(),
    };
    plan.in_processes = backends::in_processes(&plan);
    plan.lanes = lanes::Lanes::new(&plan);
    plan.loops = loops::find(&plan);
    for edge in &plan.loops.list {
        plan.pending[edge.target as usize] -= 1;
    }
    plan.always = always(&plan);
    Ok((plan, kept))
}

fn bound_over_loops(plan: &Plan) -> Map<NodeId, ()> {
    let is_bound = |edge: &&loops::LoopEdge| {
        let mut sources = plan.fills(edge.target).iter().flat_map(|fill| &fill.sources);
        plan.is_task(edge.target)
            && sources.any(|source| match source {
                Source::Output(from) => *from == edge.source,
                Source::Outputs(from) => from.contains(&edge.source),
                _ => false,
            })
    };
    plan.loops.list.iter().filter(is_bound).map(|edge| (edge.target, ())).collect()
}

/// The clean-ups, each with the tasks that have to end, and the groups that have to be judged, before it.
fn always(plan: &Plan) -> Vec<(NodeId, Box<[NodeId]>)> {
    let tasks = (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node));
    let clean_ups: Vec<NodeId> = tasks.filter(|&node| plan.task(node).options().always).collect();
    if clean_ups.is_empty() {
        return Vec::new();
    }
    let before = plan.edges.reversed(|edge| !plan.loops.contains(edge));
    let nodes_before = |node: NodeId| {
        let mut nodes = Vec::new();
        let mut seen = Map::default();
        let mut pending = before.of(node).to_vec();
        while let Some(node) = pending.pop() {
            if seen.insert(node, ()).is_some() {
                continue;
            }
            // Groups' entries and exits run nothing themselves: what counts is what they stand for.
            match plan.kind(node) {
                Kind::Task => nodes.push(node),
                Kind::Entry(_) => pending.extend(before.of(node)),
                Kind::Exit(group) => {
                    // Its policy may take its time.
                    nodes.push(node);
                    pending.extend(plan.groups[group as usize].branches.iter().flat_map(|branch| &branch.nodes));
                }
            }
        }
        nodes.into()
    };
    clean_ups.into_iter().map(|node| (node, nodes_before(node))).collect()
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
        format!("start_node `{id}` is not a task or group of workflow `{}`", workflow.name()),
    )
    .task(id)
    .hint(hint)
}
