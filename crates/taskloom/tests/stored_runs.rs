//! What a store says of a run, without its program: D-1, D-3.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use support::{place, sql};
use taskloom::{ErrorKind, RetryPolicy, RunStatus, State, Status, Store, StoredTask, prelude::*};

static FLAKY: AtomicU32 = AtomicU32::new(0);

#[task]
fn one() -> i64 {
    1
}

#[task]
fn add(value: i64, more: i64) -> i64 {
    value + more
}

#[task(max_retries = 2)]
fn flaky(value: i64) -> std::io::Result<i64> {
    match FLAKY.fetch_add(1, Ordering::Relaxed) {
        0 => Err(std::io::Error::other("not yet")),
        _ => Ok(value),
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy::fixed(2, Duration::from_millis(1))
}

#[task]
fn broken(value: i64) -> std::io::Result<i64> {
    Err(std::io::Error::other(format!("broken {value}")))
}

#[task]
fn spawns(ctx: &Context, value: i64) -> i64 {
    ctx.next_task(add::task().task_id("late").value(value).more(5)).unwrap();
    value
}

#[task]
fn repeats(ctx: &Context, value: i64) -> i64 {
    if value < 3 {
        ctx.next_iteration(value + 1);
    }
    value
}

#[task]
fn stops(ctx: &Context, value: i64) -> i64 {
    ctx.terminate_workflow("enough");
    value
}

#[task]
fn looks(ctx: &Context, path: String) -> String {
    let _ = ctx;
    let store = Store::sqlite(path).unwrap();
    let run = store.run("r").unwrap().unwrap();
    let states: Vec<String> = run.tasks().unwrap().iter().map(|task| format!("{} {}", task.id, task.state)).collect();
    states.join(", ")
}

fn task(store: &Store, id: &str) -> StoredTask {
    store.run("r").unwrap().unwrap().task(id).unwrap().unwrap()
}

#[test]
fn d_01_a_stored_run_has_state_attempts_times_error_and_value_of_each_task() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let a = one::task().task_id("a");
    let b = flaky::task().task_id("b").value(&a).with_options(|options| options.retry_policy(quick()));
    let c = broken::task().task_id("c").value(&b);
    let d = add::task().task_id("d").value(&c).more(1);
    let wf = Workflow::new("w").add(&a >> &b >> &c >> &d);
    wf.execute().store(&store).run_id("r").blocking().unwrap_err();

    let run = store.run("r").unwrap().unwrap();
    assert_eq!(run.info().status, RunStatus::Ended(Status::Failed));
    assert_eq!(run.info().workflow, "w");
    assert_eq!(run.message().unwrap(), None);
    let tasks = run.tasks().unwrap();
    let shown: Vec<_> =
        tasks.iter().map(|task| (task.id.as_str(), task.state, task.iterations, task.attempts)).collect();
    assert_eq!(
        shown,
        [
            ("a", State::Succeeded, 1, 1),
            ("b", State::Succeeded, 1, 2),
            ("c", State::Failed, 1, 1),
            ("d", State::NotRun, 0, 0)
        ]
    );
    assert_eq!(tasks[1].value::<i64>().unwrap(), 1);
    assert_eq!(tasks[1].json.as_deref(), Some("1"));
    assert!(tasks[2].error.as_deref().unwrap().contains("broken 1"), "{:?}", tasks[2].error);
    assert!(tasks[0].started.unwrap() >= run.info().begun);
    assert!(tasks[2].ended.unwrap() >= tasks[1].ended.unwrap());
    assert!(tasks[2].ended.unwrap() <= run.info().begun + run.duration());
    assert_eq!(tasks[3].started, None);
    assert_eq!(tasks[3].value::<i64>().unwrap_err().kind(), ErrorKind::Output);
    assert_eq!(tasks[0].value::<String>().unwrap_err().kind(), ErrorKind::Encoding);

    let events: Vec<String> = run.events().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        events,
        [
            "a started",
            "a succeeded: 1",
            "b started",
            "b failed: not yet",
            "b due",
            "b started",
            "b succeeded: 1",
            "c started",
            "c failed: broken 1",
            "finished: failed"
        ]
    );
    let attempts: Vec<_> = run.events().unwrap().into_iter().map(|event| (event.iteration, event.attempt)).collect();
    assert_eq!(attempts[3..7], [(Some(1), Some(1)), (Some(1), Some(1)), (Some(1), Some(2)), (Some(1), Some(2))]);
    assert_eq!(attempts[9], (None, None));
}

