//! Graphviz.

use std::fmt::Write;

use super::{
    super::{Kind, NodeId, Plan},
    indent,
    layout::{DEEPEST, Layout, Piece},
};

pub(super) fn draw(plan: &Plan) -> String {
    let layout = Layout::new(plan, 0..u32::try_from(plan.task_count()).unwrap_or(u32::MAX));
    let mut text = String::new();
    let _ = writeln!(text, "digraph \"{}\" {{", escaped(plan.name()));
    if layout.is_cut {
        let _ = writeln!(text, "    // groups more than {DEEPEST} levels deep: where they begin and end");
    }
    text.push_str("    compound=true;\n    node [shape=box];\n");
    let mut depth = 1;
    for &piece in &layout.pieces {
        match piece {
            Piece::Node(node) => {
                indent(&mut text, depth);
                write_node(&mut text, &layout, node);
            }
            Piece::Open(group) => {
                indent(&mut text, depth);
                let _ = writeln!(text, "subgraph cluster_{group} {{");
                depth += 1;
                indent(&mut text, depth);
                let _ = writeln!(text, "label=\"{}\";", escaped(&layout.title(group)));
            }
            Piece::Close(_) => {
                depth -= 1;
                indent(&mut text, depth);
                text.push_str("}\n");
            }
        }
    }
    write_edges(&mut text, &layout);
    text.push_str("}\n");
    text
}

fn write_node(text: &mut String, layout: &Layout<'_>, node: NodeId) {
    let (first, second) = layout.label(node);
    let _ = write!(text, "{} [label=\"{}", id(layout.plan, node), escaped(&first));
    if let Some(second) = second {
        let _ = write!(text, "\\n{}", escaped(second));
    }
    text.push_str(if layout.plan.is_task(node) { "\"];\n" } else { "\", shape=ellipse];\n" });
}

/// An edge at a cluster is one at a node in it, cut off at the cluster's border.
fn write_edges(text: &mut String, layout: &Layout<'_>) {
    let ends = Ends::new(layout);
    for arrow in layout.arrows() {
        let (tail, head) = (layout.box_of(arrow.from), layout.box_of(arrow.to));
        let from = tail.map_or(arrow.from, |group| ends.last[group as usize]);
        let to = head.map_or(arrow.to, |group| ends.first[group as usize]);
        let _ = write!(text, "    {} -> {}", id(layout.plan, from), id(layout.plan, to));
        let attributes = [
            tail.map(|group| format!("ltail=cluster_{group}")),
            head.map(|group| format!("lhead=cluster_{group}")),
            arrow.closes_loop.then(|| "style=dashed".to_owned()),
        ];
        let attributes: Vec<String> = attributes.into_iter().flatten().collect();
        if !attributes.is_empty() {
            let _ = write!(text, " [{}]", attributes.join(", "));
        }
        text.push_str(";\n");
    }
}

/// The first and the last node in each cluster.
struct Ends {
    first: Vec<NodeId>,
    last: Vec<NodeId>,
}

impl Ends {
    fn new(layout: &Layout<'_>) -> Self {
        let groups = layout.plan.groups().len();
        let mut ends = Self { first: vec![0; groups], last: vec![0; groups] };
        let mut nearest = 0;
        for &piece in &layout.pieces {
            match piece {
                Piece::Node(node) => nearest = node,
                Piece::Close(group) => ends.last[group as usize] = nearest,
                Piece::Open(_) => {}
            }
        }
        for &piece in layout.pieces.iter().rev() {
            match piece {
                Piece::Node(node) => nearest = node,
                Piece::Open(group) => ends.first[group as usize] = nearest,
                Piece::Close(_) => {}
            }
        }
        ends
    }
}

fn id(plan: &Plan, node: NodeId) -> String {
    match plan.kind(node) {
        Kind::Task => format!("n{node}"),
        Kind::Entry(group) => format!("g{group}in"),
        Kind::Exit(group) => format!("g{group}out"),
    }
}

/// A text for a quoted string, in which Graphviz also reads the entities of HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '&' => escaped.push_str("&amp;"),
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}
