//! What the entries of a run say, without its program.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime},
};

use taskloom_core::{NodeId, Outline, State};

use super::{
    maps::Tolerance,
    naming::{FIRST_ELEMENT, Naming},
    text,
};
use crate::{
    engine::durable::{Asked, Happened},
    store::{self, StoredEvent, StoredTask},
};

/// Follows a run entry by entry.
pub(super) struct Fold {
    begun: SystemTime,
    pub(super) naming: Naming,
    /// Those of which something is recorded.
    known: BTreeMap<NodeId, Known>,
    maps: HashMap<NodeId, Map>,
    /// What the task said that ended the run.
    pub(super) message: Option<String>,
    /// What those nodes were that have changed since the run was cancelled, or something was dropped: it may be reopened.
    before: Option<HashMap<NodeId, Known>>,
}

#[derive(Clone, Default)]
struct Known {
    state: Option<State>,
    next: Next,
    iterations: u32,
    attempts: u32,
    started: Option<Duration>,
    ended: Option<Duration>,
    error: Option<String>,
    json: Option<String>,
}

/// What the next start of a node is.
#[derive(Clone, Copy, Default)]
enum Next {
    #[default]
    Execution,
    Attempt,
    /// The same attempt, which has waited.
    Same,
}

/// A map that was taken apart.
struct Map {
    open: u32,
    succeeded: u32,
    failed: u32,
}

impl Fold {
    pub(super) fn new(outline: &Outline, begun: SystemTime) -> Self {
        Self {
            begun,
            naming: Naming::new(outline),
            known: BTreeMap::new(),
            maps: HashMap::new(),
            message: None,
            before: None,
        }
    }

    /// Takes an entry in, and gives it as users see it. One of an unknown kind is shown as it is.
    pub(super) fn take(&mut self, entry: store::Entry) -> StoredEvent {
        let (kind, node) = (entry.kind.clone(), entry.node);
        let at = Duration::from_micros(entry.at);
        let raw = entry.body.clone();
        let text = text::read(entry).map_or(raw, |entry| self.happened(entry.what, at));
        let known = node.and_then(|node| self.known.get(&node));
        StoredEvent {
            at: self.begun + at,
            kind,
            task: node.map(|node| self.naming.name(node)),
            iteration: known.map(|known| known.iterations),
            attempt: known.map(|known| known.attempts),
            text,
        }
    }

    fn happened(&mut self, what: Happened, at: Duration) -> String {
        match what {
            Happened::Started(node) => {
                self.note(node);
                let known = self.known.entry(node).or_default();
                match std::mem::take(&mut known.next) {
                    Next::Execution => (known.iterations, known.attempts) = (known.iterations + 1, 1),
                    Next::Attempt => known.attempts += 1,
                    Next::Same => {}
                }
                (known.state, known.started, known.ended) = (Some(State::Running), Some(at), None);
                String::new()
            }
            Happened::Succeeded { node, value, asked, changes: _ } => {
                let says = self.asked(&asked);
                let iterates = matches!(asked, Asked::Iterate(_));
                let state = if iterates { State::Ready } else { State::Succeeded };
                let known = self.ended(node, state, at);
                known.error = None;
                if let Some(value) = value {
                    known.json = Some(value.to_string());
                }
                let value = if iterates { String::new() } else { known.json.clone().unwrap_or_default() };
                [value, says].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
            }
            Happened::Expanded { node, ids } => {
                let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                self.maps.insert(node, Map { open: count, succeeded: 0, failed: 0 });
                if count == 0 {
                    self.ended(node, State::Succeeded, at);
                }
                // In a damaged journal an element may be taken apart, which no map is.
                if node < FIRST_ELEMENT {
                    self.naming.expanded(node, ids);
                }
                format!("{count} elements")
            }
            Happened::Failed { node, error, wait } => {
                let state = if wait.is_some() { State::BackingOff } else { State::Failed };
                let known = self.ended(node, state, at);
                known.error = Some(error.to_string());
                if wait.is_some() {
                    known.next = Next::Attempt;
                }
                error.to_string()
            }
            Happened::Due(node) | Happened::Continued(node) => {
                self.known.entry(node).or_default().state = Some(State::Ready);
                String::new()
            }
            Happened::Dropped(node) => {
                self.before.get_or_insert_default();
                self.note(node);
                self.ended(node, State::Cancelled, at);
                String::new()
            }
            Happened::Judged { exit, passed, error } => {
                self.ended(exit, if passed { State::Succeeded } else { State::Failed }, at);
                error.map_or_else(|| if passed { "passed" } else { "not passed" }.to_owned(), |error| error.to_string())
            }
            Happened::Cancelled { by_time } => {
                self.before.get_or_insert_default();
                if by_time { "its time was over".to_owned() } else { String::new() }
            }
            Happened::Published { node: _, changes } => {
                let mut keys: Vec<&str> = changes.iter().map(super::change::key).collect();
                keys.dedup();
                keys.join(", ")
            }
            Happened::Remembered { key, text, .. } => match text {
                Some(text) => format!("{}: {text}", shown(&key)),
                None => shown(&key).to_owned(),
            },
            Happened::Slept { key, .. } => shown(&key).to_owned(),
            Happened::Questioned { question, .. } => format!("{} ({})", question.prompt, question.id),
            Happened::Suspended { node, .. } => {
                let known = self.known.entry(node).or_default();
                (known.state, known.next) = (Some(State::Suspended), Next::Same);
                String::new()
            }
            Happened::Rested { .. } | Happened::Resumed => String::new(),
            Happened::Reopened => {
                self.reopened();
                String::new()
            }
            Happened::Finished { status } => status,
        }
    }

