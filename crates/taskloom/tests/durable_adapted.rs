//! A run whose workflow has changed goes on as far as it fits: D-2.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::collections::BTreeMap;

use parking_lot::Mutex;
use support::{place, sql};
use taskloom::{Error, ErrorKind, OnChange, RunStatus, State, Status, Store, prelude::*};

/// Which tasks were called, by store.
static CALLS: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

#[task]
fn plus(ctx: &Context, value: i64, more: i64) -> i64 {
    CALLS.lock().entry(ctx.run_id()).or_default().push(ctx.task_id().to_owned());
    value + more
}

#[task]
fn broken(value: i64) -> Result<i64, String> {
    Err(format!("broken {value}"))
}

#[task]
fn spawn(ctx: &Context, value: i64, name: String) -> taskloom::Result<i64> {
    CALLS.lock().entry(ctx.run_id()).or_default().push(ctx.task_id().to_owned());
    ctx.next_task(plus::task().task_id(name).value(value).more(100))?;
    Ok(value)
}

fn named(id: &str, value: i64) -> plus {
    plus::task().task_id(id).value(value).more(1)
}

/// A store of its own, whose run is called as its file, so that tests do not mix their calls.
struct Place {
    store: Store,
    run_id: String,
    _directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let (directory, path) = place();
        let store = Store::sqlite(&path).unwrap();
        Self { store, run_id: path.display().to_string(), _directory: directory }
    }

    fn execute(&self, wf: &Workflow, on_change: OnChange) -> Result<Run, Error> {
        let execute = wf.execute().store(&self.store).run_id(&self.run_id).max_concurrency(1);
        execute.on_change(on_change).blocking()
    }

    /// Fails, and says nothing of what was called.
    fn fails(&self, wf: &Workflow) {
        self.execute(wf, OnChange::Refuse).unwrap_err();
        self.calls();
    }

    fn adapts(&self, wf: &Workflow) -> Run {
        self.execute(wf, OnChange::Adapt).unwrap()
    }

    /// What was called since this was asked last, in the order of ids.
    fn calls(&self) -> Vec<String> {
        let mut calls = CALLS.lock().remove(&self.run_id).unwrap_or_default();
        calls.sort();
        calls
    }
}

#[test]
fn d_02_an_adapted_run_keeps_what_has_not_changed_and_runs_the_rest() {
    let place = Place::new();
    let (a, b) = (named("a", 1), named("b", 2));
    place.fails(&Workflow::new("w").add(&a >> &b >> broken::task().task_id("c").value(1)).add(named("aside", 5)));

    // `b` has another argument, `c` another definition, and a task is new.
    let wf = Workflow::new("w")
        .add(&a >> named("b", 20) >> plus::task().task_id("c").value(1).more(2))
        .add(named("aside", 5) >> named("new", 7));
    let refused = place.execute(&wf, OnChange::Refuse).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::RunChanged);
    assert_eq!(place.calls(), Vec::<String>::new());

    let run = place.adapts(&wf);
    assert_eq!(place.calls(), ["b", "c", "new"]);
    let outputs = ["a", "b", "c", "aside", "new"].map(|id| run.output::<i64>(id).unwrap());
    assert_eq!(outputs, [2, 21, 3, 6, 8]);
}

#[test]
fn d_02_what_comes_after_a_change_runs_again() {
    let place = Place::new();
    let end = broken::task().task_id("end").value(1);
    place.fails(&Workflow::new("w").add(named("a", 1) >> named("b", 1) >> &end).add(named("c", 1) >> &end));

    // `b` itself has not changed, and has another predecessor.
    let wf = Workflow::new("w").add(named("a", 1) >> named("between", 1) >> named("b", 1)).add(named("c", 1));
    place.adapts(&wf);
    assert_eq!(place.calls(), ["b", "between"]);
}

