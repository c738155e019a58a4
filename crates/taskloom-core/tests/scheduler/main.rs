//! The scheduler against a reference executor that shares no code with it: random workflows, random
//! outcomes and wishes of tasks, any order of events; everything is compared after every event.
//!
//! `PROPTEST_CASES=1000000 cargo test -p taskloom-core --test scheduler` looks at so many runs.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod added;
#[path = "../support/body.rs"]
mod body;
mod graph;
mod loops;
mod maps;
mod mistakes;
#[path = "../support/parameter.rs"]
mod parameter;
mod recipe;
mod reference;
mod strategy;
mod suspension;
mod texts;
mod trial;

use std::{
    io::{self, Write},
    num::NonZero,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use proptest::test_runner::{Config, RngAlgorithm, TestRunner};

/// How many events are applied, unless a number of runs is asked for (rule S-12).
const EVENTS: u64 = 10_000_000;

/// How many runs a thread makes between two looks at how many events there have been.
const RUNS: u32 = 500;

#[test]
fn s_12_the_scheduler_decides_as_the_reference_does() {
    let runs_asked_for = std::env::var_os("PROPTEST_CASES").map(|_| u64::from(Config::default().cases));
    let (runs, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let go_on = || match runs_asked_for {
        Some(asked_for) => runs.load(Ordering::Relaxed) < asked_for,
        None => events.load(Ordering::Relaxed) < EVENTS,
    };
    let look = || {
        while go_on() {
            let config = Config {
                cases: RUNS,
                source_file: Some(file!()),
                // Good enough here, and far cheaper than the default.
                rng_algorithm: RngAlgorithm::XorShift,
                ..Config::default()
            };
            let looked = TestRunner::new(config).run(&strategy::recipes(), |recipe| {
                let applied = trial::compare(&recipe)?;
                runs.fetch_add(1, Ordering::Relaxed);
                events.fetch_add(applied, Ordering::Relaxed);
                Ok(())
            });
            if let Err(difference) = looked {
                panic!("{difference}");
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(look);
        }
        look();
    });
    // Not by `eprintln!`, of which nothing is seen when a test passes.
    let (events, runs) = (events.into_inner(), runs.into_inner());
    writeln!(io::stderr(), "S-12: {events} events in {runs} runs").unwrap();
}