    /// Keeps what a node was before the run was cancelled.
    fn note(&mut self, node: NodeId) {
        if let Some(before) = &mut self.before {
            before.entry(node).or_insert_with(|| self.known.get(&node).cloned().unwrap_or_default());
        }
    }

    /// What was dropped goes on, and what has begun because the run was cancelled has not happened.
    fn reopened(&mut self) {
        self.known.extend(self.before.take().unwrap_or_default());
    }

    fn ended(&mut self, node: NodeId, state: State, at: Duration) -> &mut Known {
        if state == State::Failed {
            self.note(node);
        }
        if matches!(state, State::Succeeded | State::Failed | State::Cancelled)
            && let Some(map) = self.naming.map_of(node)
        {
            self.element_ended(map, state, at);
        }
        let known = self.known.entry(node).or_default();
        (known.state, known.ended) = (Some(state), Some(at));
        known
    }

    fn element_ended(&mut self, map: NodeId, state: State, at: Duration) {
        let Some(found) = self.maps.get_mut(&map) else { return };
        found.open = found.open.saturating_sub(1);
        match state {
            State::Succeeded => found.succeeded += 1,
            State::Failed => found.failed += 1,
            _ => {}
        }
        if found.open == 0 {
            let passed = found.failed == 0 || self.naming.tolerance(map).passes(found.succeeded);
            self.ended(map, if passed { State::Succeeded } else { State::Failed }, at);
        }
    }

    /// What a task asks for, in words.
    fn asked(&mut self, asked: &Asked) -> String {
        let (what, goals) = match asked {
            Asked::Nothing => return String::new(),
            Asked::Cancel(message) => {
                self.message = Some(message.clone());
                return format!("cancels the run: {message}");
            }
            Asked::Terminate(message) => {
                self.message = Some(message.clone());
                return format!("ends the run: {message}");
            }
            Asked::Iterate(data) => return format!("iterates with {data}"),
            Asked::Jump(goals) => ("goes to", goals),
            Asked::Add(goals) => ("adds", goals),
        };
        let names: Vec<String> = goals.iter().map(|goal| self.naming.goal(goal)).collect();
        format!("{what} {}", names.join(", "))
    }

    /// All tasks, in the order of their numbers.
    pub(super) fn tasks(self, status: store::RunStatus) -> Vec<StoredTask> {
        let Self { begun, naming, mut known, .. } = self;
        let nodes = naming.tasks();
        nodes
            .map(|node| {
                let known = known.remove(&node).unwrap_or_default();
                StoredTask {
                    id: naming.name(node),
                    element_of: naming.map_of(node).map(|map| naming.name(map)),
                    state: at_the_end(known.state.unwrap_or(State::Waiting), status),
                    iterations: known.iterations,
                    attempts: known.attempts,
                    started: known.started.map(|at| begun + at),
                    ended: known.ended.map(|at| begun + at),
                    error: known.error,
                    json: known.json,
                }
            })
            .collect()
    }
}

/// What has not ended when the run has, never will.
fn at_the_end(state: State, status: store::RunStatus) -> State {
    use crate::Status::{Succeeded, Suspended};
    match (state, status) {
        (_, store::RunStatus::Running | store::RunStatus::Suspended { .. } | store::RunStatus::Ended(Suspended)) => {
            state
        }
        (State::Waiting, store::RunStatus::Ended(Succeeded)) => State::Skipped,
        // It was told to end, and its end was not waited for.
        (State::Running, _) => State::Cancelled,
        (State::Waiting | State::Ready | State::BackingOff | State::Suspended, _) => State::NotRun,
        (state, _) => state,
    }
}

/// A key as the user gave it: before it is said of what kind it is.
fn shown(key: &str) -> &str {
    key.split_once(':').map_or(key, |(_, name)| name)
}

impl Tolerance {
    fn passes(self, succeeded: u32) -> bool {
        match self {
            Self::Nothing => false,
            Self::Anything => true,
            Self::AtLeast(least) => succeeded >= least,
        }
    }
}
