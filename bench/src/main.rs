//! Measures Taskloom beside tokio, in one run, so that a noisy machine is unfair to neither.
//!
//! `cargo run --release -p taskloom-bench` prints Markdown tables; `-- --quick` only shows in seconds
//! that everything still runs. The tasks do nothing: what is measured is the engine.

mod allocator;
mod measure;
mod memory;
mod ours;
mod table;
mod tokio_peer;

use std::{env, process::ExitCode, rc::Rc};

use tokio::runtime::Runtime;

use crate::{
    measure::{Case, compare},
    table::Table,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let sizes: &[u32] = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => &[1_000, 10_000, 100_000, 1_000_000],
        ["--quick"] => &[100, 1_000],
        _ => {
            println!("usage: taskloom-bench [--quick]");
            return ExitCode::FAILURE;
        }
    };
    let runtime = Rc::new(Runtime::new().expect("the system gives no threads for a runtime"));
    time(sizes, "A chain, run", |n| {
        let mut cases = ours::chain(n, &runtime);
        cases.extend(tokio_peer::chain(n, &runtime));
        cases
    });
    time(sizes, "A fan-out, run", |n| {
        let mut cases = ours::fan_out(n, &runtime);
        cases.push(tokio_peer::fan_out(n, &runtime));
        cases
    });
    time(sizes, "A chain of async bodies that yield once, run", |n| {
        vec![ours::yielding_chain(n, &runtime), tokio_peer::yielding_chain(n, &runtime)]
    });
    time(sizes, "Making, composing and planning", ours::building);
    time(sizes, "From nothing to the result, and what is left to drop", ours::everything);
    for shape in memory::SHAPES {
        println!("{}", memory::count(shape, *sizes.last().expect("there are sizes")));
    }
    ExitCode::SUCCESS
}

fn time(sizes: &[u32], title: &'static str, cases: impl Fn(u32) -> Vec<Case>) {
    let mut table = Table::new(title);
    for &n in sizes {
        table.add(n, compare(n, cases(n)));
    }
    println!("{table}");
}
