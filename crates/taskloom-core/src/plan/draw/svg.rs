//! A picture of its own: what is laid out here needs no other program.

mod arrange;
mod mark;
mod settle;
mod sketch;
mod summary;
mod text;
mod tree;
mod wires;

use std::fmt::Write;

pub use mark::Mark;

use super::{
    super::{NodeId, Plan},
    layout::{Layout, Piece},
};
use mark::{Colors, PLAIN};
use text::{clipped, escaped};
use tree::{Item, MARGIN, PADDING, Tree, What};

/// So many tasks and groups, and so many edges, can be told apart in a picture. What has more gets a summary.
const MOST_PIECES: usize = 300;
const MOST_ARROWS: usize = 1000;

/// So many bytes of edges as well: each bends around all that lies between its ends.
const MOST_BYTES: usize = 400_000;

/// Draws a plan, or a run of it, with what `mark` says of each task and group.
pub(super) fn draw(plan: &Plan, caption: &str, mark: Option<&dyn Fn(NodeId) -> Mark>) -> String {
    // Whether it is too large can be seen without looking at all of it.
    if plan.task_count() > MOST_PIECES && plan.included.is_none() {
        return summary::draw(plan, caption, mark);
    }
    let layout = Layout::new(plan, 0..u32::try_from(plan.task_count()).unwrap_or(u32::MAX));
    let pieces = layout.pieces.iter().filter(|piece| !matches!(piece, Piece::Close(_))).count();
    if pieces > MOST_PIECES || layout.arrows().nth(MOST_ARROWS).is_some() {
        return summary::draw(plan, caption, mark);
    }
    let mut tree = Tree::new(&layout, mark);
    let wires = wires::lay(&mut tree, &layout);
    if wires.len() > MOST_BYTES {
        return summary::draw(plan, caption, mark);
    }
    let root = &tree.items[0];
    let mut text = String::new();
    open(&mut text, caption, root.width.max(text::width(caption) + 2.0 * MARGIN), root.height);
    for item in &tree.items {
        if let What::Box = item.what {
            write_box(&mut text, item);
        }
    }
    text.push_str(&wires);
    for item in &tree.items {
        if let What::Node { is_task } = item.what {
            write_node(&mut text, item, is_task);
        }
    }
    text.push_str("</svg>\n");
    text
}

/// Begins a picture: its size, its background, and its caption.
fn open(text: &mut String, caption: &str, width: f64, height: f64) {
    let caption = escaped(caption);
    let _ = writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{caption}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>"
    );
    write_text(text, MARGIN, MARGIN + 12.0, "", "#212529", &caption);
}

fn write_text(text: &mut String, x: f64, y: f64, attributes: &str, color: &str, escaped: &str) {
    let _ = writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\"{attributes} fill=\"{color}\">{escaped}</text>");
}

fn colors(item: &Item) -> Colors {
    item.mark.map_or(PLAIN, Mark::colors)
}

fn write_box(text: &mut String, item: &Item) {
    let (Item { x, y, width, height, .. }, colors) = (item, colors(item));
    let name = item.lines.join(" ");
    let _ = writeln!(
        text,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"#f8f9fa\" \
         stroke=\"{}\"{}><title>{}</title></rect>",
        colors.line,
        colors.dashes(),
        escaped(&name)
    );
    write_text(text, x + PADDING, y + 16.0, "", colors.line, &escaped(&clipped(&name)));
}

fn write_node(text: &mut String, item: &Item, is_task: bool) {
    let (Item { x, y, width, height, .. }, colors) = (item, colors(item));
    let radius = if is_task { 4.0 } else { height / 2.0 };
    let _ = writeln!(
        text,
        "<g><title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         rx=\"{radius:.0}\" fill=\"{}\" stroke=\"{}\"{}/>",
        escaped(&item.lines.join("\n")),
        colors.ground,
        colors.line,
        colors.dashes(),
    );
    let mut baseline = y + 18.0;
    for (at, line) in item.lines.iter().enumerate() {
        let is_state = at > 0 && item.mark.is_some() && at + 1 == item.lines.len();
        let color = match at {
            0 => "#212529",
            _ if is_state => colors.line,
            _ => "#868e96",
        };
        write_text(text, x + width / 2.0, baseline, " text-anchor=\"middle\"", color, &escaped(&clipped(line)));
        baseline += tree::LINE;
    }
    text.push_str("</g>\n");
}
