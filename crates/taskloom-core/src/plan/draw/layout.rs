//! What is drawn inside of what.

use super::super::{Kind, NodeId, Plan, order};
use crate::Policy;

/// How deep boxes are nested in a drawing; groups that lie deeper get none.
pub(super) const DEEPEST: usize = 50;

/// One piece of a drawing, in the order in which it is written.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    /// A task, or where a group without a box begins or ends.
    Node(NodeId),
    /// What follows, as far as `Close`, is in the box of this group.
    Open(u32),
    Close(u32),
}

/// An edge that is drawn. An end at a group with a box is the box.
pub(super) struct Arrow {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) closes_loop: bool,
}

pub(super) struct Layout<'a> {
    pub(super) plan: &'a Plan,
    pub(super) pieces: Vec<Piece>,
    /// Which groups have a box.
    boxed: Vec<bool>,
    /// Whether groups have none for being nested too deep.
    pub(super) is_cut: bool,
}

impl<'a> Layout<'a> {
    /// Lays out what is included, at each level in the order of `tasks`.
    pub(super) fn new(plan: &'a Plan, tasks: impl Iterator<Item = NodeId>) -> Self {
        let (parents, mut unboxed) = parents(plan);
        let outline = outline(plan, &parents, tasks);
        refuse_inward_edges(plan, &outline, &mut unboxed);
        let boxed = vec![false; plan.groups().len()];
        let mut layout = Self { plan, pieces: Vec::with_capacity(outline.len()), boxed, is_cut: false };
        layout.fill(&outline, &unboxed);
        layout
    }

    /// Decides from outside to inside which groups get a box.
    fn fill(&mut self, outline: &[Piece], unboxed: &[bool]) {
        let plan = self.plan;
        let incoming = plan.edges().incoming();
        let mut depth = 0;
        for &piece in outline {
            let piece = match piece {
                Piece::Open(group) if !unboxed[group as usize] && depth < DEEPEST => {
                    self.boxed[group as usize] = true;
                    depth += 1;
                    piece
                }
                Piece::Open(group) => {
                    self.is_cut |= !unboxed[group as usize];
                    let entry = plan.groups()[group as usize].entry;
                    if incoming[entry as usize] == 0 {
                        continue;
                    }
                    Piece::Node(entry)
                }
                Piece::Close(group) if self.boxed[group as usize] => {
                    depth -= 1;
                    piece
                }
                Piece::Close(group) => Piece::Node(plan.groups()[group as usize].exit),
                Piece::Node(_) => piece,
            };
            self.pieces.push(piece);
        }
    }

    /// The group whose box a node stands for.
    pub(super) fn box_of(&self, node: NodeId) -> Option<u32> {
        match self.plan.kind(node) {
            Kind::Entry(group) | Kind::Exit(group) if self.boxed[group as usize] => Some(group),
            _ => None,
        }
    }

    /// The edges in the order of composition, without those that a box says by itself.
    pub(super) fn arrows(&self) -> impl Iterator<Item = Arrow> {
        let plan = self.plan;
        let incoming = plan.edges().incoming();
        // What leaves an entry is inside of its box; where there is no box, the entry is drawn if anything leads to it.
        let sources = order::composition(plan).filter(move |&node| match plan.kind(node) {
            Kind::Entry(_) => self.box_of(node).is_none() && incoming[node as usize] > 0,
            Kind::Task | Kind::Exit(_) => true,
        });
        sources.flat_map(move |from| {
            let edges = plan.edges().numbers(from);
            let arrows = edges.map(move |edge| Arrow {
                from,
                to: plan.edges().target(edge),
                closes_loop: plan.loops().contains(edge),
            });
            arrows.filter(|arrow| !(matches!(plan.kind(arrow.to), Kind::Exit(_)) && self.box_of(arrow.to).is_some()))
        })
    }

    /// What a node says: one or two lines.
    pub(super) fn label(&self, node: NodeId) -> (String, Option<&'a str>) {
        match self.plan.kind(node) {
            Kind::Task => {
                let (id, definition) = (self.plan.id(node), self.plan.task(node).definition().id());
                (id.to_owned(), (id != definition).then_some(definition))
            }
            Kind::Entry(group) => (self.plan.groups()[group as usize].name.clone(), Some("begins")),
            Kind::Exit(group) => (self.title(group), Some("ends")),
        }
    }

