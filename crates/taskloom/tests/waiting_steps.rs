//! Parts of tasks that are not repeated: D-4, H-3, and the key for the outside world: D-1.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/durable.rs"]
mod durable;
#[path = "support/log.rs"]
mod log;
#[path = "support/resume.rs"]
mod resume;

use std::{
    io,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use durable::{store, wait_for};
use log::Log;
use resume::run_to_end;
use serde::{Deserialize, Serialize};
use taskloom::{ErrorKind, prelude::*};
use tempfile::TempDir;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<(String, u32)>,
}

fn order(id: u64) -> Order {
    Order { id, lines: vec![("tea".to_owned(), 2)] }
}

#[task(max_retries = 2)]
fn buy(ctx: &Context, log: Log) -> taskloom::Result<Order> {
    let made = ctx.step("order", || {
        log.add("order");
        order(7)
    })?;
    ctx.step("pay", || log.add("pay"))?;
    assert_eq!(ctx.attempt(), 3, "the first attempts fail");
    Ok(made)
}

#[test]
fn d_04_a_step_is_done_once_in_all_attempts_of_a_local_run() {
    let log = Log::default();
    let run = Workflow::new("w").add(buy::task().log(log.clone())).execute().blocking().unwrap();
    assert_eq!(run.value::<Order>().unwrap(), order(7));
    assert_eq!(log.entries(), ["order", "pay"]);
}

#[test]
fn d_04_a_step_is_done_once_in_all_attempts_of_a_durable_run() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(buy::task().log(log.clone()));
    let run = wf.execute().store(&store(&directory)).blocking().unwrap();
    assert_eq!(run.value::<Order>().unwrap(), order(7));
    assert_eq!(log.entries(), ["order", "pay"]);
}

#[task]
fn in_two_processes(ctx: &Context, log: Log) -> taskloom::Result<(Order, Option<u8>)> {
    let made = ctx.step("order", || {
        log.add("order");
        order(1)
    })?;
    let none = ctx.step("none", || None)?;
    log.add(format!("attempt {}", ctx.attempt()));
    ctx.sleep(Duration::from_millis(300))?;
    Ok((made, none))
}

#[test]
fn d_04_r_09_a_step_is_known_to_another_process_and_the_attempt_keeps_its_number() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(in_two_processes::task().task_id("a").log(log.clone()));
    let execute = || wf.execute().store(&store(&directory)).run_id("r").suspend_after(Duration::ZERO);
    assert_eq!(execute().blocking().unwrap_err().kind(), ErrorKind::RunSuspended);
    wait_for(|| store(&directory).due().unwrap().pop());
    let run = run_to_end(execute).unwrap();
    assert_eq!(run.value::<(Order, Option<u8>)>().unwrap(), (order(1), None));
    assert_eq!(log.entries(), ["order", "attempt 1", "attempt 1"]);
}

#[task(max_retries = 1)]
fn failing_step(ctx: &Context, log: Log) -> taskloom::Result<u32> {
    ctx.try_step("first", || {
        log.add("called");
        if ctx.attempt() == 1 { Err(io::Error::other("no network")) } else { Ok(5) }
    })
}

#[test]
fn d_04_a_step_that_fails_is_not_recorded() {
    let log = Log::default();
    let run = Workflow::new("w").add(failing_step::task().log(log.clone())).execute().blocking().unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 5);
    assert_eq!(log.entries(), ["called", "called"]);
}

#[task]
fn failing_for_ever(ctx: &Context) -> taskloom::Result<u32> {
    ctx.try_step("pay", || Err::<u32, _>(io::Error::other("no network")))
}

#[test]
fn d_04_e_01_the_error_of_a_step_says_which_and_has_its_source() {
    let error = Workflow::new("w").add(failing_for_ever::task().task_id("a")).execute().blocking().unwrap_err();
    assert!(error.to_string().contains("step `pay` failed: no network"), "{error}");
    let source = std::error::Error::source(&error).unwrap();
    let step = source.downcast_ref::<taskloom::Error>().unwrap();
    assert_eq!((step.kind(), step.task_id()), (ErrorKind::StepFailed, Some("a")));
    assert!(std::error::Error::source(step).unwrap().is::<io::Error>());
}

#[task]
fn twice(ctx: &Context) -> taskloom::Result<u32> {
    let first = ctx.step("part", || 1)?;
    let error = ctx.step("part", || 2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateKey);
    assert!(error.to_string().contains("two steps called `part`"), "{error}");
    Ok(first)
}

