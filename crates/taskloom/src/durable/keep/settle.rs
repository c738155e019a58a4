use std::collections::{BTreeSet, HashMap, HashSet};

use taskloom_core::{NodeId, Outline};

use super::{Terms, record::Record};

/// How a node is settled; one that is not runs again, if it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Kept,
    /// Nothing that leads to it has succeeded.
    Skipped,
}

/// Which nodes are kept.
pub(super) struct Keeping(HashMap<NodeId, Settled>);

impl Keeping {
    pub(super) fn keeps(&self, record: &Record, node: NodeId) -> bool {
        self.0.get(&record.map_of(node).unwrap_or(node)) == Some(&Settled::Kept)
    }
}

pub(super) struct Settling<'a> {
    record: &'a Record,
    terms: &'a Terms,
    /// How many nodes are tasks.
    tasks: usize,
    edges: Vec<(NodeId, NodeId)>,
    sources: Vec<Vec<NodeId>>,
    /// The nodes of the plan that are on no cycle and behind none, each behind all that lead to it.
    order: Vec<NodeId>,
    /// Where somebody has jumped to.
    targets: HashSet<NodeId>,
    again: HashSet<NodeId>,
}

impl<'a> Settling<'a> {
    pub(super) fn new(outline: &Outline, record: &'a Record, terms: &'a Terms) -> Self {
        let sources = sources(outline, terms.start);
        let order = order(&sources, terms.start);
        let targets = record.jumps.iter().map(|(_, to)| *to).collect();
        // An element runs again with its whole map.
        let again = terms.again.iter().map(|&node| record.map_of(node).unwrap_or(node)).collect();
        let edges = outline.edges();
        Self { record, terms, tasks: outline.task_count(), edges, sources, order, targets, again }
    }

    /// One that runs again may take others along that come before it, so this goes on until nothing changes.
    pub(super) fn settle(mut self) -> Keeping {
        loop {
            let keeping = self.once();
            let further = self.taken_along(&keeping);
            if further.is_empty() {
                return keeping;
            }
            self.again.extend(further);
        }
    }

    /// Those that cannot be kept although they are: whoever they were jumped to by, or have named, runs again.
    fn taken_along(&self, keeping: &Keeping) -> Vec<NodeId> {
        let keeps = |node| keeping.keeps(self.record, node);
        let jumped_to = self.record.jumps.iter().filter(|(from, to)| !keeps(*from) && keeps(*to)).map(|(_, to)| *to);
        let is_there = |node: NodeId| match self.added(node) {
            None => self.terms.planned.get(node as usize).copied().flatten().is_some(),
            Some(added) => keeps(added.by),
        };
        let names =
            |node: &NodeId| self.record.task(*node).is_some_and(|task| !task.names.iter().copied().all(is_there));
        let naming = keeping.0.keys().copied().filter(|&node| keeps(node)).filter(names);
        jumped_to
            .chain(naming)
            .chain(self.ends_of_groups(keeping))
            .map(|node| self.record.map_of(node).unwrap_or(node))
            .collect()
    }

    /// A group ends after what its tasks have added, so its end is not kept if one of these runs again.
    fn ends_of_groups(&self, keeping: &Keeping) -> Vec<NodeId> {
        let mut roots = BTreeSet::new();
        for (node, added) in (self.record.len..).zip(&self.record.added) {
            if !keeping.keeps(self.record, node) && keeping.keeps(self.record, added.by) {
                roots.insert(self.root(added.by));
            }
        }
        let mut ends = Vec::new();
        for root in roots {
            let behind = reachable(&self.edges, root);
            let exits = behind.iter().copied().filter(|&node| self.is_exit(node));
            ends.extend(
                exits.filter(|exit| {
                    keeping.keeps(self.record, *exit) && reachable(&self.edges, exit - 1).contains(&root)
                }),
            );
        }
        ends
    }

    /// Whether a node is the end of a group; its beginning has the number before.
    fn is_exit(&self, node: NodeId) -> bool {
        let behind_tasks = (node as usize).checked_sub(self.tasks);
        behind_tasks.is_some_and(|place| place % 2 == 1)
    }

