//! The nodes and edges that a recipe means, read off the rules and not off the plan.

use std::collections::BTreeSet;

use crate::recipe::{Input, Recipe, Shape};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Task(usize),
    Entry(usize),
    Exit(usize),
}

/// Nodes are numbered in the order of composition, a group's entry and exit after its members.
pub(crate) struct Graph<'a> {
    recipe: &'a Recipe,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: BTreeSet<(usize, usize)>,
    /// For each group the nodes that make it fail when they do.
    pub(crate) members: Vec<Vec<usize>>,
    /// What is left out because it cannot be reached from the start.
    pub(crate) excluded: BTreeSet<usize>,
}

/// A shape that has joined.
struct Joined {
    first: usize,
    last: usize,
    inside: Vec<usize>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(recipe: &'a Recipe) -> Self {
        let (nodes, edges, members, excluded) = Default::default();
        let mut graph = Self { recipe, nodes, edges, members, excluded };
        let shapes: Vec<Joined> = recipe.shapes.iter().map(|shape| graph.join(shape)).collect();
        for &(from, to) in &recipe.edges {
            let edge = (graph.task(from), graph.task(to));
            graph.edges.insert(edge);
        }
        for (shape, task) in recipe.composed_again() {
            let task = graph.task(task);
            graph.edges.insert((shapes[shape].last, task));
        }
        if let Some(start) = graph.start() {
            graph.keep_reachable(start);
        }
        graph
    }

    /// The node to start from, if its task has joined.
    pub(crate) fn start(&self) -> Option<usize> {
        let start = self.recipe.start?;
        self.find(start)
    }

    fn find(&self, task: usize) -> Option<usize> {
        self.nodes.iter().position(|node| *node == Node::Task(task))
    }

    /// The nodes whose outputs a node cannot do without. An input of which a part is left out of the run
    /// is looked for elsewhere.
    pub(crate) fn needed(&self, node: usize) -> Vec<usize> {
        let Node::Task(task) = self.nodes[node] else { return Vec::new() };
        let Some(Input { from, has_default: false }) = &self.recipe.inputs[task] else { return Vec::new() };
        let from: Vec<usize> = from.iter().filter_map(|&from| self.find(from)).collect();
        if from.iter().any(|from| self.excluded.contains(from)) { Vec::new() } else { from }
    }

    pub(crate) fn before(&self, node: usize) -> impl Iterator<Item = usize> {
        self.edges.iter().filter(move |(_, to)| *to == node).map(|(from, _)| *from)
    }

    pub(crate) fn is_grouped(&self, node: usize) -> bool {
        self.members.iter().any(|members| members.contains(&node))
    }

    fn task(&mut self, task: usize) -> usize {
        if let Some(known) = self.find(task) {
            return known;
        }
        let from = self.recipe.inputs[task].iter().flat_map(|input| &input.from);
        let from: Vec<usize> = from.map(|&from| self.task(from)).collect();
        self.nodes.push(Node::Task(task));
        let node = self.nodes.len() - 1;
        self.edges.extend(from.into_iter().map(|from| (from, node)));
        node
    }

    fn join(&mut self, shape: &Shape) -> Joined {
        match shape {
            Shape::Task(task) => {
                let node = self.task(*task);
                Joined { first: node, last: node, inside: vec![node] }
            }
            Shape::Chain(parts) => {
                let parts: Vec<Joined> = parts.iter().map(|part| self.join(part)).collect();
                self.edges.extend(parts.windows(2).map(|pair| (pair[0].last, pair[1].first)));
                Joined {
                    first: parts[0].first,
                    last: parts[parts.len() - 1].last,
                    inside: parts.into_iter().flat_map(|part| part.inside).collect(),
                }
            }
            Shape::Group { members, .. } => {
                let members: Vec<Joined> = members.iter().map(|member| self.join(member)).collect();
                let group = self.members.len();
                let (entry, exit) = (self.nodes.len(), self.nodes.len() + 1);
                self.nodes.extend([Node::Entry(group), Node::Exit(group)]);
                for member in &members {
                    self.edges.extend([(entry, member.first), (member.last, exit)]);
                }
                self.members.push(members.into_iter().flat_map(|member| member.inside).collect());
                Joined { first: entry, last: exit, inside: vec![exit] }
            }
        }
    }

    fn keep_reachable(&mut self, start: usize) {
        let mut reached = BTreeSet::from([start]);
        // Edges lead forward only in a drawing, not in numbers, so look until nothing more is found.
        while let Some(&(_, to)) = self.edges.iter().find(|(from, to)| reached.contains(from) && !reached.contains(to))
        {
            reached.insert(to);
        }
        self.excluded = (0..self.nodes.len()).filter(|node| !reached.contains(node)).collect();
        self.edges.retain(|(from, to)| reached.contains(from) && *to != start);
    }
}
