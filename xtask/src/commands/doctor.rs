use std::process::Command;

use super::expect_none;
use crate::{
    console,
    failure::Failure,
    process::{answer, cargo},
    python::Python,
    version::Version,
};

/// Something that the other commands need: what there is, or how to get it.
struct Need {
    name: &'static str,
    found: Result<String, String>,
}

/// Prints what this machine has and what it lacks; fails if anything is lacking.
pub(super) fn run(arguments: &[&str]) -> Result<(), Failure> {
    expect_none("doctor", arguments)?;
    let needs = [
        rust("rustc"),
        rust("cargo"),
        component("clippy", "rust-clippy"),
        component("fmt", "rustfmt"),
        compiler(),
        valgrind(),
        python(),
    ];
    for Need { name, found } in &needs {
        match found {
            Ok(what) => console::say(&format!("ok       {name:<8} {what}")),
            Err(remedy) => console::say(&format!("missing  {name:<8} {remedy}")),
        }
    }
    match needs.iter().filter(|need| need.found.is_err()).count() {
        0 => Ok(()),
        missing => Err(Failure::new(format!("{missing} of {} needs are missing", needs.len()))
            .hint("each line above marked `missing` says what to do")),
    }
}

fn rust(program: &'static str) -> Need {
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    let found = answer(Command::new(program).arg("--version"));
    let recent = found.filter(|text| Version::find_in(text) >= Version::find_in(oldest));
    Need { name: program, found: recent.ok_or_else(|| format!("{oldest} or later is needed: rustup update stable")) }
}

fn component(subcommand: &'static str, debian: &str) -> Need {
    let name = if subcommand == "fmt" { "rustfmt" } else { subcommand };
    let found = answer(cargo([subcommand, "--version"]));
    Need {
        name,
        found: found
            .ok_or_else(|| format!("rustup component add {name}; with Debian's own Rust: apt-get install {debian}")),
    }
}

fn compiler() -> Need {
    let version = answer(Command::new("cc").arg("--version"));
    let found = version.and_then(|text| text.lines().next().map(str::to_owned));
    Need { name: "cc", found: found.ok_or_else(|| "on Debian: apt-get install gcc libc6-dev".to_owned()) }
}

/// Counts instructions for `cargo xtask test`.
fn valgrind() -> Need {
    let found = answer(Command::new("valgrind").arg("--version"));
    Need { name: "valgrind", found: found.ok_or_else(|| "on Debian: apt-get install valgrind".to_owned()) }
}

fn python() -> Need {
    let found = Python::find().map(|python| format!("{} at {}", python.version, python.program.display()));
    Need { name: "python", found: found.map_err(|failure| failure.to_string()) }
}
