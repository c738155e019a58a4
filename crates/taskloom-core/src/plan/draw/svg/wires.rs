//! Lays out each box from inside to outside, and draws the edges.

use std::fmt::Write;

use super::{
    super::layout::{Arrow, Layout},
    arrange::{Bend, arrange},
    tree::{Item, Tree},
};

/// An edge between two items that lie in the same one.
struct Wire {
    arrow: Arrow,
    /// The item in which both ends lie, and which of its children they lie in. `None` if both are one task.
    inside: Option<usize>,
    upper: usize,
    lower: usize,
    bends: Vec<Bend>,
}

/// Gives everything its place, and the edges as paths.
pub(super) fn lay(tree: &mut Tree, layout: &Layout<'_>) -> String {
    let mut wires: Vec<Wire> = layout.arrows().filter_map(|arrow| wire(tree, arrow)).collect();
    for item in (0..tree.items.len()).rev() {
        let children = tree.items[item].children.clone();
        if children.is_empty() {
            continue;
        }
        let sizes: Vec<_> = children.iter().map(|&child| (tree.items[child].width, tree.items[child].height)).collect();
        let place = |child: usize| children.binary_search(&child).unwrap_or_default();
        let mut own: Vec<&mut Wire> = wires.iter_mut().filter(|wire| wire.inside == Some(item)).collect();
        let ends: Vec<_> = own.iter().map(|wire| (place(wire.upper), place(wire.lower))).collect();
        let arranged = arrange(&sizes, &ends);
        for (child, (x, y)) in children.iter().zip(arranged.corners) {
            (tree.items[*child].x, tree.items[*child].y) = (x, y);
        }
        for (wire, bends) in own.iter_mut().zip(arranged.bends) {
            wire.bends = bends;
        }
        tree.fit(item, arranged.width, arranged.height);
    }
    for item in 1..tree.items.len() {
        let parent = tree.items[item].parent;
        let ((left, top), (x, y)) = (tree.inset(parent), (tree.items[parent].x, tree.items[parent].y));
        tree.items[item].x += x + left;
        tree.items[item].y += y + top;
    }
    let mut text = String::new();
    for wire in &wires {
        write_wire(&mut text, tree, wire);
    }
    text
}

/// An edge that closes a loop is laid out, and drawn, as if it led the other way; only its head shows that it
/// does not.
fn wire(tree: &Tree, arrow: Arrow) -> Option<Wire> {
    let (upper, lower) = if arrow.closes_loop { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
    let (upper, lower) = (tree.path(tree.of(upper)), tree.path(tree.of(lower)));
    let shared = upper.iter().zip(&lower).take_while(|(upper, lower)| upper == lower).count();
    match (upper.get(shared), lower.get(shared)) {
        (Some(&above), Some(&below)) => {
            Some(Wire { arrow, inside: Some(upper[shared - 1]), upper: above, lower: below, bends: vec![] })
        }
        // A task that follows itself.
        (None, None) => {
            let end = upper[shared - 1];
            Some(Wire { arrow, inside: None, upper: end, lower: end, bends: vec![] })
        }
        // A box and something in it: `Layout` gives no box to such a group.
        _ => None,
    }
}

fn write_wire(text: &mut String, tree: &Tree, wire: &Wire) {
    let (from, to) = (&tree.items[tree.of(wire.arrow.from)], &tree.items[tree.of(wire.arrow.to)]);
    let (line, attributes) =
        if wire.arrow.closes_loop { ("#1c6fb8", " stroke-dasharray=\"5 4\"") } else { ("#868e96", "") };
    let mut path = String::new();
    let (tip, way) = match wire.inside {
        None => write_round(&mut path, from),
        Some(inside) if wire.arrow.closes_loop => {
            // Beside the edges that lead the other way.
            let end = (to.x + to.width * 0.75, to.y + to.height);
            let start = (from.x + from.width * 0.75, from.y);
            write_path(&mut path, (end.0, end.1 + HEAD), &bends(tree, inside, &wire.bends), start);
            (end, (0.0, -1.0))
        }
        Some(inside) => {
            let end = (to.x + to.width / 2.0, to.y);
            let start = (from.x + from.width / 2.0, from.y + from.height);
            write_path(&mut path, start, &bends(tree, inside, &wire.bends), (end.0, end.1 - HEAD));
            (end, (0.0, 1.0))
        }
    };
    let _ = writeln!(text, "<path d=\"{path}\" fill=\"none\" stroke=\"{line}\"{attributes}/>");
    let back = (tip.0 - way.0 * (HEAD + 1.0), tip.1 - way.1 * (HEAD + 1.0));
    let side = (way.1 * 3.5, way.0 * 3.5);
    let _ = writeln!(
        text,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{line}\"/>",
        tip.0,
        tip.1,
        back.0 + side.0,
        back.1 + side.1,
        back.0 - side.0,
        back.1 - side.1,
    );
}

/// How long the head of an arrow is.
const HEAD: f64 = 7.0;

/// The points of the bends in the whole picture.
fn bends(tree: &Tree, inside: usize, bends: &[Bend]) -> Vec<(f64, f64)> {
    let ((left, above), item) = (tree.inset(inside), &tree.items[inside]);
    let (left, above) = (left + item.x, above + item.y);
    bends.iter().flat_map(|bend| [bend.top, bend.bottom].map(|y| (left + bend.x, above + y))).collect()
}

fn write_path(path: &mut String, top: (f64, f64), bends: &[(f64, f64)], bottom: (f64, f64)) {
    let _ = write!(path, "M{:.1} {:.1}", top.0, top.1);
    let mut at = top;
    for &(x, y) in bends.iter().chain([&bottom]) {
        let middle = f64::midpoint(at.1, y);
        let _ = write!(path, "C{:.1} {middle:.1} {x:.1} {middle:.1} {x:.1} {y:.1}", at.0);
        at = (x, y);
    }
}

/// A way out of an item and back into it, at its right side.
fn write_round(path: &mut String, item: &Item) -> ((f64, f64), (f64, f64)) {
    let (right, middle) = (item.x + item.width, item.y + item.height / 2.0);
    let (out, back, far) = (middle - 9.0, middle + 9.0, right + 26.0);
    let _ = write!(path, "M{right:.1} {out:.1}C{far:.1} {out:.1} {far:.1} {back:.1} {:.1} {back:.1}", right + HEAD);
    ((right, back), (-1.0, 0.0))
}
