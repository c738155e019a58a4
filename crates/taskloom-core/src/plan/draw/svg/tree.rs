//! What lies inside of what, with sizes and places.

use super::{
    super::{
        super::{Kind, NodeId},
        layout::{Layout, Piece},
    },
    Mark,
    text::{clipped, width},
};

/// Around everything.
pub(super) const MARGIN: f64 = 16.0;

/// Between the border of a box and what is in it.
pub(super) const PADDING: f64 = 12.0;

/// The height of a line of text.
pub(super) const LINE: f64 = 15.0;

/// The room for the name of a box, or for the caption.
const TITLE: f64 = 24.0;

/// No task is narrower.
const NARROWEST: f64 = 72.0;

pub(super) enum What {
    /// What holds everything.
    Root,
    /// A task, or where a group without a box begins or ends.
    Node {
        is_task: bool,
    },
    Box,
}

pub(super) struct Item {
    pub(super) what: What,
    /// What it lies in; the root lies in itself.
    pub(super) parent: usize,
    pub(super) children: Vec<usize>,
    pub(super) lines: Vec<String>,
    pub(super) mark: Option<Mark>,
    /// The place of its upper left corner: in its parent, until all is placed.
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Items behind the items that they lie in.
pub(super) struct Tree {
    pub(super) items: Vec<Item>,
    /// Where each node of the plan is.
    places: Vec<usize>,
}

impl Tree {
    pub(super) fn new(layout: &Layout<'_>, mark: Option<&dyn Fn(NodeId) -> Mark>) -> Self {
        let plan = layout.plan;
        let mut tree = Self { items: vec![item(What::Root, 0, vec![], None)], places: vec![0; plan.len()] };
        let mut inside = 0;
        for &piece in &layout.pieces {
            match piece {
                Piece::Node(node) => {
                    let (first, second) = layout.label(node);
                    // Where a group begins says nothing of how it ended.
                    let mark = mark.filter(|_| !matches!(plan.kind(node), Kind::Entry(_))).map(|mark| mark(node));
                    let lines = [Some(first), second.map(str::to_owned), mark.map(|mark| mark.to_string())];
                    let lines = lines.into_iter().flatten().collect();
                    let what = What::Node { is_task: plan.is_task(node) };
                    tree.places[node as usize] = tree.add(item(what, inside, lines, mark));
                }
                Piece::Open(number) => {
                    let group = &plan.groups()[number as usize];
                    let mark = mark.map(|mark| mark(group.exit));
                    let state = mark.map(|mark| format!("· {mark}"));
                    let lines = [Some(layout.title(number)), state].into_iter().flatten().collect();
                    inside = tree.add(item(What::Box, inside, lines, mark));
                    tree.places[group.entry as usize] = inside;
                    tree.places[group.exit as usize] = inside;
                }
                Piece::Close(_) => inside = tree.items[inside].parent,
            }
        }
        tree
    }

    fn add(&mut self, item: Item) -> usize {
        let (number, parent) = (self.items.len(), item.parent);
        self.items.push(item);
        self.items[parent].children.push(number);
        number
    }

    /// The item that shows a node.
    pub(super) fn of(&self, node: NodeId) -> usize {
        self.places[node as usize]
    }

    /// The item and all that it lies in, the root first.
    pub(super) fn path(&self, item: usize) -> Vec<usize> {
        let mut path = vec![item];
        let mut inner = item;
        while inner != 0 {
            inner = self.items[inner].parent;
            path.push(inner);
        }
        path.reverse();
        path
    }

    /// Where, in an item, what lies in it begins.
    pub(super) fn inset(&self, item: usize) -> (f64, f64) {
        match self.items[item].what {
            What::Root => (MARGIN, MARGIN + TITLE),
            _ => (PADDING, TITLE),
        }
    }

    /// Sizes an item so that it holds so much.
    pub(super) fn fit(&mut self, item: usize, width: f64, height: f64) {
        let (left, top) = self.inset(item);
        let item = &mut self.items[item];
        item.width = item.width.max(width + 2.0 * left);
        item.height = height + top + left;
    }
}

fn item(what: What, parent: usize, lines: Vec<String>, mark: Option<Mark>) -> Item {
    let (longest, count) = match what {
        What::Root => (0.0, 0.0),
        // The name of a box is in one line.
        What::Box => (width(&clipped(&lines.join(" "))), 0.0),
        What::Node { .. } => {
            lines.iter().fold((0.0, 0.0), |(longest, count), line| (width(&clipped(line)).max(longest), count + 1.0))
        }
    };
    let (wide, high) = ((longest + 2.0 * PADDING).max(NARROWEST), count * LINE + 14.0);
    Item { what, parent, children: vec![], lines, mark, x: 0.0, y: 0.0, width: wide, height: high }
}
