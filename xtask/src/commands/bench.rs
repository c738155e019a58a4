use std::{fs, path::PathBuf, process::Command};

use super::misused;
use crate::{
    console,
    failure::Failure,
    process::{cargo, execute},
    venv::Venv,
    workspace,
};

pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] => rust(&[]).and_then(|()| durable(&[])).and_then(|()| python(&[])),
        ["rust", rest @ ..] => rust(rest),
        ["durable", rest @ ..] => durable(rest),
        ["python", rest @ ..] => python(rest),
        _ => Err(misused("bench", arguments)),
    }
}

/// What follows goes to the program: `--quick`, for instance.
fn rust(rest: &[&str]) -> Result<(), Failure> {
    let mut program = cargo(["run", "--release", "--package", "taskloom-bench", "--features", "peers", "--"]);
    match flow_graph() {
        Ok(peer) => drop(program.arg("--flow-graph").arg(peer)),
        Err(failure) => {
            let failure = failure.hint("on Debian: apt-get install g++ libtbb-dev");
            console::note(&format!("oneTBB is not measured: {failure}"));
        }
    }
    execute(program.args(rest))
}

/// The peer in C++, compiled with the system's compiler and oneTBB.
fn flow_graph() -> Result<PathBuf, Failure> {
    let folder = workspace::root().join("target");
    fs::create_dir_all(&folder).map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
    let program = folder.join("flow_graph");
    let mut compiler = Command::new("c++");
    compiler.args(["-O3", "-std=c++17", "bench/src/peers/flow_graph.cpp", "-ltbb", "-o"]);
    execute(compiler.arg(&program))?;
    Ok(program)
}

/// Runs in a store.
fn durable(rest: &[&str]) -> Result<(), Failure> {
    let program = ["run", "--release", "--package", "taskloom-bench", "--features", "sqlite", "--bin", "durable", "--"];
    execute(cargo(program).args(rest))?;
    let peers = peers()?;
    execute(Command::new(peers.python()).arg("bench/python/durable.py").args(rest))
}

/// Where Taskloom and its peers in Python are.
fn peers() -> Result<Venv, Failure> {
    let peers = Venv::benchmarks()?;
    Venv::development()?.install_taskloom_into(&peers)?;
    Ok(peers)
}

fn python(rest: &[&str]) -> Result<(), Failure> {
    execute(Command::new(peers()?.python()).arg("bench/python/compare.py").args(rest))
}
