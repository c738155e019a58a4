//! D-1: what every journal has to do, whatever it is made of.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::sync::Arc;

use support::{entry, history, open, place};
use taskloom::{
    Durability, Error, ErrorKind, FeedbackType, Status, Store,
    store::{Answer, Asking, Entry, Journal, MemoryJournal, RunStatus},
};

/// A journal under test, and how else it can be reached.
trait Subject {
    fn journal(&self) -> &dyn Journal;
    /// Gives the run to another owner.
    fn take_over(&self) -> Box<dyn Journal>;
    fn answer(&self, id: &str, json: &str);
    fn status(&self) -> RunStatus;
}

struct Memory(MemoryJournal);

impl Subject for Memory {
    fn journal(&self) -> &dyn Journal {
        &self.0
    }

    fn take_over(&self) -> Box<dyn Journal> {
        Box::new(self.0.take_over())
    }

    fn answer(&self, id: &str, json: &str) {
        self.0.answer(Answer { id: id.into(), node: Some(3), key: "0".into(), value: json.into(), at: 0 });
    }

    fn status(&self) -> RunStatus {
        self.0.status().unwrap_or(RunStatus::Running)
    }
}

struct Sqlite {
    _directory: tempfile::TempDir,
    store: Store,
    journal: Box<dyn Journal>,
}

impl Subject for Sqlite {
    fn journal(&self) -> &dyn Journal {
        &*self.journal
    }

    fn take_over(&self) -> Box<dyn Journal> {
        self.store.take_over("r").unwrap();
        Box::new(open(&self.store, "r").unwrap().journal)
    }

    fn answer(&self, id: &str, json: &str) {
        self.store.answer(id, json).unwrap();
    }

    fn status(&self) -> RunStatus {
        self.store.run("r").unwrap().unwrap().info().status
    }
}

fn sqlite(durability: Durability) -> Sqlite {
    let (directory, path) = place();
    let store = Store::sqlite(path).unwrap().durability(durability);
    let journal = Box::new(open(&store, "r").unwrap().journal);
    Sqlite { _directory: directory, store, journal }
}

/// Each property of the contract holds for each journal.
macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&super::Memory(super::MemoryJournal::new())); })*
        }
        mod sqlite_full {
            $(#[test] fn $name() { super::$name(&super::sqlite(super::Durability::Full)); })*
        }
        mod sqlite_normal {
            $(#[test] fn $name() { super::$name(&super::sqlite(super::Durability::Normal)); })*
        }
    };
}

contract!(
    d_01_a_new_run_has_no_history,
    d_01_entries_come_back_as_they_went,
    d_01_entries_come_back_in_order,
    d_01_entries_of_an_unknown_kind_are_passed_on,
    d_01_large_values_come_back,
    d_01_a_reader_may_stop_with_an_error,
    d_01_reading_may_go_on_while_it_is_appended_to,
    d_01_appending_from_many_threads_loses_nothing,
    d_01_the_status_is_what_was_said_last,
    d_05_answers_come_in_order,
    d_06_whoever_has_lost_a_run_cannot_write,
);

fn d_01_a_new_run_has_no_history(subject: &dyn Subject) {
    assert!(history(subject.journal()).is_empty());
    assert!(subject.journal().answers().unwrap().is_empty());
    subject.journal().append(&[], None).unwrap();
    assert!(history(subject.journal()).is_empty());
}

fn d_01_entries_come_back_as_they_went(subject: &dyn Subject) {
    let entries = [
        Entry { kind: "started".into(), node: None, at: 0, ..Entry::default() },
        Entry {
            kind: "succeeded".into(),
            node: Some(u32::MAX),
            at: 1 << 50,
            body: "{\"a\": \"\\u0000 \u{1f980}\"}".into(),
            value: Some("\"\"".into()),
            asks: None,
        },
        Entry { kind: "failed".into(), node: Some(0), at: 1, value: Some(String::new()), ..Entry::default() },
    ];
    subject.journal().append(&entries, None).unwrap();
    assert_eq!(history(subject.journal()), entries);
}

fn d_01_entries_come_back_in_order(subject: &dyn Subject) {
    for batch in 0..50 {
        let entries: Vec<Entry> = (0..batch).map(|i| entry("started", batch * 100 + i)).collect();
        subject.journal().append(&entries, None).unwrap();
    }
    let wanted: Vec<u64> = (0..50).flat_map(|batch| (0..batch).map(move |i| batch * 100 + i)).collect();
    assert_eq!(history(subject.journal()).iter().map(|entry| entry.at).collect::<Vec<_>>(), wanted);
}

fn d_01_entries_of_an_unknown_kind_are_passed_on(subject: &dyn Subject) {
    subject.journal().append(&[entry("teleported", 1)], None).unwrap();
    assert_eq!(history(subject.journal())[0].kind, "teleported");
}

