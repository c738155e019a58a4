use std::num::NonZeroU32;

use smallvec::SmallVec;

use super::NodeId;
use crate::{
    Backend, BuildError, Fragment, GroupSettings, Policy,
    hash::{self, Map},
    suggest,
    workflow::{Branch, End, Member, Workflow},
};

/// A group of a plan.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, which is an id like a task's.
    pub name: String,
    /// The node that the edges into the group lead to.
    pub entry: NodeId,
    /// The node that the edges out of the group come from.
    pub exit: NodeId,
    /// When it has succeeded.
    pub policy: Policy,
    /// Whether it stops as soon as the verdict is certain.
    pub fail_fast: bool,
    /// Where its tasks are called, if it says so.
    pub backend: Option<Backend>,
    /// How many tasks in it run at the same time, at most.
    pub max_concurrency: Option<NonZeroU32>,
    /// Its branches, in the order of composition.
    pub branches: Vec<GroupBranch>,
    /// How many tasks were composed before it.
    pub(super) after: u32,
}

/// One branch of a [`Group`].
#[derive(Clone, Debug)]
pub struct GroupBranch {
    /// The node whose value is the branch's.
    pub last: NodeId,
    /// The node with which the branch begins.
    pub(super) first: NodeId,
    /// All nodes that can make the branch fail: its tasks, and the exits of groups in it.
    pub nodes: Box<[NodeId]>,
    /// Whether the policy names a task of it.
    pub(crate) is_critical: bool,
}

/// The groups that a plan keeps, and how a workflow's groups are numbered in it.
pub(crate) struct Kept {
    pub(super) groups: Vec<Group>,
    number: Vec<Option<u32>>,
    tasks: u32,
    /// From groups' entries to where their branches begin beside their first node.
    pub(super) further: Vec<(NodeId, NodeId)>,
}

impl Kept {
    pub(super) fn first(&self, end: End) -> NodeId {
        match end {
            End::Task(task) => task,
            End::Group(group) => self.entry(group),
        }
    }

    pub(super) fn last(&self, end: End) -> NodeId {
        match end {
            End::Task(task) => task,
            End::Group(group) => self.entry(group) + 1,
        }
    }

    /// The exit of a group that is bound as an argument.
    pub(super) fn exit(&self, workflow: &Workflow, taker: NodeId, group: &Fragment) -> NodeId {
        self.last(workflow.input(taker, group).expect("bound groups join with what takes them"))
    }

    /// The number in the plan of a group of the workflow.
    pub(crate) fn number(&self, group: u32) -> Option<u32> {
        self.number[group as usize]
    }

    fn entry(&self, group: u32) -> NodeId {
        self.tasks + 2 * self.number[group as usize].expect("a group with edges is kept")
    }
}

/// Decides which groups stay (rule C-5) and names them (rule C-8).
pub(super) fn keep(workflow: &Workflow) -> Result<Kept, BuildError> {
    let tasks = u32::try_from(workflow.len()).unwrap_or(u32::MAX);
    let vanished = vanished(workflow);
    let mut count = 0_u32;
    let number = vanished
        .iter()
        .map(|gone| {
            (!gone).then(|| {
                count += 1;
                count - 1
            })
        })
        .collect();
    let mut kept = Kept { groups: Vec::new(), number, tasks, further: Vec::new() };
    let mut names = Names::new(workflow, &vanished)?;
    for (index, record) in (0_u32..).zip(&workflow.groups) {
        if vanished[index as usize] {
            continue;
        }
        let entry = kept.entry(index);
        let composed = workflow.branches(index);
        for branch in composed.iter().filter(|branch| branch.ends.further.is_some()) {
            let further = workflow.further(branch.ends).iter().map(|&first| (entry, kept.first(first)));
            kept.further.extend(further.collect::<Vec<_>>());
        }
        let branches = distinct(composed.into_iter().map(|branch| kept.branch(&branch)));
        let GroupSettings { name, policy, fail_fast, backend, max_concurrency } = record.settings();
        let name = name.unwrap_or_else(|| names.next(workflow));
        let (exit, after) = (entry + 1, record.after);
        kept.groups.push(Group { name, entry, exit, policy, fail_fast, backend, max_concurrency, branches, after });
    }
    mark_critical(workflow, &mut kept.groups)?;
    Ok(kept)
}

