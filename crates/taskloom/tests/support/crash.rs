//! A run whose process dies once n of its entries are written, for every n, and is executed again.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::{Mutex, MutexGuard};
use taskloom::{
    Durability, Error, ErrorKind, Execute, Result, Run, State, Status, Store, Workflow, prelude::Context, store::Entry,
};

/// The calls of bodies in the run that is under way.
static CALLS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// One run at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A body says that it was called: task, iteration, attempt.
pub(crate) fn called(ctx: &Context) {
    CALLS.lock().push(name(ctx.task_id(), ctx.cycle_count(), ctx.attempt()));
}

fn name(id: &str, iteration: u32, attempt: u32) -> String {
    format!("{id}#{iteration}.{attempt}")
}

/// What a run leaves behind, as far as it must not depend on a crash.
#[derive(Debug, PartialEq)]
struct Outcome {
    error: Option<(ErrorKind, String)>,
    status: Status,
    message: Option<String>,
    tasks: BTreeMap<String, (State, u32, u32, Option<String>)>,
    outputs: BTreeMap<String, i64>,
    value: Option<i64>,
    channel: Vec<(String, Option<i64>, Vec<i64>)>,
}

impl Outcome {
    fn of(result: &Result<Run, Error>) -> Self {
        let (run, error) = match result {
            Ok(run) => (run, None),
            Err(error) => match error.run() {
                Some(run) => (run, Some((error.kind(), error.to_string()))),
                None => panic!("{error}"),
            },
        };
        let channel = run.channel();
        let task = |task: taskloom::TaskRecord<'_>| {
            let error = task.error().map(ToString::to_string);
            (task.id().to_owned(), (task.state(), task.attempts(), task.iterations(), error))
        };
        Self {
            error,
            status: run.status(),
            message: run.message().map(str::to_owned),
            tasks: run.tasks().map(task).collect(),
            outputs: run.outputs::<i64>().map(|(id, value)| (id.to_owned(), *value)).collect(),
            value: run.value().ok(),
            channel: channel
                .keys()
                .map(|key| {
                    let number = channel.get(key).ok().flatten();
                    (key.to_owned(), number, channel.list(key).unwrap_or_default())
                })
                .collect(),
        }
    }
}

/// A workflow, and how it is executed.
pub(crate) struct Case<'a> {
    pub(crate) workflow: &'a dyn Fn() -> Workflow,
    pub(crate) execute: &'a dyn Fn(Execute) -> Execute,
    /// Whether a run is the same each time, call by call.
    pub(crate) is_serial: bool,
}

struct Harness<'a> {
    case: &'a Case<'a>,
    store: Store,
    _directory: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

struct Ran {
    outcome: Outcome,
    calls: Vec<String>,
    entries: Vec<Entry>,
}

impl Harness<'_> {
    fn run(&self, id: &str) -> Ran {
        CALLS.lock().clear();
        let workflow = (self.case.workflow)();
        let execute = workflow.execute().store(&self.store).run_id(id);
        let execute = if self.case.is_serial { execute.max_concurrency(1) } else { execute };
        let outcome = Outcome::of(&(self.case.execute)(execute).blocking());
        let calls = std::mem::take(&mut *CALLS.lock());
        let stored = self.store.run(id).unwrap().unwrap();
        assert_eq!(stored.info().status.to_string(), outcome.status.to_string(), "what the store says of {id}");
        let mut entries = Vec::new();
        stored
            .entries(|entry| {
                entries.push(entry);
                Ok(())
            })
            .unwrap();
        Ran { outcome, calls, entries }
    }
}

/// The calls whose end is in a journal.
fn completed(entries: &[Entry], ids: &BTreeMap<u32, String>) -> BTreeSet<String> {
    let mut at: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let mut completed = BTreeSet::new();
    for entry in entries {
        let Some(node) = entry.node else { continue };
        let Some(id) = ids.get(&node) else { continue };
        let (iteration, attempt) = at.entry(node).or_insert((1, 1));
        match &*entry.kind {
            "succeeded" => {
                completed.insert(name(id, *iteration, *attempt));
                (*iteration, *attempt) = (*iteration + 1, 1);
            }
            "failed" => {
                completed.insert(name(id, *iteration, *attempt));
                if entry.body.contains("\"wait\"") {
                    *attempt += 1;
                } else {
                    (*iteration, *attempt) = (*iteration + 1, 1);
                }
            }
            _ => {}
        }
    }
    completed
}

