mod expansion;
mod fills;

use std::{fmt, sync::Arc};

pub use expansion::{Expansion, MapResults};
use parking_lot::RwLock;

use crate::{
    Backend, BuildError, Fill, Group, Instance, Kind, Mapping, NodeId, Plan, TaskKind,
    hash::Map,
    task_id,
    workflow::{duplicate, too_large},
};

/// A plan and what one run has added to it (rule R-11): the plan itself stays as it is, for all its runs.
///
/// Nodes of the plan keep their numbers; what is added is numbered from [`Plan::len`] on, in the order in which
/// it is; elements of maps have numbers of their own. Nothing is ever taken out, so whoever has seen a number can look it up, from any thread.
pub struct RunPlan {
    plan: Arc<Plan>,
    added: boxcar::Vec<Added>,
    names: RwLock<Names>,
    /// Maps that were taken apart, each with the number of its first element.
    expansions: boxcar::Vec<(NodeId, Arc<Expansion>)>,
}

/// The number of the first element of the first map. Tasks and groups have no such numbers: see [`too_large`].
pub(crate) const FIRST_ELEMENT: NodeId = 1 << 31;

/// A task that a run has beside those of its plan.
struct Added {
    task: Instance,
    id: Box<str>,
    by: NodeId,
    /// The task of the plan from which the chain of additions began.
    root: NodeId,
    lane: u32,
    fills: Box<[Fill]>,
}

/// Where the added tasks are, by what they may be asked for with.
#[derive(Default)]
struct Names {
    by_id: Map<Box<str>, NodeId>,
    /// The vector keeps the address taken.
    by_address: Map<usize, NodeId>,
    /// How many instances with an automatic id and this digest were added.
    occurrences: Map<u64, u64>,
}

/// A task that is to be added, with what is found out about it before: nothing of that needs a lock.
pub struct Addition {
    task: Instance,
    digest: u64,
    by: NodeId,
    fills: Box<[Fill]>,
}

impl Addition {
    /// The task.
    pub fn task(&self) -> &Instance {
        &self.task
    }

    /// The task that adds it.
    pub fn by(&self) -> NodeId {
        self.by
    }
}

