//! What a task can ask for from inside, and what that does to the run.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use taskloom::{ErrorKind, State, prelude::*};

#[task]
fn give(value: i64) -> i64 {
    value
}

#[task]
fn writer(ctx: &Context) -> u32 {
    ctx.cycle_count()
}

#[task]
fn reviewer(ctx: &Context, draft: u32, enough: u32) -> taskloom::Result<u32> {
    if draft < enough {
        ctx.goto("writer")?;
    }
    Ok(draft)
}

#[task]
async fn publish(ctx: Context) -> taskloom::Result<u32> {
    ctx.get_result("reviewer")
}

#[test]
fn s_05_r_09_a_review_goes_back_and_the_result_is_published_once() {
    let writer = writer::task().task_id("writer");
    let reviewer = reviewer::task().task_id("reviewer").draft(&writer).enough(3);
    let legal = give::task().task_id("legal").value(1);
    let publish = publish::task().task_id("publish");
    let run = Workflow::new("w").add(writer >> (reviewer | legal) >> publish).execute().blocking().unwrap();
    assert_eq!(run.output::<u32>("publish").unwrap(), 3);
    assert_eq!(run.task("writer").unwrap().iterations(), 3);
    assert_eq!(run.task("publish").unwrap().iterations(), 1);
}

#[test]
fn r_09_a_goto_forward_skips_what_lies_between() {
    #[task]
    fn decide(ctx: &Context) -> taskloom::Result<()> {
        ctx.goto("end")
    }
    let (between, end) = (give::task().task_id("between").value(1), give::task().task_id("end").value(2));
    let run = Workflow::new("w").add(decide::task() >> between >> end).execute().blocking().unwrap();
    assert_eq!(run.task("between").unwrap().state(), State::Skipped);
    assert_eq!(run.value::<i64>().unwrap(), 2);
}

#[test]
fn r_09_a_goto_to_nowhere_is_an_error_that_names_what_was_meant() {
    #[task]
    fn lost(ctx: &Context) -> taskloom::Result<()> {
        ctx.goto("publsh")
    }
    let flow = lost::task().task_id("lost") >> give::task().task_id("publish").value(1);
    let error = Workflow::new("w").add(flow).execute().blocking().unwrap_err();
    assert_eq!(error.task_id(), Some("lost"));
    assert!(error.to_string().contains("did you mean `publish`?"), "{error}");
}

#[test]
fn s_06_a_task_that_is_jumped_to_takes_the_value_of_the_one_that_jumped() {
    #[task]
    fn count(ctx: &Context, so_far: i64) -> taskloom::Result<i64> {
        if so_far < 3 {
            ctx.goto("count")?;
        }
        Ok(so_far + 1)
    }
    let run =
        Workflow::new("w").add(give::task().value(0) >> count::task().task_id("count")).execute().blocking().unwrap();
    assert_eq!(run.value::<i64>().unwrap(), 4);
    assert_eq!(run.task("count").unwrap().iterations(), 4);
}

#[task]
fn halve(ctx: &Context, value: i64) -> i64 {
    if value > 1 {
        ctx.next_iteration(value / 2);
    }
    value
}

#[test]
fn s_07_an_iteration_takes_its_data_and_its_successor_runs_once() {
    #[task]
    fn after(ran: Arc<AtomicU32>, value: i64) -> i64 {
        ran.fetch_add(1, Ordering::SeqCst);
        value
    }
    let ran = Arc::new(AtomicU32::new(0));
    let after = after::task().ran(ran.clone());
    let run = Workflow::new("w").add(halve::task().task_id("halve").value(40) >> after).execute().blocking().unwrap();
    assert_eq!(run.value::<i64>().unwrap(), 1);
    assert_eq!(run.task("halve").unwrap().iterations(), 6);
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[test]
fn r_09_what_a_failed_attempt_asked_for_is_dropped() {
    #[task(max_retries = 1)]
    fn unsteady(ctx: &Context) -> Result<u32, String> {
        if ctx.attempt() == 1 {
            ctx.terminate_workflow("too early");
            return Err("not yet".into());
        }
        Ok(ctx.attempt())
    }
    let run = Workflow::new("w").add(unsteady::task() >> give::task().value(7)).execute().blocking().unwrap();
    assert_eq!(run.value::<i64>().unwrap(), 7);
}

#[test]
fn s_09_terminate_is_a_success_with_the_value_of_the_task() {
    #[task]
    fn enough(ctx: &Context) -> i64 {
        ctx.terminate_workflow("found it");
        42
    }
    let later = give::task().task_id("later").value(1);
    let run = Workflow::new("w").add(enough::task() >> later).execute().blocking().unwrap();
    assert_eq!((run.status(), run.message()), (Status::Terminated, Some("found it")));
    assert_eq!(run.value::<i64>().unwrap(), 42);
    assert_eq!(run.task("later").unwrap().state(), State::NotRun);
}

#[tokio::test]
async fn s_09_a_task_that_cancels_the_run_has_async_tasks_dropped() {
    #[task]
    async fn forever() {
        std::future::pending::<()>().await;
    }
    #[task]
    async fn alarm(ctx: Context) {
        ctx.cancel_workflow("fire");
    }
    let forever = forever::task().task_id("forever");
    let error = Workflow::new("w").add(forever | alarm::task().task_id("alarm")).execute().await.unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::RunCancelled, Some("alarm")));
    assert!(error.to_string().contains("fire"), "{error}");
    assert_eq!(error.run().unwrap().task("forever").unwrap().state(), State::Cancelled);
}

#[test]
fn c_09_a_loop_ends_at_max_cycles_with_an_error() {
    let tick = give::task().task_id("tick").value(1).with_options(|options| options.max_cycles(5));
    let error = Workflow::new("w").add(&tick >> &tick).execute().blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::CycleLimitExceeded, Some("tick")));
    assert_eq!(error.run().unwrap().task("tick").unwrap().iterations(), 5);
    assert!(error.to_string().contains("max_cycles"), "{error}");
}

#[test]
fn c_09_max_steps_ends_the_run_with_an_error() {
    let (a, b) = (give::task().task_id("a").value(1), give::task().task_id("b").value(2));
    let workflow = Workflow::new("w").add(a >> b);
    let error = workflow.execute().max_steps(1).blocking().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::StepLimitExceeded, Some("b")));
    assert_eq!(workflow.execute().max_steps(2).blocking().unwrap().value::<i64>().unwrap(), 2);
}

#[test]
fn r_15_a_clean_up_runs_in_a_failed_run_and_its_own_failure_does_not_count() {
    #[task]
    fn breaks() -> Result<(), String> {
        Err("broken".into())
    }
    let first = breaks::task().task_id("first");
    let tidy = breaks::task().task_id("tidy").with_options(|options| options.run_when(RunWhen::Always));
    let error = Workflow::new("w").add(first >> tidy).execute().blocking().unwrap_err();
    assert_eq!(error.task_id(), Some("first"));
    assert_eq!(error.run().unwrap().task("tidy").unwrap().state(), State::Failed);
}
