//! The time that a run may take, and the grace time of plain functions that are to end.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{sync::Arc, thread, time::Duration};

use gate::Gate;
use taskloom::{ErrorKind, State, prelude::*};
use tokio::sync::Notify;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_mins(1);

#[task]
fn quick() -> i64 {
    1
}

#[task]
async fn forever() {
    std::future::pending::<()>().await;
}

/// Ends when it is told to.
#[task]
fn attentive(ctx: &Context) -> bool {
    while !ctx.cancelled() {
        thread::yield_now();
    }
    true
}

/// Does not look whether it is to end, and then tries whatever a context can do.
#[task]
fn stubborn(ctx: &Context, begun: &Arc<Notify>, gate: &Gate, late: &Gate) -> i64 {
    begun.notify_one();
    gate.pass();
    let ended = [
        ctx.channel().set("key", 1_i64).unwrap_err(),
        ctx.channel().get::<i64>("key").unwrap_err(),
        ctx.get_result::<i64>("quick").unwrap_err(),
        ctx.goto("quick").unwrap_err(),
    ];
    assert!(ended.iter().all(|error| error.kind() == ErrorKind::AttemptEnded), "{ended:?}");
    assert!(ctx.cancelled());
    late.open();
    7
}

#[derive(Clone, Default)]
struct Signals {
    begun: Arc<Notify>,
    gate: Gate,
    late: Gate,
}

impl Signals {
    fn stubborn(&self) -> stubborn {
        let task = stubborn::task().task_id("stubborn").begun(self.begun.clone());
        task.gate(self.gate.clone()).late(self.late.clone())
    }

    /// Lets the function go on, and waits until it has done all that it does.
    fn end(&self) {
        self.gate.open();
        self.late.pass();
    }
}

fn slow() -> Workflow {
    let flow = quick::task().task_id("quick") >> forever::task().task_id("slow") >> quick::task().task_id("next");
    Workflow::new("w").add(flow)
}

#[track_caller]
fn assert_timed_out(error: &taskloom::Error) {
    assert_eq!(error.kind(), ErrorKind::RunTimeout);
    let text = error.to_string();
    assert!(text.starts_with("the run of workflow `w` took longer than its timeout of 20ms"), "{text}");
    assert!(text.contains("in the middle: `slow`"), "{text}");
    let run = error.run().unwrap();
    assert_eq!(run.status(), Status::Cancelled);
    assert_eq!(run.output::<i64>("quick").unwrap(), 1);
    assert_eq!(run.task("slow").unwrap().state(), State::Cancelled);
    assert_eq!(run.task("next").unwrap().state(), State::NotRun);
}

#[tokio::test]
async fn r_07_a_run_that_takes_too_long_is_cancelled_and_keeps_what_is_done() {
    assert_timed_out(&slow().execute().timeout(SHORT).await.unwrap_err());
}

#[test]
fn r_07_also_where_the_caller_waits_without_a_runtime() {
    assert_timed_out(&slow().execute().timeout(SHORT).blocking().unwrap_err());
    let handle = slow().execute().timeout(SHORT).start().unwrap();
    assert_timed_out(&futures_executor::block_on(handle).unwrap_err());
}

#[test]
fn r_07_a_run_in_time_succeeds() {
    let workflow = Workflow::new("w").add(quick::task());
    assert_eq!(workflow.execute().timeout(LONG).blocking().unwrap().value::<i64>().unwrap(), 1);
}

#[test]
fn r_07_a_run_that_failed_before_its_time_was_over_keeps_its_error() {
    #[task]
    fn fails() -> Result<(), String> {
        Err("no".to_owned())
    }
    // In the order of composition, so the slow one has begun when the other fails.
    let separate = Workflow::new("w").add(forever::task().task_id("slow")).add(fails::task().task_id("first"));
    let error = separate.execute().timeout(SHORT).blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::TaskFailed, Some("first")));
    assert_eq!(error.run().unwrap().task("slow").unwrap().state(), State::Cancelled);
}

#[test]
fn r_10_a_plain_function_that_ends_in_time_keeps_its_result() {
    let workflow = Workflow::new("w").add(attentive::task().task_id("attentive"));
    let error = workflow.execute().timeout(SHORT).grace(LONG).blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(error.kind(), ErrorKind::RunTimeout);
    assert!(run.output::<bool>("attentive").unwrap());
    assert_eq!(run.abandoned().count(), 0);
}

#[test]
fn r_07_a_plain_function_that_outruns_the_grace_time_is_abandoned() {
    let signals = Signals::default();
    let workflow = Workflow::new("w").add(quick::task().task_id("quick") >> signals.stubborn());
    // The caller returns: its thread is none of those that run plain functions of this run.
    let error = workflow.execute().timeout(SHORT).grace(SHORT).max_concurrency(1).blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.abandoned().collect::<Vec<_>>(), ["stubborn"]);
    assert_eq!(run.task("stubborn").unwrap().state(), State::Cancelled);
    assert_eq!(run.output::<i64>("quick").unwrap(), 1);
    signals.end();
    assert!(run.output::<i64>("stubborn").is_err(), "what it returned is dropped");
}

#[tokio::test]
async fn r_10_cancelling_waits_for_the_grace_time_only() {
    let signals = Signals::default();
    let workflow = Workflow::new("w").add(quick::task().task_id("quick") >> signals.stubborn());
    let handle = workflow.execute().grace(SHORT).start().unwrap();
    signals.begun.notified().await;
    handle.cancel();
    let error = handle.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunCancelled);
    assert_eq!(error.run().unwrap().abandoned().collect::<Vec<_>>(), ["stubborn"]);
    signals.end();
}

#[test]
fn r_07_the_locks_of_an_abandoned_function_are_free_and_its_thread_is_replaced() {
    #[task]
    fn holds(ctx: &Context, gate: &Gate, late: &Gate) -> taskloom::Result<()> {
        let lock = ctx.channel().lock("key")?;
        ctx.channel().set("key", 1_i64)?;
        gate.pass();
        drop(lock);
        late.open();
        Ok(())
    }
    #[task]
    fn takes(ctx: &Context) -> taskloom::Result<Option<i64>> {
        let _lock = ctx.channel().lock("key")?;
        ctx.channel().get("key")
    }
    let signals = Signals::default();
    let holds = holds::task().task_id("holds").gate(signals.gate.clone()).late(signals.late.clone());
    let takes = takes::task().task_id("takes").with_options(|options| options.run_when(RunWhen::Always));
    let execution = Workflow::new("w").add(holds >> takes).execute().max_concurrency(1);
    let error = execution.timeout(SHORT).grace(SHORT).blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.output::<Option<i64>>("takes").unwrap(), None);
    signals.end();
    assert_eq!(run.channel().get::<i64>("key").unwrap(), None);
}

#[tokio::test]
async fn r_15_a_clean_up_still_runs_when_the_time_is_over() {
    let clean_up = quick::task().task_id("clean-up").with_options(|options| options.run_when(RunWhen::Always));
    let workflow = Workflow::new("w").add(forever::task().task_id("slow") >> clean_up);
    let error = workflow.execute().timeout(SHORT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunTimeout);
    assert_eq!(error.run().unwrap().output::<i64>("clean-up").unwrap(), 1);
}
