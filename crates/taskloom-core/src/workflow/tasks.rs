use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::{End, duplicate, too_large};
use crate::{BuildError, Fragment, Instance, hash, hash::Map, task_id};

/// The instances of a workflow, numbered in the order in which they joined, and found by id.
///
/// The table holds numbers; ids stay where they are, in their instances.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    list: Vec<Instance>,
    by_id: HashTable<u32>,
    /// Instances that go by another id here than elsewhere, since theirs was taken.
    renamed: Map<u32, Box<str>>,
    /// The numbers of those instances, by address; the list keeps the address taken.
    renamed_numbers: Map<usize, u32>,
    /// How many instances with an automatic id and this digest have joined, and how many with a fixed one
    /// that was taken, by its hash.
    occurrences: Map<u64, u64>,
    parts: Option<Box<Parts>>,
}

/// What is known of the tasks that came from workflows that are parts of this one (rule C-11).
#[derive(Clone, Default)]
struct Parts {
    /// What an instance or a group became, by address; the fragment keeps the address taken.
    copies: Map<usize, (Fragment, SmallVec<[End; 1]>)>,
    /// What the ids of the workflows around a task begin with, the innermost first.
    scopes: Map<u32, Arc<[String]>>,
    /// Where a task's input, by its address, is a copy.
    inputs: Map<(u32, usize), End>,
}

impl Tasks {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn reserve(&mut self, tasks: usize) {
        self.list.reserve(tasks);
        let (list, renamed) = (&self.list, &self.renamed);
        self.by_id.reserve(tasks, |&number| hash::text(id_in(list, renamed, number)));
    }

    pub(crate) fn get(&self, number: u32) -> &Instance {
        &self.list[number as usize]
    }

    /// The id of a task in this workflow.
    pub(crate) fn id(&self, number: u32) -> &str {
        id_in(&self.list, &self.renamed, number)
    }

