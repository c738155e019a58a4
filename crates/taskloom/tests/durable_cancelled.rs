//! A run that was cancelled from outside goes on when it is executed again: R-10.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use taskloom::{Durability, ErrorKind, State, Store, prelude::*, store::RunStatus};
use tempfile::TempDir;
use tokio::sync::Notify;

/// Which bodies were called, and who waits for one to have begun.
#[derive(Clone, Default)]
struct Seen(Arc<(Mutex<Vec<String>>, Notify)>);

impl Seen {
    /// Says whether it is the first call.
    fn called(&self, ctx: &Context) -> bool {
        let mut seen = self.0.0.lock().unwrap();
        let is_first = !seen.iter().any(|id| id == ctx.task_id());
        seen.push(ctx.task_id().to_owned());
        is_first
    }

    fn take(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.0.0.lock().unwrap());
        seen.sort();
        seen
    }

    fn count(&self, id: &str) -> usize {
        self.0.0.lock().unwrap().iter().filter(|seen| *seen == id).count()
    }
}

#[task]
fn give(ctx: &Context, value: i64, seen: &Seen) -> i64 {
    seen.called(ctx);
    value
}

#[task]
fn add(ctx: &Context, value: i64, by: i64, seen: &Seen) -> i64 {
    seen.called(ctx);
    value + by
}

/// Its first call does not end by itself.
#[task]
async fn wait(ctx: Context, value: i64, seen: Seen) -> i64 {
    if seen.called(&ctx) {
        seen.0.1.notify_one();
        std::future::pending::<()>().await;
    }
    value * 10
}

/// Its first call ends once it is told to, well or not.
#[task]
fn obey(ctx: &Context, well: bool, seen: &Seen) -> Result<i64, String> {
    if seen.called(ctx) {
        while !ctx.cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        return if well { Ok(5) } else { Err("told to end".into()) };
    }
    Ok(6)
}

#[task]
fn stop(ctx: &Context, seen: &Seen) -> i64 {
    seen.called(ctx);
    ctx.cancel_workflow("enough");
    1
}

fn store() -> (TempDir, Store) {
    let directory = TempDir::new().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
    (directory, store)
}

fn status(store: &Store) -> RunStatus {
    store.run("r").unwrap().unwrap().info().status
}

/// `first` is followed by a task that waits, beside which others run.
fn workflow(seen: &Seen, beside: impl IntoFragment) -> Workflow {
    let wait = wait::task().task_id("wait").seen(seen.clone());
    let tidy = give::task().task_id("tidy").value(7).seen(seen.clone());
    let tidy = tidy.with_options(|options| options.run_when(RunWhen::Always));
    let first = give::task().task_id("first").value(2).seen(seen.clone());
    let last = add::task().task_id("last").by(1).seen(seen.clone());
    Workflow::new("w").add(first >> wait >> last >> tidy).add(beside)
}

/// Executes it, cancels it while `wait` waits and so many others have begun, and executes it again.
async fn cancel_and_go_on(workflow: &Workflow, store: &Store, seen: &Seen, others: &[&str]) -> Run {
    let handle = workflow.execute().store(store).run_id("r").start().unwrap();
    seen.0.1.notified().await;
    while others.iter().any(|id| seen.count(id) == 0) {
        tokio::task::yield_now().await;
    }
    handle.cancel();
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunCancelled);
    assert_eq!(status(store), RunStatus::Ended(Status::Cancelled));
    workflow.execute().store(store).run_id("r").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_10_a_cancelled_run_goes_on() {
    let ((_directory, store), seen) = (store(), Seen::default());
    let beside = give::task().task_id("beside").value(0).seen(seen.clone());
    let workflow = workflow(&seen, beside);
    let run = cancel_and_go_on(&workflow, &store, &seen, &["beside"]).await;
    assert_eq!(run.output::<i64>("last").unwrap(), 21);
    assert_eq!(run.task("wait").unwrap().attempts(), 1);
    // The clean-up of the cancelled run is forgotten.
    assert_eq!(seen.take(), ["beside", "first", "last", "tidy", "tidy", "wait", "wait"]);
    assert_eq!(status(&store), RunStatus::Ended(Status::Succeeded));
    let again = workflow.execute().store(&store).run_id("r").await.unwrap();
    assert_eq!(again.output::<i64>("last").unwrap(), 21);
    assert!(seen.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn r_10_what_completes_although_it_was_told_to_end_counts() {
    for well in [true, false] {
        let ((_directory, store), seen) = (store(), Seen::default());
        let obey = obey::task().task_id("obey").well(well).seen(seen.clone());
        let run = cancel_and_go_on(&workflow(&seen, obey), &store, &seen, &["obey"]).await;
        // One that has failed because it was told to end is a lost attempt.
        assert_eq!(run.output::<i64>("obey").unwrap(), if well { 5 } else { 6 });
        assert_eq!(seen.count("obey"), if well { 1 } else { 2 });
        assert_eq!(run.task("obey").unwrap().attempts(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_10_a_run_that_dies_while_it_is_cancelled_or_after_it_went_on_goes_on() {
    let ((_directory, store), seen) = (store(), Seen::default());
    let obey = obey::task().task_id("obey").well(false).seen(seen.clone());
    let workflow = workflow(&seen, obey);
    cancel_and_go_on(&workflow, &store, &seen, &["obey"]).await;
    let mut count = 0;
    let each = |_| {
        count += 1;
        Ok(())
    };
    store.run("r").unwrap().unwrap().entries(each).unwrap();
    for crash in 1..count {
        let id = format!("copy-{crash}");
        store.__copy("r", crash, &id).unwrap();
        for _ in 0..2 {
            let run = workflow.execute().store(&store).run_id(&id).await.unwrap();
            let states: Vec<State> = run.tasks().map(taskloom::TaskRecord::state).collect();
            assert_eq!(states, [State::Succeeded; 5], "after entry {crash}");
            assert_eq!(run.output::<i64>("last").unwrap(), 21);
            assert_eq!(run.output::<i64>("obey").unwrap(), 6);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_10_a_dropped_execution_goes_on() {
    let ((_directory, store), seen) = (store(), Seen::default());
    let workflow = workflow(&seen, give::task().task_id("beside").value(0).seen(seen.clone()));
    let execute = workflow.execute().store(&store).run_id("r");
    tokio::select! {
        _ = execute => panic!("it waits"),
        () = seen.0.1.notified() => {}
    }
    while status(&store) != RunStatus::Ended(Status::Cancelled) {
        tokio::task::yield_now().await;
    }
    let run = workflow.execute().store(&store).run_id("r").await.unwrap();
    assert_eq!(run.output::<i64>("last").unwrap(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_10_a_run_that_cancels_itself_or_has_no_time_left_has_ended() {
    let ((_directory, store), seen) = (store(), Seen::default());
    let workflow = workflow(&seen, stop::task().task_id("stop").seen(seen.clone()));
    let execute = || workflow.execute().store(&store).run_id("r");
    let error = execute().await.unwrap_err();
    seen.take();
    assert_eq!(execute().await.unwrap_err().to_string(), error.to_string());
    assert!(seen.take().is_empty());

    let timed = || self::workflow(&seen, give::task().task_id("beside").value(0).seen(seen.clone()));
    let timed = timed();
    let execute = || timed.execute().store(&store).run_id("timed").timeout(Duration::from_millis(30));
    let error = execute().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunTimeout);
    seen.take();
    assert_eq!(execute().await.unwrap_err().kind(), ErrorKind::RunTimeout);
    assert!(seen.take().is_empty());
}
