//! The examples print what is written beside them, and the README's program is one of them.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Command, Stdio},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// How a user runs an example.
fn run(example: &str) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--example", example]).current_dir(root());
    command
}

/// What an example prints when a user runs it.
fn output_of(example: &str) -> String {
    let output = run(example).output().unwrap();
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn i_04_i_05_the_page_prints_what_is_written_beside_it() {
    let expected = fs::read_to_string(root().join("examples/rust/task_instances.out")).unwrap();
    // The places in the error about a duplicate begin where cargo was called.
    let printed = output_of("task_instances").replace("crates/taskloom/../../", "");
    assert_eq!(printed, expected);
    assert!(expected.starts_with("Weather for Tokyo\nWeather for Paris\nWeather for London\n"));
}

#[test]
fn i_10_c_11_arguments_print_what_is_written_beside_them() {
    let expected = fs::read_to_string(root().join("examples/rust/arguments.out")).unwrap();
    assert_eq!(output_of("arguments"), expected);
}

#[test]
fn r_07_r_09_the_events_of_a_run_are_what_is_written_beside_them() {
    let expected = fs::read_to_string(root().join("examples/rust/events.out")).unwrap();
    assert_eq!(output_of("events"), expected);
}

#[test]
fn c_02_the_readme_shows_an_example_and_its_output() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let program = fs::read_to_string(root().join("examples/rust/weather.rs")).unwrap();
    assert!(readme.contains(&format!("```rust\n{program}```")), "the README shows another program");
    assert!(readme.contains(&format!("```text\n{}```", output_of("weather"))), "the README shows another output");
}

#[cfg(unix)]
#[test]
fn r_10_ctrl_c_ends_a_run_cleanly() {
    // In a group of its own, to which the terminal's signal goes: cargo and the program.
    let mut command = run("cancel");
    let mut child =
        std::os::unix::process::CommandExt::process_group(&mut command, 0).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    // It listens, and both tasks have begun: the one that prints is the second.
    let mut begun: Vec<String> = printed.by_ref().lines().take(2).map(Result::unwrap).collect();
    begun.sort();
    assert_eq!(begun, ["Ctrl-C ends it", "counting"]);
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let mut rest = String::new();
    printed.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "the run of workflow `endless` was cancelled\n  wait: cancelled\n  count: succeeded\n");
    assert!(child.wait().unwrap().success());
}
