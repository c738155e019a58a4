//! Tasks that wait for time: D-5, and what else holds of them: R-7, R-9, S-8, C-9.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/durable.rs"]
mod durable;
#[path = "support/gate.rs"]
mod gate;
#[path = "support/log.rs"]
mod log;
#[path = "support/resume.rs"]
mod resume;

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use durable::{store, wait_for};
use gate::Gate;
use log::Log;
use resume::run_to_end;
use serde::{Deserialize, Serialize, Serializer};
use taskloom::{DueReason, Error, ErrorKind, Execute, RunStatus, State, Status, prelude::*};
use tempfile::TempDir;

const SHORT: Duration = Duration::from_millis(2);
const HOUR: Duration = Duration::from_hours(1);

#[task]
fn sleep_until_open(ctx: &Context, log: Log) -> taskloom::Result<()> {
    for _ in 0..20_000 {
        if log.entries().contains(&"other".to_owned()) {
            return Ok(());
        }
        ctx.sleep(Duration::from_millis(1))?;
    }
    panic!("nobody else has run");
}

#[task]
async fn sleep_until_open_async(ctx: Context, log: Log) -> taskloom::Result<()> {
    for _ in 0..20_000 {
        if log.entries().contains(&"other".to_owned()) {
            return Ok(());
        }
        ctx.sleep_async(Duration::from_millis(1)).await?;
    }
    panic!("nobody else has run");
}

#[task]
fn say(log: Log, what: &str) {
    log.add(what);
}

#[task]
fn sleeper(ctx: &Context, log: Log, wait: Duration) -> taskloom::Result<u32> {
    log.add("begins");
    let slept = ctx.sleep(wait);
    log.add(slept.as_ref().map_or_else(|error| format!("{:?}", error.kind()), |()| "goes on".to_owned()));
    slept.map(|()| ctx.attempt())
}

#[task]
async fn sleeper_async(ctx: Context, log: Log, wait: Duration) -> taskloom::Result<u32> {
    log.add("begins");
    let slept = ctx.sleep_async(wait).await;
    log.add(slept.as_ref().map_or_else(|error| format!("{:?}", error.kind()), |()| "goes on".to_owned()));
    slept.map(|()| ctx.attempt())
}

#[test]
fn d_05_r_01_a_sleeping_task_gives_its_place_to_others() {
    let directory = TempDir::new().unwrap();
    for store in [None, Some(store(&directory))] {
        for is_async in [false, true] {
            let log = Log::default();
            let other = say::task().log(log.clone()).what("other");
            let wf = Workflow::new("w");
            let wf = if is_async {
                wf.add(sleep_until_open_async::task().log(log)).add(other)
            } else {
                wf.add(sleep_until_open::task().log(log)).add(other)
            };
            let execute = wf.execute().max_concurrency(1).suspend_after(HOUR);
            let execute = if let Some(store) = &store { execute.store(store) } else { execute };
            assert_eq!(execute.blocking().unwrap().status(), Status::Succeeded);
        }
    }
}

#[test]
fn d_05_a_sleep_in_place_calls_the_body_once() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(sleeper::task().log(log.clone()).wait(SHORT));
    wf.execute().blocking().unwrap();
    wf.execute().store(&store(&directory)).blocking().unwrap();
    assert_eq!(log.entries(), ["begins", "goes on", "begins", "goes on"]);
}

#[test]
fn d_05_a_long_sleep_suspends_the_run_until_its_time() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let log = Log::default();
    let wf = Workflow::new("w").add(sleeper::task().task_id("a").log(log.clone()).wait(HOUR));
    let execute = || wf.execute().store(&store).run_id("r").blocking();
    for _ in 0..2 {
        let error = execute().unwrap_err();
        assert_eq!((error.kind(), error.run_id()), (ErrorKind::RunSuspended, Some("r")));
        let run = error.run().unwrap();
        assert_eq!((run.status(), run.task("a").unwrap().state()), (Status::Suspended, State::Suspended));
        let info = store.run("r").unwrap().unwrap().info().clone();
        assert!(matches!(info.status, RunStatus::Suspended { until: Some(_) }), "{info:?}");
        assert_eq!(store.due().unwrap(), []);
    }
    assert_eq!(log.entries(), ["begins", "RunSuspended"]);
}

