use std::process::Command;

use super::misused;
use crate::{
    failure::Failure,
    process::{cargo, execute},
    venv::Venv,
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => rust().and_then(|()| python()),
        ["rust"] => rust(),
        ["python"] => python(),
        _ => Err(misused("bench", arguments)),
    }
}

fn rust() -> Result<(), Failure> {
    execute(cargo(["run", "--release", "--package", "taskloom-bench"]))
}

fn python() -> Result<(), Failure> {
    let peers = Venv::benchmarks()?;
    Venv::development()?.install_taskloom_into(&peers)?;
    execute(Command::new(peers.python()).arg("bench/python/compare.py"))
}
