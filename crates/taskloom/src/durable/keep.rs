//! What holds of a run that is to be run again from some task on, or goes on with another workflow.
//!
//! A task is kept with all that is recorded of it if it has succeeded and everything before it is kept too. So what is
//! kept never rests on what is not, and the entries of kept tasks alone, in their order, are a record of the same
//! workflow. What cannot be told apart so runs again: tasks on a cycle of edges, those that another one that runs again
//! has jumped to, tasks that were added by one that runs again, maps of which an element has not succeeded, and
//! whatever comes after any of these.
//!
//! | file | what it does |
//! |---|---|
//! | `record` | the entries of a run, and what they say of each task |
//! | `settle` | which tasks are kept |
//! | `rewrite` | their entries, with the numbers that they have from now on |
//! | `adds` | what a number of the channel is without the adds of tasks that are not kept |

mod adds;
mod record;
mod rewrite;
mod settle;

use std::{collections::HashSet, time::Duration};

use taskloom_core::{NodeId, Outline};

use self::{record::Record, settle::Settling};
use crate::{engine::durable::BoxError, store};

/// What is kept of a run.
pub(super) struct Kept {
    pub(super) entries: Vec<store::Entry>,
    /// When the last of them was made, since the run began.
    pub(super) last: Duration,
    /// Nodes as they were, and the numbers that those have that are kept.
    pub(super) numbers: Numbers,
    nodes: HashSet<NodeId>,
}

impl Kept {
    /// Whether a task, by the number that it had, is kept.
    pub(super) fn keeps(&self, node: NodeId) -> bool {
        self.nodes.contains(&node)
    }
}

/// The numbers of kept nodes: before, and from now on.
pub(super) struct Numbers(std::collections::HashMap<NodeId, NodeId>);

impl Numbers {
    pub(super) fn of(&self, node: NodeId) -> Option<NodeId> {
        self.0.get(&node).copied()
    }
}

/// Which tasks of a plan may be kept at all.
pub(super) struct Terms {
    /// Where the run started, if not at the roots.
    pub(super) start: Option<NodeId>,
    /// Those that run again whatever is recorded of them.
    pub(super) again: HashSet<NodeId>,
    /// The numbers that nodes of the plan have from now on.
    pub(super) planned: Vec<Option<NodeId>>,
    /// How many nodes the plan has from now on.
    pub(super) len: NodeId,
}

impl Terms {
    /// The plan stays as it is.
    pub(super) fn same(outline: &Outline) -> Self {
        let len = u32::try_from(outline.names().len()).unwrap_or(u32::MAX);
        Self { start: None, again: HashSet::new(), planned: (0..len).map(Some).collect(), len }
    }

    /// Another plan comes in the place of this one: a task or group stays if its own line and those before it do.
    pub(super) fn adapted(before: &Outline, now: &Outline) -> Self {
        let (names, new_names) = (before.names(), now.names());
        let numbers = nodes(&new_names);
        let planned: Vec<Option<NodeId>> =
            occurrences(&names).map(|(name, occurrence)| numbers.get(&(name, occurrence)).copied()).collect();
        let (sources, new_sources) = (settle::sources(before, None), settle::sources(now, None));
        let mut again = HashSet::new();
        for (node, name) in (0_u32..).zip(&names) {
            let stays = planned[node as usize].is_some_and(|new| {
                let mut from: Vec<Option<NodeId>> =
                    sources[node as usize].iter().map(|&from| planned[from as usize]).collect();
                let mut new_from: Vec<Option<NodeId>> = new_sources[new as usize].iter().copied().map(Some).collect();
                from.sort_unstable();
                new_from.sort_unstable();
                before.line(name) == now.line(name) && from == new_from
            });
            if !stays {
                again.insert(node);
            }
        }
        let len = u32::try_from(new_names.len()).unwrap_or(u32::MAX);
        Self { start: None, again, planned, len }
    }
}

/// What is kept of a run with this plan and these entries.
pub(super) fn keep(outline: &Outline, entries: Vec<store::Entry>, terms: &Terms) -> Result<Kept, BoxError> {
    let record = Record::read(outline, entries)?;
    let settled = Settling::new(outline, &record, terms).settle();
    rewrite::rewrite(record, &settled, terms)
}

/// Names with their numbers: a group's two nodes have one name.
fn nodes<'a>(names: &[&'a str]) -> std::collections::HashMap<(&'a str, bool), NodeId> {
    occurrences(names).zip(0..).collect()
}

/// Each name, and whether the one before it is the same.
fn occurrences<'a>(names: &[&'a str]) -> impl Iterator<Item = (&'a str, bool)> {
    let mut before = None;
    names.iter().map(move |&name| {
        let is_second = before == Some(name);
        before = if is_second { None } else { Some(name) };
        (name, is_second)
    })
}
