use std::time::Instant;

use super::{fmt, lint, misused, setup};
use crate::{
    console,
    failure::Failure,
    process::{cargo, execute},
    workspace::FEATURES,
};

type Part = (&'static str, fn() -> Result<(), Failure>);

/// What has to pass before a change lands, the quickest first.
const PARTS: [Part; 6] = [
    ("fmt", fmt::check),
    ("lint", lint::all),
    ("rust", || rust(&[])),
    ("instructions", || instructions(&[])),
    ("models", models),
    ("python", || python(&[])),
];

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => everything(),
        ["--rust", rest @ ..] => rust(rest),
        ["--python", rest @ ..] => python(rest),
        ["--instructions", rest @ ..] => instructions(rest),
        _ => Err(misused("test", arguments)),
    }
}

/// Runs the parts up to the first that fails, and closes with a line for each.
fn everything() -> Result<(), Failure> {
    let mut verdict = Ok(());
    let mut report = Vec::new();
    for (name, part) in PARTS {
        let outcome = if verdict.is_err() {
            "not run".to_owned()
        } else {
            let start = Instant::now();
            verdict = part().map_err(|failure| failure.within(name));
            format!("{:<6} {:>6.1} s", if verdict.is_ok() { "ok" } else { "failed" }, start.elapsed().as_secs_f64())
        };
        report.push(format!("{name:<12} {outcome}"));
    }
    console::say("");
    for line in report {
        console::say(&line);
    }
    verdict
}

/// The Rust tests and doc tests. The Python bridge has none of its own: it is tested from Python.
fn rust(arguments: &[&str]) -> Result<(), Failure> {
    execute(cargo(["test", "--workspace", "--exclude", "taskloom-python", "--features", FEATURES]).args(arguments))
}

/// Counts instructions and allocations, and compares them with the committed numbers; `--write` replaces these.
fn instructions(arguments: &[&str]) -> Result<(), Failure> {
    execute(cargo(["run", "--release", "--package", "taskloom-bench", "--bin", "instructions", "--"]).args(arguments))
}

/// Models of the engine's hand-over between threads, in a build of their own: its locks are others.
fn models() -> Result<(), Failure> {
    let build = ["test", "--package", "taskloom", "--test", "model", "--target-dir", "target/shuttle"];
    execute(cargo(build).env("RUSTFLAGS", "--cfg shuttle"))
}

/// The Python tests, against the package built from this tree.
fn python(arguments: &[&str]) -> Result<(), Failure> {
    execute(setup::installed()?.module("pytest", []).args(arguments))
}