/// Finds the branches of the tasks that critical policies name.
fn mark_critical(workflow: &Workflow, groups: &mut [Group]) -> Result<(), BuildError> {
    for number in 0..groups.len() {
        let Policy::Critical(ids) = groups[number].policy.clone() else { continue };
        for id in &ids {
            let task = workflow.tasks.find(id);
            let node = task.or_else(|| groups.iter().find(|group| group.name == *id).map(|group| group.exit));
            let branches = &groups[number].branches;
            let holds = |node| (0..branches.len()).filter(|&branch| holds(groups, &branches[branch], node)).collect();
            let found: Vec<usize> = node.map(holds).unwrap_or_default();
            if found.is_empty() {
                return Err(not_in_group(&groups[number], groups, id));
            }
            for branch in found {
                groups[number].branches[branch].is_critical = true;
            }
        }
    }
    Ok(())
}

/// Whether a node is in a branch, or in a group in it.
fn holds(groups: &[Group], branch: &GroupBranch, node: NodeId) -> bool {
    let mut pending = vec![branch];
    while let Some(branch) = pending.pop() {
        if branch.nodes.contains(&node) {
            return true;
        }
        let inner = branch.nodes.iter().filter_map(|&node| inner(groups, node));
        pending.extend(inner.flat_map(|group| &groups[group as usize].branches));
    }
    false
}

/// The group whose exit a node in a branch is.
fn inner(groups: &[Group], node: NodeId) -> Option<u32> {
    Some(node.checked_sub(groups.first()?.entry)? / 2)
}

fn not_in_group(group: &Group, groups: &[Group], id: &str) -> BuildError {
    let names = groups.iter().map(|group| &*group.name);
    let message = format!("the policy of group `{}` names `{id}`, which is not in the group", group.name);
    let error = BuildError::new(crate::BuildErrorKind::UnknownTask, message).task(id);
    match suggest::did_you_mean(id, names) {
        Some(hint) => error.hint(hint),
        None => error.hint("a critical policy names tasks of the group's branches"),
    }
}

impl Kept {
    fn branch(&self, branch: &Branch) -> GroupBranch {
        GroupBranch {
            first: self.first(branch.ends.first),
            last: self.last(branch.ends.last),
            nodes: branch.inside.iter().map(|&end| self.last(end)).collect(),
            is_critical: false,
        }
    }
}

impl GroupBranch {
    /// The node with which the branch begins.
    pub(crate) fn first(&self) -> NodeId {
        self.first
    }
}

impl Group {
    /// How many tasks were composed before it.
    pub(crate) fn after(&self) -> u32 {
        self.after
    }

    /// Forgets what a run from a start node leaves out of its branches. A policy that counts or names them is strict
    /// for the others (rule S-10).
    pub(super) fn keep_reached(&mut self, reached: &[bool]) {
        let lost = self.branches.iter().filter(|branch| !reached[branch.last as usize]);
        let lost_any = lost.clone().count() > 0;
        match self.policy {
            Policy::AtLeast(_) if lost_any => self.policy = Policy::Strict,
            Policy::Critical(_) if lost.clone().any(|branch| branch.is_critical) => self.policy = Policy::Strict,
            _ => {}
        }
        self.branches.retain_mut(|branch| {
            let nodes = branch.nodes.iter().copied().filter(|&node| reached[node as usize]);
            branch.nodes = nodes.collect();
            reached[branch.last as usize]
        });
    }
}

/// For each node the groups around it, at any depth, of which `is_asked_for` says so.
pub(super) fn around(groups: &[Group], is_asked_for: impl Fn(&Group) -> bool) -> Map<NodeId, Vec<u32>> {
    let mut around: Map<NodeId, Vec<u32>> = Map::default();
    for (number, _) in (0_u32..).zip(groups).filter(|(_, group)| is_asked_for(group)) {
        let mut pending = vec![number];
        while let Some(group) = pending.pop() {
            for &node in groups[group as usize].branches.iter().flat_map(|branch| &branch.nodes) {
                let found = around.entry(node).or_default();
                // A node may be in several branches.
                if found.last() != Some(&number) {
                    found.push(number);
                    pending.extend(inner(groups, node));
                }
            }
        }
    }
    around
}