impl RunPlan {
    /// A run of `plan`, to which nothing was added.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, added: boxcar::Vec::new(), names: RwLock::default(), expansions: boxcar::Vec::new() }
    }

    /// What all runs share.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The workflow's name.
    pub fn name(&self) -> &str {
        self.plan.name()
    }

    /// What a node is.
    #[inline]
    pub fn kind(&self, node: NodeId) -> Kind {
        if node as usize >= self.plan.len() { Kind::Task } else { self.plan.kind(node) }
    }

    /// Whether there is a node of this number.
    pub fn is_known(&self, node: NodeId) -> bool {
        let of_element = || {
            let last = self.expansions.count().checked_sub(1).map(|last| &self.expansions[last]);
            last.is_some_and(|(first, expansion)| node - first.min(&node) < expansion.count() || node < *first)
        };
        if self.is_element(node) { of_element() } else { (node as usize) < self.plan.len() + self.added.count() }
    }

    /// Whether a node is a task.
    #[inline]
    pub fn is_task(&self, node: NodeId) -> bool {
        self.plan.is_task(node) || node as usize >= self.plan.len()
    }

    /// Whether a node was added by another task.
    #[inline]
    pub fn is_added(&self, node: NodeId) -> bool {
        node as usize >= self.plan.len() && node < FIRST_ELEMENT
    }

    /// Whether a node is an element of a map.
    #[inline]
    pub fn is_element(&self, node: NodeId) -> bool {
        node >= FIRST_ELEMENT
    }

    /// The lane in which a task waits when it is ready.
    #[inline]
    pub(crate) fn lane(&self, node: NodeId) -> u32 {
        if self.plan.is_task(node) { self.plan.lanes().of(node) } else { self.lane_of_new(node) }
    }

    #[cold]
    fn lane_of_new(&self, node: NodeId) -> u32 {
        if self.is_element(node) { self.lane(self.element(node).0.map()) } else { self.record(node).lane }
    }

    /// Where a task is called: as [`Plan::backend`]. An added one is where the task is from which the chain of additions
    /// began, an element of a map where the map is.
    pub fn backend(&self, task: NodeId) -> Backend {
        self.plan.backend(self.root(task))
    }

    /// Whether a node is a task that runs once for each element of a list.
    #[inline]
    pub fn is_map(&self, node: NodeId) -> bool {
        !self.is_element(node) && self.is_task(node) && self.task(node).options().map.is_some()
    }

    /// Whether others may end when this task does: something around it fails fast.
    pub fn fails_fast(&self, task: NodeId) -> bool {
        let map = self.is_element(task).then(|| self.task(task).options().map.as_deref()).flatten();
        map.is_some_and(|map| map.fail_fast)
            || (self.plan.has_fail_fast() && !self.plan.fail_fast_around(self.root(task)).is_empty())
    }

    /// The map, taken apart, that a node is an element of, and which element it is.
    ///
    /// # Panics
    ///
    /// If it is none.
    pub fn element(&self, node: NodeId) -> (&Arc<Expansion>, u32) {
        let (mut low, mut high) = (0, self.expansions.count());
        // The last one that does not begin behind it.
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.expansions[middle].0 <= node { low = middle } else { high = middle }
        }
        let (first, expansion) = &self.expansions[low];
        (expansion, node - first)
    }

    /// Takes in a map that was taken apart, and gives the number of its first element. To be called in the order of
    /// the events that tell of it, by one thread at a time.
    pub fn expand(&self, expansion: Arc<Expansion>) -> NodeId {
        let last = self.expansions.count().checked_sub(1).map(|last| &self.expansions[last]);
        let first = last.map_or(FIRST_ELEMENT, |(first, before)| first + before.count());
        self.expansions.push((first, expansion));
        first
    }

    /// Whether so many further elements have numbers.
    pub fn has_room_for(&self, elements: u32) -> bool {
        let last = self.expansions.count().checked_sub(1).map(|last| &self.expansions[last]);
        let next = last.map_or(FIRST_ELEMENT, |(first, before)| first + before.count());
        next.checked_add(elements).is_some()
    }

    /// The instance behind a task node.
    ///
    /// # Panics
    ///
    /// If the node is no task.
    #[inline]
    pub fn task(&self, node: NodeId) -> &Instance {
        if self.plan.is_task(node) { self.plan.task(node) } else { self.new_task(node) }
    }

    #[cold]
    fn new_task(&self, node: NodeId) -> &Instance {
        if self.is_element(node) { self.task(self.element(node).0.map()) } else { &self.record(node).task }
    }

    /// The id of a task, or the name of a node's group.
    pub fn id(&self, node: NodeId) -> &str {
        if self.is_element(node) {
            let (expansion, index) = self.element(node);
            return expansion.id(index);
        }
        if self.is_added(node) { &self.record(node).id } else { self.plan.id(node) }
    }

    /// The task with this id, or the exit of the group with this name.
    pub fn find(&self, id: &str) -> Option<NodeId> {
        let found = self.plan.find(id).or_else(|| self.names.read().by_id.get(id).copied());
        found.or_else(|| if id.ends_with(']') { self.find_element(id) } else { None })
    }

    /// The element of this id, of the map that was last taken apart of those that have it.
    fn find_element(&self, id: &str) -> Option<NodeId> {
        (0..self.expansions.count()).rev().find_map(|number| {
            let (first, expansion) = &self.expansions[number];
            expansion.find(id).map(|index| first + index)
        })
    }

    /// The node that a task means with an id: as [`Plan::find_from`], then among what was added.
    pub fn find_from(&self, node: NodeId, id: &str) -> Option<NodeId> {
        self.plan.find_from(self.root(node), id).or_else(|| self.find(id))
    }

    /// The id of a node as another one knows it: as [`Plan::id_from`].
    pub(crate) fn id_from(&self, taker: NodeId, node: NodeId) -> &str {
        if node as usize >= self.plan.len() { self.id(node) } else { self.plan.id_from(self.root(taker), node) }
    }

    /// The ids of the tasks that an instance became as part of workflows that are parts of this one.
    pub fn copied_ids(&self, instance: &Instance) -> impl Iterator<Item = &str> {
        self.plan.copied_ids(instance)
    }

    /// The node of an instance, whatever its id is here.
    pub fn node_of(&self, instance: &Instance) -> Option<NodeId> {
        self.plan.node_of(instance).or_else(|| self.names.read().by_address.get(&instance.address()).copied())
    }

    /// All ids: those of the plan, then of what was added.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.plan.ids().chain(self.added.iter().map(|(_, added)| &*added.id))
    }

    /// The tasks that the run has, in the order of composition and addition.
    pub fn tasks(&self) -> impl Iterator<Item = NodeId> {
        let planned = (0_u32..).take(self.plan.task_count()).filter(|&node| self.plan.includes(node));
        planned.chain(self.added_nodes())
    }

    /// The nodes that nothing follows, in the order of composition and addition (rule R-4).
    pub fn sinks(&self) -> Vec<NodeId> {
        let mut sinks = self.plan.sinks();
        // A group follows what was added from inside of it.
        sinks.extend(self.added_nodes().filter(|&node| !self.plan.is_grouped(self.root(node))));
        sinks
    }

    /// How many places [`slot`](Self::slot) gives.
    pub fn slots(&self) -> usize {
        self.plan.task_count() + self.added.count()
    }

    /// The tasks that were added, in that order.
    pub fn added_nodes(&self) -> impl Iterator<Item = NodeId> {
        (0..self.added.count()).map(|index| self.number(index))
    }

    /// The groups, by the number in [`Kind`].
    pub fn groups(&self) -> &[Group] {
        self.plan.groups()
    }

    /// Whether a node can run in this run.
    pub fn includes(&self, node: NodeId) -> bool {
        node as usize >= self.plan.len() || self.plan.includes(node)
    }

    /// What fills those parameters of a task that have no value of their own.
    #[inline]
    pub fn fills(&self, node: NodeId) -> &[Fill] {
        if (node as usize) < self.plan.len() { self.plan.fills(node) } else { self.fills_of_new(node) }
    }

    #[cold]
    fn fills_of_new(&self, node: NodeId) -> &[Fill] {
        if self.is_element(node) { &[] } else { &self.record(node).fills }
    }

    /// The task that added this one, if one did.
    #[inline]
    pub fn added_by(&self, node: NodeId) -> Option<NodeId> {
        self.is_added(node).then(|| self.record(node).by)
    }

    /// The task of the plan from which the chain of additions that led to a node began; of another node itself.
    #[inline]
    pub(crate) fn root(&self, node: NodeId) -> NodeId {
        if (node as usize) < self.plan.len() { node } else { self.root_of_new(node) }
    }

    #[cold]
    fn root_of_new(&self, node: NodeId) -> NodeId {
        if self.is_element(node) { self.root(self.element(node).0.map()) } else { self.record(node).root }
    }

    /// A place for each task, for what is kept by task; behind all of them for a group's node and for an element.
    #[inline]
    pub fn slot(&self, node: NodeId) -> usize {
        let (node, tasks) = (node as usize, self.plan.task_count());
        match node.checked_sub(self.plan.len()) {
            Some(added) if node < FIRST_ELEMENT as usize => tasks + added,
            None if node < tasks => node,
            Some(_) | None => usize::MAX,
        }
    }

    /// Refuses an element of a map as a task to go on at: it runs when its map does.
    ///
    /// # Errors
    ///
    /// [`crate::BuildErrorKind::UnknownTask`].
    pub fn refuse_element(&self, node: NodeId) -> Result<(), BuildError> {
        if !self.is_element(node) {
            return Ok(());
        }
        let (id, map) = (self.id(node), self.id(self.element(node).0.map()));
        let message = format!("`{id}` is an element of a map, and no task can go on at it");
        Err(BuildError::new(crate::BuildErrorKind::UnknownTask, message)
            .task(id)
            .hint(format!("go on at the map, `{map}`, which runs all of its elements")))
    }

    /// Looks into a task that another one, `by`, wants to add to the run.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if its id is illegal or taken, or a parameter can never be filled.
    pub fn prepare(&self, task: &Instance, by: NodeId) -> Result<Addition, BuildError> {
        task.validate_id()?;
        Mapping::check(task)?;
        if let Some(id) = task.given_id() {
            self.refuse_taken(id, task)?;
        }
        let fills = fills::find(self, task, by)?;
        let digest = if task.fixed_id().is_some() { 0 } else { task.digest() };
        Ok(Addition { task: task.clone(), digest, by, fills })
    }

    /// Looks whether the ids of tasks that are to be added are still free.
    ///
    /// # Errors
    ///
    /// [`crate::BuildErrorKind::DuplicateTask`] if one was taken since it was prepared.
    pub fn check<'a>(&self, additions: impl Iterator<Item = &'a Addition>) -> Result<(), BuildError> {
        let mut count = self.added.count();
        for Addition { task, .. } in additions {
            count += 1;
            if count > 1_000_000_000 {
                return Err(too_large());
            }
            if let Some(id) = task.given_id() {
                self.refuse_taken(id, task)?;
            }
        }
        Ok(())
    }

    /// Adds a task, unless the run has it, and gives its node. To be called in the order of the events that ask for
    /// it, by one thread at a time, after [`check`](Self::check).
    pub fn add(&self, addition: Addition) -> NodeId {
        let Addition { task, digest, by, fills } = addition;
        if let Some(node) = self.node_of(&task) {
            return node;
        }
        let node = self.number(self.added.count());
        let id = self.name_of(&task, digest);
        let mut names = self.names.write();
        names.by_id.insert(id.clone(), node);
        names.by_address.insert(task.address(), node);
        drop(names);
        task.joins();
        let root = self.root(by);
        let lane = self.plan.lanes().like(root, TaskKind::of(&task, self.plan.backend(root)));
        self.added.push(Added { task, id, by, root, lane, fills });
        node
    }

    /// The id that a task goes by in this run.
    fn name_of(&self, task: &Instance, digest: u64) -> Box<str> {
        if let Some(id) = task.given_id() {
            return id.into();
        }
        let is_free = |id: &String| self.find(id).is_none();
        if task.fixed_id().is_none() {
            let occurrence = self.occurrence(digest) + self.plan.occurrences(digest);
            let definition = task.definition().id();
            let alone = task.options().map.as_ref().map(|_| definition.to_owned());
            let mut ids = alone.into_iter().chain(task_id::joining(definition, digest, occurrence));
            task.fix_id(ids.find(is_free).expect("there are more lengths than tasks"));
        }
        // Another thread may have fixed the id meanwhile, to one that is taken here.
        let fixed = task.id().to_owned();
        if is_free(&fixed) {
            return fixed.into();
        }
        let occurrence = self.occurrence(crate::hash::text(&fixed));
        let free = task_id::lengthening(&fixed, occurrence).find(is_free);
        free.expect("there are more lengths than tasks").into()
    }

    /// Counts one more of those that are alike.
    fn occurrence(&self, alike: u64) -> u64 {
        let mut names = self.names.write();
        let occurrence = names.occurrences.entry(alike).or_insert(0);
        *occurrence += 1;
        *occurrence
    }

    fn refuse_taken(&self, id: &str, task: &Instance) -> Result<(), BuildError> {
        match self.find(id) {
            Some(node) if !self.is_task(node) => {
                let message = format!("`{id}`, made at {}, has the name of a group of this run", task.place());
                Err(BuildError::new(crate::BuildErrorKind::DuplicateTask, message)
                    .task(id)
                    .hint("give the instance another `task_id`"))
            }
            Some(node) if !self.task(node).same(task) => Err(duplicate(id, self.task(node).place(), task.place())),
            _ => Ok(()),
        }
    }

    fn number(&self, index: usize) -> NodeId {
        NodeId::try_from(self.plan.len() + index).expect("a run holds fewer tasks than numbers")
    }

    fn record(&self, node: NodeId) -> &Added {
        self.added.get(node as usize - self.plan.len()).expect("a node that the run has")
    }
}

impl fmt::Debug for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunPlan").field("plan", &self.plan).field("added", &self.added.count()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Addition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addition").field("task", &self.task).field("by", &self.by).finish_non_exhaustive()
    }
}
