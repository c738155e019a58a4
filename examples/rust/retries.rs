//! What fails, takes too long, or has to be tidied up: retries, timeouts, the grace time, clean-ups.

use std::{io, thread, time::Duration};

use taskloom::{RetryPolicy, prelude::*};

/// Times out first, then finds nobody.
#[task]
fn fetch(ctx: &Context, city: String) -> io::Result<String> {
    match ctx.attempt() {
        1 => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
        2 if city == "Atlantis" => Err(io::Error::new(io::ErrorKind::NotFound, "no such city")),
        _ => Ok(format!("{city} at attempt {}", ctx.attempt())),
    }
}

/// Only what may go away by itself is tried again.
fn patient() -> RetryPolicy {
    RetryPolicy::exponential(5).initial_interval(Duration::from_millis(1)).jitter(true).retry_on(|error| {
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

/// Hangs at its first attempt. The timeout is that of an attempt.
#[task(max_retries = 1, timeout = "100ms")]
async fn hangs_once(ctx: Context) -> u32 {
    if ctx.attempt() == 1 {
        std::future::pending::<()>().await;
    }
    ctx.attempt()
}

/// A plain function cannot be stopped; it is told.
#[task]
fn count(ctx: &Context) -> &'static str {
    while !ctx.cancelled() {
        thread::sleep(Duration::from_millis(1));
    }
    "ended when it was told to"
}

/// Runs whatever happens.
#[task(run_when = "always")]
fn tidy_up() {
    println!("tidied up");
}

fn main() -> taskloom::Result<()> {
    let fetch = |city: &str| {
        let task = fetch::task().task_id(city).city(city).with_options(|options| options.retry_policy(patient()));
        Workflow::new("fetch").add(task >> tidy_up::task())
    };
    println!("{}", fetch("Tokyo").execute().blocking()?.output::<String>("Tokyo")?);
    if let Err(error) = fetch("Atlantis").execute().blocking() {
        println!("{}", error.to_string().lines().next().unwrap_or_default());
    }

    let run = Workflow::new("timeout").add(hangs_once::task()).execute().blocking()?;
    println!("attempt {} did not hang", run.value::<u32>()?);

    // The time that the whole run has, and for how long plain functions are then waited for.
    let count = Workflow::new("endless").add(count::task().task_id("count"));
    let execute = count.execute().timeout(Duration::from_millis(300)).grace(Duration::from_secs(10));
    if let Err(error) = execute.blocking() {
        println!("{:?}: {}", error.kind(), error.to_string().lines().next().unwrap_or_default());
        if let Some(run) = error.run() {
            println!("count {}", run.output::<&str>("count")?);
        }
    }
    Ok(())
}
