use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{expect_none, setup};
use crate::{
    failure::Failure,
    process::{cargo, execute},
    python::Python,
    venv::Venv,
    workspace::PYTHON_SOURCES,
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("lint", arguments)?;
    all()
}

/// Every static check, the quick ones first; a warning is an error.
pub(super) fn all() -> Result<(), Failure> {
    execute(Venv::development()?.module("ruff", ["check"]).args(PYTHON_SOURCES))?;
    execute(Python::cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)?;
    execute(Python::cargo(["doc", "--no-deps", "--workspace"])?.env("RUSTDOCFLAGS", "-D warnings"))?;
    packages()?;
    types()
}

/// Packs the published crates as for the registry, and builds each from what was packed.
fn packages() -> Result<(), Failure> {
    forget_unpacked();
    let published = ["-p", "taskloom-core", "-p", "taskloom-macros", "-p", "taskloom"];
    // What is being worked on is not committed yet.
    execute(cargo(["package", "--quiet", "--allow-dirty"]).args(published))
}

/// Takes away what cargo has unpacked of these crates before. It takes a crate of a version that it knows for unchanged,
/// and would build the others against one of last time.
fn forget_unpacked() {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(home) = home.or_else(|| Some(env::home_dir()?.join(".cargo"))) else { return };
    // The registries of such packages have no host, so their names begin with a dash.
    let registries = entries(&home.join("registry/src"));
    let local = registries.iter().filter(|registry| name(registry).starts_with('-'));
    for unpacked in local.flat_map(|registry| entries(registry)) {
        if name(&unpacked).starts_with("taskloom") {
            // What cannot be taken away is no reason to stop: cargo says if it cannot go on with it.
            _ = fs::remove_dir_all(unpacked);
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Checks the types of the Python code, and its stubs against the native module, which has to be
/// the present one for both.
fn types() -> Result<(), Failure> {
    let venv = setup::installed()?;
    execute(venv.module("basedpyright", ["--warnings"]))?;
    execute(venv.module("mypy.stubtest", ["taskloom._native"]))
}