#[test]
fn d_05_a_suspended_run_is_due_when_its_time_has_come_and_goes_on_then() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let log = Log::default();
    for is_async in [false, true] {
        let id = format!("{is_async}");
        let wait = Duration::from_millis(300);
        let wf = if is_async {
            Workflow::new("w").add(sleeper_async::task().task_id("a").log(log.clone()).wait(wait))
        } else {
            Workflow::new("w").add(sleeper::task().task_id("a").log(log.clone()).wait(wait))
        };
        let execute = || wf.execute().store(&store).run_id(&*id).suspend_after(Duration::ZERO).blocking();
        assert_eq!(execute().unwrap_err().kind(), ErrorKind::RunSuspended);
        let due = wait_for(|| store.due().unwrap().pop());
        assert_eq!((&*due.run.id, due.reason), (&*id, DueReason::Time));
        assert_eq!(execute().unwrap().value::<u32>().unwrap(), 1);
    }
    // An async body may be dropped at its sleep.
    let entries = log.entries().into_iter().filter(|entry| entry != "RunSuspended");
    assert_eq!(entries.collect::<Vec<_>>(), ["begins", "begins", "goes on"].repeat(2));
}

#[test]
fn d_05_a_resumed_run_stays_for_a_sleep_that_is_over_soon() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let log = Log::default();
    let wf = Workflow::new("w").add(sleeper::task().log(log).wait(Duration::from_millis(300)));
    let execute = || wf.execute().store(&store).run_id("r");
    let error = execute().suspend_after(Duration::ZERO).blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunSuspended);
    assert_eq!(execute().suspend_after(HOUR).blocking().unwrap().value::<u32>().unwrap(), 1);
}

#[test]
fn d_05_a_branch_goes_on_beside_a_suspended_one() {
    let directory = TempDir::new().unwrap();
    let store = store(&directory);
    let log = Log::default();
    let a = sleeper::task().task_id("a").log(log.clone()).wait(HOUR);
    let b = say::task().task_id("b").log(log.clone()).what("b");
    let c = say::task().task_id("c").log(log.clone()).what("c");
    let wf = Workflow::new("w").add((a | (b >> c)).group_name("both"));
    for _ in 0..2 {
        let error = wf.execute().store(&store).run_id("r").max_concurrency(1).blocking().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RunSuspended);
        assert_eq!(error.run().unwrap().task("c").unwrap().state(), State::Succeeded);
    }
    let mut entries = log.entries();
    entries.sort();
    assert_eq!(entries, ["RunSuspended", "b", "begins", "c"]);
}

#[task]
fn nap(ctx: &Context, value: u32) -> taskloom::Result<u32> {
    ctx.sleep(SHORT)?;
    Ok(value * 10)
}

#[task]
fn sum(values: Vec<u32>) -> u32 {
    values.iter().sum()
}

fn suspending(wf: &Workflow, directory: &TempDir) -> Execute {
    wf.execute().store(&store(directory)).run_id("r").suspend_after(Duration::ZERO)
}

#[test]
fn d_05_branches_of_a_group_and_elements_of_a_map_can_be_suspended() {
    let directory = TempDir::new().unwrap();
    let group = (nap::task().value(1) | nap::task().value(2)).group_name("naps");
    let total = sum::task().values(&group);
    let wf = Workflow::new("w").add(group >> total);
    let run = run_to_end(|| suspending(&wf, &directory)).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 30);

    let directory = TempDir::new().unwrap();
    let naps = nap::map().value([1, 2, 3]);
    let total = sum::task().values(&naps);
    let wf = Workflow::new("w").add(naps >> total);
    let run = run_to_end(|| suspending(&wf, &directory).max_concurrency(1)).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 60);
}

#[task(max_cycles = 3)]
fn nap_in_a_loop(ctx: &Context, #[default(0)] last: u32) -> taskloom::Result<u32> {
    ctx.sleep(SHORT)?;
    ctx.sleep(SHORT)?;
    if ctx.cycle_count() < 3 {
        ctx.next_iteration(last + 1);
    }
    Ok(last)
}

#[test]
fn d_05_c_09_a_suspension_is_no_further_step_and_no_further_cycle() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(nap_in_a_loop::task());
    let run = run_to_end(|| suspending(&wf, &directory).max_steps(3)).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 2);
    let run = wf.execute().max_steps(3).blocking().unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 2);
}

#[task(max_retries = 1)]
fn fail_then_nap(ctx: &Context, log: Log) -> taskloom::Result<u32> {
    log.add(format!("attempt {}", ctx.attempt()));
    assert_eq!(ctx.attempt(), 2, "the first attempt fails");
    ctx.sleep(Duration::from_millis(300))?;
    Ok(ctx.attempt())
}