    /// The task with this id.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.by_id.find(hash::text(id), |&number| self.id(number) == id).copied()
    }

    /// The number of an instance that has joined.
    pub(crate) fn number(&self, instance: &Instance) -> Option<u32> {
        let number = self.find(instance.fixed_id()?)?;
        if self.list[number as usize].same(instance) {
            return Some(number);
        }
        // Its id is another instance's here, so it can only be among the renamed ones.
        self.renamed_numbers.get(&instance.address()).copied()
    }

    /// How many instances with an automatic id and this digest have joined.
    pub(crate) fn occurrences(&self, digest: u64) -> u64 {
        self.occurrences.get(&digest).copied().unwrap_or(0)
    }

    /// Adds an instance, unless it is there, and gives its number.
    pub(crate) fn join(&mut self, instance: &Instance) -> Result<u32, BuildError> {
        let Some(id) = instance.fixed_id() else { return self.join_unnamed(instance) };
        let hash = hash::text(id);
        let number = self.next_number()?;
        let (list, renamed) = (&self.list, &self.renamed);
        let id_of = |number: u32| id_in(list, renamed, number);
        match self.by_id.entry(hash, |&n| id_of(n) == id, |&n| hash::text(id_of(n))) {
            hashbrown::hash_table::Entry::Vacant(entry) => {
                instance.validate_id()?;
                entry.insert(number);
                instance.joins();
                self.list.push(instance.clone());
                Ok(number)
            }
            hashbrown::hash_table::Entry::Occupied(entry) => {
                let holder = *entry.get();
                if self.list[holder as usize].same(instance) {
                    return Ok(holder);
                }
                if instance.has_given_id() {
                    return Err(duplicate(id, self.list[holder as usize].place(), instance.place()));
                }
                if let Some(number) = self.number(instance) {
                    return Ok(number);
                }
                let occurrence = self.occurrences.entry(hash).or_insert(0);
                *occurrence += 1;
                let free = task_id::lengthening(id, *occurrence).find(|id| self.find(id).is_none());
                let free = free.expect("there are more lengths than tasks");
                self.renamed.insert(number, free.into_boxed_str());
                self.renamed_numbers.insert(instance.address(), number);
                self.push(instance, number);
                Ok(number)
            }
        }
    }

    /// Notes what an instance or a group became in the copy of its workflow.
    pub(super) fn note_copy(&mut self, address: usize, original: Fragment, copy: End) {
        let (_, copies) =
            self.parts.get_or_insert_default().copies.entry(address).or_insert_with(|| (original, SmallVec::new()));
        copies.push(copy);
    }

    /// What an instance or a group became in copies of its workflow.
    pub(crate) fn copies(&self, address: usize) -> &[End] {
        self.parts.as_ref().and_then(|parts| parts.copies.get(&address)).map_or(&[], |(_, copies)| copies)
    }

    /// All of these, each with what it became.
    pub(super) fn all_copies(&self) -> Vec<(usize, Fragment, SmallVec<[End; 1]>)> {
        let copies = self.parts.iter().flat_map(|parts| &parts.copies);
        let mut copies: Vec<_> =
            copies.map(|(&address, (original, copies))| (address, original.clone(), copies.clone())).collect();
        copies.sort_unstable_by_key(|(address, ..)| *address);
        copies
    }

    /// What the ids of the workflows around a task begin with, the innermost first.
    pub(crate) fn scopes(&self, number: u32) -> &[String] {
        self.parts.as_ref().and_then(|parts| parts.scopes.get(&number)).map_or(&[], |scopes| scopes)
    }

    pub(super) fn set_scopes(&mut self, number: u32, scopes: Arc<[String]>) {
        self.parts.get_or_insert_default().scopes.insert(number, scopes);
    }

    /// Notes that a task takes the output of a copy.
    pub(super) fn note_input(&mut self, taker: u32, address: usize, copy: End) {
        self.parts.get_or_insert_default().inputs.insert((taker, address), copy);
    }

    /// The copy that an input of a task is, if it is one.
    pub(super) fn copied_input(&self, taker: u32, address: usize) -> Option<End> {
        self.parts.as_ref()?.inputs.get(&(taker, address)).copied()
    }

    /// The number of an instance whose output a task takes.
    pub(crate) fn input(&self, taker: u32, instance: &Instance) -> Option<u32> {
        match self.copied_input(taker, instance.address()) {
            Some(End::Task(number)) => Some(number),
            _ => self.number(instance),
        }
    }

    fn join_unnamed(&mut self, instance: &Instance) -> Result<u32, BuildError> {
        let number = self.next_number()?;
        let digest = instance.digest();
        let occurrence = self.occurrences.entry(digest).or_insert(0);
        *occurrence += 1;
        let definition = instance.definition().id();
        // A map is named after its definition, as its elements are after the map.
        let alone = instance.options().map.as_ref().map(|_| definition.to_owned());
        let mut ids = alone.into_iter().chain(task_id::joining(definition, digest, *occurrence));
        let free = ids.find(|id| self.find(id).is_none()).expect("there are more lengths than tasks");
        let fixed = instance.fix_id(free);
        if self.find(fixed).is_some() {
            // Another thread read the id in between, and fixed it to one that is taken here.
            return self.join(instance);
        }
        self.push(instance, number);
        Ok(number)
    }

    fn push(&mut self, instance: &Instance, number: u32) {
        instance.joins();
        self.list.push(instance.clone());
        let hash = hash::text(self.id(number));
        let (list, renamed) = (&self.list, &self.renamed);
        self.by_id.insert_unique(hash, number, |&n| hash::text(id_in(list, renamed, n)));
    }

    // Two node numbers for each group have to fit beside the tasks.
    fn next_number(&self) -> Result<u32, BuildError> {
        match u32::try_from(self.list.len()) {
            Ok(number) if number < 1_000_000_000 => Ok(number),
            _ => Err(too_large()),
        }
    }
}

/// The id that a task goes by, given the parts of [`Tasks`] that say so: the table changes meanwhile.
fn id_in<'a>(list: &'a [Instance], renamed: &'a Map<u32, Box<str>>, number: u32) -> &'a str {
    match renamed.get(&number) {
        Some(id) => id,
        None => list[number as usize].id(),
    }
}
