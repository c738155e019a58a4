use super::{expect_none, setup};
use crate::{
    failure::Failure,
    process::{cargo, execute},
    python::Python,
    venv::Venv,
    workspace::{FEATURES, PYTHON_SOURCES},
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("lint", arguments)?;
    all()
}

/// Every static check, the quick ones first; a warning is an error.
pub(super) fn all() -> Result<(), Failure> {
    execute(Venv::development()?.module("ruff", ["check"]).args(PYTHON_SOURCES))?;
    execute(Python::cargo([
        "clippy",
        "--workspace",
        "--features",
        FEATURES,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?)?;
    execute(cargo(["clippy", "--package", "taskloom", "--", "-D", "warnings"]))?;
    execute(
        Python::cargo(["doc", "--no-deps", "--workspace", "--features", FEATURES])?.env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    packages()?;
    types()
}

/// Packs the published crates as for the registry. They are not built from that: cargo takes a crate of a version that
/// it knows for unchanged, and would build them against one of last time.
fn packages() -> Result<(), Failure> {
    let published = ["-p", "taskloom-core", "-p", "taskloom-macros", "-p", "taskloom"];
    // What is being worked on is not committed yet.
    execute(cargo(["package", "--quiet", "--allow-dirty", "--no-verify"]).args(published))
}

/// Checks the types of the Python code, and its stubs against the native module, which has to be
/// the present one for both.
fn types() -> Result<(), Failure> {
    let venv = setup::installed()?;
    execute(venv.module("basedpyright", ["--warnings"]))?;
    execute(venv.module("mypy.stubtest", ["taskloom._native"]))
}
