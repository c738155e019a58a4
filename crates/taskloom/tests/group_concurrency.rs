//! C-8: how many tasks of a group run at the same time.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;
#[path = "support/log.rs"]
mod log;

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gate::Gate;
use log::Log;
use taskloom::{RetryPolicy, prelude::*};

/// Counts how many are inside at once.
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

/// Ends when so many are inside.
#[task]
fn meet(rooms: Vec<Room>, others: &Arc<Barrier>) {
    rooms.iter().for_each(Room::enter);
    others.wait();
    rooms.iter().for_each(Room::leave);
}

#[task]
async fn meet_async(rooms: Vec<Room>, others: Arc<tokio::sync::Barrier>) {
    rooms.iter().for_each(Room::enter);
    others.wait().await;
    rooms.iter().for_each(Room::leave);
}

#[task]
fn step(log: &Log, ctx: &Context) {
    log.add(ctx.task_id());
}

#[task]
fn pass(gate: &Gate) {
    gate.pass();
}

#[task]
fn open(gate: &Gate) {
    gate.open();
}

#[test]
fn c_08_as_many_plain_functions_of_a_group_run_as_may() {
    let (room, others) = (Room::default(), Arc::new(Barrier::new(2)));
    let tasks = (0..20).map(|_| meet::task().rooms(vec![room.clone()]).others(others.clone()));
    Workflow::new("w").add(parallel(tasks).max_concurrency(2)).execute().blocking().unwrap();
    assert_eq!(room.most(), 2);
}

#[tokio::test]
async fn c_08_a_cap_counts_both_kinds_at_any_depth() {
    let (all, inner) = (Room::default(), Room::default());
    let pairs = Arc::new(tokio::sync::Barrier::new(2));
    let inside = meet_async::task().rooms(vec![all.clone(), inner.clone()]).others(pairs.clone());
    let inside = parallel((0..20).map(|_| inside.clone().with_options(|options| options))).max_concurrency(2);
    let alone = Arc::new(Barrier::new(1));
    let outside = || meet::task().rooms(vec![all.clone()]).others(alone.clone());
    let outside = parallel((0..20).map(|_| outside() >> outside()));
    Workflow::new("w").add(parallel![inside, outside].max_concurrency(3)).execute().await.unwrap();
    assert_eq!(inner.most(), 2);
    assert!(all.most() <= 3);
}

#[test]
fn r_01_what_a_cap_holds_back_holds_back_nothing_else() {
    let gate = Gate::default();
    let waits = |id: &str| pass::task().task_id(id).gate(gate.clone());
    // The second one is ready before the task that opens the gate, and has no slot until then.
    let group = parallel([waits("first"), waits("second")]).max_concurrency(1);
    let workflow = Workflow::new("w").add(group).add(open::task().gate(gate.clone()));
    workflow.execute().max_concurrency(2).blocking().unwrap();
}

#[test]
fn s_01_what_a_cap_holds_back_keeps_its_place() {
    let log = Log::default();
    let step = |id: &str| step::task().task_id(id).log(log.clone());
    let group = parallel![step("a") >> step("b"), step("c")].max_concurrency(1);
    let workflow = Workflow::new("w").add(group).add(step("d"));
    workflow.execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(log.entries(), ["a", "c", "d", "b"]);
}

#[task]
fn fail_once(log: &Log, gate: &Gate, ctx: &Context) -> Result<(), String> {
    log.add(format!("{} {}", ctx.task_id(), ctx.attempt()));
    if ctx.attempt() == 1 {
        return Err("not yet".into());
    }
    gate.pass();
    Ok(())
}

#[test]
fn r_01_a_task_that_backs_off_has_no_slot() {
    let (log, gate) = (Log::default(), Gate::default());
    // Its next attempt waits for the other one, which needs the slot before.
    let patient = RetryPolicy::fixed(1, Duration::from_millis(20));
    let first = fail_once::task().log(log.clone()).gate(gate.clone());
    let first = first.task_id("first").with_options(|options| options.retry_policy(patient));
    let second = open::task().gate(gate.clone());
    Workflow::new("w").add(parallel![first, second].max_concurrency(1)).execute().blocking().unwrap();
    assert_eq!(log.entries(), ["first 1", "first 2"]);
}

#[test]
fn c_08_a_cap_of_none_counts_as_one() {
    let room = Room::default();
    let alone = Arc::new(Barrier::new(1));
    let tasks = (0..3).map(|_| meet::task().rooms(vec![room.clone()]).others(alone.clone()));
    Workflow::new("w").add(parallel(tasks).max_concurrency(0)).execute().blocking().unwrap();
    assert_eq!(room.most(), 1);
}

#[test]
fn c_10_a_group_with_a_cap_stays_whole() {
    let step = |id: &str| step::task().task_id(id).log(Log::default());
    let run = Workflow::new("w").add((step("a") | step("b")).max_concurrency(1) | step("c"));
    let run = run.execute().blocking().unwrap();
    assert_eq!(run.value::<GroupOutput>().unwrap().len(), 2);
}