#[test]
fn d_04_a_name_used_twice_is_an_error() {
    let run = Workflow::new("w").add(twice::task()).execute().blocking().unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 1);
}

#[task]
fn iterating(ctx: &Context, #[default(0)] last: u32) -> taskloom::Result<u32> {
    let cycle = ctx.cycle_count();
    let value = ctx.step("part", || last + cycle)?;
    if cycle < 3 {
        ctx.next_iteration(value);
    }
    Ok(value)
}

#[test]
fn d_04_each_iteration_has_steps_of_its_own() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(iterating::task());
    assert_eq!(wf.execute().blocking().unwrap().value::<u32>().unwrap(), 6);
    assert_eq!(wf.execute().store(&store(&directory)).blocking().unwrap().value::<u32>().unwrap(), 6);
}

#[task(max_retries = 1)]
fn writing(ctx: &Context) -> taskloom::Result<Vec<u32>> {
    let channel = ctx.channel();
    channel.append("list", 0_u32)?;
    ctx.try_step("outer", || {
        channel.append("list", 1_u32)?;
        ctx.step("inner", || ())?;
        Ok::<_, taskloom::Error>(())
    })?;
    // It is discarded with the attempt.
    channel.append("list", 2_u32)?;
    assert_eq!(ctx.attempt(), 2, "the first attempt fails");
    channel.list("list")
}

#[test]
fn h_03_d_04_what_a_step_writes_is_published_with_its_record() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(writing::task());
    let local = wf.execute().blocking().unwrap();
    let durable = wf.execute().store(&store(&directory)).blocking().unwrap();
    for run in [local, durable] {
        // The first attempt has published 0 and 1, since a step publishes the key's earlier writes as well.
        assert_eq!(run.value::<Vec<u32>>().unwrap(), [0, 1, 0, 2]);
    }
}

#[task(max_retries = 1)]
fn failing_write(ctx: &Context) -> taskloom::Result<Vec<u32>> {
    let failed = ctx.try_step("part", || {
        ctx.channel().append("list", ctx.attempt()).map_err(io::Error::other)?;
        Err::<(), _>(io::Error::other("broken"))
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::StepFailed);
    assert_eq!(ctx.attempt(), 2, "the first attempt fails");
    ctx.channel().list("list")
}

#[test]
fn h_03_what_a_failed_step_has_written_stays_pending() {
    let run = Workflow::new("w").add(failing_write::task()).execute().blocking().unwrap();
    assert_eq!(run.value::<Vec<u32>>().unwrap(), [2]);
}

static ASYNC_CALLS: AtomicU32 = AtomicU32::new(0);

#[task(max_retries = 1)]
async fn awaiting(ctx: Context) -> taskloom::Result<u32> {
    let value = ctx
        .step_async("part", async {
            tokio::task::yield_now().await;
            ASYNC_CALLS.fetch_add(1, Ordering::Relaxed) + 10
        })
        .await?;
    let failed = ctx.try_step_async("other", async { "x".parse::<u32>() }).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::StepFailed);
    assert_eq!(ctx.attempt(), 2, "the first attempt fails");
    Ok(value)
}

#[tokio::test]
async fn d_04_steps_of_async_tasks_are_awaited_once() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(awaiting::task());
    assert_eq!(wf.execute().await.unwrap().value::<u32>().unwrap(), 10);
    assert_eq!(wf.execute().store(&store(&directory)).await.unwrap().value::<u32>().unwrap(), 11);
}

#[task(max_retries = 1)]
fn keys(ctx: &Context, #[default(0)] round: u32, log: Log) -> u32 {
    log.add(ctx.idempotency_key());
    assert_eq!(ctx.attempt(), 2, "the first attempt fails");
    if ctx.cycle_count() == 1 {
        ctx.next_iteration(1_u32);
    }
    round
}

#[test]
fn d_01_the_idempotency_key_is_that_of_the_execution() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(keys::task().task_id("a").log(log.clone()));
    wf.execute().store(&store(&directory)).run_id("r").blocking().unwrap();
    assert_eq!(log.entries(), ["r/a/1", "r/a/1", "r/a/2", "r/a/2"]);
}

#[test]
fn d_04_a_step_can_be_tested_without_a_run() {
    assert_eq!(twice::task().run().unwrap(), 1);
}
