use std::process::Command;

use super::misused;
use crate::{
    failure::Failure,
    process::{cargo, execute},
    venv::Venv,
    workspace::PYTHON_SOURCES,
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => formatters()?.into_iter().try_for_each(execute),
        ["--check"] => check(),
        _ => Err(misused("fmt", arguments)),
    }
}

/// Fails if anything is not formatted, and changes nothing.
pub(super) fn check() -> Result<(), Failure> {
    formatters()?.iter_mut().try_for_each(|formatter| {
        let checked = execute(formatter.arg("--check"));
        checked.map_err(|failure| failure.hint("`cargo xtask fmt` formats everything"))
    })
}

/// A formatter for each language; both take the option `--check`.
fn formatters() -> Result<[Command; 2], Failure> {
    let mut ruff = Venv::development()?.module("ruff", ["format"]);
    ruff.args(PYTHON_SOURCES);
    Ok([cargo(["fmt", "--all"]), ruff])
}