#[test]
fn r_09_an_attempt_that_was_suspended_keeps_its_number() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(fail_then_nap::task().log(log.clone()));
    assert_eq!(suspending(&wf, &directory).blocking().unwrap_err().kind(), ErrorKind::RunSuspended);
    let run = run_to_end(|| suspending(&wf, &directory)).unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 2);
    assert_eq!(log.entries(), ["attempt 1", "attempt 2", "attempt 2"]);
}

#[task]
fn swallow(ctx: &Context, log: Log) -> String {
    let slept = ctx.sleep(Duration::from_millis(300));
    log.add(match &slept {
        Ok(()) => "slept".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    });
    if slept.is_err() {
        let refused: Result<(), Error> = ctx.step("after", || ());
        log.add(format!("{:?}", refused.unwrap_err().kind()));
        log.add(format!("{:?}", ctx.channel().set("key", 1).unwrap_err().kind()));
    }
    format!("{slept:?}")
}

#[test]
fn d_05_what_a_body_makes_of_its_suspension_does_not_count() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(swallow::task().log(log.clone()));
    assert_eq!(suspending(&wf, &directory).blocking().unwrap_err().kind(), ErrorKind::RunSuspended);
    let run = run_to_end(|| suspending(&wf, &directory)).unwrap();
    assert_eq!(run.value::<String>().unwrap(), "Ok(())");
    assert!(run.channel().keys().next().is_none());
    assert_eq!(log.entries(), ["RunSuspended", "AttemptEnded", "AttemptEnded", "slept"]);
}

#[test]
fn d_05_r_10_a_sleeping_task_hears_that_its_run_is_cancelled() {
    let directory = TempDir::new().unwrap();
    for store in [None, Some(store(&directory))] {
        for is_async in [false, true] {
            let log = Log::default();
            let wf = if is_async {
                Workflow::new("w").add(sleeper_async::task().task_id("a").log(log.clone()).wait(HOUR))
            } else {
                Workflow::new("w").add(sleeper::task().task_id("a").log(log.clone()).wait(HOUR))
            };
            let execute = wf.execute().suspend_after(2 * HOUR);
            let execute = if let Some(store) = &store { execute.store(store) } else { execute };
            let handle = execute.start().unwrap();
            wait_for(|| (!log.entries().is_empty()).then_some(()));
            handle.cancel();
            let error = futures_executor::block_on(handle).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RunCancelled);
            if !is_async {
                // An async body may have been dropped at its sleep.
                wait_for(|| (log.entries() == ["begins", "RunCancelled"]).then_some(()));
            }
        }
    }
}

#[task]
fn pass(gate: Gate) {
    gate.pass();
}

#[test]
fn d_05_r_10_a_run_with_a_suspended_task_can_be_cancelled() {
    let directory = TempDir::new().unwrap();
    let (log, gate) = (Log::default(), Gate::default());
    let a = sleeper::task().task_id("a").log(log.clone()).wait(HOUR);
    let wf = Workflow::new("w").add(a).add(pass::task().task_id("b").gate(gate.clone()));
    let handle = suspending(&wf, &directory).start().unwrap();
    wait_for(|| (log.entries().len() == 2).then_some(()));
    handle.cancel();
    gate.open();
    let error = futures_executor::block_on(handle).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunCancelled);
    assert_eq!(error.run().unwrap().task("a").unwrap().state(), State::NotRun);
}

#[task]
fn fail() {
    panic!("broken");
}

#[test]
fn s_08_what_sleeps_when_the_run_fails_is_not_run() {
    let directory = TempDir::new().unwrap();
    for is_async in [false, true] {
        let log = Log::default();
        let wf = if is_async {
            Workflow::new("w").add(sleeper_async::task().task_id("a").log(log.clone()).wait(HOUR))
        } else {
            Workflow::new("w").add(sleeper::task().task_id("a").log(log.clone()).wait(HOUR))
        };
        let wf = wf.add(fail::task().task_id("b"));
        // With one place, the second task starts when the first one waits.
        let local = wf.execute().max_concurrency(1);
        let left = wf.execute().max_concurrency(1).store(&store(&directory)).suspend_after(Duration::ZERO);
        for execute in [local, left] {
            let error = execute.blocking().unwrap_err();
            assert_eq!((error.kind(), error.task_id()), (ErrorKind::TaskFailed, Some("b")));
            assert_eq!(error.run().unwrap().task("a").unwrap().state(), State::NotRun);
        }
    }
}

#[task]
async fn impatient(ctx: Context) -> bool {
    tokio::time::timeout(SHORT, ctx.sleep_async(HOUR)).await.is_err()
}

