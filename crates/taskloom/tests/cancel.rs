//! two ways to end a run early, dropping it and cancelling it.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{future::Future, pin::pin, sync::Arc, task::Poll, time::Duration};

use gate::Gate;
use taskloom::{ErrorKind, State, prelude::*};
use tokio::sync::Notify;

/// What a body tells from inside.
#[derive(Clone, Default)]
struct Signals {
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
}

/// Notifies when it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[task]
async fn forever(signals: Signals) {
    let _dropped = OnDrop(signals.dropped);
    tokio::task::yield_now().await;
    signals.begun.notify_one();
    std::future::pending::<()>().await;
}

#[task]
fn pass(begun: &Arc<Notify>, gate: &Gate) -> u32 {
    begun.notify_one();
    gate.pass();
    7
}

/// Ends when it is told to.
#[task]
fn attentive(ctx: &Context, begun: &Arc<Notify>, ended: &Arc<Notify>) {
    begun.notify_one();
    while !ctx.cancelled() {
        std::thread::yield_now();
    }
    ended.notify_one();
}

#[task]
fn open(gate: &Gate) {
    gate.open();
}

#[task]
fn noop() {}

fn endless(signals: &Signals) -> Workflow {
    let forever = forever::task().task_id("forever").signals(signals.clone());
    Workflow::new("w").add(forever >> noop::task().task_id("next"))
}

#[tokio::test]
async fn dropping_an_execution_drops_its_async_bodies() {
    let signals = Signals::default();
    let mut execution = Box::pin(endless(&signals).execute());
    tokio::select! {
        _ = &mut execution => unreachable!("it never ends"),
        () = signals.begun.notified() => {}
    }
    drop(execution);
    signals.dropped.notified().await;
}

#[tokio::test]
async fn dropping_an_execution_tells_its_plain_functions() {
    let (begun, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let workflow = Workflow::new("w").add(attentive::task().begun(begun.clone()).ended(ended.clone()));
    tokio::select! {
        _ = workflow.execute() => unreachable!("it ends when it is told to"),
        () = begun.notified() => {}
    }
    ended.notified().await;
}

#[tokio::test]
async fn a_timeout_around_an_execution_cancels_it() {
    let signals = Signals::default();
    let timeout = tokio::time::timeout(Duration::from_millis(1), endless(&signals).execute()).await;
    assert!(timeout.is_err());
    // The body may not even have begun; if it has, it is dropped.
    tokio::select! {
        () = signals.dropped.notified() => {}
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
    }
}

#[tokio::test]
async fn dropping_an_execution_that_was_not_polled_does_nothing() {
    let gate = Gate::default();
    let workflow = Workflow::new("w").add(open::task().gate(gate.clone()));
    drop(workflow.execute());
    workflow.execute().await.unwrap();
    gate.pass();
}

#[tokio::test]
async fn cancelling_is_an_error_with_the_run() {
    let signals = Signals::default();
    let handle = endless(&signals).execute().start().unwrap();
    signals.begun.notified().await;
    assert!(!handle.is_finished());
    handle.cancel();
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunCancelled);
    let run = error.run().unwrap();
    assert_eq!(run.status(), Status::Cancelled);
    assert_eq!(run.task("forever").unwrap().state(), State::Cancelled);
    assert_eq!(run.task("next").unwrap().state(), State::NotRun);
    signals.dropped.notified().await;
}

#[tokio::test]
async fn a_body_is_dropped_before_its_run_has_ended() {
    let signals = Signals::default();
    let handle = endless(&signals).execute().start().unwrap();
    signals.begun.notified().await;
    handle.cancel();
    handle.await.unwrap_err();
    let mut dropped = pin!(signals.dropped.notified());
    let polled = std::future::poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context))).await;
    assert!(polled.is_ready());
}

#[tokio::test]
async fn a_plain_function_that_is_running_ends_by_itself() {
    let (begun, gate) = (Arc::new(Notify::new()), Gate::default());
    let pass = pass::task().task_id("pass").begun(begun.clone()).gate(gate.clone());
    let workflow = Workflow::new("w").add(pass >> noop::task().task_id("next"));
    let handle = workflow.execute().start().unwrap();
    begun.notified().await;
    handle.cancel();
    assert!(!handle.is_finished());
    gate.open();
    let error = handle.await.unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.output::<u32>("pass").unwrap(), 7);
    assert_eq!(run.task("next").unwrap().state(), State::NotRun);
}

#[tokio::test]
async fn dropping_a_handle_lets_the_run_go_on() {
    let (begun, gate, end) = (Arc::new(Notify::new()), Gate::default(), Gate::default());
    let pass = pass::task().begun(begun.clone()).gate(gate.clone());
    let handle = Workflow::new("w").add(pass >> open::task().gate(end.clone())).execute().start().unwrap();
    begun.notified().await;
    drop(handle);
    gate.open();
    tokio::task::spawn_blocking(move || end.pass()).await.unwrap();
}

#[tokio::test]
async fn cancelling_what_has_ended_changes_nothing() {
    let end = Gate::default();
    let mut handle = Workflow::new("w").add(open::task().gate(end)).execute().start().unwrap();
    while !handle.is_finished() {
        tokio::task::yield_now().await;
    }
    handle.cancel();
    assert_eq!((&mut handle).await.unwrap().status(), Status::Succeeded);
}

#[test]
fn a_runtime_that_has_ended_cancels_a_run_that_needs_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runtime.handle().clone();
    drop(runtime);
    let inside = ended.enter();
    let handle = endless(&Signals::default()).execute().start().unwrap();
    drop(inside);
    let elsewhere = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(elsewhere.block_on(handle).unwrap_err().kind(), ErrorKind::RunCancelled);
}

#[test]
fn the_end_of_the_runtime_cancels_a_run_whose_bodies_wait() {
    let signals = Signals::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inside = runtime.enter();
    let handle = endless(&signals).execute().start().unwrap();
    drop(inside);
    runtime.block_on(signals.begun.notified());
    drop(runtime);
    let elsewhere = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = elsewhere.block_on(async { tokio::time::timeout(Duration::from_secs(20), handle).await });
    assert_eq!(ended.expect("it never ends").unwrap_err().kind(), ErrorKind::RunCancelled);
}
