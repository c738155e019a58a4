//! Measures Taskloom beside its peers, in one run, so that a noisy machine is unfair to none.
//!
//! `cargo xtask bench rust` prints Markdown tables; `--quick` only shows in seconds that everything still
//! runs. The tasks do nothing: what is measured is the engine. First come tables of Taskloom's own steps
//! beside tokio, then those of the graphs that other libraries can run too.

mod allocator;
mod graphs;
mod measure;
mod memory;
mod ours;
mod peers;
mod process;
mod shapes;
mod table;
mod tokio_peer;

use std::{env, path::PathBuf, process::ExitCode, rc::Rc};

use tokio::runtime::Runtime;

use crate::{
    measure::{Case, compare},
    peers::Peers,
    table::Table,
};

fn main() -> ExitCode {
    let mut sizes: &[u32] = &[1_000, 10_000, 100_000, 1_000_000];
    let mut flow_graph = None;
    let mut serve = None;
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), &mut arguments) {
            ("--quick", _) => sizes = &[100, 1_000],
            ("--flow-graph", rest) => flow_graph = rest.next().map(PathBuf::from),
            // How this program calls itself.
            ("--serve", rest) => serve = Some(rest.filter_map(|number| number.parse().ok()).collect::<Vec<u32>>()),
            _ => {
                println!("usage: taskloom-bench [--quick] [--flow-graph PROGRAM]");
                return ExitCode::FAILURE;
            }
        }
    }
    let runtime = Rc::new(Runtime::new().expect("the system gives no threads for a runtime"));
    let peers = Peers { runtime: runtime.clone(), flow_graph };
    if let Some(arguments) = serve {
        return graphs::serve(&arguments, &runtime, &peers);
    }
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
    graphs::compare(sizes, &runtime, &peers);
    ExitCode::SUCCESS
}

fn time(sizes: &[u32], title: &'static str, cases: impl Fn(u32) -> Vec<Case>) {
    let mut table = Table::new(title);
    for &n in sizes {
        table.add(n, compare(n, cases(n)));
    }
    println!("{table}");
}
