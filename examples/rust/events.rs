//! Follows a run as it goes on: what starts, what fails and is tried again, what is skipped.

use std::time::Duration;

use taskloom::{EventKind, RetryPolicy, prelude::*};

#[task]
fn fetch(ctx: &Context, city: String) -> Result<String, String> {
    match ctx.attempt() {
        1 if city == "Paris" => Err("no network".to_owned()),
        _ => Ok(format!("Weather for {city}")),
    }
}

#[task]
fn check(ctx: &Context) -> taskloom::Result<()> {
    ctx.goto("publish")
}

#[task]
fn translate() {}

#[task]
fn publish() -> &'static str {
    "done"
}

fn main() -> taskloom::Result<()> {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo");
    let paris = fetch::task().task_id("paris").city("Paris");
    let paris = paris.with_options(|options| options.retry_policy(RetryPolicy::fixed(1, Duration::from_millis(10))));
    let cities = (tokyo | paris).group_name("cities");
    let flow = cities >> check::task().task_id("check") >> translate::task().task_id("translate");
    let workflow = Workflow::new("weather").add(flow >> publish::task().task_id("publish"));

    let handle = workflow.execute().max_concurrency(1).start()?;
    let mut failures = 0;
    for event in handle.events().blocking() {
        println!("{event}");
        if let EventKind::Failed { .. } = event.kind() {
            failures += 1;
        }
    }
    println!("{failures} failed attempt");
    Ok(())
}
