//! Which edges of a graph close a cycle, and the order of the plan without them (rule S-2).

use std::collections::BTreeSet;

use crate::graph::{Edge, Graph, Node};

/// Depth-first from the roots in the order of composition, then from what nothing enters. A group is entered
/// before what is in it.
pub(crate) fn find(graph: &Graph<'_>) -> BTreeSet<Edge> {
    let has_no_way_in = |&node: &usize| graph.edges.iter().all(|(_, to)| *to != node);
    let mut begin: Vec<usize> = Vec::new();
    if let Some(start) = graph.start() {
        begin.push(start);
    } else {
        begin.extend((0..graph.nodes.len()).filter(has_no_way_in));
        for node in 0..graph.nodes.len() {
            let around = (0..graph.groups.len()).rev().filter(|&group| graph.groups[group].within.contains(&node));
            begin.extend(around.map(|group| graph.groups[group].entry));
            begin.push(node);
        }
    }
    let (mut seen, mut loops) = (BTreeSet::new(), BTreeSet::new());
    for node in begin {
        walk(graph, &mut vec![node], &mut seen, &mut loops);
    }
    loops
}

/// Goes on from the end of a path.
fn walk(graph: &Graph<'_>, path: &mut Vec<usize>, seen: &mut BTreeSet<usize>, loops: &mut BTreeSet<Edge>) {
    let node = path[path.len() - 1];
    if !seen.insert(node) {
        return;
    }
    let mut leaving = graph.leaving(node);
    // Tasks come before groups, each in the order of composition.
    leaving.sort_by_key(|&(_, to)| (!matches!(graph.nodes[to], Node::Task(_)), to));
    for edge in leaving {
        if path.contains(&edge.1) {
            loops.insert(edge);
        } else {
            path.push(edge.1);
            walk(graph, path, seen, loops);
            path.pop();
        }
    }
}

/// Topological over the edges that count, ties by composition.
pub(crate) fn order(graph: &Graph<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let can_follow = |node: usize, order: &[usize]| {
        !order.contains(&node) && graph.arriving(node).all(|(from, _)| order.contains(&from))
    };
    while let Some(next) = (0..graph.nodes.len()).find(|&node| can_follow(node, &order)) {
        order.push(next);
    }
    assert_eq!(order.len(), graph.nodes.len(), "without its loops a plan has no cycle");
    order
}
