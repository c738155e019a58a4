//! clean-ups.

use taskloom::{State, prelude::*};

#[task]
async fn forever() {
    std::future::pending::<()>().await;
}

#[task]
async fn alarm(ctx: Context) {
    ctx.cancel_workflow("fire");
}

#[task]
async fn tidy(ctx: Context) -> bool {
    // It waits, so that a cancellation that was meant for it would end it.
    tokio::task::yield_now().await;
    ctx.cancelled()
}

#[tokio::test]
async fn r_15_a_clean_up_runs_to_its_end_in_a_cancelled_run() {
    let tidy = tidy::task().task_id("tidy").with_options(|options| options.run_when(RunWhen::Always));
    let flow = (forever::task().task_id("forever") | alarm::task()) >> tidy;
    let error = Workflow::new("w").add(flow).execute().await.unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.task("forever").unwrap().state(), State::Cancelled);
    assert!(!run.output::<bool>("tidy").unwrap());
}

#[task]
fn fail() -> Result<(), String> {
    Err("broken".into())
}

#[task(run_when = "always")]
fn sweep() {}

#[task(run_when = "success")]
fn celebrate() {}

#[test]
fn r_15_a_definition_can_be_a_clean_up() {
    let flow = fail::task() >> (sweep::task().task_id("sweep") | celebrate::task().task_id("celebrate"));
    let error = Workflow::new("w").add(flow).execute().blocking().unwrap_err();
    let run = error.run().unwrap();
    assert_eq!(run.task("sweep").unwrap().state(), State::Succeeded);
    assert_eq!(run.task("celebrate").unwrap().state(), State::NotRun);
}
