//! Times of a run that goes on in another process: R-7.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rusqlite::Connection;
use taskloom::{Durability, ErrorKind, RetryPolicy, Store, prelude::*};

const HOUR: Duration = Duration::from_hours(1);

#[task]
fn set(ctx: &Context, ttl: u64) -> taskloom::Result<i64> {
    ctx.channel().ttl(Duration::from_secs(ttl)).set("key", 5_i64)?;
    Ok(1)
}

#[task]
fn get(ctx: &Context) -> taskloom::Result<Option<i64>> {
    ctx.channel().get("key")
}

/// Fails at its first attempt.
#[task]
fn shaky(ctx: &Context) -> Result<i64, String> {
    if ctx.attempt() == 1 { Err("broken".into()) } else { Ok(2) }
}

#[task]
async fn forever() -> i64 {
    std::future::pending().await
}

struct Place {
    store: Store,
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::sqlite(directory.path().join("runs.db")).unwrap().durability(Durability::Normal);
        Self { store, directory }
    }

    /// The run `id`, as it was when `entries` of `run` were written, `ago` before now, or as much after now.
    fn copy(&self, run: &str, entries: usize, id: &str, ago: Duration, is_later: bool) {
        self.store.__copy(run, entries, id).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let begun = if is_later { now + ago } else { now.checked_sub(ago).unwrap() };
        let begun = i64::try_from(begun.as_micros()).unwrap();
        edit(self.directory.path(), id, begun);
    }
}

/// It is the library's own SQLite, so that it may open the file, too.
fn edit(directory: &Path, id: &str, begun: i64) {
    let connection = Connection::open(directory.join("runs.db")).unwrap();
    assert_eq!(connection.execute("UPDATE runs SET begun = ?2 WHERE id = ?1", (id, begun)).unwrap(), 1);
}

#[test]
fn r_07_a_run_and_what_is_in_its_channel_have_the_age_that_they_have() {
    let place = Place::new();
    let workflow = Workflow::new("w").add(set::task().task_id("set").ttl(5400) >> get::task().task_id("get"));
    let run = |id: &str| workflow.execute().store(&place.store).run_id(id).max_concurrency(1).blocking().unwrap();
    assert_eq!(run("whole").output::<Option<i64>>("get").unwrap(), Some(5));
    // After `set` has started and succeeded.
    place.copy("whole", 2, "an hour ago", HOUR, false);
    let hour = run("an hour ago");
    assert_eq!(hour.output::<Option<i64>>("get").unwrap(), Some(5));
    assert!(hour.duration() >= HOUR && hour.duration() < HOUR + Duration::from_mins(1), "{:?}", hour.duration());
    assert!(hour.task("get").unwrap().duration() < Duration::from_mins(1));
    // The time to live is over.
    place.copy("whole", 2, "two hours ago", 2 * HOUR, false);
    assert_eq!(run("two hours ago").output::<Option<i64>>("get").unwrap(), None);
    // One that has ended keeps its times.
    place.copy("whole", 99, "ended", 2 * HOUR, false);
    assert!(run("ended").duration() < Duration::from_mins(1));
    // The process has died before it could say that the run has ended.
    place.copy("whole", 4, "all but ended", 2 * HOUR, false);
    assert!(run("all but ended").duration() < Duration::from_mins(1));
}

#[test]
fn r_07_a_wait_goes_on_and_a_clock_that_was_set_back_does_not_prolong_it() {
    let place = Place::new();
    let task =
        |wait| shaky::task().task_id("shaky").with_options(|options| options.retry_policy(RetryPolicy::fixed(1, wait)));
    let long = Workflow::new("long").add(task(HOUR));
    let handle = long.execute().store(&place.store).run_id("long").start().unwrap();
    let count = || {
        let mut count = 0;
        let each = |entry: taskloom::store::Entry| {
            count += usize::from(entry.kind == "failed");
            Ok(())
        };
        place.store.run("long").unwrap().unwrap().entries(each).unwrap();
        count
    };
    while count() == 0 {
        std::thread::yield_now();
    }
    handle.cancel();
    futures_executor::block_on(handle).unwrap_err();
    place.copy("long", 2, "over", 2 * HOUR, false);
    let begun = Instant::now();
    let run = long.execute().store(&place.store).run_id("over").blocking().unwrap();
    assert_eq!(run.task("shaky").unwrap().attempts(), 2);

    let short = Workflow::new("short").add(task(Duration::from_millis(50)));
    short.execute().store(&place.store).run_id("short").blocking().unwrap();
    // By the clock, the run begins in an hour.
    place.copy("short", 2, "set back", HOUR, true);
    let run = short.execute().store(&place.store).run_id("set back").blocking().unwrap();
    assert_eq!(run.task("shaky").unwrap().attempts(), 2);
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn r_07_the_time_of_a_run_goes_on() {
    let place = Place::new();
    let workflow = Workflow::new("w").add(set::task().task_id("set").ttl(1) >> forever::task().task_id("forever"));
    let execute = |id: &str| workflow.execute().store(&place.store).run_id(id).timeout(HOUR);
    let handle = execute("r").start().unwrap();
    while !handle.is_finished() {
        handle.cancel();
        std::thread::yield_now();
    }
    place.copy("r", 1, "over", 2 * HOUR, false);
    let error = execute("over").blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunTimeout);
}