#[test]
fn d_02_an_adapted_run_is_one_of_the_new_workflow() {
    let place = Place::new();
    place.fails(&Workflow::new("w").add(named("a", 1) >> broken::task().task_id("b").value(1)));
    let wf = Workflow::new("w").add(named("a", 1) >> named("b", 1));
    place.adapts(&wf);
    place.calls();

    let run = place.execute(&wf, OnChange::Refuse).unwrap();
    assert_eq!(run.output::<i64>("b").unwrap(), 2);
    assert_eq!(place.calls(), Vec::<String>::new());
    let stored = place.store.run(&place.run_id).unwrap().unwrap();
    assert_eq!(stored.info().status, RunStatus::Ended(Status::Succeeded));
    let events: Vec<String> = stored.events().unwrap().iter().map(ToString::to_string).collect();
    // What was recorded of the old `b` is gone.
    assert_eq!(
        events,
        ["a started", "a succeeded: 2", "resumed", "b started", "b succeeded: 2", "finished: succeeded"]
    );
    assert_eq!(place.store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn d_02_groups_maps_and_added_tasks_are_kept_under_their_new_numbers() {
    let place = Place::new();
    let pair = || named("l", 1) | named("r", 1);
    let many = || plus::map().task_id("many").value([1, 2]).more(1);
    let adds = || spawn::task().task_id("adds").value(1).name("late");
    let end = broken::task().task_id("end").value(1);
    let before = Workflow::new("w").add(named("first", 1) >> pair() >> many() >> adds() >> &end);
    place.fails(&before);

    // In front of them all, and behind, there are others now.
    let wf = Workflow::new("w")
        .add(named("zero", 1) >> (named("x", 1) | named("y", 1)))
        .add(named("first", 1) >> pair() >> many() >> adds() >> named("end", 1));
    let run = place.adapts(&wf);
    let calls = place.calls();
    // Its group is not the first one any more, so that it has another name, unless it was given one.
    assert!(["end", "x", "y", "zero"].iter().all(|id| calls.contains(&(*id).to_owned())), "{calls:?}");
    assert!(!calls.contains(&"first".to_owned()), "{calls:?}");
    assert_eq!(run.task("late").unwrap().state(), State::Succeeded);
}

#[test]
fn d_02_a_named_group_and_what_follows_it_are_kept() {
    let place = Place::new();
    let pair = || (named("l", 1) | named("r", 1)).group_name("pair");
    let many = || plus::map().task_id("many").value([1, 2]).more(1);
    let adds = || spawn::task().task_id("adds").value(1).name("late");
    let before = Workflow::new("w")
        .add(pair() >> many() >> adds() >> named("middle", 1) >> broken::task().task_id("end").value(1))
        .add(spawn::task().task_id("other").value(1).name("other late") >> named("changes", 1));
    place.fails(&before);
    let wf = Workflow::new("w")
        .add(named("zero", 1))
        .add(spawn::task().task_id("other").value(2).name("other late"))
        .add(pair() >> many() >> adds() >> named("middle", 1) >> named("end", 1));
    let run = place.adapts(&wf);
    assert_eq!(place.calls(), ["end", "other", "other late", "zero"]);
    assert_eq!(run.output::<i64>("late").unwrap(), 101);
    assert_eq!(run.output::<i64>("other late").unwrap(), 102);
    assert_eq!(run.output::<Vec<i64>>("many").unwrap(), [2, 3]);
}

#[test]
fn d_02_a_run_that_has_ended_is_not_adapted_but_its_fork_is() {
    let place = Place::new();
    place.execute(&Workflow::new("w").add(named("a", 1) >> named("b", 1)), OnChange::Refuse).unwrap();
    place.calls();
    let wf = Workflow::new("w").add(named("a", 1) >> named("b", 2));
    let error = place.execute(&wf, OnChange::Adapt).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunChanged);
    assert!(error.to_string().contains("fork it"), "{error}");

    let fork = place.store.fork(&place.run_id, "b").argument("b", "more", 50_i64).create().unwrap();
    let execute = wf.execute().store(&place.store).run_id(&fork).max_concurrency(1).on_change(OnChange::Adapt);
    assert_eq!(execute.blocking().unwrap().output::<i64>("b").unwrap(), 52);
    assert_eq!(CALLS.lock().remove(&fork).unwrap(), ["b"]);
}

#[test]
fn d_02_other_settings_are_refused_before_a_run_is_adapted() {
    let place = Place::new();
    place.fails(&Workflow::new("w").add(named("a", 1) >> broken::task().task_id("b").value(1)));
    let wf = Workflow::new("w").add(named("a", 1) >> named("b", 1));
    let execute = wf.execute().store(&place.store).run_id(&place.run_id).max_concurrency(2);
    let error = execute.on_change(OnChange::Adapt).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunChanged);
    assert!(error.to_string().contains("max_concurrency"), "{error}");
    let before = place.store.run(&place.run_id).unwrap().unwrap();
    assert_eq!(before.task("b").unwrap().unwrap().state, State::Failed);
}

#[test]
fn d_02_a_run_is_adapted_wholly_or_not_at_all() {
    let place = Place::new();
    place.fails(&Workflow::new("w").add(named("a", 1) >> broken::task().task_id("b").value(1)));
    let wf = Workflow::new("w").add(named("a", 1) >> named("b", 1));
    // Nothing can be deleted: the transaction fails in the middle.
    let other = sql(place.store.path());
    other.execute_batch("CREATE TRIGGER t BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'no'); END").unwrap();
    place.execute(&wf, OnChange::Adapt).unwrap_err();
    other.execute_batch("DROP TRIGGER t").unwrap();
    let run = place.store.run(&place.run_id).unwrap().unwrap();
    assert_eq!(run.task("b").unwrap().unwrap().state, State::Failed);
    assert_eq!(run.events().unwrap().last().unwrap().to_string(), "finished: failed");
    place.adapts(&wf);
    assert_eq!(place.calls(), ["b"]);
}
