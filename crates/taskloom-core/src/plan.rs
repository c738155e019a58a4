mod backends;
mod compile;
mod describe;
mod draw;
mod edges;
mod group_types;
mod groups;
mod lanes;
mod links;
mod loops;
mod order;
mod outline;
mod sources;

use std::{fmt, sync::Arc};

use fixedbitset::FixedBitSet;

pub use draw::Mark;
pub(crate) use groups::Kept;
pub use groups::{Group, GroupBranch};
pub use links::Link;
pub use outline::{Difference, Outline};
pub(crate) use sources::output_type;
pub use sources::{Fill, Source};

use crate::{
    BuildError, BuildErrorKind, Instance, Workflow,
    hash::Map,
    workflow::{End, Tasks},
};
pub(crate) use edges::Edges;

/// The dense number of a node in a [`Plan`].
pub type NodeId = u32;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A task.
    Task,
    /// Where the edges into a group end: its branches start when it is reached.
    Entry(u32),
    /// Where the edges out of a group begin: it judges the branches when all have ended.
    Exit(u32),
}

/// A workflow made ready to run: dense node numbers, flat arrays, every look-up by name done.
///
/// Tasks are numbered from 0 in the order in which they joined the workflow; the two nodes of each
/// group follow. Immutable and shared by all runs of it.
pub struct Plan {
    name: String,
    tasks: Arc<Tasks>,
    edges: Edges,
    /// How many edges have to arrive at a node before it is decided.
    pending: Vec<u32>,
    groups: Vec<Group>,
    fills: sources::Fills,
    /// Nodes that belong to a branch of a group: what fails there is judged by the group.
    grouped: Vec<bool>,
    /// Which nodes this plan runs, if not all (rule S-10).
    included: Option<Vec<bool>>,
    start: Option<NodeId>,
    loops: loops::Loops,
    /// The tasks that run whatever happens (rule R-15), each with what has to end before it.
    always: Vec<(NodeId, Box<[NodeId]>)>,
    fail_fast: Map<NodeId, Vec<u32>>,
    in_processes: FixedBitSet,
    templates: Vec<Instance>,
    lanes: lanes::Lanes,
    /// Tasks bound to an output that comes over a loop edge.
    bound_over_loops: Map<NodeId, ()>,
}

impl Plan {
    /// Compiles what a workflow is now.
    ///
    /// With `start`, only what can be reached from that task or group runs, and only that starts.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if nothing can run, `start` is unknown, names collide, or a parameter can never
    /// be filled.
    pub fn compile(workflow: &Workflow, start: Option<&str>) -> Result<Self, BuildError> {
        compile::compile(&*workflow.settled()?, start)
    }

    /// The graph of a workflow that is to be a part of another one: whether all its parameters can be filled shows there.
    pub(crate) fn shape(workflow: &Workflow) -> Result<(Self, groups::Kept), BuildError> {
        compile::shape(workflow, None)
    }

    /// The workflow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many nodes there are, groups' entries and exits included.
    #[inline]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether there are no nodes. It never is so: such a workflow is refused.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many nodes are tasks; their numbers are the first.
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    /// What a node is.
    #[inline]
    pub fn kind(&self, node: NodeId) -> Kind {
        if self.is_task(node) {
            return Kind::Task;
        }
        let rest = node - u32::try_from(self.tasks.len()).unwrap_or(node);
        if rest.is_multiple_of(2) { Kind::Entry(rest / 2) } else { Kind::Exit(rest / 2) }
    }

    /// Whether a node is a task.
    #[inline]
    pub fn is_task(&self, node: NodeId) -> bool {
        (node as usize) < self.tasks.len()
    }

    /// The instance behind a task node.
    ///
    /// # Panics
    ///
    /// If the node is no task.
    #[inline]
    pub fn task(&self, node: NodeId) -> &Instance {
        self.tasks.get(node)
    }

    /// The id of a task, or the name of a node's group.
    pub fn id(&self, node: NodeId) -> &str {
        match self.kind(node) {
            Kind::Task => self.tasks.id(node),
            Kind::Entry(group) | Kind::Exit(group) => &self.groups[group as usize].name,
        }
    }

    /// The task with this id, or the exit of the group with this name.
    pub fn find(&self, id: &str) -> Option<NodeId> {
        self.tasks.find(id).or_else(|| self.groups.iter().find(|group| group.name == id).map(|group| group.exit))
    }

    /// What was made in the workflow's block and not composed.
    pub fn templates(&self) -> impl Iterator<Item = &Instance> {
        self.templates.iter()
    }

