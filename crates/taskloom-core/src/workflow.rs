mod groups;
mod join;
mod part;
mod tasks;

use std::{fmt, sync::Arc};

use hashbrown::HashTable;

pub(crate) use groups::{Branch, GroupRecord, Member};
pub(crate) use tasks::Tasks;

use crate::{BuildError, BuildErrorKind, Definition, Fragment, Instance, Place, hash::Map};

/// One end of an edge: a task or a group, by its number in the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Task(u32),
    Group(u32),
}

/// Where an edge into a fragment ends and where one out of it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) first: End,
    pub(crate) last: End,
    /// The number of further ends where edges into the fragment end, in [`Workflow::further`].
    pub(crate) further: Option<u32>,
}

impl Ends {
    pub(crate) fn both(end: End) -> Self {
        Self { first: end, last: end, further: None }
    }
}

/// A set of instances and the edges between them, filled by joining fragments to it.
///
/// Joining the same fragment, instance or edge again adds nothing. What is made of it is a
/// [`crate::Plan`], which later changes to the workflow do not touch.
#[derive(Clone, Default)]
pub struct Workflow {
    name: String,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) edges: Vec<(End, End)>,
    pub(crate) groups: Vec<GroupRecord>,
    /// Composites that somebody else still holds and may join again, by address; the fragment in the
    /// entry keeps the address taken.
    joined: Map<usize, (Fragment, Ends)>,
    /// What the workflows that are parts of this one consist of here, by address; `joined` keeps it taken.
    parts: Map<usize, Box<[End]>>,
    /// Where parts begin that begin with several tasks, each without the first of them.
    further: Vec<Box<[End]>>,
    /// What was made in the workflow's block, for when nothing is composed (rule C-6).
    made: Vec<Instance>,
    made_ids: HashTable<u32>,
    templates: Vec<Arc<Definition>>,
}

impl Workflow {
    /// An empty workflow.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many tasks have joined.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task has joined.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where else a fragment begins.
    pub(crate) fn further(&self, ends: Ends) -> &[End] {
        ends.further.map_or(&[], |number| &self.further[number as usize])
    }

    /// Notes an instance made in the workflow's block; two with one given id are an error there
    /// (rule I-5).
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind::DuplicateTask`].
    pub fn note_instance(&mut self, instance: &Instance, replaces: Option<&Instance>) -> Result<(), BuildError> {
        let number = u32::try_from(self.made.len()).map_err(|_| too_large())?;
        if instance.has_given_id() {
            let id = instance.id();
            let hash = crate::hash::text(id);
            if let Some(index) = self.tasks.find(id) {
                let first = self.tasks.get(index);
                if !replaces.is_some_and(|old| old.same(first)) {
                    return Err(duplicate(id, first.place(), instance.place()));
                }
            }
            let made = &mut self.made;
            match self.made_ids.find(hash, |&i| made[i as usize].id() == id) {
                Some(&i) => {
                    let first = &mut made[i as usize];
                    if !replaces.is_some_and(|old| old.same(first)) {
                        return Err(duplicate(id, first.place(), instance.place()));
                    }
                    *first = instance.clone();
                    return Ok(());
                }
                None => {
                    self.made_ids.insert_unique(hash, number, |&i| crate::hash::text(made[i as usize].id()));
                }
            }
        }
        self.made.push(instance.clone());
        Ok(())
    }

    /// Notes a definition made in the workflow's block.
    pub fn note_definition(&mut self, definition: &Arc<Definition>) {
        self.templates.push(definition.clone());
    }

    /// Ends the block: no more is made in it.
    pub fn end_block(&mut self) {
        self.made_ids = HashTable::new();
        if !self.is_empty() {
            // What was made and not composed can still be asked for by its id (rule C-6).
            self.made.retain(|instance| instance.has_given_id() && !instance.has_joined());
            self.made.shrink_to_fit();
        }
    }

    /// What was made in the workflow's block and not composed: instances with an id, and what definitions stand for.
    pub(crate) fn templates(&self) -> Vec<Instance> {
        let made = self.made.iter().filter(|instance| instance.has_given_id()).cloned();
        made.chain(self.templates.iter().cloned().map(Instance::alone)).collect()
    }

    /// What runs: the workflow itself, or, if nothing was composed, the instances made in its block,
    /// or the single definition made there (rule C-6).
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind::NothingToRun`].
    pub fn settled(&self) -> Result<std::borrow::Cow<'_, Self>, BuildError> {
        if !self.is_empty() {
            return Ok(std::borrow::Cow::Borrowed(self));
        }
        let mut settled = Self::new(self.name.clone());
        for instance in &self.made {
            settled.join(&instance.into())?;
        }
        if settled.is_empty() {
            match &*self.templates {
                [definition] => {
                    settled.join(&Instance::alone(definition.clone()).into())?;
                }
                [] => {
                    let message = format!("workflow `{}` has no tasks", self.name);
                    return Err(BuildError::new(BuildErrorKind::NothingToRun, message)
                        .hint("compose instances in its `with` block, or give them to `add()`"));
                }
                several => {
                    let ids: Vec<String> = several.iter().take(5).map(|d| format!("`{}`", d.id())).collect();
                    let message = format!(
                        "workflow `{}` composes nothing and has {} definitions ({}): which of them runs?",
                        self.name,
                        several.len(),
                        ids.join(", "),
                    );
                    return Err(BuildError::new(BuildErrorKind::NothingToRun, message)
                        .hint("compose them with `>>` or `|`, or give one to `add()`"));
                }
            }
        }
        Ok(std::borrow::Cow::Owned(settled))
    }
}

impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflow").field("name", &self.name).field("tasks", &self.len()).finish_non_exhaustive()
    }
}

/// Two different instances want one id.
pub(crate) fn duplicate(id: &str, first: &Place, again: &Place) -> BuildError {
    let message = format!("`{id}` already exists: first made at {first}, again at {again}");
    BuildError::new(BuildErrorKind::DuplicateTask, message)
        .task(id)
        .hint("give each instance its own `task_id`, or leave it out and the instance names itself")
}

/// The error of composing two instances, if they are different ones with one given id (rule I-5). An automatic
/// id that is taken is lengthened when its instance joins a workflow.
pub fn conflict(first: &Instance, again: &Instance) -> Option<BuildError> {
    let (id, other) = (first.given_id()?, again.given_id()?);
    (id == other && !first.same(again)).then(|| duplicate(id, first.place(), again.place()))
}

pub(crate) fn too_large() -> BuildError {
    BuildError::new(BuildErrorKind::NotImplemented, "a workflow holds at most 1,000,000,000 tasks")
}
