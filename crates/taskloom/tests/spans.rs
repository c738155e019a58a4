//! The `tracing` spans of a run: one for it and one for each attempt, with errors as events.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/subscriber.rs"]
mod subscriber;

use std::sync::Arc;

use subscriber::Spans;
use taskloom::prelude::*;
use tokio::sync::Notify;
use tracing::subscriber::with_default;

#[task]
fn says(text: String) {
    tracing::info!("{text}");
}

#[task]
async fn says_later(text: String) {
    tokio::task::yield_now().await;
    tracing::info!("{text}");
}

#[task]
fn fails_once(ctx: &Context) -> Result<(), String> {
    if ctx.attempt() > 1 { Ok(()) } else { Err("too early".to_owned()) }
}

#[task]
fn panics() {
    panic!("by mistake");
}

#[task]
async fn forever(begun: Arc<Notify>) {
    begun.notify_one();
    std::future::pending::<()>().await;
}

/// On this thread alone, which has a subscriber of its own.
fn run(spans: &Spans, operand: impl IntoFragment) {
    let workflow = Workflow::new("w").add(operand);
    let run = || workflow.execute().max_concurrency(1).blocking();
    // How it ends is in the spans.
    let _ = with_default(spans.clone(), run);
}

#[test]
fn r_07_a_span_for_the_run_and_one_for_each_attempt() {
    let spans = Spans::default();
    let retried = fails_once::task().task_id("b").with_options(|options| options.max_retries(1));
    run(&spans, says::task().task_id("a").text("hello") >> retried);
    let attempt = |id: &str, number: u32, status: &str| {
        format!("taskloom.task task.id={id} iteration=1 attempt={number} status={status} in taskloom.run")
    };
    assert_eq!(
        spans.closed(),
        [
            attempt("a", 1, "succeeded"),
            attempt("b", 1, "failed"),
            attempt("b", 2, "succeeded"),
            "taskloom.run workflow=w run.id=… status=succeeded".to_owned()
        ]
    );
    assert_eq!(spans.events(), ["hello in taskloom.task a", "the attempt failed error=too early in taskloom.task b"]);
}

#[test]
fn r_06_a_panic_is_an_error_in_the_span() {
    let spans = Spans::default();
    run(&spans, panics::task().task_id("a"));
    assert_eq!(spans.events(), ["the attempt failed error=panicked: by mistake in taskloom.task a"]);
    assert!(spans.closed()[1].ends_with("status=failed"), "{:?}", spans.closed());
}

#[test]
fn r_13_an_async_body_is_in_its_span_at_each_poll() {
    let spans = Spans::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // Its second poll is on the runtime's thread, which is this one.
    let workflow = Workflow::new("w").add(says_later::task().task_id("a").text("late"));
    with_default(spans.clone(), || runtime.block_on(async { workflow.execute().await.unwrap() }));
    assert_eq!(spans.events(), ["late in taskloom.task a"]);
    assert_eq!(spans.entered(), 0);
}

#[test]
fn r_10_an_attempt_that_is_cancelled() {
    let spans = Spans::default();
    let begun = Arc::new(Notify::new());
    let workflow = Workflow::new("w").add(forever::task().task_id("a").begun(begun.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    with_default(spans.clone(), || {
        runtime.block_on(async {
            let handle = workflow.execute().start().unwrap();
            begun.notified().await;
            handle.cancel();
            handle.await.unwrap_err();
        });
    });
    assert!(spans.closed()[0].contains("task.id=a iteration=1 attempt=1 status=cancelled"), "{:?}", spans.closed());
    assert!(spans.closed()[1].ends_with("status=cancelled"), "{:?}", spans.closed());
}

#[test]
fn r_05_the_run_is_in_the_span_of_its_caller() {
    let spans = Spans::default();
    let workflow = Workflow::new("w").add(says::task().task_id("a").text("hello"));
    with_default(spans.clone(), || {
        tracing::info_span!("request").in_scope(|| workflow.execute().max_concurrency(1).blocking().unwrap());
    });
    assert!(spans.closed()[1].ends_with("status=succeeded in request"), "{:?}", spans.closed());
}

#[test]
fn e_02_a_subscriber_that_wants_no_spans_gets_none() {
    let spans = Spans::silent();
    run(&spans, says::task().task_id("a").text("hello") >> fails_once::task().task_id("b"));
    assert!(spans.closed().is_empty());
    assert_eq!(spans.events(), ["hello"]);
}
