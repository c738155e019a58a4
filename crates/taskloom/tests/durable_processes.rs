//! Several processes that start one run: D-6.
#![cfg(all(unix, feature = "sqlite"))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod support {
    #[expect(dead_code, reason = "it belongs to the kill test, too")]
    pub(crate) mod lives;
}

use std::{path::Path, thread, time::Duration};

use support::lives::{Death, Lives, task_of_child, tell};
use taskloom::{ErrorKind, OnBusy, prelude::*};

const CHILDREN: usize = 100;

/// Ends once there is a file `go` beside the store.
#[task]
fn wait(ctx: &Context, go: String) -> i64 {
    tell("begins", ctx);
    while !Path::new(&go).exists() {
        thread::sleep(Duration::from_millis(1));
    }
    42
}

fn execute(on_busy: OnBusy) -> taskloom::Result<i64> {
    let (store, run) = task_of_child();
    let go = store.path().with_file_name("go").display().to_string();
    let workflow = Workflow::new("w").add(wait::task().task_id("wait").go(go));
    workflow.execute().store(&store).run_id(run).on_busy(on_busy).blocking()?.value()
}

#[test]
#[ignore = "a process of many"]
fn child_that_fails() {
    let result = execute(OnBusy::Fail);
    match result {
        Ok(value) => println!("> value {value}"),
        Err(error) if error.kind() == ErrorKind::RunBusy => println!("> busy"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
#[ignore = "a process of many"]
fn child_that_waits() {
    println!("> value {}", execute(OnBusy::Wait).unwrap());
}

/// What so many processes say; the run ends when all but `running` of them have ended.
fn start_many(child: &str, running: usize) -> (Vec<String>, usize) {
    let mut lives = Lives::new();
    let mut processes: Vec<_> = (0..CHILDREN).map(|_| Some(lives.spawn(child, "r", Death::Never))).collect();
    let mut said = Vec::new();
    loop {
        for process in &mut processes {
            if let Some(child) = process
                && child.try_wait().unwrap().is_some()
            {
                let output = process.take().unwrap().wait_with_output().unwrap();
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let last =
                    text.lines().filter_map(|line| line.split_once("> ")).map(|(_, said)| said.to_owned()).next_back();
                said.push(last.unwrap_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned()));
            }
        }
        let left = processes.iter().flatten().count();
        if left == running {
            std::fs::write(lives.path().join("go"), "").unwrap();
        }
        if left == 0 {
            let begun = lives.told().len();
            return (said, begun);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn d_06_one_of_many_processes_drives_a_run() {
    let (mut said, begun) = start_many("child_that_fails", 1);
    said.sort();
    assert_eq!(begun, 1);
    assert_eq!(said.iter().filter(|said| *said == "busy").count(), CHILDREN - 1, "{said:?}");
    assert_eq!(said.last().unwrap(), "value 42");
}

#[test]
fn d_06_those_who_wait_get_the_same_result() {
    let (said, begun) = start_many("child_that_waits", CHILDREN);
    assert_eq!(begun, 1);
    assert!(said.iter().all(|said| said == "value 42"), "{said:?}");
}
