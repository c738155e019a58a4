//! D-6: one process drives a run at a time.

#![cfg(all(feature = "sqlite", unix))]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/child.rs"]
mod child;
#[path = "support/store.rs"]
mod support;

use std::time::Duration;

use child::Process;
use support::{beginning, entry, history, open, place};
use taskloom::{
    ErrorKind, OnBusy, RunStatus, Status, Store,
    store::{Journal, OpenRun},
};

/// What another process is told that wants the run `r`.
fn elsewhere(store: &Store) -> String {
    Process::new("in_another_process_opens_a_run", store.path()).hear()
}

#[test]
#[ignore = "a part of other tests"]
fn in_another_process_opens_a_run() {
    let opened = Store::sqlite(child::store()).and_then(|store| open(&store, "r"));
    match &opened {
        Ok(run) => child::say(if run.journal.is_owner() { "owned" } else { "read" }),
        Err(error) if error.kind() == ErrorKind::RunBusy => child::say("RunBusy"),
        Err(error) => child::say(format_args!("{error:?}")),
    }
    child::wait();
}

#[test]
fn d_06_a_second_execution_in_the_process_is_refused() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let first = open(&store, "r").unwrap();
    assert!(first.is_new && first.journal.is_owner());

    let error = open(&Store::sqlite(&path).unwrap(), "r").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunBusy);
    let text = error.to_string();
    assert!(text.starts_with("run `r` is driven by this process on ") && text.contains("UTC"), "{text}");
    assert!(text.contains("take_over"), "{text}");
    // Another run is another matter.
    open(&store, "other").unwrap();

    drop(first);
    let again = open(&store, "r").unwrap();
    assert!(!again.is_new && again.journal.is_owner());
}

#[test]
fn d_06_another_process_is_told_who_has_the_run_and_gets_it_when_that_dies() {
    let (_directory, path) = place();
    let mut owner = Process::new("in_another_process_opens_a_run", &path);
    assert_eq!(owner.hear(), "owned");

    let store = Store::sqlite(&path).unwrap();
    let error = open(&store, "r").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunBusy);
    assert!(error.to_string().contains(&format!("process {} on ", owner.id())), "{error}");
    let shown = store.run("r").unwrap().unwrap().info().owner.clone().unwrap();
    assert_eq!(shown.pid, owner.id());

    owner.kill();
    assert_eq!(store.run("r").unwrap().unwrap().info().owner, None);
    let run = open(&store, "r").unwrap();
    assert!(run.journal.is_owner() && !run.is_new);
}

#[test]
fn d_06_opening_and_closing_the_store_again_does_not_let_go() {
    let (directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();

    // All of these are the same file, whose locks would go with any descriptor of it.
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let around = directory.path().join("..").join(directory.path().file_name().unwrap()).join("runs.db");
    for path in [&path, &link, &around] {
        let other = Store::sqlite(path).unwrap();
        assert_eq!(other.path(), store.path());
        drop(other);
        assert_eq!(elsewhere(&store), "RunBusy");
    }
    drop(store);
    assert_eq!(elsewhere(&Store::sqlite(&path).unwrap()), "RunBusy");
    drop(run);
    assert_eq!(elsewhere(&Store::sqlite(&path).unwrap()), "owned");
}

/// Opens a run that is busy, and does something at its n-th pause; gives the pauses too.
fn wait_for(store: &Store, at: usize, mut act: impl FnMut()) -> (OpenRun, Vec<Duration>) {
    let mut pauses = Vec::new();
    let run = store.open_run_pausing("r", OnBusy::Wait, beginning, |pause| {
        pauses.push(pause);
        if pauses.len() == at {
            act();
        }
        Ok(())
    });
    (run.unwrap(), pauses)
}

#[test]
fn d_06_whoever_waits_gets_the_run_when_its_owner_is_gone() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let mut owner = Some(open(&store, "r").unwrap());

    let (run, pauses) = wait_for(&store, 12, || drop(owner.take()));
    assert!(run.journal.is_owner() && !run.is_new);
    assert_eq!(pauses.len(), 12);
    assert!(pauses.is_sorted() && pauses[0] == Duration::from_millis(1) && pauses[11] == Duration::from_millis(250));
}

#[test]
fn d_06_whoever_waits_gets_the_result_when_the_run_has_ended() {
    for status in [Status::Succeeded, Status::Terminated, Status::Failed, Status::Cancelled] {
        let (_directory, path) = place();
        let store = Store::sqlite(path).unwrap();
        let owner = open(&store, "r").unwrap();

        let (run, _) = wait_for(&store, 2, || {
            owner.journal.append(&[entry("finished", 1)], Some(status.into())).unwrap();
        });
        assert!(!run.journal.is_owner());
        assert_eq!(run.status, RunStatus::Ended(status));
        assert_eq!(history(&run.journal).len(), 1);
        assert_eq!(run.journal.append(&[entry("x", 2)], None).unwrap_err().kind(), ErrorKind::RunLost);
    }
}

