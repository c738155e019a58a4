//! D-5: `Store::due` lists what waits for somebody to execute it again.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::time::{Duration, SystemTime};

use support::{entry, open, place};
use taskloom::{
    DueReason, FeedbackType, RunStatus, Status, Store,
    store::{Asking, Entry, Journal},
};

fn due(store: &Store) -> Vec<(String, DueReason)> {
    store.due().unwrap().into_iter().map(|due| (due.run.id, due.reason)).collect()
}

fn asked(id: &str) -> Entry {
    let asking = Asking {
        id: id.into(),
        key: "0".into(),
        feedback_type: FeedbackType::Approval,
        prompt: "Ship it?".into(),
        options: Vec::new(),
        due: None,
    };
    Entry { asks: Some(Box::new(asking)), ..entry("asked", 1) }
}

const WAITS: Option<RunStatus> = Some(RunStatus::Suspended { until: None });

#[test]
fn d_05_a_suspended_run_is_due_when_its_time_has_come() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let hour = Duration::from_hours(1);
    for (id, until) in
        [("past", Some(SystemTime::now() - hour)), ("future", Some(SystemTime::now() + hour)), ("never", None)]
    {
        open(&store, id).unwrap().journal.append(&[], Some(RunStatus::Suspended { until })).unwrap();
    }
    assert_eq!(due(&store), [("past".to_owned(), DueReason::Time)]);
}

#[test]
fn d_05_a_suspended_run_is_due_when_it_has_an_answer_that_its_driver_has_not_seen() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[asked("q1"), asked("q2"), asked("q3")], None).unwrap();
    store.answer("q1", "true").unwrap();
    assert_eq!(run.journal.answers().unwrap().len(), 1);
    run.journal.append(&[], WAITS).unwrap();
    drop(run);
    assert_eq!(due(&store), []);

    store.answer("q2", "true").unwrap();
    assert_eq!(due(&store), [("r".to_owned(), DueReason::Answered)]);

    // An answer that comes between the last look and the suspension is not lost.
    let run = open(&store, "r").unwrap();
    assert_eq!(due(&store), []);
    assert_eq!(run.journal.answers().unwrap().len(), 2);
    store.answer("q3", "true").unwrap();
    run.journal.append(&[], WAITS).unwrap();
    drop(run);
    assert_eq!(due(&store), [("r".to_owned(), DueReason::Answered)]);
}

#[test]
fn d_01_a_run_is_due_when_its_process_is_gone() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    assert_eq!(due(&store), []);
    drop(run);
    assert_eq!(due(&store), [("r".to_owned(), DueReason::Abandoned)]);

    for status in [Status::Failed, Status::Cancelled, Status::Terminated] {
        open(&store, "r").unwrap().journal.append(&[], Some(status.into())).unwrap();
        assert_eq!(due(&store), []);
    }
}