/// Which task each node is: those of the plan, and, where calls and starts go together, those that came later.
fn ids(case: &Case<'_>, ran: &Ran) -> BTreeMap<u32, String> {
    let plan = (case.workflow)().plan().unwrap();
    let count = u32::try_from(plan.task_count()).unwrap();
    let mut ids: BTreeMap<u32, String> = (0..count).map(|node| (node, plan.id(node).to_owned())).collect();
    if case.is_serial {
        let others: BTreeSet<u32> = ran
            .entries
            .iter()
            .filter(|entry| matches!(&*entry.kind, "expanded" | "judged"))
            .filter_map(|entry| entry.node)
            .collect();
        let starts = ran.entries.iter().filter(|entry| entry.kind == "started").filter_map(|entry| entry.node);
        let starts = starts.filter(|node| !others.contains(node));
        for (node, call) in starts.zip(&ran.calls) {
            let (id, _) = call.rsplit_once('#').unwrap();
            assert_eq!(ids.entry(node).or_insert_with(|| id.to_owned()), id, "a start is followed by its call");
        }
    }
    ids
}

fn set(calls: &[String]) -> BTreeSet<String> {
    let set: BTreeSet<String> = calls.iter().cloned().collect();
    assert_eq!(set.len(), calls.len(), "something was called twice: {calls:?}");
    set
}

/// D-1, D-2: whenever the process dies, the same program ends the run as if nothing had been; what has completed is not
/// called again, and all else is.
pub(crate) fn survives_every_crash(case: &Case<'_>) {
    let turn = TURN.lock();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    let harness = Harness { case, store, _directory: directory, _turn: turn };
    let whole = harness.run("whole");
    let all = set(&whole.calls);
    let ids = ids(case, &whole);
    let check = |ran: &Ran, before: &[Entry], at: &str| {
        let done = completed(before, &ids);
        let again = set(&ran.calls);
        let twice: Vec<&String> = again.intersection(&done).collect();
        assert!(twice.is_empty(), "{at}: {twice:?} had completed and was called again");
        if case.is_serial {
            let both: BTreeSet<String> = again.union(&done).cloned().collect();
            assert_eq!(both, all, "{at}: what was called in all");
        }
        assert_eq!(ran.outcome, whole.outcome, "{at}");
    };
    ends_the_same_from_every_task(&harness, &whole);
    for crash in 0..=whole.entries.len() {
        let once = format!("once-{crash}");
        harness.store.__copy("whole", crash, &once).unwrap();
        let ran = harness.run(&once);
        check(&ran, &whole.entries[..crash], &format!("after entry {crash} of {:#?}", Kinds(&whole.entries)));
        // It dies again, somewhere on the way.
        let second = crash + (crash * 7 + 3) % (ran.entries.len() - crash + 1);
        let twice = format!("twice-{crash}");
        harness.store.__copy(&once, second, &twice).unwrap();
        let at = format!("after entry {crash}, and then {second} of {:#?}", Kinds(&ran.entries));
        check(&harness.run(&twice), &ran.entries[..second], &at);
        // Once it has ended, it is only read.
        let read = harness.run(&twice);
        assert!(read.calls.is_empty(), "{at}: {:?} was called in a run that had ended", read.calls);
        assert_eq!(read.outcome, whole.outcome, "{at}, read");
    }
}

/// D-2: whichever task a run is forked from, its fork ends as it did, and what is kept is not called again.
fn ends_the_same_from_every_task(harness: &Harness<'_>, whole: &Ran) {
    let stored = harness.store.run("whole").unwrap().unwrap();
    // How far others come when something fails, or a group has its verdict, is a matter of the order, which is another
    // one in a fork.
    let is_certain = whole.outcome.status == Status::Succeeded
        && whole.outcome.tasks.values().all(|(state, ..)| *state == State::Succeeded);
    for task in stored.tasks().unwrap() {
        let fork = harness.store.fork("whole", &task.id).create().unwrap();
        let kept = harness.store.run(&fork).unwrap().unwrap().tasks().unwrap();
        let ran = harness.run(&fork);
        let at = format!("forked from {} of {:#?}", task.id, Kinds(&whole.entries));
        if is_certain {
            assert_eq!(ran.outcome.status, whole.outcome.status, "{at}");
            assert_eq!(ran.outcome.tasks, whole.outcome.tasks, "{at}");
        }
        for task in kept.into_iter().filter(|task| task.state == State::Succeeded) {
            let is_called = ran.calls.iter().any(|call| call.starts_with(&format!("{}#", task.id)));
            assert!(!is_called, "{at}: {} is kept and was called again", task.id);
        }
    }
}

/// Entries in short.
struct Kinds<'a>(&'a [Entry]);

impl std::fmt::Debug for Kinds<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, entry) in self.0.iter().enumerate() {
            let Entry { kind, node, body, value, .. } = entry;
            writeln!(
                f,
                "{} {kind} {} {body} {}",
                number + 1,
                node.map_or(-1, i64::from),
                value.as_deref().unwrap_or("")
            )?;
        }
        Ok(())
    }
}
