use std::{fmt, hash::BuildHasherDefault, num::NonZeroU32, sync::Arc};

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::{
    Argument, Backend, BuildError, BuildErrorKind, Instance, Policy, Workflow, hash::Map, task_id::validate_group_name,
    workflow::conflict,
};

/// A composition: an instance, a chain or a group. A value without effects until it joins a workflow.
///
/// Composing shares its operands instead of copying them, so `x = x >> task` in a loop costs the same
/// at every length (rule C-3).
#[derive(Clone)]
pub struct Fragment(pub(crate) Node);

#[derive(Clone)]
pub(crate) enum Node {
    Task(Instance),
    Chain(Arc<Chain>),
    Group(Arc<GroupNode>),
    Workflow(Arc<Workflow>),
}

/// Its parts run one after another.
pub(crate) struct Chain {
    pub(crate) parts: SmallVec<[Fragment; 2]>,
}

/// Its members run side by side.
pub(crate) struct GroupNode {
    /// The plain group whose members come first: `a | b` in `a | b | c`.
    pub(crate) extends: Option<Arc<Self>>,
    pub(crate) members: SmallVec<[Fragment; 2]>,
    pub(crate) settings: Mutex<GroupSettings>,
}

impl GroupNode {
    /// A group whose members are known elsewhere.
    pub(crate) fn empty(settings: GroupSettings) -> Self {
        Self { extends: None, members: SmallVec::new(), settings: Mutex::new(settings) }
    }
}

/// What can be set on a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSettings {
    /// Its name; without one it is called `ParallelGroup_1`, `ParallelGroup_2`, … in its workflow.
    pub name: Option<String>,
    /// When it has succeeded.
    pub policy: Policy,
    /// Whether it stops as soon as its policy's verdict is certain: what has not started is skipped, what runs
    /// is cancelled.
    pub fail_fast: bool,
    /// Where its tasks are called. If nothing is said the group around it decides, and without one it is the default.
    pub backend: Option<Backend>,
    /// How many tasks in it, at any depth, run at the same time, at most; as many as the run allows, if nothing is
    /// said.
    pub max_concurrency: Option<NonZeroU32>,
}

