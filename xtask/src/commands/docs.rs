use super::expect_none;
use crate::{failure::Failure, process::execute, python::Python, workspace::FEATURES};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("docs", arguments)?;
    execute(Python::cargo(["doc", "--no-deps", "--workspace", "--exclude", "xtask", "--features", FEATURES])?)
}