fn d_01_large_values_come_back(subject: &dyn Subject) {
    let large = |n: usize| format!("\"{}\"", "ü".repeat(n));
    let with =
        |body: usize, value: usize| Entry { body: large(body), value: Some(large(value)), ..entry("succeeded", 1) };
    let limit = (1 << 19) - 1;
    let entries = [with(1, limit), with(limit, limit + 1), with(limit + 1, 3 << 20), with(3 << 20, 3 << 20)];
    subject.journal().append(&entries, None).unwrap();
    assert!(history(subject.journal()) == entries, "large values differ");
}

fn d_01_a_reader_may_stop_with_an_error(subject: &dyn Subject) {
    subject.journal().append(&[entry("started", 1), entry("started", 2)], None).unwrap();
    let mut read = 0;
    let stopped: Result<(), Error> = subject.journal().history(&mut |_| {
        read += 1;
        Err(Store::sqlite("/").unwrap_err())
    });
    assert_eq!((read, stopped.unwrap_err().kind()), (1, ErrorKind::StoreFailed));
    assert_eq!(history(subject.journal()).len(), 2);
}

fn d_01_reading_may_go_on_while_it_is_appended_to(subject: &dyn Subject) {
    subject.journal().append(&[entry("started", 1), entry("started", 2)], None).unwrap();
    let mut read = Vec::new();
    subject
        .journal()
        .history(&mut |old| {
            subject.journal().append(&[entry("succeeded", 3)], None)?;
            read.push(old.kind);
            Ok(())
        })
        .unwrap();
    assert_eq!(read, ["started", "started"]);
    assert_eq!(history(subject.journal()).len(), 4);
}

fn d_01_appending_from_many_threads_loses_nothing(subject: &dyn Subject) {
    // A `dyn Subject` need not be `Sync`; a journal is.
    let journal = subject.journal();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for i in 0..25 {
                    journal.append(&[entry("started", thread * 1000 + i)], None).unwrap();
                }
            });
        }
    });
    let at: Vec<u64> = history(journal).iter().map(|entry| entry.at).collect();
    for thread in 0..4 {
        let of_thread: Vec<u64> = at.iter().copied().filter(|at| at / 1000 == thread).collect();
        assert_eq!(of_thread, (0..25).map(|i| thread * 1000 + i).collect::<Vec<_>>());
    }
    assert_eq!(at.len(), 100);
}

fn d_01_the_status_is_what_was_said_last(subject: &dyn Subject) {
    let until = Some(std::time::UNIX_EPOCH + std::time::Duration::from_micros(1_700_000_000_000_001));
    for status in [
        RunStatus::Suspended { until },
        RunStatus::Suspended { until: None },
        RunStatus::Running,
        Status::Cancelled.into(),
        Status::Failed.into(),
        Status::Terminated.into(),
        Status::Succeeded.into(),
    ] {
        subject.journal().append(&[entry("x", 1)], Some(status)).unwrap();
        subject.journal().append(&[entry("x", 1)], None).unwrap();
        assert_eq!(subject.status(), status);
    }
}

fn d_05_answers_come_in_order(subject: &dyn Subject) {
    let asking = |id: &str| {
        let asking = Asking {
            id: id.into(),
            key: "0".into(),
            feedback_type: FeedbackType::Approval,
            prompt: "Ship it?".into(),
            options: Vec::new(),
            due: None,
        };
        Entry { asks: Some(Box::new(asking)), ..entry("asked", 1) }
    };
    subject.journal().append(&[asking("q1"), asking("q2"), asking("q3")], None).unwrap();
    assert!(history(subject.journal()).iter().all(|entry| entry.kind == "asked" && entry.asks.is_none()));

    subject.answer("q2", "true");
    subject.answer("q1", "false");
    let answers = subject.journal().answers().unwrap();
    let answers: Vec<_> =
        answers.iter().map(|answer| (&*answer.id, answer.node, &*answer.key, &*answer.value)).collect();
    assert_eq!(answers, [("q2", Some(3), "0", "true"), ("q1", Some(3), "0", "false")]);
}

fn d_06_whoever_has_lost_a_run_cannot_write(subject: &dyn Subject) {
    subject.journal().append(&[entry("started", 1)], None).unwrap();
    let new: Arc<dyn Journal> = subject.take_over().into();

    let lost = subject.journal().append(&[entry("succeeded", 2)], Some(Status::Succeeded.into())).unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::RunLost);
    assert_eq!(subject.status(), RunStatus::Running);

    new.append(&[entry("started", 3)], None).unwrap();
    assert_eq!(history(&*new).iter().map(|entry| entry.at).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(subject.journal().append(&[], None).unwrap_err().kind(), ErrorKind::RunLost);
}
