//! I-9: `run()` runs a function here and now.

use std::{error::Error, sync::Mutex};

use taskloom::{ErrorKind, prelude::*};

#[task]
fn fetch(city: &str, #[default(7)] days: u32) -> String {
    format!("{city}, {days} days")
}

#[task]
async fn parse(text: String) -> Result<i64, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    text.parse()
}

#[task]
fn report(all: Vec<String>, other: String) -> String {
    format!("{all:?} {other}")
}

/// Its output is no `Clone`.
#[task]
fn guarded(number: i64) -> Mutex<i64> {
    Mutex::new(number)
}

#[task(timeout = "1s", max_retries = 2)]
fn with_context(ctx: &Context, key: &str) -> taskloom::Result<String> {
    let channel = ctx.channel();
    channel.set(key, 1_i64)?;
    channel.atomic_add(key, 2_i64)?;
    ctx.goto("elsewhere")?;
    ctx.terminate_workflow("no effect");
    let total = channel.get::<i64>(key)?;
    Ok(format!("{} {} {} {total:?} {}", ctx.task_id(), ctx.attempt(), ctx.cycle_count(), ctx.cancelled()))
}

/// Parameters called as everything else in an instance is.
#[task]
fn unlucky(run: i64, id: i64, with_options: i64, builder: i64) -> i64 {
    run + id + with_options + builder
}

#[test]
fn i_09_a_plain_function_has_run_when_it_returns() {
    assert_eq!(fetch::task().city("Tokyo").run().unwrap(), "Tokyo, 7 days");
    assert_eq!(fetch::task().task_id("t").city("Tokyo").days(1_u32).run().unwrap(), "Tokyo, 1 days");
}

#[test]
fn i_09_an_instance_can_run_again_and_has_no_id_from_it() {
    let [first, second] = [fetch::task().city("Tokyo"), fetch::task().city("Tokyo")];
    assert_eq!(first.run().unwrap(), first.run().unwrap());
    // The ids are those that a workflow gives, in order: neither was fixed before.
    let flow = Workflow::new("w").add(&first >> &second);
    let again = Workflow::new("w").add(fetch::task().city("Tokyo") >> fetch::task().city("Tokyo"));
    let ids = |workflow: &Workflow| workflow.plan().unwrap().ids().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(ids(&flow), ids(&again));
}

#[tokio::test]
async fn i_09_an_async_function_gives_its_future() {
    assert_eq!(parse::task().text("12").run().await.unwrap(), 12);
    let running = parse::task().text("x").run();
    let error = tokio::spawn(running).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.task_id()), (ErrorKind::TaskFailed, Some("parse")));
    assert!(error.source().unwrap().is::<std::num::ParseIntError>());
}

#[test]
fn i_09_an_output_need_not_be_clone() {
    assert_eq!(guarded::task().number(3).run().unwrap().into_inner().unwrap(), 3);
}

#[test]
fn i_09_an_open_parameter_is_an_error_that_names_it() {
    let error = fetch::task().run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Binding);
    let text = error.to_string();
    assert!(text.starts_with("parameter `city` of `fetch` is not bound, so it cannot be run directly, at "), "{text}");
    assert!(text.contains("run_directly.rs:") && text.ends_with("hint: bind a value: `.city(…)`"), "{text}");
}

#[test]
fn i_09_an_output_that_is_bound_is_no_value() {
    let tokyo = fetch::task().city("Tokyo");
    for task in [report::task().other(&tokyo).all(vec![]), report::task().other("x").all(&[&tokyo])] {
        let error = task.run().unwrap_err();
        assert!(error.to_string().contains("is bound to what other tasks give, which only a run has"), "{error}");
    }
    let group = parallel([&tokyo]);
    let error = report::task().other("x").all(&group).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Binding);
}

#[test]
fn i_09_a_context_is_one_of_its_own() {
    let task = with_context::task().task_id("alone").key("n");
    assert_eq!(task.run().unwrap(), "alone 1 1 Some(3) false");
    assert_eq!(task.run().unwrap(), "alone 1 1 Some(3) false");
}

#[test]
fn i_02_a_parameter_called_run_does_not_collide() {
    let task = unlucky::task().run(1).id(2).with_options(3).builder(4);
    assert_eq!(Instance::run(&task).unwrap(), 10);
}

#[test]
fn i_08_an_id_that_is_none_is_refused_here_too() {
    assert_eq!(fetch::task().task_id("").city("x").run().unwrap_err().kind(), ErrorKind::GraphCompilation);
}
