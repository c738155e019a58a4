//! What a store shows of its runs.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/store.rs"]
mod support;

use std::time::{Duration, UNIX_EPOCH};

use support::{beginning, entry, history, open, place, sql};
use taskloom::{
    ErrorKind, OnBusy, RunStatus, Status, Store,
    store::{Beginning, Journal},
};

#[test]
fn d_02_what_was_recorded_at_the_beginning_is_what_a_later_opening_gets() {
    let (_directory, path) = place();
    let first = open(&Store::sqlite(&path).unwrap(), "r").unwrap();
    assert!(first.is_new);
    assert_eq!(first.beginning, beginning());
    drop(first);

    let store = Store::sqlite(&path).unwrap();
    let again = store.open_run("r", OnBusy::Fail, || unreachable!("it has begun")).unwrap();
    assert!(!again.is_new);
    assert_eq!((again.beginning, again.status), (beginning(), RunStatus::Running));
}

#[test]
fn d_02_runs_of_one_plan_share_its_description() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let other = || Beginning { fingerprint: "f2".into(), plan: "{}".into(), ..beginning() };
    for id in ["a", "b"] {
        open(&store, id).unwrap();
    }
    store.open_run("c", OnBusy::Fail, other).unwrap();

    let plans: i64 = sql(&path).query_row("SELECT count(*) FROM plans", [], |row| row.get(0)).unwrap();
    assert_eq!(plans, 2);
    let plan = |id: &str| store.run(id).unwrap().unwrap().plan().to_owned();
    assert_eq!([plan("a"), plan("b"), plan("c")], [beginning().plan, beginning().plan, "{}".to_owned()]);
    assert_eq!(store.run("c").unwrap().unwrap().fingerprint(), "f2");
}

#[test]
fn runs_are_listed_in_the_order_in_which_they_began() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let owned = open(&store, "nightly").unwrap();
    owned.journal.append(&[entry("started", 5)], None).unwrap();
    open(&store, "an older id").unwrap().journal.append(&[], Some(Status::Failed.into())).unwrap();

    let runs = store.runs().unwrap();
    assert_eq!(runs.iter().map(|run| &*run.id).collect::<Vec<_>>(), ["nightly", "an older id"]);
    assert_eq!(runs[0].status, RunStatus::Running);
    assert_eq!(runs[1].status, Status::Failed.into());
    assert_eq!(runs[0].workflow, "weather");
    assert_eq!(runs[0].begun, UNIX_EPOCH + Duration::from_secs(1));
    assert!(runs[0].changed > runs[0].begun);
    assert_eq!(runs[0].owner.as_ref().map(|owner| owner.pid), Some(std::process::id()));
    assert_eq!(runs[1].owner, None);
    assert!(store.run("nobody").unwrap().is_none());
}

#[test]
fn a_run_is_read_while_it_goes_on() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let owned = open(&store, "r").unwrap();
    owned.journal.append(&[entry("started", 1), entry("succeeded", 9)], None).unwrap();

    let shown = store.run("r").unwrap().unwrap();
    let mut kinds = Vec::new();
    shown
        .entries(|entry| {
            kinds.push(entry.kind.into_owned());
            Ok(())
        })
        .unwrap();
    assert_eq!(kinds, ["started", "succeeded"]);
    assert_eq!(shown.options(), "{}");
}

#[test]
fn runs_do_not_see_each_others_entries() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let (a, b) = (open(&store, "a").unwrap().journal, open(&store, "b").unwrap().journal);
    for at in 0..10 {
        a.append(&[entry("a", at)], None).unwrap();
        b.append(&[entry("b", at), entry("b", at)], None).unwrap();
    }
    assert_eq!(history(&a).len(), 10);
    assert!(history(&a).iter().all(|entry| entry.kind == "a"));
    assert_eq!(history(&b).len(), 20);
    assert!(history(&b).iter().all(|entry| entry.kind == "b"));
}

#[test]
fn a_run_id_is_never_a_path() {
    let (directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let long = "ü".repeat(255);
    let ids = ["../../etc/passwd", "/", "C:\\runs", "a b'; DROP TABLE runs; --", "%", "🦀", &long];
    for id in ids {
        open(&store, id).unwrap();
    }
    assert_eq!(store.runs().unwrap().iter().map(|run| &*run.id).collect::<Vec<_>>(), ids);
    let mut files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["runs.db", "runs.db-shm", "runs.db-wal", "runs.db.lock"]);
}

#[test]
fn a_run_id_that_cannot_be_one_is_refused() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    for (id, why) in [
        (String::new(), "it is empty"),
        ("a\nb".to_owned(), "control characters"),
        ("a\0".to_owned(), "control characters"),
        ("x".repeat(256), "more than 255 characters"),
    ] {
        let error = open(&store, &id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRunId);
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(store.runs().unwrap().is_empty());
}