/// A group is a set: the same branch again adds nothing.
fn distinct(branches: impl Iterator<Item = GroupBranch>) -> Vec<GroupBranch> {
    let branches: Vec<GroupBranch> = branches.collect();
    // So are most: branches in the order of composition that begin with different tasks.
    if branches.is_sorted_by(|one, next| one.first < next.first) {
        return branches;
    }
    let mut seen: Map<u64, SmallVec<[usize; 1]>> = Map::default();
    let mut distinct: Vec<GroupBranch> = Vec::with_capacity(branches.len());
    for branch in branches {
        let alike = seen.entry(u64::from(branch.first) << 32 | u64::from(branch.last)).or_default();
        if !alike.iter().any(|&other| distinct[other].nodes == branch.nodes) {
            alike.push(distinct.len());
            distinct.push(branch);
        }
    }
    distinct
}

/// A group without edges, name or settings, all of whose members lie in a larger one, leaves nothing
/// behind.
fn vanished(workflow: &Workflow) -> Vec<bool> {
    let mut plain: Vec<bool> =
        workflow.groups.iter().map(|group| group.settings() == GroupSettings::default()).collect();
    for &(from, to) in &workflow.edges {
        for end in [from, to] {
            if let End::Group(group) = end {
                plain[group as usize] = false;
            }
        }
    }
    // A group nested in another is one of its branches, and stays as that.
    let mut nested = vec![false; plain.len()];
    for record in &workflow.groups {
        for ends in record.members.iter().map(Member::ends) {
            for end in [ends.first, ends.last] {
                if let End::Group(group) = end {
                    nested[group as usize] = true;
                }
            }
        }
    }
    let mut vanished: Vec<bool> =
        (0..plain.len()).map(|group| plain[group] && !nested[group] && workflow.groups[group].extended).collect();
    let candidates: Vec<u32> = (0_u32..)
        .take(plain.len())
        .filter(|&group| plain[group as usize] && !nested[group as usize] && !vanished[group as usize])
        .collect();
    if candidates.is_empty() || workflow.groups.len() - vanished.iter().filter(|&&gone| gone).count() < 2 {
        return vanished;
    }
    // The members of each group that may be the larger one, found by each of its members.
    let mut holders: Map<u64, Vec<u32>> = Map::default();
    let mut sizes = vec![0; plain.len()];
    for group in (0_u32..).take(plain.len()).filter(|&group| !vanished[group as usize]) {
        let branches = workflow.branches(group);
        sizes[group as usize] = branches.len();
        for branch in &branches {
            holders.entry(key(branch)).or_default().push(group);
        }
    }
    for group in candidates {
        let branches = workflow.branches(group);
        let larger = holders[&key(&branches[0])].iter().any(|&other| {
            sizes[other as usize] > branches.len()
                && branches.iter().all(|branch| holders[&key(branch)].contains(&other))
        });
        vanished[group as usize] = larger;
    }
    vanished
}

fn key(branch: &Branch) -> u64 {
    let number = |end| match end {
        End::Task(task) => u64::from(task) * 2,
        End::Group(group) => u64::from(group) * 2 + 1,
    };
    number(branch.ends.first) << 32 | number(branch.ends.last)
}

/// Hands out group names that no task and no other group has.
struct Names {
    given: Map<u64, Vec<String>>,
    next: u32,
}

impl Names {
    fn new(workflow: &Workflow, vanished: &[bool]) -> Result<Self, BuildError> {
        let mut given: Map<u64, Vec<String>> = Map::default();
        for (record, _) in workflow.groups.iter().zip(vanished).filter(|(_, gone)| !**gone) {
            let Some(name) = record.settings().name else { continue };
            let same_hash = given.entry(hash::text(&name)).or_default();
            if same_hash.contains(&name) {
                return Err(taken(&name, "another group"));
            }
            if let Some(task) = workflow.tasks.find(&name) {
                return Err(taken(&name, &format!("the task made at {}", workflow.tasks.get(task).place())));
            }
            same_hash.push(name);
        }
        Ok(Self { given, next: 0 })
    }

    fn next(&mut self, workflow: &Workflow) -> String {
        loop {
            self.next += 1;
            let name = format!("ParallelGroup_{}", self.next);
            let given = self.given.get(&hash::text(&name)).is_some_and(|names| names.contains(&name));
            if !given && workflow.tasks.find(&name).is_none() {
                return name;
            }
        }
    }
}

fn taken(name: &str, by: &str) -> BuildError {
    BuildError::new(crate::BuildErrorKind::DuplicateTask, format!("group name `{name}` is taken by {by}"))
        .task(name)
        .hint("group names and task ids share one namespace: choose another name")
}