#[tokio::test]
async fn d_05_a_body_that_drops_its_sleep_goes_on() {
    let directory = TempDir::new().unwrap();
    let wf = Workflow::new("w").add(impatient::task());
    assert!(wf.execute().await.unwrap().value::<bool>().unwrap());
    let durable = || wf.execute().store(&store(&directory)).run_id("r").suspend_after(2 * HOUR);
    for _ in 0..2 {
        assert!(durable().await.unwrap().value::<bool>().unwrap());
    }
}

#[test]
fn r_07_the_timeout_of_a_task_counts_the_time_that_it_sleeps() {
    let log = Log::default();
    let limited = |options: taskloom::TaskOptions| options.timeout(Duration::from_millis(20));
    let plain = sleeper::task().log(log.clone()).wait(HOUR).with_options(limited);
    let waiting = sleeper_async::task().log(log.clone()).wait(HOUR).with_options(limited);
    for wf in [Workflow::new("w").add(plain), Workflow::new("w").add(waiting)] {
        let error = wf.execute().blocking().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TaskFailed);
        assert!(error.to_string().contains("20ms"), "{error}");
    }
    wait_for(|| {
        log.entries().iter().any(|entry| entry.ends_with("Ended") || entry.ends_with("Cancelled")).then_some(())
    });
}

#[task]
fn wake_at(ctx: &Context, time: SystemTime) -> taskloom::Result<bool> {
    ctx.sleep_until(time)?;
    Ok(SystemTime::now() >= time)
}

#[test]
fn d_05_a_sleep_until_a_time_ends_then() {
    for time in [SystemTime::UNIX_EPOCH, SystemTime::now() + SHORT] {
        let run = Workflow::new("w").add(wake_at::task().time(time)).execute().blocking().unwrap();
        assert!(run.value::<bool>().unwrap());
    }
}

#[test]
fn d_05_many_tasks_sleep_at_the_same_time() {
    let directory = TempDir::new().unwrap();
    for store in [None, Some(store(&directory))] {
        let mut wf = Workflow::new("w");
        for index in 0..50 {
            let log = Log::default();
            let (plain, waiting) = (format!("plain_{index}"), format!("async_{index}"));
            wf = wf.add(sleeper::task().task_id(plain).log(log.clone()).wait(SHORT * index));
            wf = wf.add(sleeper_async::task().task_id(waiting).log(log).wait(SHORT * index));
        }
        let execute = wf.execute().max_concurrency(2);
        let execute = if let Some(store) = &store { execute.store(store) } else { execute };
        assert_eq!(execute.blocking().unwrap().outputs::<u32>().count(), 100);
    }
}

static GATE: LazyLock<Gate> = LazyLock::new(Gate::default);

/// Writing it waits for the gate.
#[derive(Clone, Deserialize)]
struct Slow;

impl Serialize for Slow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        GATE.pass();
        serializer.serialize_unit_struct("Slow")
    }
}

#[task]
async fn slow(log: Log) -> Slow {
    log.add("begun");
    tokio::task::yield_now().await;
    Slow
}

#[tokio::test]
async fn d_01_the_callers_runtime_goes_on_while_an_async_task_is_recorded() {
    let directory = TempDir::new().unwrap();
    let log = Log::default();
    let wf = Workflow::new("w").add(slow::task().log(log.clone()));
    let run = wf.execute().store(&store(&directory));
    let opener = async {
        while log.entries().is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        GATE.open();
    };
    let (run, ()) = tokio::join!(run, opener);
    run.unwrap();
}

#[task]
fn page(number: u32) -> u32 {
    number * 10
}

#[task]
fn index(ctx: &Context) -> taskloom::Result<()> {
    ctx.sleep(SHORT)?;
    ctx.next_task(page::task().task_id("page_1").number(1))
}

#[test]
fn c_06_d_07_a_template_is_found_again_by_a_resumed_run() {
    let directory = TempDir::new().unwrap();
    let end = sleeper::task().task_id("end").log(Log::default()).wait(SHORT);
    let wf = Workflow::new("w").add(index::task() >> end);
    let error = run_to_end(|| suspending(&wf, &directory)).unwrap_err();
    assert!(error.to_string().contains("Workflow::template(page::definition())"), "{error}");

    let directory = TempDir::new().unwrap();
    let wf = wf.template(page::definition());
    let run = run_to_end(|| suspending(&wf, &directory)).unwrap();
    assert_eq!(run.output::<u32>("page_1").unwrap(), 10);
    assert!(run.task("page").is_none(), "nobody has asked for it");
}
