//! What `cargo xtask` can do: the list, and a file for each command.

mod bench;
mod docs;
mod doctor;
mod fmt;
mod lint;
mod run;
mod setup;
mod test;

use std::fmt::Write;

use crate::failure::Failure;

/// A command, as its user sees it, and the function behind it.
pub(crate) struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    pub(crate) run: fn(&[&str]) -> Result<(), Failure>,
}

const ALL: [Command; 8] = [
    Command {
        name: "doctor",
        arguments: "",
        summary: "tell what this machine has and what it lacks",
        run: doctor::run,
    },
    Command {
        name: "setup",
        arguments: "",
        summary: "make .venv, with the development tools and the package built from this tree",
        run: setup::run,
    },
    Command { name: "run", arguments: "", summary: "run the first example in Rust and in Python", run: run::run },
    Command {
        name: "fmt",
        arguments: "[--check]",
        summary: "format all code, or only check that it is formatted",
        run: fmt::run,
    },
    Command { name: "lint", arguments: "", summary: "check code, types, stubs and documentation", run: lint::run },
    Command {
        name: "test",
        arguments: "[--rust|--python|--instructions [ARG…]]",
        summary: "check everything, or one part of it (ARGs go to its test runner)",
        run: test::run,
    },
    Command {
        name: "bench",
        arguments: "[rust|python [--quick]]",
        summary: "measure side by side with the peers",
        run: bench::run,
    },
    Command { name: "docs", arguments: "", summary: "build the API documentation", run: docs::run },
];

/// The list of commands for a reader.
pub(crate) fn usage() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n");
    for Command { name, arguments, summary, .. } in &ALL {
        let call = format!("{name} {arguments}");
        let _ = write!(text, "\n  {call:<45} {summary}");
    }
    text
}

/// The command called `name`.
pub(crate) fn find(name: &str) -> Result<&'static Command, Failure> {
    ALL.iter().find(|command| command.name == name).ok_or_else(|| {
        let hint = match nearest(name) {
            Some(command) => format!("did you mean `cargo xtask {command}`?"),
            None => "`cargo xtask help` lists the commands".to_owned(),
        };
        Failure::new(format!("there is no command `{name}`")).hint(hint)
    })
}

fn nearest(name: &str) -> Option<&'static str> {
    ALL.iter()
        .map(|command| (strsim::jaro_winkler(name, command.name), command.name))
        .filter(|&(similarity, _)| similarity > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The failure of the command `name` when it cannot do anything with `arguments`.
fn misused(name: &str, arguments: &[&str]) -> Failure {
    let accepted = ALL.iter().find(|command| command.name == name).map_or("", |command| command.arguments);
    let usage = format!("cargo xtask {name} {accepted}");
    Failure::new(format!("`cargo xtask {name}` cannot take `{}`", arguments.join(" ")))
        .hint(format!("usage: {}", usage.trim_end()))
}

/// Refuses `arguments` for a command that has none.
fn expect_none(name: &str, arguments: &[&str]) -> Result<(), Failure> {
    if arguments.is_empty() { Ok(()) } else { Err(misused(name, arguments)) }
}

#[cfg(test)]
mod tests {
    use super::{ALL, find, misused, usage};

    #[test]
    fn usage_names_every_command() {
        let usage = usage();
        assert!(ALL.iter().all(|command| usage.contains(&format!("\n  {} ", command.name))), "{usage}");
    }

    #[test]
    fn a_misspelt_command_gets_a_suggestion() {
        let failure = |name| find(name).err().map(|failure| failure.to_string()).unwrap();
        assert_eq!(failure("tset"), "there is no command `tset`\n  hint: did you mean `cargo xtask test`?");
        assert_eq!(failure("qq"), "there is no command `qq`\n  hint: `cargo xtask help` lists the commands");
    }

    #[test]
    fn a_wrong_argument_shows_the_right_ones() {
        let failure = misused("fmt", &["--chekc"]).to_string();
        assert_eq!(failure, "`cargo xtask fmt` cannot take `--chekc`\n  hint: usage: cargo xtask fmt [--check]");
    }
}
