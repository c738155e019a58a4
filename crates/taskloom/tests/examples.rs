//! The examples print what is written beside them, and the README's program is one of them.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{env, fs, path::PathBuf, process::Command};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What an example prints when a user runs it.
fn output_of(example: &str) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["run", "--quiet", "--example", example]).current_dir(root()).output().unwrap();
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
