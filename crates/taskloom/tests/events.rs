//! What a run's events are, and in which order they come: the names of rule I-1's table, the order of S-1.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{sync::Arc, time::Duration};

use gate::Gate;
use taskloom::{RetryPolicy, prelude::*};
use tokio::sync::Notify;

#[task]
fn step() -> u32 {
    1
}

#[task]
fn fails() -> Result<u32, String> {
    Err("broken".to_owned())
}

#[task]
fn fails_once(ctx: &Context) -> Result<u32, String> {
    if ctx.attempt() > 1 { Ok(1) } else { Err("too early".to_owned()) }
}

#[task]
fn goes_to(ctx: &Context, target: String) -> taskloom::Result<u32> {
    ctx.goto(target)?;
    Ok(1)
}

#[task]
fn counts_down(ctx: &Context, value: u32) -> u32 {
    if value > 0 {
        ctx.next_iteration(value - 1);
    }
    value
}

#[task]
fn terminates(ctx: &Context) {
    ctx.terminate_workflow("enough");
}

#[task]
fn cancels(ctx: &Context) {
    ctx.cancel_workflow("");
}

#[task]
async fn forever(begun: Arc<Notify>) {
    begun.notify_one();
    std::future::pending::<()>().await;
}

#[task]
fn passes(gate: Gate) {
    gate.pass();
}

fn named(id: &str) -> step {
    step::task().task_id(id)
}

/// The events of a run of one task at a time, after its end.
fn story(operand: impl IntoFragment) -> Vec<String> {
    let handle = Workflow::new("w").add(operand).execute().max_concurrency(1).start().unwrap();
    lines(handle.events())
}

fn lines(events: taskloom::Events) -> Vec<String> {
    events.blocking().map(|event| event.to_string()).collect()
}

#[test]
fn s_01_a_chain() {
    assert_eq!(
        story(named("a") >> named("b")),
        ["run started", "a started", "a succeeded", "b started", "b succeeded", "run ended: succeeded"]
    );
}

#[test]
fn s_01_ready_tasks_start_in_the_order_of_composition() {
    assert_eq!(
        story(named("a") >> (named("c") | named("b"))),
        [
            "run started",
            "a started",
            "a succeeded",
            "c started",
            "c succeeded",
            "b started",
            "b succeeded",
            "ParallelGroup_1 ended: succeeded",
            "run ended: succeeded"
        ]
    );
}

#[test]
fn r_06_a_failure_ends_the_run_and_what_does_not_run_has_no_event() {
    assert_eq!(
        story(fails::task().task_id("a") >> named("b")),
        ["run started", "a started", "a failed: broken", "run ended: failed"]
    );
}

#[test]
fn r_07_an_attempt_that_follows_at_once() {
    let task = fails_once::task().task_id("a").with_options(|options| options.max_retries(1));
    assert_eq!(
        story(task),
        [
            "run started",
            "a started",
            "a failed: too early; the next attempt follows",
            "a (attempt 2) started",
            "a (attempt 2) succeeded",
            "run ended: succeeded"
        ]
    );
}

#[test]
fn r_07_an_attempt_that_follows_after_a_wait_is_due_then() {
    let policy = RetryPolicy::fixed(1, Duration::from_millis(10));
    let task = fails_once::task().task_id("a").with_options(|options| options.retry_policy(policy));
    let handle = Workflow::new("w").add(task | named("b")).execute().max_concurrency(1).start().unwrap();
    let events: Vec<taskloom::Event> = handle.events().blocking().collect();
    let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "run started",
            "a started",
            "a failed: too early; the next attempt follows in 10ms",
            "b started",
            "b succeeded",
            "a (attempt 2) retry due",
            "a (attempt 2) started",
            "a (attempt 2) succeeded",
            "ParallelGroup_1 ended: succeeded",
            "run ended: succeeded"
        ]
    );
    assert!(events[5].at() >= events[2].at() + Duration::from_millis(10));
    assert!(events.is_sorted_by_key(taskloom::Event::at));
}

#[test]
fn r_07_the_last_failure_is_followed_by_no_attempt() {
    let task = fails::task().task_id("a").with_options(|options| options.max_retries(1));
    assert_eq!(
        story(task),
        [
            "run started",
            "a started",
            "a failed: broken; the next attempt follows",
            "a (attempt 2) started",
            "a (attempt 2) failed: broken",
            "run ended: failed"
        ]
    );
}

#[test]
fn s_08_a_wait_that_the_end_of_the_run_cuts_short_is_never_due() {
    let policy = RetryPolicy::fixed(1, Duration::from_hours(1));
    let patient = fails_once::task().task_id("patient").with_options(|options| options.retry_policy(policy));
    let workflow = Workflow::new("w").add(patient).add(fails::task().task_id("broken"));
    let handle = workflow.execute().max_concurrency(1).start().unwrap();
    assert_eq!(
        lines(handle.events()),
        [
            "run started",
            "patient started",
            "patient failed: too early; the next attempt follows in 3600s",
            "broken started",
            "broken failed: broken",
            "run ended: failed"
        ]
    );
}

