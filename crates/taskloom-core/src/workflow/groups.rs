use std::sync::Arc;

use super::{End, Ends, Workflow};
use crate::{
    Fragment, GroupSettings,
    fragment::{GroupNode, Node},
};

/// A group that has joined a workflow.
#[derive(Clone)]
pub(crate) struct GroupRecord {
    pub(crate) node: Arc<GroupNode>,
    /// The plain group whose branches come first.
    pub(crate) extends: Option<u32>,
    pub(crate) members: Vec<Member>,
    /// How many tasks had joined before it: its place in the order of composition.
    pub(crate) after: u32,
    /// Whether `a | b` went on as `a | b | c`, so that this is only a part of a group.
    pub(crate) extended: bool,
}

/// A member of a group.
#[derive(Clone)]
pub(crate) enum Member {
    Composed(Fragment, Ends),
    /// One in the copy of a workflow; boxed, since most groups have none and some have a million members.
    Copied(Box<Branch>),
}

impl Member {
    pub(crate) fn ends(&self) -> Ends {
        match self {
            Self::Composed(_, ends) => *ends,
            Self::Copied(branch) => branch.ends,
        }
    }
}

/// One branch of a group: where it begins and ends, and everything in it.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) ends: Ends,
    pub(crate) inside: Vec<End>,
}

impl GroupRecord {
    pub(crate) fn settings(&self) -> GroupSettings {
        self.node.settings.lock().clone()
    }
}

impl Workflow {
    /// All branches of a group, in the order of composition.
    pub(crate) fn branches(&self, group: u32) -> Vec<Branch> {
        let mut parts = vec![&self.groups[group as usize]];
        while let Some(left) = parts.last().and_then(|part| part.extends) {
            parts.push(&self.groups[left as usize]);
        }
        let members = parts.into_iter().rev().flat_map(|part| &part.members);
        let branch = |member: &Member| match member {
            // By far the most branches are one task, which needs no search.
            &Member::Composed(Fragment(Node::Task(_)), ends) => Branch { ends, inside: vec![ends.first] },
            Member::Composed(fragment, ends) => Branch { ends: *ends, inside: self.inside(fragment) },
            Member::Copied(branch) => (**branch).clone(),
        };
        members.map(branch).collect()
    }

    /// The tasks and groups that a branch consists of; what is inside a nested group belongs to that.
    fn inside(&self, fragment: &Fragment) -> Vec<End> {
        let mut inside = Vec::with_capacity(1);
        let mut pending = vec![fragment];
        while let Some(fragment) = pending.pop() {
            match &fragment.0 {
                Node::Task(instance) => inside.extend(self.tasks.number(instance).map(End::Task)),
                Node::Chain(chain) => pending.extend(chain.parts.iter().rev()),
                Node::Group(group) => inside.extend(self.group_number(group).map(End::Group)),
                Node::Workflow(part) => inside.extend(self.parts.get(&Arc::as_ptr(part).addr()).into_iter().flatten()),
            }
        }
        inside
    }

    /// Where a group that has joined ends.
    pub(crate) fn end_of(&self, group: &Fragment) -> Option<End> {
        match &group.0 {
            Node::Group(group) => self.group_number(group).map(End::Group),
            Node::Task(_) | Node::Chain(_) | Node::Workflow(_) => None,
        }
    }

    fn group_number(&self, group: &Arc<GroupNode>) -> Option<u32> {
        match self.joined.get(&Arc::as_ptr(group).addr())?.1.first {
            End::Group(number) => Some(number),
            End::Task(_) => None,
        }
    }
}
