//! How many bodies run at the same time.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;
#[path = "support/log.rs"]
mod log;

use std::{
    num::NonZero,
    sync::{
        Arc, Barrier, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use log::Log;
use taskloom::prelude::*;

/// Counts how many are inside.
#[derive(Clone, Default)]
struct Room {
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Room {
    fn enter(&self) {
        self.most.fetch_max(self.inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Ends when so many others are inside with it.
#[task]
fn meet(room: &Room, others: &Arc<Barrier>) {
    room.enter();
    others.wait();
    room.leave();
}

#[task]
async fn meet_async(room: Room, others: Arc<tokio::sync::Barrier>) {
    room.enter();
    others.wait().await;
    room.leave();
}

/// Waits a little for one more than may be inside.
#[task]
fn crowd(count: &Arc<(Mutex<usize>, Condvar)>, too_many: usize) {
    let (count, changed) = &**count;
    let mut inside = count.lock().unwrap();
    *inside += 1;
    changed.notify_all();
    let waited = changed.wait_timeout_while(inside, Duration::from_millis(100), |inside| *inside < too_many);
    let mut inside = waited.unwrap().0;
    let most = *inside;
    *inside -= 1;
    assert!(most < too_many, "{too_many} plain functions run at once");
}

#[task]
fn step(log: &Log, ctx: &Context) {
    log.add(ctx.task_id());
}

#[task]
async fn step_async(log: Log, ctx: Context) {
    log.add(ctx.task_id());
    tokio::task::yield_now().await;
    log.add(format!("{} again", ctx.task_id()));
}

fn meeting(room: &Room, at_once: usize, count: usize) -> Workflow {
    let others = Arc::new(Barrier::new(at_once));
    let tasks = (0..count).map(|_| meet::task().room(room.clone()).others(others.clone()));
    Workflow::new("w").add(parallel(tasks))
}

fn meeting_async(room: &Room, at_once: usize, count: usize) -> Workflow {
    let others = Arc::new(tokio::sync::Barrier::new(at_once));
    let tasks = (0..count).map(|_| meet_async::task().room(room.clone()).others(others.clone()));
    Workflow::new("w").add(parallel(tasks))
}

#[tokio::test]
async fn r_01_as_many_plain_functions_run_as_may() {
    let room = Room::default();
    meeting(&room, 3, 30).execute().max_concurrency(3).await.unwrap();
    assert_eq!(room.most(), 3);
}

#[test]
fn r_01_the_caller_counts_among_them() {
    let room = Room::default();
    meeting(&room, 3, 30).execute().max_concurrency(3).blocking().unwrap();
    assert_eq!(room.most(), 3);
}

#[tokio::test]
async fn r_01_as_many_async_tasks_run_as_may() {
    let room = Room::default();
    meeting_async(&room, 5, 50).execute().max_concurrency(5).await.unwrap();
    assert_eq!(room.most(), 5);
}

#[tokio::test]
async fn r_01_async_tasks_have_no_limit_of_their_own() {
    let room = Room::default();
    meeting_async(&room, 1000, 1000).execute().await.unwrap();
    assert_eq!(room.most(), 1000);
}

/// min(32, cores + 4)
fn default_limit() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).saturating_add(4).min(32)
}

#[tokio::test]
async fn r_01_plain_functions_fill_their_default_limit() {
    let (room, limit) = (Room::default(), default_limit());
    meeting(&room, limit, limit * 3).execute().await.unwrap();
    assert_eq!(room.most(), limit);
}

#[test]
fn r_01_plain_functions_fill_their_default_limit_with_the_caller() {
    let (room, limit) = (Room::default(), default_limit());
    meeting(&room, limit, limit * 3).execute().blocking().unwrap();
    assert_eq!(room.most(), limit);
}

#[test]
fn r_01_plain_functions_keep_to_their_default_limit() {
    let limit = default_limit();
    let count = Arc::new((Mutex::new(0), Condvar::new()));
    let tasks = (0..=limit).map(|_| crowd::task().count(count.clone()).too_many(limit + 1));
    Workflow::new("w").add(parallel(tasks)).execute().blocking().unwrap();
}

#[test]
fn s_01_one_at_a_time_is_in_the_order_of_composition() {
    let log = Log::default();
    let named = |id: &str| step::task().task_id(id).log(log.clone());
    let middle = named("b") >> named("c") | named("d");
    let workflow = Workflow::new("w").add(named("a") >> middle >> named("e")).add(named("f"));
    for round in 1..=3 {
        workflow.execute().max_concurrency(1).blocking().unwrap();
        assert_eq!(log.entries().len(), round * 6);
        assert_eq!(log.entries()[(round - 1) * 6..], ["a", "f", "b", "d", "c", "e"]);
    }
}

#[tokio::test]
async fn s_01_an_async_task_that_waits_keeps_its_place() {
    let log = Log::default();
    let first = step_async::task().task_id("first").log(log.clone());
    let second = step::task().task_id("second").log(log.clone());
    let third = step_async::task().task_id("third").log(log.clone());
    Workflow::new("w").add(first).add(second).add(third).execute().max_concurrency(1).await.unwrap();
    let entries = log.entries();
    // An async body begins anew on the runtime if its first poll is pending.
    let ends: Vec<&str> =
        entries.iter().map(String::as_str).filter(|e| e.contains("again") || *e == "second").collect();
    assert_eq!(ends, ["first again", "second", "third again"]);
}

#[test]
fn r_01_none_at_a_time_counts_as_one() {
    let log = Log::default();
    let workflow = Workflow::new("w").add(step::task().log(log.clone())).add(step::task().log(log.clone()));
    workflow.execute().max_concurrency(0).blocking().unwrap();
    assert_eq!(log.entries().len(), 2);
}

/// Waits for an async task that is ready after it.
#[task]
fn wait_for(gate: &gate::Gate) {
    gate.pass();
}

#[task]
async fn open(gate: gate::Gate) {
    tokio::task::yield_now().await;
    gate.open();
}

/// More plain functions than there are workers, all of which wait for an async task that stands behind them.
fn waiting_for_one_behind() -> Workflow {
    let gate = gate::Gate::default();
    let tasks = (0..default_limit() * 2).map(|_| wait_for::task().gate(gate.clone()));
    Workflow::new("w").add(parallel(tasks)).add(open::task().gate(gate.clone()))
}

#[tokio::test]
async fn r_01_an_async_task_does_not_wait_behind_plain_functions() {
    waiting_for_one_behind().execute().await.unwrap();
}

#[test]
fn r_01_an_async_task_does_not_wait_behind_plain_functions_without_a_runtime() {
    waiting_for_one_behind().execute().blocking().unwrap();
}

#[test]
fn r_01_a_function_with_a_timeout_holds_back_none_without() {
    let (gate, log) = (gate::Gate::default(), Log::default());
    // The caller runs none with a timeout, and all other workers wait in one.
    let timed = (0..default_limit()).map(|_| {
        let timed = wait_for::task().gate(gate.clone());
        timed.with_options(|options| options.timeout(Duration::from_secs(30)))
    });
    let workflow = Workflow::new("w").add(parallel(timed));
    let workflow = workflow.add(step::task().log(log.clone()) >> open_here::task().gate(gate.clone()));
    workflow.execute().blocking().unwrap();
    assert_eq!(log.entries().len(), 1);
}

#[task]
fn open_here(gate: &gate::Gate) {
    gate.open();
}
