//! The nodes, edges and groups that a recipe means, read off the rules and not off the plan.

mod added;
mod elements;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    loops,
    recipe::{Input, Recipe, Rule, Settings, Shape, Task},
};

pub(crate) type Edge = (usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Task(usize),
    Entry(usize),
    Exit(usize),
    /// Of a map, by the map's node and a number in it.
    Element(usize, usize),
}

/// One of the branches of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    first: usize,
    pub(crate) last: usize,
    /// Its tasks, and the exits of groups in it.
    pub(crate) inside: Vec<usize>,
    /// Whether it has to succeed.
    pub(crate) is_critical: bool,
}

pub(crate) struct Group {
    /// Everything in it at any depth: tasks, and the entries and exits of groups in it.
    pub(crate) within: BTreeSet<usize>,
    pub(crate) entry: usize,
    pub(crate) exit: usize,
    pub(crate) branches: Vec<Branch>,
    pub(crate) settings: Settings,
}

/// Nodes are numbered in the order of composition, a group's entry and exit after its members.
pub(crate) struct Graph<'a> {
    recipe: &'a Recipe,
    pub(crate) nodes: Vec<Node>,
    /// By an added node the one that added it.
    pub(crate) added_by: BTreeMap<usize, usize>,
    pub(crate) edges: BTreeSet<Edge>,
    pub(crate) groups: Vec<Group>,
    /// What is left out because it cannot be reached from the start.
    pub(crate) excluded: BTreeSet<usize>,
    /// The edges that close a cycle.
    pub(crate) loops: BTreeSet<Edge>,
    /// All nodes in plan order.
    pub(crate) order: Vec<usize>,
    /// Of each node, itself and all that edges that count lead to from it.
    pub(crate) forward: Vec<BTreeSet<usize>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(recipe: &'a Recipe) -> Self {
        let (nodes, added_by, edges, groups, excluded, loops, order, forward) = Default::default();
        let mut graph = Self { recipe, nodes, added_by, edges, groups, excluded, loops, order, forward };
        let shapes: Vec<Branch> = recipe.shapes.iter().map(|shape| graph.join(shape)).collect();
        for &(from, to) in &recipe.edges {
            let edge = (graph.task(from), graph.task(to));
            graph.edges.insert(edge);
        }
        for again in &recipe.again {
            let (shape, task) = (&shapes[again.shape % shapes.len()], graph.task(again.task));
            graph.edges.insert(if again.task_is_first { (task, shape.first) } else { (shape.last, task) });
        }
        if let Some(start) = graph.start() {
            graph.keep_reachable(start);
        }
        graph.loops = loops::find(&graph);
        graph.order = loops::order(&graph);
        let counting = graph.edges.difference(&graph.loops).copied().collect();
        graph.forward = (0..graph.nodes.len()).map(|node| reach(node, &counting)).collect();
        graph
    }

    /// The node to start from, if its task has joined.
    pub(crate) fn start(&self) -> Option<usize> {
        self.find(self.recipe.start?)
    }

    pub(crate) fn find(&self, task: usize) -> Option<usize> {
        self.nodes.iter().position(|node| *node == Node::Task(task))
    }

    /// All nodes that the run has, but for elements, which belong to their maps.
    pub(crate) fn included(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|&node| !self.excluded.contains(&node) && !self.is_element(node))
    }

    /// What the recipe says of a node that is a task. An element is one like its map.
    pub(crate) fn recipe(&self, node: usize) -> Option<&Task> {
        match self.nodes[node] {
            Node::Task(task) => Some(&self.recipe.tasks[task]),
            Node::Element(map, _) => self.recipe(map),
            Node::Entry(_) | Node::Exit(_) => None,
        }
    }

    pub(crate) fn is_clean_up(&self, node: usize) -> bool {
        self.recipe(node).is_some_and(|task| task.is_clean_up)
    }

    /// The nodes whose outputs a node cannot do without. An input of which a part is left out of the run
    /// is looked for elsewhere.
    pub(crate) fn needed(&self, node: usize) -> Vec<usize> {
        let Some(Input { from, has_default: false }) = self.recipe(node).and_then(|task| task.input.as_ref()) else {
            return Vec::new();
        };
        let from: Vec<usize> = from.iter().filter_map(|&from| self.find(from)).collect();
        if from.iter().any(|from| self.excluded.contains(from)) { Vec::new() } else { from }
    }

    /// The edges to a node that count for its readiness.
    pub(crate) fn arriving(&self, node: usize) -> impl Iterator<Item = Edge> {
        self.edges.difference(&self.loops).copied().filter(move |(_, to)| *to == node)
    }

    pub(crate) fn leaving(&self, node: usize) -> Vec<Edge> {
        self.edges.iter().copied().filter(|(from, _)| *from == node).collect()
    }

    /// The tasks directly before a node, and the exits of groups. These, and entries, stand also for what is in or
    /// before them. Before an added node is what added it.
    pub(crate) fn before(&self, node: usize) -> BTreeSet<usize> {
        if let Some(&by) = self.added_by.get(&node) {
            return BTreeSet::from([by]);
        }
        let mut seen = BTreeSet::new();
        let mut look = |from: Vec<usize>| from.into_iter().filter(|&from| seen.insert(from)).collect::<Vec<_>>();
        let mut pending = look(self.arriving(node).map(|(from, _)| from).collect());
        let mut nodes = BTreeSet::new();
        while let Some(from) = pending.pop() {
            match self.nodes[from] {
                Node::Task(_) | Node::Element(..) => _ = nodes.insert(from),
                Node::Entry(_) => pending.extend(look(self.arriving(from).map(|(from, _)| from).collect())),
                Node::Exit(group) => {
                    nodes.insert(from);
                    let inside = self.groups[group].branches.iter().flat_map(|branch| branch.inside.clone());
                    let added = self.added_by.keys().copied().filter(|&added| self.exits_of(added).contains(&from));
                    pending.extend(look(inside.chain(added).collect()));
                }
            }
        }
        nodes
    }

    pub(crate) fn is_grouped(&self, node: usize) -> bool {
        let node = self.root(node);
        self.groups.iter().any(|group| group.branches.iter().any(|branch| branch.inside.contains(&node)))
    }

    fn task(&mut self, task: usize) -> usize {
        if let Some(known) = self.find(task) {
            return known;
        }
        let from = self.recipe.tasks[task].input.iter().flat_map(|input| &input.from);
        let from: Vec<usize> = from.map(|&from| self.task(from)).collect();
        self.nodes.push(Node::Task(task));
        let node = self.nodes.len() - 1;
        self.edges.extend(from.into_iter().map(|from| (from, node)));
        node
    }

    /// Joins a shape, as a branch of what it may be in.
    fn join(&mut self, shape: &Shape) -> Branch {
        let is_critical = false;
        match shape {
            Shape::Task(task) => {
                let node = self.task(*task);
                Branch { first: node, last: node, inside: vec![node], is_critical }
            }
            Shape::Chain(parts) => {
                let parts: Vec<Branch> = parts.iter().map(|part| self.join(part)).collect();
                self.edges.extend(parts.windows(2).map(|pair| (pair[0].last, pair[1].first)));
                let (first, last) = (parts[0].first, parts[parts.len() - 1].last);
                Branch { first, last, inside: parts.into_iter().flat_map(|part| part.inside).collect(), is_critical }
            }
            Shape::Group { members, settings, .. } => {
                let mut branches = Vec::new();
                for member in members {
                    let mut branch = self.join(member);
                    if let Rule::Critical(number) = settings.rule {
                        branch.is_critical = member.tasks().contains(&shape.critical(number));
                    }
                    // A group is a set: the same branch again adds nothing.
                    if !branches.contains(&branch) {
                        branches.push(branch);
                    }
                }
                let (entry, exit) = (self.nodes.len(), self.nodes.len() + 1);
                self.nodes.extend([Node::Entry(self.groups.len()), Node::Exit(self.groups.len())]);
                for branch in &branches {
                    self.edges.extend([(entry, branch.first), (branch.last, exit)]);
                }
                let within = self.within(&branches);
                self.groups.push(Group { within, entry, exit, branches, settings: *settings });
                Branch { first: entry, last: exit, inside: vec![exit], is_critical }
            }
        }
    }

    fn within(&self, branches: &[Branch]) -> BTreeSet<usize> {
        let mut within: BTreeSet<usize> = branches.iter().flat_map(|branch| branch.inside.clone()).collect();
        for node in within.clone() {
            if let Node::Exit(inner) = self.nodes[node] {
                within.insert(self.groups[inner].entry);
                within.extend(self.groups[inner].within.clone());
            }
        }
        within
    }

    fn keep_reachable(&mut self, start: usize) {
        let reached = reach(start, &self.edges);
        self.excluded = (0..self.nodes.len()).filter(|node| !reached.contains(node)).collect();
        self.edges.retain(|(from, _)| reached.contains(from));
        for group in &mut self.groups {
            let (kept, lost): (Vec<_>, Vec<_>) =
                std::mem::take(&mut group.branches).into_iter().partition(|branch| reached.contains(&branch.last));
            let misses = match group.settings.rule {
                Rule::Strict | Rule::BestEffort | Rule::Own => false,
                Rule::AtLeast(_) => !lost.is_empty(),
                Rule::Critical(_) => lost.iter().any(|branch| branch.is_critical),
            };
            if misses {
                group.settings.rule = Rule::Strict;
            }
            group.branches = kept;
        }
    }
}

fn reach(start: usize, edges: &BTreeSet<Edge>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([start]);
    // Edges lead forward only in a drawing, not in numbers, so look until nothing more is found.
    while let Some(&(_, to)) = edges.iter().find(|(from, to)| reached.contains(from) && !reached.contains(to)) {
        reached.insert(to);
    }
    reached
}
