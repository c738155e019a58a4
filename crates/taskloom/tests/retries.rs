//! R-7, without delays: how often a failed task is tried again.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use taskloom::{ErrorKind, State, prelude::*};

/// Fails so many times, and then gives the number of the attempt.
#[task(max_retries = 2)]
fn flaky(failures: u32, ctx: &Context) -> Result<u32, String> {
    assert_eq!(ctx.retry_count(), ctx.attempt() - 1);
    if ctx.attempt() <= failures { Err(format!("failure {}", ctx.attempt())) } else { Ok(ctx.attempt()) }
}

#[task(max_retries = 2)]
async fn flaky_async(failures: u32, ctx: Context) -> Result<u32, String> {
    tokio::task::yield_now().await;
    flaky(failures, &ctx)
}

#[task(max_retries = 1)]
fn panics_once(runs: &Arc<AtomicU32>) {
    assert!(runs.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
}

#[task]
fn fails() -> Result<(), String> {
    Err("always".to_owned())
}

#[test]
fn r_07_a_failed_task_is_tried_again() {
    let tasks = [flaky::task().failures(2).into_fragment(), flaky_async::task().failures(2).into_fragment()];
    for task in tasks {
        let run = Workflow::new("w").add(task).execute().blocking().unwrap();
        assert_eq!(run.value::<u32>().unwrap(), 3);
        let task = run.tasks().next().unwrap();
        assert_eq!((task.attempts(), task.state()), (3, State::Succeeded));
        assert!(task.error().is_none());
        assert!(run.to_string().contains("3 attempts"), "{run}");
    }
}

#[test]
fn r_07_at_the_last_retry_the_run_fails() {
    let error = Workflow::new("w").add(flaky::task().task_id("f").failures(3)).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RetryLimitExceeded);
    assert!(error.to_string().starts_with("task `f` failed at attempt 3 of 3: failure 3\n"), "{error}");
    assert_eq!(error.run().unwrap().task("f").unwrap().attempts(), 3);
}

#[test]
fn r_07_options_of_an_instance_override_the_definitions() {
    let patient = flaky::task().failures(5).with_options(|options| options.max_retries(5));
    assert_eq!(Workflow::new("w").add(patient).execute().blocking().unwrap().value::<u32>().unwrap(), 6);
    let impatient = flaky::task().failures(1).with_options(|options| options.max_retries(0));
    let error = Workflow::new("w").add(impatient).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TaskFailed);
}

#[test]
fn r_07_a_panic_is_tried_again_too() {
    let runs = Arc::new(AtomicU32::new(0));
    Workflow::new("w").add(panics_once::task().runs(runs.clone())).execute().blocking().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[test]
fn r_07_a_retry_waits_behind_what_is_ready() {
    let workflow = Workflow::new("w").add(flaky::task().failures(1)).add(flaky::task().task_id("other").failures(0));
    let run = workflow.execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(run.outputs::<u32>().map(|(_, attempt)| *attempt).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn s_08_a_task_that_was_to_be_tried_again_keeps_its_last_error() {
    let workflow = Workflow::new("w").add(flaky::task().task_id("flaky").failures(1)).add(fails::task());
    let error = workflow.execute().max_concurrency(1).blocking().unwrap_err();
    let task = error.run().unwrap().task("flaky").unwrap();
    assert_eq!((task.state(), task.attempts()), (State::NotRun, 1));
    assert_eq!(task.error().unwrap().to_string(), "failure 1");
}

#[test]
fn r_07_any_number_of_retries_is_legal() {
    let forever = flaky::task().failures(100).with_options(|options| options.max_retries(u32::MAX));
    assert_eq!(Workflow::new("w").add(forever).execute().blocking().unwrap().value::<u32>().unwrap(), 101);
}
