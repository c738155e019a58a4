//! A run that survives its process: what has completed is not executed again, and what a step gave is kept.

use std::time::Duration;

use taskloom::{ErrorKind, Store, prelude::*};

#[task]
fn fetch(city: &str) -> String {
    println!("fetch {city}");
    format!("Weather for {city}")
}

/// Everything in a step happens once, however often the task begins anew.
#[task]
fn report(ctx: &Context, text: String) -> taskloom::Result<String> {
    let number = ctx.step("number", || {
        println!("take a number");
        17
    })?;
    println!("report {number} waits");
    ctx.sleep(Duration::from_millis(200))?;
    Ok(format!("report {number}: {text}"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let workflow = Workflow::new("weather").add(fetch::task().city("Tokyo") >> report::task());

    // Each turn of this loop could be a process of its own.
    loop {
        let store = Store::sqlite(directory.path().join("runs.db"))?;
        // A wait that is longer than this ends the process's part in the run; by default that is a minute.
        let run = workflow.execute().store(&store).run_id("nightly").suspend_after(Duration::ZERO).blocking();
        match run {
            Ok(run) => {
                println!("{}", run.value::<String>()?);
                break;
            }
            Err(error) if error.kind() == ErrorKind::RunSuspended => println!("suspended"),
            Err(error) => return Err(error.into()),
        }
        while store.due()?.is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    // It has ended, so nothing is executed any more.
    let store = Store::sqlite(directory.path().join("runs.db"))?;
    println!("{}", workflow.execute().store(&store).run_id("nightly").blocking()?.value::<String>()?);
    Ok(())
}