    /// The instance or definition of this id that was made in the workflow's block and not composed: it runs only
    /// if a task asks for it (rule C-6).
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind::DuplicateTask`] if several definitions have this id.
    pub fn template(&self, id: &str) -> Result<Option<Instance>, BuildError> {
        let mut found = self.templates.iter().filter(|template| template.given_id() == Some(id));
        match (found.next(), found.next()) {
            (Some(first), Some(again)) => {
                let message = format!("`{id}` is made at {} and at {}: which of them?", first.place(), again.place());
                Err(BuildError::new(BuildErrorKind::DuplicateTask, message)
                    .task(id)
                    .hint("pass the instance or definition itself, not its id"))
            }
            (first, _) => Ok(first.cloned()),
        }
    }

    /// The node that a task means with an id: in the workflow that it is from if that is part of this one, or else in
    /// the one around that.
    pub fn find_from(&self, node: NodeId, id: &str) -> Option<NodeId> {
        let scopes = self.tasks.scopes(node).iter();
        scopes.map(|prefix| self.find(&format!("{prefix}{id}"))).find(Option::is_some).unwrap_or_else(|| self.find(id))
    }

    /// The id by which a task finds a node with [`find_from`](Self::find_from).
    pub(crate) fn id_from(&self, taker: NodeId, node: NodeId) -> &str {
        let id = self.id(node);
        self.tasks.scopes(taker).iter().find_map(|prefix| id.strip_prefix(&**prefix)).unwrap_or(id)
    }

    /// The node of an instance, whatever its id is here. One that is only in a workflow that is part of this one is
    /// found there, unless there are several (see [`copied_ids`](Self::copied_ids)).
    pub fn node_of(&self, instance: &Instance) -> Option<NodeId> {
        self.tasks.number(instance).or_else(|| match *self.copies_of(instance) {
            [End::Task(node)] => Some(node),
            _ => None,
        })
    }

    /// The ids of the tasks that an instance became as part of workflows that are parts of this one.
    pub fn copied_ids(&self, instance: &Instance) -> impl Iterator<Item = &str> {
        self.copies_of(instance).iter().filter_map(|end| match end {
            End::Task(node) => Some(self.tasks.id(*node)),
            End::Group(_) => None,
        })
    }

    fn copies_of(&self, instance: &Instance) -> &[End] {
        self.tasks.copies(instance.address())
    }

    /// The node of an instance whose output a task takes.
    pub(crate) fn input(&self, taker: NodeId, instance: &Instance) -> Option<NodeId> {
        self.tasks.input(taker, instance)
    }

    /// All ids, tasks' first, then groups' names.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let tasks = (0_u32..).take(self.tasks.len()).map(|node| self.tasks.id(node));
        tasks.chain(self.groups.iter().map(|group| &*group.name))
    }

    /// The groups, by the number in [`Kind`].
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The nodes that follow, in the order of composition.
    pub fn successors(&self, node: NodeId) -> &[NodeId] {
        self.edges.of(node)
    }

    /// How many edges have to arrive at a node before it is decided.
    #[inline]
    pub fn pending(&self, node: NodeId) -> u32 {
        self.pending[node as usize]
    }

    /// How many instances with an automatic id and this digest it has.
    pub(crate) fn occurrences(&self, digest: u64) -> u64 {
        self.tasks.occurrences(digest)
    }

    pub(crate) fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Whether an edge closes a loop.
    pub fn has_loops(&self) -> bool {
        self.links().any(|link| link.closes_loop)
    }

    pub(crate) fn loops(&self) -> &loops::Loops {
        &self.loops
    }

    pub(crate) fn always(&self) -> &[(NodeId, Box<[NodeId]>)] {
        &self.always
    }

    /// Whether any group fails fast.
    pub(crate) fn has_fail_fast(&self) -> bool {
        !self.fail_fast.is_empty()
    }

    /// The groups around a node, at any depth, that fail fast.
    pub(crate) fn fail_fast_around(&self, node: NodeId) -> &[u32] {
        self.fail_fast.get(&node).map_or(&[], |groups| groups)
    }

    /// Whether a task is bound to an output that comes over a loop edge, so that no order of edges says whether that
    /// is there before it.
    #[inline]
    pub(crate) fn is_bound_over_a_loop(&self, task: NodeId) -> bool {
        !self.bound_over_loops.is_empty() && self.bound_over_loops.contains_key(&task)
    }

    pub(crate) fn lanes(&self) -> &lanes::Lanes {
        &self.lanes
    }

    pub(crate) fn pending_counts(&self) -> &[u32] {
        &self.pending
    }

    /// The nodes that are ready when a run starts, in the order of composition.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> {
        (0_u32..)
            .zip(&self.pending)
            .filter(|&(node, &pending)| pending == 0 && self.includes(node))
            .filter(|&(node, _)| self.start.is_none_or(|start| start == node))
            .map(|(node, _)| node)
    }

    /// Whether a node can run under this plan.
    pub fn includes(&self, node: NodeId) -> bool {
        self.included.as_ref().is_none_or(|included| included[node as usize])
    }

    /// Whether a failure of the node is for a group to judge.
    #[inline]
    pub fn is_grouped(&self, node: NodeId) -> bool {
        self.grouped[node as usize]
    }

    /// What fills those parameters of a task that have no value of their own.
    #[inline]
    pub fn fills(&self, node: NodeId) -> &[Fill] {
        self.fills.of(node)
    }

    /// A node and all that edges that count lead to from it.
    pub(crate) fn forward(&self, from: NodeId) -> FixedBitSet {
        let mut reached = FixedBitSet::with_capacity(self.len());
        reached.insert(from as usize);
        let mut pending = vec![from];
        while let Some(node) = pending.pop() {
            for edge in self.edges.numbers(node).filter(|&edge| !self.loops.contains(edge)) {
                let next = self.edges.target(edge);
                if !reached.put(next as usize) {
                    pending.push(next);
                }
            }
        }
        reached
    }

    /// The nodes that nothing follows, in the order of composition: the last one that succeeds gives
    /// the run its value (rule R-4).
    pub fn sinks(&self) -> Vec<NodeId> {
        order::composition(self).filter(|&node| self.includes(node) && self.is_sink(node)).collect()
    }

    fn is_sink(&self, node: NodeId) -> bool {
        self.edges.numbers(node).all(|edge| self.loops.contains(edge)) && !matches!(self.kind(node), Kind::Entry(_))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("name", &self.name).field("nodes", &self.len()).finish_non_exhaustive()
    }
}
