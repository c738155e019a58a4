use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use taskloom_core::{NodeId, channel::Published};

use super::{
    super::{naming::FIRST_ELEMENT, text},
    Kept, Numbers, Terms,
    adds::Adds,
    record::{self, Record},
    settle::Keeping,
};
use crate::{
    engine::durable::{Asked, BoxError, Entry, Goal, Happened, NewArgument},
    store,
};

/// The entries of the nodes that are kept, as of a run that has never had others.
pub(super) fn rewrite(record: Record, keeping: &Keeping, terms: &Terms) -> Result<Kept, BoxError> {
    let numbers = Rewriting { numbers: numbers(&record, keeping, terms) };
    let mut adds = Adds::default();
    let (mut entries, mut last, mut nodes) = (Vec::new(), Duration::ZERO, HashSet::new());
    let kept: Vec<bool> = record
        .entries
        .iter()
        .map(|entry| record::node(&entry.what).is_some_and(|node| keeping.keeps(&record, node)))
        .collect();
    for (mut entry, is_kept) in record.entries.into_iter().zip(kept) {
        if let Some(changes) = changes(&mut entry.what) {
            adds.follow(changes, is_kept);
        }
        if is_kept {
            last = last.max(entry.at);
            nodes.extend(record::node(&entry.what));
            entries.push(numbers.entry(entry)?);
        }
    }
    Ok(Kept { entries, last, numbers: Numbers(numbers.numbers), nodes })
}

fn changes(what: &mut Happened) -> Option<&mut Vec<Published>> {
    match what {
        Happened::Succeeded { changes, .. }
        | Happened::Published { changes, .. }
        | Happened::Remembered { changes, .. } => Some(changes),
        _ => None,
    }
}

/// The numbers that nodes have from now on. What is added, and elements, are numbered in the order in which they come.
fn numbers(record: &Record, keeping: &Keeping, terms: &Terms) -> HashMap<NodeId, NodeId> {
    let planned = (0_u32..).zip(&terms.planned).filter_map(|(node, new)| Some((node, (*new)?)));
    let added = (record.len..).zip(&record.added).filter(|(_, added)| keeping.keeps(record, added.by));
    let mut numbers: HashMap<NodeId, NodeId> = planned.chain(added.map(|(node, _)| node).zip(terms.len..)).collect();
    let mut next = FIRST_ELEMENT;
    for expansion in record.expansions.iter().filter(|expansion| keeping.keeps(record, expansion.map)) {
        numbers.extend((0..expansion.count).map(|index| (expansion.first + index, next + index)));
        next += expansion.count;
    }
    numbers
}

struct Rewriting {
    numbers: HashMap<NodeId, NodeId>,
}

impl Rewriting {
    fn number(&self, node: NodeId) -> Result<NodeId, BoxError> {
        self.numbers
            .get(&node)
            .copied()
            .ok_or_else(|| format!("node {node} is not kept, and something rests on it").into())
    }

    fn entry(&self, mut entry: Entry) -> Result<store::Entry, BoxError> {
        match &mut entry.what {
            Happened::Succeeded { node, asked, changes, .. } => {
                *node = self.number(*node)?;
                self.asked(asked)?;
                self.changes(changes)?;
            }
            Happened::Published { node, changes } | Happened::Remembered { node, changes, .. } => {
                *node = self.number(*node)?;
                self.changes(changes)?;
            }
            Happened::Started(node)
            | Happened::Expanded { node, .. }
            | Happened::Failed { node, .. }
            | Happened::Due(node)
            | Happened::Dropped(node)
            | Happened::Judged { exit: node, .. }
            | Happened::Slept { node, .. }
            | Happened::Questioned { node, .. }
            | Happened::Suspended { node, .. }
            | Happened::Continued(node) => *node = self.number(*node)?,
            Happened::Cancelled { .. }
            | Happened::Rested { .. }
            | Happened::Resumed
            | Happened::Reopened
            | Happened::Finished { .. } => {}
        }
        // The question has its row, or the task has ended without an answer.
        Ok(store::Entry { asks: None, ..text::write(&entry)? })
    }

    fn asked(&self, asked: &mut Asked) -> Result<(), BoxError> {
        let (Asked::Jump(goals) | Asked::Add(goals)) = asked else { return Ok(()) };
        for goal in goals {
            match goal {
                Goal::Known(node) => *node = self.number(*node)?,
                Goal::New(task) => {
                    for (_, argument) in &mut task.arguments {
                        match argument {
                            NewArgument::Value(_) => {}
                            NewArgument::Output(node) => *node = self.number(*node)?,
                            NewArgument::Outputs(nodes) => {
                                for node in nodes {
                                    *node = self.number(*node)?;
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn changes(&self, changes: &mut [Published]) -> Result<(), BoxError> {
        for change in changes {
            if let Published::Added { attempt, .. } = change {
                attempt.node = self.number(attempt.node)?;
            }
        }
        Ok(())
    }
}
