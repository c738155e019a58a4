//! What it costs that a run is in a store, per task: `cargo xtask bench durable`.
//!
//! Bodies do nothing, so what is measured is the engine and the journal. The same workflow without a store is beside
//! it, and so is what the disk takes for one `fdatasync`, without which no number of `full` says anything.

use std::{
    env,
    fs::File,
    io::Write,
    num::NonZero,
    path::Path,
    process::ExitCode,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use taskloom::{Durability, Store, prelude::*};

#[task]
fn noop(value: i64) -> i64 {
    value
}

#[task(id = "noop")]
#[expect(clippy::unused_async, reason = "async bodies that are ready at once are what is measured")]
async fn async_noop(value: i64) -> i64 {
    value
}

/// How often each case is run; the fastest counts.
const ROUNDS: u32 = 5;

fn main() -> ExitCode {
    match measure(env::args().any(|argument| argument == "--quick")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(quick: bool) -> Result<(), Box<dyn std::error::Error>> {
    let directory = env::current_dir()?.join("target").join("bench-durable");
    std::fs::create_dir_all(&directory)?;
    let (serial, many) = if quick { (50, 200) } else { (1_000, 10_000) };
    println!("{} cores; µs per task, fastest of {ROUNDS}\n", available_parallelism().map_or(1, NonZero::get));
    println!("| workflow | n | memory | normal | full |\n|---|---:|---:|---:|---:|");
    let chain = |n| Workflow::new("chain").add(chain((0..n).map(instance).collect::<Vec<_>>()));
    let fan_out = |n| Workflow::new("fan-out").add(parallel((0..n).map(instance).collect::<Vec<_>>()));
    let asynchronous = |n: i64| {
        let tasks = (0..n).map(|i| async_noop::task().task_id(format!("t{i}")).value(i));
        Workflow::new("async").add(parallel(tasks.collect::<Vec<_>>()))
    };
    row(&directory, "chain", serial, &chain(serial))?;
    row(&directory, "fan-out", many, &fan_out(many))?;
    row(&directory, "fan-out, 32 at a time", many, &fan_out(many))?;
    row(&directory, "fan-out, async", many, &asynchronous(many))?;
    println!("\none fdatasync of this disk: {:.0} µs", synced(&directory)?.as_secs_f64() * 1e6);
    resume(&directory, many)?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn instance(i: i64) -> noop {
    noop::task().task_id(format!("t{i}")).value(i)
}

fn row(directory: &Path, name: &str, n: i64, workflow: &Workflow) -> Result<(), Box<dyn std::error::Error>> {
    let most = if name.contains("32") { 32 } else { 0 };
    let memory = fastest(n, || {
        let execute = workflow.execute();
        (if most > 0 { execute.max_concurrency(most) } else { execute }).blocking()
    })?;
    let mut times = Vec::new();
    for durability in [Durability::Normal, Durability::Full] {
        let store = Store::sqlite(directory.join(format!("{durability:?}.db")))?.durability(durability);
        times.push(fastest(n, || {
            let execute = workflow.execute().store(&store);
            (if most > 0 { execute.max_concurrency(most) } else { execute }).blocking()
        })?);
    }
    println!("| {name} | {n} | {memory:.2} | {:.2} | {:.2} |", times[0], times[1]);
    Ok(())
}

fn fastest(n: i64, mut run: impl FnMut() -> taskloom::Result<Run>) -> taskloom::Result<f64> {
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        run()?;
        #[expect(clippy::cast_precision_loss, reason = "there are not that many tasks")]
        let time = begun.elapsed().as_secs_f64() * 1e6 / n as f64;
        fastest = fastest.min(time);
    }
    Ok(fastest)
}

/// What the disk takes to keep 4 KiB.
fn synced(directory: &Path) -> std::io::Result<Duration> {
    let mut file = File::create(directory.join("sync"))?;
    let begun = Instant::now();
    for _ in 0..100 {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
    }
    Ok(begun.elapsed() / 100)
}

/// How long a finished run takes to be read.
fn resume(directory: &Path, n: i64) -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::sqlite(directory.join("resume.db"))?.durability(Durability::Normal);
    let workflow = Workflow::new("fan-out").add(parallel((0..n).map(instance).collect::<Vec<_>>()));
    workflow.execute().store(&store).run_id("r").blocking()?;
    let begun = Instant::now();
    workflow.execute().store(&store).run_id("r").blocking()?;
    println!("reading a run of {n} tasks again: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    Ok(())
}