    /// The name of a group, with its policy if it is not strict.
    pub(super) fn title(&self, group: u32) -> String {
        let group = &self.plan.groups()[group as usize];
        match &group.policy {
            Policy::Strict => group.name.clone(),
            policy => format!("{} ({policy})", group.name),
        }
    }
}

/// For each task, and for each group by its exit, the group that it is directly in; and which groups cannot
/// have a box, because some of what they hold is in another one.
fn parents(plan: &Plan) -> (Vec<Option<u32>>, Vec<bool>) {
    let mut parents = vec![None; plan.len()];
    let mut shares = vec![false; plan.groups().len()];
    for (number, group) in (0_u32..).zip(plan.groups()) {
        for &node in group.branches.iter().flat_map(|branch| &branch.nodes) {
            let parent = parents[node as usize].get_or_insert(number);
            shares[number as usize] |= *parent != number;
        }
    }
    (parents, shares)
}

/// Each task, and each group around what it holds, in the order of the tasks.
fn outline(plan: &Plan, parents: &[Option<u32>], tasks: impl Iterator<Item = NodeId>) -> Vec<Piece> {
    // What is in no group stands behind what is in each.
    let outside = plan.groups().len();
    let mut inside: Vec<Vec<NodeId>> = vec![Vec::new(); outside + 1];
    let mut placed = vec![false; plan.len()];
    let exits = plan.groups().iter().map(|group| group.exit);
    for node in tasks.chain(exits).filter(|&node| plan.includes(node)) {
        let mut next = Some(node);
        while let Some(node) = next
            && !std::mem::replace(&mut placed[node as usize], true)
        {
            let parent = parents[node as usize];
            inside[parent.map_or(outside, |group| group as usize)].push(node);
            next = parent.map(|group| plan.groups()[group as usize].exit);
        }
    }
    let mut pieces = Vec::with_capacity(plan.len());
    let mut open = vec![(None, inside[outside].iter())];
    while let Some((group, rest)) = open.last_mut() {
        match rest.next().map(|&node| (node, plan.kind(node))) {
            Some((node, Kind::Task)) => pieces.push(Piece::Node(node)),
            Some((_, Kind::Entry(group) | Kind::Exit(group))) => {
                pieces.push(Piece::Open(group));
                open.push((Some(group), inside[group as usize].iter()));
            }
            None => {
                pieces.extend(group.map(Piece::Close));
                open.pop();
            }
        }
    }
    pieces
}

/// Finds the groups that an edge joins with something inside of them, and those whose own edges close a loop:
/// a box cannot show that.
fn refuse_inward_edges(plan: &Plan, outline: &[Piece], unboxed: &mut [bool]) {
    let mut spans = vec![(0, 0); plan.len()];
    for (at, piece) in outline.iter().enumerate() {
        match *piece {
            Piece::Node(node) => spans[node as usize] = (at, at),
            Piece::Open(group) => spans[plan.groups()[group as usize].exit as usize].0 = at,
            Piece::Close(group) => {
                let group = &plan.groups()[group as usize];
                spans[group.exit as usize].1 = at;
                spans[group.entry as usize] = spans[group.exit as usize];
            }
        }
    }
    let holds = |outer: NodeId, inner: NodeId| {
        let (outer, inner) = (spans[outer as usize], spans[inner as usize]);
        outer.0 <= inner.0 && inner.1 <= outer.1
    };
    for from in (0_u32..).take(plan.len()) {
        for edge in plan.edges().numbers(from) {
            let to = plan.edges().target(edge);
            let closes_loop = plan.loops().contains(edge);
            match (plan.kind(from), plan.kind(to)) {
                // From a group to its branches, and back.
                (Kind::Entry(group), _) | (_, Kind::Exit(group)) => unboxed[group as usize] |= closes_loop,
                (source, target) => {
                    if let Kind::Exit(group) = source {
                        unboxed[group as usize] |= holds(from, to);
                    }
                    if let Kind::Entry(group) = target {
                        unboxed[group as usize] |= holds(to, from);
                    }
                }
            }
        }
    }
}
