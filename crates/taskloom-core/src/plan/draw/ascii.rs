//! A listing for terminals.

use std::fmt::Write;

use super::{
    super::{Kind, NodeId, Plan, loops},
    layout::{DEEPEST, Layout, Piece},
};

/// After so many lines the listing is cut.
const LINES: usize = 200;

/// So many names are listed in a line.
const NAMES: usize = 10;

pub(super) fn draw(plan: &Plan) -> String {
    let mut layout = Layout::new(plan, topological(plan));
    layout.pieces.retain(|&piece| !matches!(piece, Piece::Node(node) if matches!(plan.kind(node), Kind::Entry(_))));
    let lines = layout.pieces.iter().filter(|piece| !matches!(piece, Piece::Close(_))).count();
    let mut text = plan.heading();
    text.push('\n');
    write_lines(&mut text, &layout);
    if lines >= LINES {
        let _ = writeln!(text, "… and {} more", lines + 1 - LINES);
    }
    if layout.is_cut {
        let _ = writeln!(text, "(groups more than {DEEPEST} levels deep are not blocks of their own)");
    }
    text
}

/// The tasks in the order of the plan: topological over the edges that close no loop, ties by composition.
fn topological(plan: &Plan) -> impl Iterator<Item = NodeId> {
    let mut order = vec![0; plan.len()];
    for (node, rank) in (0_u32..).zip(loops::ranks(plan, plan.loops())) {
        order[rank as usize] = node;
    }
    order.into_iter().filter(|&node| plan.is_task(node))
}

fn write_lines(text: &mut String, layout: &Layout<'_>) {
    let plan = layout.plan;
    let mut closed_at = vec![0; plan.groups().len()];
    for (at, piece) in layout.pieces.iter().enumerate() {
        if let Piece::Close(group) = *piece {
            closed_at[group as usize] = at;
        }
    }
    let is_last = |at: usize| matches!(layout.pieces.get(at + 1), None | Some(Piece::Close(_)));
    let mut rails: Vec<&str> = Vec::new();
    // The heading is a line as well.
    let mut lines = 1;
    for (at, &piece) in layout.pieces.iter().enumerate() {
        if lines == LINES {
            break;
        }
        let end = match piece {
            Piece::Close(_) => {
                rails.pop();
                continue;
            }
            Piece::Open(group) => closed_at[group as usize],
            Piece::Node(_) => at,
        };
        text.extend(rails.iter().copied());
        text.push_str(if is_last(end) { "└─ " } else { "├─ " });
        let exit = match piece {
            Piece::Node(node) => {
                write_node(text, layout, node);
                node
            }
            Piece::Open(group) | Piece::Close(group) => {
                rails.push(if is_last(end) { "   " } else { "│  " });
                text.push_str(&layout.title(group));
                plan.groups()[group as usize].exit
            }
        };
        write_successors(text, layout, exit);
        text.push('\n');
        lines += 1;
    }
}

fn write_node(text: &mut String, layout: &Layout<'_>, node: NodeId) {
    let plan = layout.plan;
    let Kind::Exit(group) = plan.kind(node) else {
        let (id, definition) = layout.label(node);
        text.push_str(&id);
        if let Some(definition) = definition {
            let _ = write!(text, " ({definition})");
        }
        return;
    };
    let _ = write!(text, "{} = ", layout.title(group));
    let entry = plan.groups()[group as usize].entry;
    let branches = plan.groups()[group as usize].branches.iter().filter(|branch| plan.includes(branch.last));
    let closes_loop = |first: NodeId| {
        let row = plan.edges().numbers(entry);
        let at = plan.successors(entry).binary_search(&first).ok().and_then(|at| u32::try_from(at).ok());
        at.is_some_and(|at| plan.loops().contains(row.start + at))
    };
    write_names(text, plan, " | ", branches.map(|branch| (branch.last, closes_loop(branch.first))));
}

fn write_successors(text: &mut String, layout: &Layout<'_>, node: NodeId) {
    let plan = layout.plan;
    let edges = plan.edges().numbers(node).map(|edge| (plan.edges().target(edge), plan.loops().contains(edge)));
    // That a branch leads to the end of its group, the group says.
    let shown = edges.filter(|&(to, closes_loop)| closes_loop || !matches!(plan.kind(to), Kind::Exit(_)));
    if shown.clone().next().is_some() {
        text.push_str(" ─▶ ");
        write_names(text, plan, ", ", shown);
    }
}

/// Writes names, each with whether a loop leads there.
fn write_names(text: &mut String, plan: &Plan, separator: &str, nodes: impl Iterator<Item = (NodeId, bool)> + Clone) {
    for (at, (node, closes_loop)) in nodes.clone().take(NAMES).enumerate() {
        text.push_str(if at == 0 { "" } else { separator });
        text.push_str(if closes_loop { "↺ " } else { "" });
        text.push_str(plan.id(node));
    }
    let more = nodes.skip(NAMES).count();
    if more > 0 {
        let _ = write!(text, "{separator}… and {more} more");
    }
}
