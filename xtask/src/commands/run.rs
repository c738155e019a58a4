use std::process::Command;

use super::{expect_none, setup};
use crate::{
    console,
    failure::Failure,
    process::{cargo, execute},
};

/// Runs the first example in both languages: what the project is about, in one command.
pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("run", arguments)?;
    let venv = setup::installed()?;

    console::say("\n== Rust: examples/rust/task_instances.rs");
    execute(cargo(["run", "--quiet", "--package", "taskloom", "--example", "task_instances"]))?;

    console::say("\n== Python: examples/python/task_instances.py");
    execute(Command::new(venv.python()).arg("examples/python/task_instances.py"))
}
