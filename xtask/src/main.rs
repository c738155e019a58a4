//! The task runner: what a contributor or a CI machine does with this workspace is a command of
//! `cargo xtask`. It needs cargo to start and sets up the rest itself.

mod commands;
mod console;
mod failure;
mod process;
mod python;
mod venv;
mod version;
mod workspace;

use std::{env, process::ExitCode};

use failure::Failure;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::note(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        [] | ["help" | "--help" | "-h", ..] | [_, "--help" | "-h"] => {
            console::say(&commands::usage());
            Ok(())
        }
        [name, rest @ ..] => (commands::find(name)?.run)(rest),
    }
}