#[test]
fn d_01_a_stored_run_knows_elements_of_maps_and_tasks_that_were_added() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let many = add::map().task_id("many").value([1, 2, 3]).more(10);
    let wf = Workflow::new("w").add(many).add(spawns::task().task_id("s").value(7) >> repeats::task().task_id("i"));
    wf.execute().store(&store).run_id("r").blocking().unwrap();

    let tasks = store.run("r").unwrap().unwrap().tasks().unwrap();
    let shown: Vec<_> =
        tasks.iter().map(|task| (task.id.as_str(), task.state, task.json.as_deref().unwrap_or("-"))).collect();
    let done = State::Succeeded;
    assert_eq!(
        shown,
        [
            ("many", done, "-"),
            ("s", done, "7"),
            ("i", done, "7"),
            ("late", done, "12"),
            ("many[1]", done, "11"),
            ("many[2]", done, "12"),
            ("many[3]", done, "13")
        ]
    );
    assert_eq!(tasks[4].element_of.as_deref(), Some("many"));
    assert_eq!(tasks[3].element_of, None);
}

#[test]
fn d_01_a_stored_run_counts_iterations_and_has_the_message_of_its_end() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let i = repeats::task().task_id("i").value(1);
    let wf = Workflow::new("w").add(i >> stops::task().task_id("t") >> repeats::task().task_id("never"));
    wf.execute().store(&store).run_id("r").blocking().unwrap();

    let run = store.run("r").unwrap().unwrap();
    assert_eq!(run.message().unwrap().as_deref(), Some("enough"));
    assert_eq!(task(&store, "i").iterations, 3);
    assert_eq!(task(&store, "i").value::<i64>().unwrap(), 3);
    assert_eq!(task(&store, "never").state, State::NotRun);
}

#[test]
fn d_01_a_run_is_read_while_it_goes_on() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let l = looks::task().task_id("l").path(path.display().to_string());
    let wf = Workflow::new("w").add(one::task().task_id("a") >> l >> add::task().task_id("z").value(1).more(1));
    let run = wf.execute().store(&store).run_id("r").max_concurrency(1).blocking().unwrap();
    assert_eq!(run.output::<String>("l").unwrap(), "a succeeded, l running, z waiting");
}

#[test]
fn d_03_an_entry_of_an_unknown_kind_is_shown_as_it_is() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let wf = Workflow::new("w").add(one::task().task_id("a"));
    wf.execute().store(&store).run_id("r").blocking().unwrap();
    sql(&path)
        .execute(
            "INSERT INTO entries (place, at, kind, node, body, value, large)
             SELECT max(place) + 1, 9, 'dreamt', 0, '{\"of\":\"sheep\"}', NULL, 0 FROM entries",
            [],
        )
        .unwrap();
    let run = store.run("r").unwrap().unwrap();
    let last = run.events().unwrap().pop().unwrap();
    assert_eq!((&*last.kind, last.task.as_deref(), &*last.text), ("dreamt", Some("a"), "{\"of\":\"sheep\"}"));
    assert_eq!(task(&store, "a").state, State::Succeeded);
}

#[test]
fn d_01_a_run_that_is_not_there_is_none() {
    let (_directory, path) = place();
    assert!(Store::sqlite(path).unwrap().run("r").unwrap().is_none());
}
