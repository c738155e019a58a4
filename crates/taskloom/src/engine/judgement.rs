use std::{any::Any, collections::HashMap};

use taskloom_core::{Gathered, GroupBranch, Kind, NodeId, OwnPolicy, Policy, RunPlan, State, Value};

use super::Failure;

/// How the branches of a group ended, for a policy of the user's own to say whether the group has succeeded
/// (rule R-8).
#[derive(Debug)]
pub struct Judgement {
    group: u32,
    /// State and error of each branch.
    branches: Vec<(State, Option<Failure>)>,
    gathered: Gathered,
}

/// How a branch of a group ended.
#[derive(Debug)]
pub struct Branch {
    /// The id of its last task, or the name of the group that it ends in.
    pub id: String,
    /// How it ended: it has failed if anything in it has.
    pub state: State,
    /// Its value, if it succeeded.
    pub value: Option<Value>,
    /// The first error in it, if it failed.
    pub error: Option<Failure>,
}

impl Judgement {
    /// Takes what a policy may want to know. `result` is as for [`Gathered::of`], `failures` gives all so far.
    pub(super) fn take<'a>(
        plan: &RunPlan,
        group: u32,
        state: impl Fn(NodeId) -> State,
        result: impl Fn(NodeId) -> Option<Option<Value>>,
        failures: impl Fn() -> Vec<&'a (NodeId, Failure)>,
    ) -> Self {
        let is_failed = |node: NodeId| state(node) == State::Failed;
        let branches = &plan.groups()[group as usize].branches;
        let mut known: Option<(Vec<_>, HashMap<NodeId, usize>)> = None;
        let mut ended = Vec::with_capacity(branches.len());
        for branch in branches {
            let Some(node) = first_failed(branch, is_failed) else {
                ended.push((state(branch.last), None));
                continue;
            };
            let (failures, places) = known.get_or_insert_with(|| {
                let failures = failures();
                let places = failures.iter().enumerate().map(|(place, (node, _))| (*node, place)).collect();
                (failures, places)
            });
            let error = cause(plan, node, is_failed, places).map(|place| failures[place].1.clone());
            ended.push((State::Failed, error));
        }
        let gathered = Gathered::of(plan, branches.iter().map(|branch| branch.last), result);
        Self { group, branches: ended, gathered }
    }

    /// The name of the group.
    pub fn group<'a>(&self, plan: &'a RunPlan) -> &'a str {
        &plan.groups()[self.group as usize].name
    }

    /// The policy to ask, if it is one of a front end's.
    pub fn policy<'a, P: OwnPolicy>(&self, plan: &'a RunPlan) -> Option<&'a P> {
        let Policy::Own(policy) = &plan.groups()[self.group as usize].policy else { return None };
        let policy: &dyn Any = &**policy;
        policy.downcast_ref()
    }

    /// The branches, in the order of composition. It may call the front end, so no lock may be held.
    pub fn branches(&self, plan: &RunPlan) -> Vec<Branch> {
        let body = plan.task(0).definition().body();
        let branches = plan.groups()[self.group as usize].branches.iter().zip(&self.branches);
        let branch = |(branch, (state, error)): (&GroupBranch, &(State, Option<Failure>))| Branch {
            id: plan.id(branch.last).to_owned(),
            state: *state,
            value: (*state == State::Succeeded).then(|| self.gathered.value(plan, branch.last, None, body)).flatten(),
            error: error.clone(),
        };
        branches.map(branch).collect()
    }
}

fn first_failed(branch: &GroupBranch, is_failed: impl Fn(NodeId) -> bool) -> Option<NodeId> {
    branch.nodes.iter().copied().find(|&node| is_failed(node))
}

/// Where in the list of failures is what made a node fail: its own error, or for a group that of its policy, or else
/// the first in it.
pub(super) fn cause(
    plan: &RunPlan,
    node: NodeId,
    is_failed: impl Fn(NodeId) -> bool,
    places: &HashMap<NodeId, usize>,
) -> Option<usize> {
    if let Some(place) = places.get(&node) {
        return Some(*place);
    }
    let mut first = None;
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        first = first.into_iter().chain(places.get(&node).copied()).min();
        if plan.is_map(node) {
            let inside = |element: NodeId| plan.is_element(element) && plan.element(element).0.map() == node;
            let failed = places.iter().filter(|(element, _)| inside(**element)).map(|(_, place)| *place);
            first = first.into_iter().chain(failed).min();
        }
        if let Kind::Exit(group) = plan.kind(node) {
            let nodes = plan.groups()[group as usize].branches.iter().flat_map(|branch| &*branch.nodes);
            pending.extend(nodes.copied().filter(|&node| is_failed(node)));
        }
    }
    first
}
