use std::{borrow::BorrowMut, ffi::OsStr, process::Command};

use crate::{console, failure::Failure, workspace};

/// A cargo command: the cargo of the PATH, which is the one that started this program.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments);
    command
}

/// Runs `command` in the root of the workspace, echoed before, and fails unless it succeeds.
///
/// Takes what is at hand, a command or what its builder methods return.
pub(crate) fn execute(mut command: impl BorrowMut<Command>) -> Result<(), Failure> {
    let command = command.borrow_mut();
    let line = shown(command);
    console::note(&format!("$ {line}"));
    let status = command.current_dir(workspace::root()).status().map_err(|error| {
        Failure::new(format!("cannot start `{line}`: {error}")).hint("`cargo xtask doctor` tells what is missing here")
    })?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{line}` failed, {status}"))) }
}

/// What `command` prints on stdout, or nothing if it fails: for a question to the machine, which is
/// not worth an echo.
pub(crate) fn answer(mut command: impl BorrowMut<Command>) -> Option<String> {
    let output = command.borrow_mut().current_dir(workspace::root()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The line to paste into a shell in the root of the workspace to run the same.
fn shown(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| {
        let value = value?;
        Some(format!("{}={}", name.display(), quoted(value)))
    });
    let program = command.get_program();
    let program = workspace::relative(program.as_ref()).as_os_str();
    let words = std::iter::once(program).chain(command.get_args()).map(quoted);
    set.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::{answer, cargo, execute, shown};
    use crate::workspace;

    #[test]
    fn an_echo_can_be_pasted() {
        let mut command = cargo(["doc", "--config", "it's"]);
        assert_eq!(
            shown(command.env("RUSTDOCFLAGS", "-D warnings")),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --config 'it'\''s'"
        );
    }

    #[test]
    fn an_echo_names_programs_of_the_workspace_from_its_root() {
        let python = workspace::root().join("bin").join("python");
        assert_eq!(shown(&Command::new(python)), "bin/python");
    }

    #[test]
    fn a_failure_names_the_command() {
        let failure = execute(cargo(["no-such-command"]).stderr(Stdio::null())).unwrap_err().to_string();
        assert!(failure.starts_with("`cargo no-such-command` failed, exit"), "{failure}");
        assert_eq!(answer(cargo(["no-such-command"])), None);
    }
}