impl Fragment {
    /// `self >> next`: what follows starts when `self` has ended.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self(Node::Chain(Arc::new(Chain { parts: smallvec::smallvec![self, next] })))
    }

    /// `self | other`: both side by side. A plain group on the left takes `other` in as one more
    /// member, a named or configured one stays whole (rule C-10).
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let (extends, members) = match self.0 {
            Node::Group(group) if *group.settings.lock() == GroupSettings::default() => {
                (Some(group), smallvec::smallvec![other])
            }
            node => (None, smallvec::smallvec![Self(node), other]),
        };
        Self(Node::Group(Arc::new(GroupNode { extends, members, settings: Mutex::default() })))
    }

    /// The settings of a group; the default ones of anything else.
    pub fn settings(&self) -> GroupSettings {
        match &self.0 {
            Node::Group(group) => group.settings.lock().clone(),
            Node::Task(_) | Node::Chain(_) | Node::Workflow(_) => GroupSettings::default(),
        }
    }

    /// The same group with other settings, for front ends whose values never change.
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind::NotAGroup`], or [`BuildErrorKind::InvalidTaskId`] for the name.
    pub fn with_settings(self, settings: GroupSettings) -> Result<Self, BuildError> {
        let Node::Group(group) = &self.0 else {
            return Err(BuildError::new(BuildErrorKind::NotAGroup, "only a group has a name and settings")
                .hint("make one with `|` or `parallel()`"));
        };
        settings.name.as_deref().map_or(Ok(()), validate_group_name)?;
        let (extends, members) = (group.extends.clone(), group.members.clone());
        Ok(Self(Node::Group(Arc::new(GroupNode { extends, members, settings: Mutex::new(settings) }))))
    }

    /// Changes the settings if this is a group; says whether it is one.
    pub fn configure(&self, change: impl FnOnce(&mut GroupSettings)) -> bool {
        let Node::Group(group) = &self.0 else { return false };
        change(&mut group.settings.lock());
        true
    }

    /// The instance, if the fragment is nothing more.
    pub fn as_instance(&self) -> Option<&Instance> {
        match &self.0 {
            Node::Task(instance) => Some(instance),
            Node::Chain(_) | Node::Group(_) | Node::Workflow(_) => None,
        }
    }
}

impl Fragment {
    /// Whether it is a group.
    pub fn is_group(&self) -> bool {
        matches!(self.0, Node::Group(_))
    }

    /// The instances in it, in the order of composition, as often as they occur.
    pub(crate) fn instances(&self) -> impl Iterator<Item = &Instance> {
        let mut pending = vec![&self.0];
        let mut groups: Vec<&GroupNode> = Vec::new();
        std::iter::from_fn(move || {
            loop {
                match pending.pop()? {
                    Node::Task(instance) => return Some(instance),
                    Node::Chain(chain) => pending.extend(chain.parts.iter().rev().map(|part| &part.0)),
                    // Its tasks are its own.
                    Node::Workflow(_) => {}
                    Node::Group(group) => {
                        let mut part = group;
                        groups.push(part);
                        while let Some(left) = &part.extends {
                            part = left;
                            groups.push(part);
                        }
                        // The innermost comes first, so it goes to the stack last.
                        for part in groups.drain(..) {
                            pending.extend(part.members.iter().rev().map(|member| &member.0));
                        }
                    }
                }
            }
        })
    }
}

impl From<Instance> for Fragment {
    fn from(instance: Instance) -> Self {
        Self(Node::Task(instance))
    }
}

/// What a workflow is now, as an operand (rule C-11): joining a workflow it puts copies of its tasks in.
impl From<Workflow> for Fragment {
    fn from(workflow: Workflow) -> Self {
        Self(Node::Workflow(Arc::new(workflow)))
    }
}

impl From<&Instance> for Fragment {
    fn from(instance: &Instance) -> Self {
        Self(Node::Task(instance.clone()))
    }
}

/// All parts one after another.
///
/// # Errors
///
/// [`BuildErrorKind::EmptyComposition`] if there are none, [`BuildErrorKind::DuplicateTask`] if two of
/// the parts are different instances with one id.
pub fn chain(parts: impl IntoIterator<Item = Fragment>) -> Result<Fragment, BuildError> {
    let parts: SmallVec<_> = parts.into_iter().collect();
    check(&parts, "chain()")?;
    Ok(Fragment(Node::Chain(Arc::new(Chain { parts }))))
}

/// All members side by side, as one group.
///
/// # Errors
///
/// As [`chain`].
pub fn parallel(members: impl IntoIterator<Item = Fragment>) -> Result<Fragment, BuildError> {
    let members: SmallVec<_> = members.into_iter().collect();
    check(&members, "parallel()")?;
    Ok(Fragment(Node::Group(Arc::new(GroupNode { extends: None, members, settings: Mutex::default() }))))
}

/// Finds what is wrong with a list of operands by looking at the instances among them. What is nested
/// deeper meets when the whole joins a workflow.
fn check(operands: &[Fragment], what: &str) -> Result<(), BuildError> {
    if operands.is_empty() {
        return Err(BuildError::new(BuildErrorKind::EmptyComposition, format!("{what} of nothing"))
            .hint("give at least one task, or leave the empty part out of the composition"));
    }
    let mut seen: Map<u64, &Instance> = Map::with_capacity_and_hasher(operands.len(), BuildHasherDefault::default());
    for instance in operands.iter().filter_map(Fragment::as_instance) {
        let Some(id) = instance.given_id() else { continue };
        if let Some(first) = seen.insert(crate::hash::text(id), instance)
            && let Some(error) = conflict(first, instance)
        {
            return Err(error);
        }
    }
    Ok(())
}

impl fmt::Debug for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Node::Task(instance) => instance.fmt(f),
            Node::Chain(_) => f.write_str("Fragment(chain)"),
            Node::Group(_) => f.write_str("Fragment(group)"),
            Node::Workflow(workflow) => write!(f, "Fragment(workflow {})", workflow.name()),
        }
    }
}

// A composition can be nested 100,000 deep, also by way of arguments; it is taken apart in a loop, since
// recursion would overflow the stack.
impl Drop for Chain {
    fn drop(&mut self) {
        take_apart(std::mem::take(&mut self.parts));
    }
}

impl Drop for GroupNode {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.members);
        pending.extend(self.extends.take().map(|group| Fragment(Node::Group(group))));
        take_apart(pending);
    }
}

pub(crate) fn take_apart(mut pending: SmallVec<[Fragment; 2]>) {
    while let Some(fragment) = pending.pop() {
        match fragment.0 {
            Node::Task(instance) => {
                if instance.takes_outputs() {
                    pending.extend(instance.into_arguments().into_iter().flat_map(held_by));
                }
            }
            Node::Workflow(_) => {}
            Node::Chain(chain) => {
                if let Some(mut chain) = Arc::into_inner(chain) {
                    pending.append(&mut chain.parts);
                }
            }
            Node::Group(group) => {
                if let Some(mut group) = Arc::into_inner(group) {
                    pending.append(&mut group.members);
                    pending.extend(group.extends.take().map(|group| Fragment(Node::Group(group))));
                }
            }
        }
    }
}

/// What arguments that nobody needs any more hold.
pub(crate) fn held_by(arguments: SmallVec<[Argument; 1]>) -> impl Iterator<Item = Fragment> {
    arguments.into_iter().flat_map(|argument| match argument {
        Argument::Open | Argument::Value(_) => SmallVec::<[Fragment; 1]>::new(),
        Argument::Output(instance) => smallvec::smallvec![instance.into()],
        Argument::Outputs(instances) => Arc::into_inner(instances).into_iter().flatten().map(Fragment::from).collect(),
        Argument::Group(group) => smallvec::smallvec![group],
    })
}