    /// The task of the plan from which the chain of additions began.
    fn root(&self, mut node: NodeId) -> NodeId {
        loop {
            node = self.record.map_of(node).unwrap_or(node);
            match self.added(node) {
                Some(added) => node = added.by,
                None => return node,
            }
        }
    }

    fn once(&self) -> Keeping {
        let mut settled: HashMap<NodeId, Settled> = HashMap::new();
        for &node in &self.order {
            if let Some(state) = self.of_planned(node, &settled) {
                settled.insert(node, state);
            }
        }
        let mut keeping = Keeping(settled);
        for (node, added) in (self.record.len..).zip(&self.record.added) {
            let keeps = |node: &NodeId| keeping.keeps(self.record, *node);
            if keeps(&added.by) && added.takes.iter().all(keeps) && self.holds(node) {
                keeping.0.insert(node, Settled::Kept);
            }
        }
        keeping
    }

    fn of_planned(&self, node: NodeId, settled: &HashMap<NodeId, Settled>) -> Option<Settled> {
        let sources = &self.sources[node as usize];
        if sources.iter().any(|source| !settled.contains_key(source)) || self.again.contains(&node) {
            return None;
        }
        let is_dead = |from: &NodeId| {
            let jumped = self.record.task(*from).and_then(|task| task.jumped.as_ref());
            settled.get(from) == Some(&Settled::Skipped) || jumped.is_some_and(|to| !to.contains(&node))
        };
        let is_task = (node as usize) < self.tasks;
        let is_target = self.targets.contains(&node);
        if !sources.is_empty() && !is_target && sources.iter().all(is_dead) {
            let has_run = is_task && self.record.task(node).is_some();
            return (!has_run).then_some(Settled::Skipped);
        }
        let holds = if is_task { self.holds(node) } else { self.record.judged.get(&node) != Some(&false) };
        holds.then_some(Settled::Kept)
    }

    /// Whether what is recorded of a task is a completion that can be told again.
    fn holds(&self, node: NodeId) -> bool {
        let all_elements = || {
            let expansions = self.record.expansions.iter().filter(|expansion| expansion.map == node);
            expansions
                .flat_map(|expansion| (0..expansion.count).map(|index| expansion.first + index))
                .all(|element| self.record.task(element).is_some_and(|task| task.succeeded && !task.ends_run))
        };
        let task = self.record.task(node);
        task.is_some_and(|task| task.succeeded && !task.ends_run) && !self.again.contains(&node) && all_elements()
    }

    fn added(&self, node: NodeId) -> Option<&super::record::Added> {
        self.record.added.get(node.checked_sub(self.record.len)? as usize)
    }
}

/// The nodes that lead to each node, in the graph of a run that starts there.
pub(super) fn sources(outline: &Outline, start: Option<NodeId>) -> Vec<Vec<NodeId>> {
    let edges = outline.edges();
    let mut sources = vec![Vec::new(); outline.names().len()];
    let included = start.map(|start| reachable(&edges, start));
    for (from, to) in edges {
        if included.as_ref().is_none_or(|included| included.contains(&from)) {
            sources[to as usize].push(from);
        }
    }
    sources
}

fn reachable(edges: &[(NodeId, NodeId)], start: NodeId) -> HashSet<NodeId> {
    let mut targets: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for &(from, to) in edges {
        targets.entry(from).or_default().push(to);
    }
    let mut found = HashSet::from([start]);
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        let new = targets.get(&node).into_iter().flatten().filter(|&&to| found.insert(to));
        open.extend(new.copied().collect::<Vec<_>>());
    }
    found
}

fn order(sources: &[Vec<NodeId>], start: Option<NodeId>) -> Vec<NodeId> {
    let mut targets = vec![Vec::new(); sources.len()];
    for (to, from) in (0_u32..).zip(sources) {
        for &from in from {
            targets[from as usize].push(to);
        }
    }
    let mut open: Vec<usize> = sources.iter().map(Vec::len).collect();
    let is_root = |node: &NodeId| open[*node as usize] == 0 && start.is_none_or(|start| start == *node);
    let mut order: Vec<NodeId> = (0_u32..).take(sources.len()).filter(is_root).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &to in &targets[node as usize] {
            open[to as usize] -= 1;
            if open[to as usize] == 0 {
                order.push(to);
            }
        }
    }
    order
}