#[test]
fn d_06_whoever_waits_does_not_take_an_old_failure_for_the_result() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    open(&store, "r").unwrap().journal.append(&[entry("failed", 1)], Some(Status::Failed.into())).unwrap();

    // Somebody goes on with it, and has not said so yet.
    let mut owner = Some(open(&store, "r").unwrap());
    let (run, pauses) = wait_for(&store, 5, || drop(owner.take()));
    assert!(run.journal.is_owner());
    assert_eq!((pauses.len(), run.status), (5, RunStatus::Ended(Status::Failed)));
    drop(run);

    let owner = open(&store, "r").unwrap();
    let (run, pauses) = wait_for(&store, 5, || {
        owner.journal.append(&[entry("failed", 2)], Some(Status::Failed.into())).unwrap();
    });
    assert!(!run.journal.is_owner());
    assert_eq!((pauses.len(), history(&run.journal).len()), (5, 2));
}

#[test]
fn d_06_whoever_waits_may_give_up() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let _owner = open(&store, "r").unwrap();
    let given_up = store.open_run_pausing("r", OnBusy::Wait, beginning, |_| Store::sqlite("/").map(drop));
    assert_eq!(given_up.unwrap_err().kind(), ErrorKind::StoreFailed);
}

#[test]
fn d_02_a_run_that_has_succeeded_is_only_read_by_any_number_at_a_time() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let owner = open(&store, "r").unwrap();
    owner.journal.append(&[entry("finished", 1)], Some(Status::Succeeded.into())).unwrap();

    let (one, two) = (open(&store, "r").unwrap(), open(&store, "r").unwrap());
    assert!(!one.journal.is_owner() && !two.journal.is_owner());
    assert_eq!(elsewhere(&store), "read");
}

#[test]
fn d_06_a_run_that_was_taken_over_is_free_and_its_old_owner_cannot_write() {
    let (_directory, path) = place();
    let mut old = Process::new("in_another_process_has_its_run_taken", &path);
    assert_eq!(old.hear(), "owned");

    let store = Store::sqlite(&path).unwrap();
    store.take_over("r").unwrap();
    let new = open(&store, "r").unwrap();
    assert!(new.journal.is_owner());
    old.nudge();
    assert_eq!(old.hear(), "RunLost");
    new.journal.append(&[entry("started", 2)], None).unwrap();

    // The old owner has let go of what it had, which is not what the new one has.
    old.nudge();
    assert_eq!(old.hear(), "dropped");
    assert_eq!(elsewhere(&store), "RunBusy");
    assert_eq!(history(&new.journal).iter().map(|entry| entry.at).collect::<Vec<_>>(), [1, 2]);

    assert_eq!(store.take_over("nobody").unwrap_err().kind(), ErrorKind::RunNotFound);
}

#[test]
#[ignore = "a part of other tests"]
fn in_another_process_has_its_run_taken() {
    let run = open(&Store::sqlite(child::store()).unwrap(), "r").unwrap();
    run.journal.append(&[entry("started", 1)], None).unwrap();
    child::say("owned");
    child::wait();
    let lost = run.journal.append(&[entry("succeeded", 2)], Some(Status::Succeeded.into())).unwrap_err();
    assert!(lost.to_string().contains("took it over"), "{lost}");
    child::say(format_args!("{:?}", lost.kind()));
    child::wait();
    drop(run);
    child::say("dropped");
    child::wait();
}

#[test]
fn d_06_of_a_hundred_processes_that_begin_a_run_one_has_it() {
    let (_directory, path) = place();
    let mut processes: Vec<Process> = (0..100).map(|_| Process::new("in_another_process_opens_a_run", &path)).collect();
    let mut told: Vec<String> = processes.iter_mut().map(Process::hear).collect();
    told.sort();
    assert_eq!(told.iter().filter(|what| *what == "owned").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|what| *what == "RunBusy").count(), 99, "{told:?}");
    drop(processes);
    assert_eq!(Store::sqlite(&path).unwrap().verify().unwrap(), Vec::<String>::new());
}

#[test]
fn r_13_after_a_fork_the_child_owns_nothing_and_opens_the_store_anew() {
    let (_directory, path) = place();
    assert_eq!(Process::new("in_another_process_forks", &path).hear(), "forked");
}

/// In a process of its own: SQLite has locks that a fork leaves locked if another thread has them just then.
#[test]
#[ignore = "a part of other tests"]
#[expect(unsafe_code, reason = "to fork")]
fn in_another_process_forks() {
    let store = Store::sqlite(child::store()).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[entry("started", 1)], None).unwrap();

    // SAFETY: no other thread does anything meanwhile, and the child ends by `_exit`.
    match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => {
            let faults = [
                run.journal.append(&[entry("started", 2)], None).map_err(|error| error.kind())
                    != Err(ErrorKind::RunLost),
                open(&store, "r").map(drop).map_err(|error| error.kind()) != Err(ErrorKind::RunBusy),
                store.runs().map(|runs| runs.len()).ok() != Some(1),
                open(&store, "child").and_then(|run| run.journal.append(&[entry("started", 1)], None)).is_err(),
            ];
            drop((run, store));
            let code = faults.iter().rev().fold(0, |code, &fault| code << 1 | i32::from(fault));
            // SAFETY: it always is.
            unsafe { nix::libc::_exit(code) }
        }
        nix::unistd::ForkResult::Parent { child } => {
            let status = nix::sys::wait::waitpid(child, None).unwrap();
            assert_eq!(status, nix::sys::wait::WaitStatus::Exited(child, 0));
        }
    }
    // What the child has closed was not ours.
    assert_eq!(elsewhere(&store), "RunBusy");
    run.journal.append(&[entry("succeeded", 2)], None).unwrap();
    assert_eq!(history(&run.journal).len(), 2);
    assert_eq!(store.runs().unwrap().len(), 2);
    child::say("forked");
}
