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
    if cfg!(feature = "sqlite") {
        command.args(["--package", "taskloom", "--features", "sqlite"]);
    }
    command
}

/// What an example prints when a user runs it.
fn output_of(example: &str) -> String {
    let output = run(example).output().unwrap();
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is written beside an example.
fn expected(example: &str) -> String {
    fs::read_to_string(root().join("examples/rust").join(example).with_extension("out")).unwrap()
}

#[test]
fn i_04_i_05_the_page_prints_what_is_written_beside_it() {
    let expected = expected("task_instances");
    // The places in the error about a duplicate begin where cargo was called.
    let printed = output_of("task_instances").replace("crates/taskloom/../../", "");
    assert_eq!(printed, expected);
    assert!(expected.starts_with("Weather for Tokyo\nWeather for Paris\nWeather for London\n"));
}

#[test]
fn i_10_c_11_arguments_print_what_is_written_beside_them() {
    assert_eq!(output_of("arguments"), expected("arguments"));
}

#[test]
fn r_07_r_09_the_events_of_a_run_are_what_is_written_beside_them() {
    assert_eq!(output_of("events"), expected("events"));
}

#[test]
fn i_04_r_04_a_dynamic_workflow_prints_what_is_written_beside_it() {
    let expected = expected("dynamic_workflow");
    let printed = output_of("dynamic_workflow").replace("crates/taskloom/../../", "");
    assert_eq!(without_times(&printed), expected);
}

/// Durations end a line of a run's summary, and differ each time.
fn without_times(text: &str) -> String {
    let line = |line: &str| {
        let (rest, last) = line.rsplit_once(' ').unwrap_or(("", line));
        let number = last.trim_end_matches(['n', 'µ', 'm', 's']);
        if last.ends_with('s') && number.parse::<f64>().is_ok() { format!("{rest} …\n") } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
}

#[test]
fn c_07_an_inspection_prints_what_is_written_beside_it() {
    assert_eq!(output_of("inspection"), expected("inspection"));
}

#[test]
fn i_11_s_11_maps_print_what_is_written_beside_them() {
    assert_eq!(output_of("maps"), expected("maps"));
}

#[test]
fn r_09_r_14_control_from_inside_prints_what_is_written_beside_it() {
    assert_eq!(output_of("control"), expected("control"));
}

#[test]
fn h_01_h_02_h_03_channels_print_what_is_written_beside_them() {
    assert_eq!(output_of("channels"), expected("channels"));
}

#[test]
fn c_08_r_08_groups_print_what_is_written_beside_them() {
    assert_eq!(output_of("groups"), expected("groups"));
}

#[test]
fn r_07_r_15_retries_print_what_is_written_beside_them() {
    assert_eq!(output_of("retries"), expected("retries"));
}

#[cfg(feature = "sqlite")]
#[test]
fn d_01_d_04_a_durable_run_prints_what_is_written_beside_it() {
    assert_eq!(output_of("durable"), expected("durable"));
}

#[cfg(feature = "sqlite")]
#[test]
fn d_05_an_approval_prints_what_is_written_beside_it() {
    assert_eq!(output_of("approval"), expected("approval"));
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
