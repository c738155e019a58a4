//! What a task can ask for while it runs: new tasks, jumps, iterations, the end, and a workflow of its own.

use taskloom::{TaskRecord, prelude::*};

#[task]
fn page(number: u32) -> String {
    format!("page {number}")
}

/// Adds tasks to the run. The workflow stays as it is.
#[task]
fn index(ctx: &Context) -> taskloom::Result<()> {
    for number in 1..=3 {
        ctx.next_task(page::task().task_id(format!("page_{number}")).number(number))?;
    }
    Ok(())
}

#[task]
fn write(ctx: &Context) -> u32 {
    ctx.cycle_count()
}

/// Goes back to the writer until it is content.
#[task]
fn review(ctx: &Context, draft: u32) -> taskloom::Result<u32> {
    if draft < 3 {
        ctx.goto("write")?;
    }
    Ok(draft)
}

#[task]
fn publish(draft: u32) -> String {
    format!("draft {draft} is published")
}

/// Runs again with other data; what follows waits for the last time.
#[task]
fn halve(ctx: &Context, value: u32) -> u32 {
    if value > 1 && ctx.can_iterate() {
        ctx.next_iteration(value / 2);
    }
    value
}

/// Ends the run as a success.
#[task]
fn search(ctx: &Context) -> &'static str {
    ctx.terminate_workflow("no need to look further");
    "found"
}

#[task]
fn look_further() {}

/// A workflow inside of a task: whoever waits for a run works for it, so this needs no further thread.
#[task]
fn factorial(n: u64) -> taskloom::Result<u64> {
    if n == 0 {
        return Ok(1);
    }
    let run = Workflow::new("inner").add(factorial::task().n(n - 1)).execute().max_concurrency(1).blocking()?;
    Ok(n * run.value::<u64>()?)
}

fn main() -> taskloom::Result<()> {
    let run = Workflow::new("added").add(index::task()).execute().max_concurrency(1).blocking()?;
    for (id, text) in run.outputs::<String>() {
        println!("{id}: {text}");
    }

    let draft = write::task().task_id("write");
    let review = review::task().task_id("review").draft(&draft);
    let publish = publish::task().task_id("publish").draft(&review);
    let run = Workflow::new("goto").add(draft >> review >> publish).execute().blocking()?;
    let published = run.task("publish").map_or(0, TaskRecord::iterations);
    println!("{}, once: {}", run.value::<String>()?, published == 1);

    let halved = halve::task().task_id("halve").value(40);
    let run = Workflow::new("iterate").add(halved).execute().blocking()?;
    println!("40 is {} after {} executions", run.value::<u32>()?, run.task("halve").map_or(0, TaskRecord::iterations));

    let further = look_further::task().task_id("look_further");
    let run = Workflow::new("end").add(search::task() >> further).execute().blocking()?;
    println!("{}: {}, {}", run.status(), run.message().unwrap_or_default(), run.value::<&str>()?);

    let run = Workflow::new("nested").add(factorial::task().n(10)).execute().max_concurrency(1).blocking()?;
    println!("10! = {}", run.value::<u64>()?);
    Ok(())
}
