//! Waits between attempts, filters and timeouts.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support {
    pub(crate) mod gate;
}

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use support::gate::Gate;
use taskloom::{ErrorKind, RetryPolicy, State, prelude::*};

const WAIT: Duration = Duration::from_millis(20);

#[task]
fn fails(times: u32, attempts: Arc<AtomicU32>) -> Result<u32, String> {
    let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
    if attempt > times { Ok(attempt) } else { Err(format!("attempt {attempt}")) }
}

#[task]
fn quick() -> i64 {
    1
}

#[tokio::test]
async fn r_07_a_further_attempt_comes_after_its_wait() {
    let task = fails::task().task_id("t").times(2).attempts(Arc::default());
    let task = task.with_options(|options| options.retry_policy(RetryPolicy::fixed(2, WAIT)));
    let begun = Instant::now();
    let run = Workflow::new("w").add(task).execute().await.unwrap();
    assert!(begun.elapsed() >= 2 * WAIT);
    assert_eq!(run.value::<u32>().unwrap(), 3);
    assert_eq!(run.task("t").unwrap().attempts(), 3);
}

#[test]
fn r_07_waiting_holds_no_worker() {
    let task = fails::task().task_id("t").times(1).attempts(Arc::default());
    let task = task.with_options(|options| options.retry_policy(RetryPolicy::fixed(1, WAIT)));
    let run =
        Workflow::new("w").add(task | quick::task().task_id("q")).execute().max_concurrency(1).blocking().unwrap();
    let finished: Vec<&str> = run.outputs::<i64>().map(|(id, _)| id).collect();
    assert_eq!(finished, ["q"]);
    assert_eq!(run.output::<u32>("t").unwrap(), 2);
}

#[test]
fn r_07_an_error_that_the_filter_refuses_is_not_retried() {
    let attempts = Arc::new(AtomicU32::new(0));
    let task = fails::task().task_id("t").times(5).attempts(attempts.clone());
    let policy = RetryPolicy::at_once(5).retry_on(|error| error.to_string() != "attempt 2");
    let task = task.with_options(|options| options.retry_policy(policy));
    let error = Workflow::new("w").add(task).execute().blocking().unwrap_err();
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    assert!(error.to_string().contains("attempt 2"), "{error}");
}

#[test]
fn s_08_a_task_that_backs_off_does_not_run_after_the_run_has_failed() {
    let patient = fails::task().task_id("patient").times(9).attempts(Arc::default());
    let patient = patient.with_options(|o| o.retry_policy(RetryPolicy::fixed(1, Duration::from_hours(1))));
    let broken = fails::task().task_id("broken").times(9).attempts(Arc::default());
    // One at a time: the first backs off before the second begins.
    let workflow = Workflow::new("w").add(patient).add(broken);
    let error = workflow.execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!(error.task_id(), Some("broken"));
    let run = error.run().unwrap();
    assert_eq!(run.task("patient").unwrap().state(), State::NotRun);
    assert_eq!(run.task("patient").unwrap().error().unwrap().to_string(), "attempt 1");
}

#[tokio::test]
async fn r_07_an_async_attempt_that_takes_too_long_is_dropped_and_retried() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    #[task(timeout = "20ms", max_retries = 1)]
    async fn stuck(ctx: Context, dropped: Arc<AtomicBool>) -> u32 {
        if ctx.attempt() == 1 {
            let _guard = Dropped(dropped);
            std::future::pending::<()>().await;
        }
        ctx.attempt()
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let run = Workflow::new("w").add(stuck::task().dropped(dropped.clone())).execute().await.unwrap();
    assert_eq!(run.value::<u32>().unwrap(), 2);
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(run.abandoned().count(), 0);
}

#[test]
fn r_07_a_plain_function_that_outruns_its_timeout_is_abandoned() {
    #[task]
    fn stuck(ctx: &Context, gate: Gate, late: Gate) -> u32 {
        gate.pass();
        assert!(ctx.cancelled());
        let refused = ctx.channel().set("key", 1_i64).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AttemptEnded);
        late.open();
        7
    }
    let (gate, late) = (Gate::default(), Gate::default());
    let stuck = stuck::task().task_id("stuck").gate(gate.clone()).late(late.clone());
    let stuck = stuck.with_options(|options| options.timeout(WAIT));
    let error = Workflow::new("w").add(stuck >> quick::task()).execute().max_concurrency(1).blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::TaskFailed, Some("stuck")));
    assert!(error.to_string().contains("longer than its timeout of 20ms"), "{error}");
    assert_eq!(error.run().unwrap().abandoned().collect::<Vec<_>>(), ["stuck"]);
    // It returns to a run that has ended.
    gate.open();
    late.pass();
}

#[test]
fn r_07_an_abandoned_thread_is_replaced() {
    #[task]
    fn stuck(gate: Gate) {
        gate.pass();
    }
    let gate = Gate::default();
    let stuck = stuck::task().task_id("stuck").gate(gate.clone()).with_options(|options| options.timeout(WAIT));
    let others = parallel((0..4).map(|i| quick::task().task_id(format!("q{i}"))));
    let group = parallel![stuck, others].policy(Policy::BestEffort);
    let run = Workflow::new("w").add(group).execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(run.outputs::<i64>().count(), 4);
    gate.open();
}
