//! Mermaid flowcharts.

use std::fmt::Write;

use super::{
    super::{Kind, NodeId, Plan},
    indent,
    layout::{DEEPEST, Layout, Piece},
};

pub(super) fn draw(plan: &Plan) -> String {
    let layout = Layout::new(plan, 0..u32::try_from(plan.task_count()).unwrap_or(u32::MAX));
    let mut text = String::from("flowchart TD\n");
    if layout.is_cut {
        let _ = writeln!(text, "    %% groups more than {DEEPEST} levels deep: where they begin and end");
    }
    let mut depth = 1;
    for &piece in &layout.pieces {
        match piece {
            Piece::Node(node) => {
                indent(&mut text, depth);
                write_node(&mut text, &layout, node);
            }
            Piece::Open(group) => {
                indent(&mut text, depth);
                let _ = writeln!(text, "subgraph g{group}[\"{}\"]", escaped(&layout.title(group)));
                depth += 1;
            }
            Piece::Close(_) => {
                depth -= 1;
                indent(&mut text, depth);
                text.push_str("end\n");
            }
        }
    }
    for arrow in layout.arrows() {
        let (from, to) = (id(&layout, arrow.from), id(&layout, arrow.to));
        let line = if arrow.closes_loop { "-.->" } else { "-->" };
        let _ = writeln!(text, "    {from} {line} {to}");
    }
    text
}

fn write_node(text: &mut String, layout: &Layout<'_>, node: NodeId) {
    let (open, close) = if layout.plan.is_task(node) { ('[', ']') } else { ('(', ')') };
    let (first, second) = layout.label(node);
    let _ = write!(text, "{}{open}\"{}", id(layout, node), escaped(&first));
    if let Some(second) = second {
        let _ = write!(text, "<br>{}", escaped(second));
    }
    let _ = writeln!(text, "\"{close}");
}

/// The id of a node in the drawing: the user's texts would collide with keywords.
fn id(layout: &Layout<'_>, node: NodeId) -> String {
    match (layout.box_of(node), layout.plan.kind(node)) {
        (Some(group), _) => format!("g{group}"),
        (None, Kind::Task) => format!("n{node}"),
        (None, Kind::Entry(group)) => format!("g{group}in"),
        (None, Kind::Exit(group)) => format!("g{group}out"),
    }
}

/// A text for a quoted label. Labels are read as HTML, by many versions as Markdown too, and directives and
/// styles are looked for in them before anything else, so punctuation is kept only where it is harmless.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let mut is_inside = || {
            let is_word = |other: Option<char>| other.is_some_and(char::is_alphanumeric);
            is_word(before) && is_word(rest.peek().copied())
        };
        match character {
            // Mermaid takes a line with `direction TB` anywhere in it for a statement.
            _ if escaped.ends_with("direction") && (character == ' ' || !character.is_ascii()) => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            '"' => escaped.push_str("#quot;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '[' | ']' | ',' | ' ' => escaped.push(character),
            '_' | '-' | '.' | '/' if is_inside() => escaped.push(character),
            _ if character.is_ascii() && !character.is_ascii_alphanumeric() => {
                let _ = write!(escaped, "#{};", u32::from(character));
            }
            _ => escaped.push(character),
        }
        before = Some(character);
    }
    escaped
}
