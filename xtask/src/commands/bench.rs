use std::process::Command;

use super::misused;
use crate::{
    failure::Failure,
    process::{cargo, execute},
    venv::Venv,
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => rust(&[]).and_then(|()| python(&[])),
        ["rust", rest @ ..] => rust(rest),
        ["python", rest @ ..] => python(rest),
        _ => Err(misused("bench", arguments)),
    }
}

/// What follows goes to the program: `--quick`, for instance.
fn rust(rest: &[&str]) -> Result<(), Failure> {
    execute(cargo(["run", "--release", "--package", "taskloom-bench", "--"]).args(rest))
}

fn python(rest: &[&str]) -> Result<(), Failure> {
    let peers = Venv::benchmarks()?;
    Venv::development()?.install_taskloom_into(&peers)?;
    execute(Command::new(peers.python()).arg("bench/python/compare.py").args(rest))
}
