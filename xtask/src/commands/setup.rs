use super::expect_none;
use crate::{failure::Failure, venv::Venv};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("setup", arguments)?;
    installed().map(drop)
}

/// The development environment with the package in it, as this tree has it now.
pub(super) fn installed() -> Result<Venv, Failure> {
    let venv = Venv::development()?;
    venv.install_taskloom_into(&venv)?;
    Ok(venv)
}
