use std::collections::{HashMap, HashSet};

use taskloom_core::{NodeId, Outline};

use super::super::{naming::FIRST_ELEMENT, text};
use crate::{
    engine::durable::{Asked, BoxError, Entry, Goal, Happened, NewArgument},
    store,
};

/// The entries of a run that are about its tasks, and what they say.
pub(super) struct Record {
    pub(super) entries: Vec<Entry>,
    /// How many nodes its plan has.
    pub(super) len: NodeId,
    tasks: HashMap<NodeId, Task>,
    /// The tasks that were added, from `len` on.
    pub(super) added: Vec<Added>,
    /// The maps that were taken apart, in this order.
    pub(super) expansions: Vec<Expansion>,
    /// Who has jumped where, at any time.
    pub(super) jumps: Vec<(NodeId, NodeId)>,
    /// What the policies of groups have said, by the groups' exits.
    pub(super) judged: HashMap<NodeId, bool>,
}

#[derive(Default)]
pub(super) struct Task {
    /// Whether its last execution has succeeded.
    pub(super) succeeded: bool,
    /// Whether that ended the run.
    pub(super) ends_run: bool,
    /// Where that jumped to, if it did.
    pub(super) jumped: Option<Vec<NodeId>>,
    /// Which tasks of the run it has ever named.
    pub(super) names: Vec<NodeId>,
}

pub(super) struct Added {
    pub(super) by: NodeId,
    pub(super) takes: Vec<NodeId>,
}

pub(super) struct Expansion {
    pub(super) map: NodeId,
    pub(super) first: NodeId,
    pub(super) count: u32,
}

impl Record {
    pub(super) fn read(outline: &Outline, entries: Vec<store::Entry>) -> Result<Self, BoxError> {
        let len = u32::try_from(outline.names().len()).unwrap_or(u32::MAX);
        let mut this = Self {
            entries: Vec::new(),
            len,
            tasks: HashMap::new(),
            added: Vec::new(),
            expansions: Vec::new(),
            jumps: Vec::new(),
            judged: HashMap::new(),
        };
        let entries = entries.into_iter().map(text::read).collect::<Result<Vec<_>, _>>()?;
        for entry in what_counts(entries) {
            this.take(&entry.what);
            this.entries.push(entry);
        }
        Ok(this)
    }

    pub(super) fn task(&self, node: NodeId) -> Option<&Task> {
        self.tasks.get(&node)
    }

    /// The map that a node is an element of.
    pub(super) fn map_of(&self, node: NodeId) -> Option<NodeId> {
        if node < FIRST_ELEMENT {
            return None;
        }
        let after = self.expansions.partition_point(|expansion| expansion.first <= node);
        Some(self.expansions.get(after.checked_sub(1)?)?.map)
    }

    fn take(&mut self, what: &Happened) {
        match what {
            Happened::Started(node) => self.tasks.entry(*node).or_default().succeeded = false,
            Happened::Succeeded { node, asked, .. } => {
                let goals: &[Goal] = match asked {
                    Asked::Jump(goals) | Asked::Add(goals) => goals,
                    _ => &[],
                };
                let goals: Vec<NodeId> = goals.iter().map(|goal| self.goal(*node, goal)).collect();
                let jumps = matches!(asked, Asked::Jump(_));
                if jumps {
                    self.jumps.extend(goals.iter().map(|&to| (*node, to)));
                }
                let task = self.tasks.entry(*node).or_default();
                task.names.extend(&goals);
                task.jumped = jumps.then_some(goals);
                task.succeeded = !matches!(asked, Asked::Iterate(_));
                task.ends_run = matches!(asked, Asked::Cancel(_) | Asked::Terminate(_));
            }
            Happened::Expanded { node, ids } => {
                let last = self.expansions.last();
                let first = last.map_or(FIRST_ELEMENT, |last| last.first + last.count);
                let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                self.expansions.push(Expansion { map: *node, first, count });
                // So far as its elements have.
                self.tasks.entry(*node).or_default().succeeded = true;
            }
            Happened::Judged { exit, passed, .. } => {
                self.judged.insert(*exit, *passed);
            }
            _ => {}
        }
    }

    /// The number of a target; one that is new has one from here on.
    fn goal(&mut self, by: NodeId, goal: &Goal) -> NodeId {
        match goal {
            Goal::Known(node) => *node,
            Goal::New(task) => {
                let takes = task.arguments.iter().flat_map(|(_, argument)| match argument {
                    NewArgument::Value(_) => Vec::new(),
                    NewArgument::Output(node) => vec![*node],
                    NewArgument::Outputs(nodes) => nodes.clone(),
                });
                self.added.push(Added { by, takes: takes.collect() });
                self.len + u32::try_from(self.added.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }
}

/// The entries that are about tasks, without what has not happened to a run that was cancelled from outside and goes on
/// all the same.
fn what_counts(entries: Vec<Entry>) -> Vec<Entry> {
    let mut counts = Vec::with_capacity(entries.len());
    // Where what was dropped goes on later: only an entry of that says so.
    let reopened: Vec<usize> =
        (0..).zip(&entries).filter(|(_, entry)| matches!(entry.what, Happened::Reopened)).map(|(at, _)| at).collect();
    let mut since: Option<HashSet<NodeId>> = None;
    for (at, entry) in (0_usize..).zip(entries) {
        match (&entry.what, &mut since) {
            (Happened::Reopened, _) => since = None,
            (Happened::Cancelled { .. }, _) => {
                since.get_or_insert_default();
            }
            (Happened::Dropped(_), _) => {
                if reopened.iter().any(|&later| later > at) {
                    since.get_or_insert_default();
                }
            }
            (Happened::Rested { .. } | Happened::Finished { .. } | Happened::Resumed, _)
            | (Happened::Failed { .. }, Some(_)) => {}
            (Happened::Started(node), Some(forgotten)) => {
                forgotten.insert(*node);
            }
            (Happened::Published { .. }, _) | (_, None) => counts.push(entry),
            (what, Some(forgotten)) => {
                if node(what).is_some_and(|node| !forgotten.contains(&node)) {
                    counts.push(entry);
                }
            }
        }
    }
    counts
}

/// The node that something has happened to.
pub(super) fn node(what: &Happened) -> Option<NodeId> {
    match what {
        Happened::Started(node)
        | Happened::Succeeded { node, .. }
        | Happened::Expanded { node, .. }
        | Happened::Failed { node, .. }
        | Happened::Due(node)
        | Happened::Dropped(node)
        | Happened::Judged { exit: node, .. }
        | Happened::Published { node, .. }
        | Happened::Remembered { node, .. }
        | Happened::Slept { node, .. }
        | Happened::Questioned { node, .. }
        | Happened::Suspended { node, .. }
        | Happened::Continued(node) => Some(*node),
        Happened::Cancelled { .. }
        | Happened::Rested { .. }
        | Happened::Resumed
        | Happened::Reopened
        | Happened::Finished { .. } => None,
    }
}