#[test]
fn r_07_a_plain_function_that_outruns_its_timeout_is_abandoned() {
    let gate = Gate::default();
    let slow = passes::task().task_id("slow").gate(gate.clone());
    let slow = slow.with_options(|options| options.timeout(Duration::from_millis(5)));
    assert_eq!(
        story(slow >> named("b")),
        [
            "run started",
            "slow started",
            "slow abandoned",
            "slow failed: it took longer than its timeout of 5ms",
            "run ended: failed"
        ]
    );
    gate.open();
}

#[test]
fn r_09_a_path_that_a_jump_leaves_out_is_skipped() {
    let decide = goes_to::task().task_id("decide").target("end");
    assert_eq!(
        story(decide >> named("between") >> named("end")),
        [
            "run started",
            "decide started",
            "decide succeeded",
            "decide asks to go on at end",
            "between skipped",
            "end started",
            "end succeeded",
            "run ended: succeeded"
        ]
    );
}

#[test]
fn s_07_an_iteration_is_a_further_execution() {
    assert_eq!(
        story(counts_down::task().task_id("count").value(1) >> named("b")),
        [
            "run started",
            "count started",
            "count succeeded",
            "count asks for a further iteration",
            "count (iteration 2) started",
            "count (iteration 2) succeeded",
            "b started",
            "b succeeded",
            "run ended: succeeded"
        ]
    );
}

#[test]
fn s_09_terminating_and_cancelling_from_inside() {
    assert_eq!(
        story(terminates::task().task_id("a") >> named("b")),
        ["run started", "a started", "a succeeded", "a ends the run: enough", "run ended: terminated"]
    );
    assert_eq!(
        story(cancels::task().task_id("a") >> named("b")),
        ["run started", "a started", "a succeeded", "a cancels the run", "run ended: cancelled"]
    );
}

#[test]
fn r_08_a_group_that_fails() {
    let group = (fails::task().task_id("a") | named("b")).group_name("mirrors");
    assert_eq!(
        story(group >> named("c")),
        [
            "run started",
            "a started",
            "a failed: broken",
            "b started",
            "b succeeded",
            "mirrors ended: failed",
            "run ended: failed"
        ]
    );
}

#[test]
fn s_03_a_branch_of_a_group_that_is_skipped_and_a_group_that_is() {
    let branch = fails::task().task_id("a") >> named("after a");
    let group = parallel![branch, named("b")].group_name("mirrors").policy(Policy::BestEffort);
    assert_eq!(
        story(group),
        [
            "run started",
            "a started",
            "a failed: broken",
            "after a skipped",
            "b started",
            "b succeeded",
            "mirrors ended: succeeded",
            "run ended: succeeded"
        ]
    );
    let decide = goes_to::task().task_id("decide").target("end");
    let group = (named("a") | named("b")).group_name("mirrors");
    assert_eq!(
        story(decide >> group >> named("end")),
        [
            "run started",
            "decide started",
            "decide succeeded",
            "decide asks to go on at end",
            "a skipped",
            "b skipped",
            "mirrors ended: skipped",
            "end started",
            "end succeeded",
            "run ended: succeeded"
        ]
    );
}

#[tokio::test]
async fn s_03_a_group_that_fails_fast_skips_and_cancels() {
    #[task]
    async fn breaks(begun: Arc<Notify>) -> Result<(), String> {
        begun.notified().await;
        Err("broken".to_owned())
    }
    let begun = Arc::new(Notify::new());
    let group = parallel![
        forever::task().task_id("forever").begun(begun.clone()),
        breaks::task().task_id("breaks").begun(begun),
        named("third"),
    ];
    let group = group.group_name("g").fail_fast(true);
    let handle = Workflow::new("w").add(group).execute().max_concurrency(2).start().unwrap();
    let mut events = handle.events();
    let mut lines = Vec::new();
    while let Some(event) = events.next().await {
        lines.push(event.to_string());
    }
    assert_eq!(
        lines,
        [
            "run started",
            "forever started",
            "breaks started",
            "breaks failed: broken",
            "third skipped",
            "forever cancelled",
            "g ended: failed",
            "run ended: failed"
        ]
    );
}

#[tokio::test]
async fn r_10_a_cancellation_from_outside() {
    let begun = Arc::new(Notify::new());
    let task = forever::task().task_id("a").begun(begun.clone());
    let handle = Workflow::new("w").add(task >> named("b")).execute().start().unwrap();
    begun.notified().await;
    handle.cancel();
    let events = handle.events();
    handle.await.unwrap_err();
    assert_eq!(lines(events), ["run started", "a started", "a cancelled", "run ended: cancelled"]);
}

#[test]
fn i_01_an_event_names_execution_and_attempt() {
    let handle = Workflow::new("w").add(counts_down::task().task_id("c").value(1)).execute().start().unwrap();
    let events = handle.events().blocking().map(|event| {
        let id = event.task_id().map(str::to_owned);
        (event.kind().name(), id, event.iteration(), event.attempt())
    });
    let id = || Some("c".to_owned());
    assert_eq!(
        events.collect::<Vec<_>>(),
        [
            ("run started", None, 0, 0),
            ("started", id(), 1, 1),
            ("succeeded", id(), 1, 1),
            ("iterate", id(), 1, 1),
            ("started", id(), 2, 1),
            ("succeeded", id(), 2, 1),
            ("run ended", None, 0, 0)
        ]
    );
}
