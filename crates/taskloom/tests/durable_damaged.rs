//! Journals that say what cannot have happened: D-1, E-1. A run is refused then; nothing panics, and nothing hangs.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Duration,
};

use taskloom::{Durability, ErrorKind, Result, Store, prelude::*};

#[task]
fn fetch(ctx: &Context, number: i64) -> Result<i64> {
    ctx.channel().append("list", number)?;
    Ok(number)
}

#[task(max_retries = 1)]
fn flaky(ctx: &Context) -> Result<i64> {
    let value = ctx.step("draw", || 4_i64)?;
    assert!(ctx.attempt() > 1, "the first attempt fails");
    Ok(value)
}

#[task]
fn added(number: i64) -> i64 {
    number
}

#[task]
fn adds(ctx: &Context) -> Result<i64> {
    ctx.next_task(added::task().task_id("new").number(7))?;
    Ok(1)
}

#[task]
fn twice(ctx: &Context) -> i64 {
    if ctx.cycle_count() == 1 {
        ctx.next_iteration(());
    }
    2
}

#[task]
fn again(ctx: &Context) -> Result<i64> {
    if ctx.cycle_count() == 1 {
        ctx.next_task("twice")?;
    }
    Ok(3)
}

#[task]
fn naps(ctx: &Context) -> Result<i64> {
    ctx.sleep(Duration::from_micros(1))?;
    ctx.channel().atomic_add("sum", 1_i64)?;
    Ok(5)
}

#[task]
fn asks(ctx: &Context) -> Result<bool> {
    ctx.request_approval("Go on?").blocking()
}

struct Judges;

impl GroupPolicy for Judges {
    fn judge(
        &self,
        _group: &str,
        _branches: &[BranchRecord],
    ) -> std::result::Result<bool, Box<dyn Error + Send + Sync>> {
        Ok(true)
    }
}

fn workflow() -> Workflow {
    let pair =
        (fetch::task().task_id("one").number(1) | flaky::task().task_id("flaky")).group_name("pair").policy(Judges);
    let many = fetch::map().task_id("many").number([1, 2, 3]);
    let chain = twice::task().task_id("twice") >> again::task().task_id("again");
    Workflow::new("w").template(added::definition()).add(
        pair >> adds::task().task_id("adds")
            >> many
            >> chain
            >> naps::task().task_id("naps")
            >> asks::task().task_id("asks"),
    )
}

fn change(path: &Path, sql: &str, copy: &str, seq: usize) {
    let file = rusqlite::Connection::open(path).unwrap();
    file.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = sql.replace("$P", "((SELECT number FROM runs WHERE id = ?1) << 32 | ?2)");
    let seq = i64::try_from(seq).unwrap();
    for statement in sql.split(';') {
        let mut statement = file.prepare(statement).unwrap();
        if statement.parameter_count() == 0 { statement.execute([]) } else { statement.execute((copy, seq)) }.unwrap();
    }
}

#[test]
fn d_01_a_damaged_journal_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let store = Store::sqlite(&path).unwrap().durability(Durability::Normal);
    let execute =
        |id: &str| workflow().execute().store(&store).run_id(id).suspend_after(Duration::ZERO).max_concurrency(1);
    let error = execute("whole").blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RunSuspended, "{error}");
    let mut count = 0;
    store
        .run("whole")
        .unwrap()
        .unwrap()
        .entries(|_| {
            count += 1;
            Ok(())
        })
        .unwrap();
    let damages = [
        "DELETE FROM entries WHERE place = $P",
        "UPDATE entries SET node = 0 WHERE place = $P AND node IS NOT NULL",
        "UPDATE entries SET node = node + 1 WHERE place = $P AND node IS NOT NULL",
        "UPDATE entries SET node = node - 1 WHERE place = $P AND node > 0",
        "UPDATE entries SET node = 1000 WHERE place = $P AND node IS NOT NULL",
        "UPDATE entries SET node = 2147483650 WHERE place = $P AND node IS NOT NULL",
        "UPDATE entries SET node = 4294967295 WHERE place = $P AND node IS NOT NULL",
        "UPDATE entries SET kind = 'succeeded' WHERE place = $P",
        "UPDATE entries SET kind = 'started' WHERE place = $P",
        "UPDATE entries SET kind = 'dropped' WHERE place = $P",
        "UPDATE entries SET kind = 'due' WHERE place = $P",
        "UPDATE entries SET kind = 'continued' WHERE place = $P",
        "UPDATE entries SET kind = 'failed', body = '{\"error\": \"no\"}' WHERE place = $P",
        "UPDATE entries SET kind = 'judged', body = '{\"passed\": true}' WHERE place = $P",
        "UPDATE entries SET kind = 'suspended', body = '{\"until\": 1}' WHERE place = $P",
        "UPDATE entries SET kind = 'expanded', body = '{\"ids\": [\"a\", \"b\"]}' WHERE place = $P",
        "UPDATE entries SET kind = 'cancelled' WHERE place = $P",
        "UPDATE entries SET kind = 'reopened' WHERE place = $P",
        "UPDATE entries SET body = '' WHERE place = $P",
        "UPDATE entries SET value = '{' WHERE place = $P",
        "UPDATE entries SET body = '{\"asked\": {\"jump\": [{\"known\": 1000}]}}' WHERE place = $P",
        "UPDATE entries SET body = '{\"asked\": {\"jump\": [{\"known\": 2147483648}]}}' WHERE place = $P",
        "UPDATE entries SET body = '{\"asked\": {\"add\": [{\"new\": {\"definition\": \"added\", \"arguments\": [[0, {\"output\": 1000}]]}}]}}' WHERE place = $P",
        "UPDATE entries SET body = '{\"asked\": {\"add\": [{\"new\": {\"definition\": \"added\", \"id\": \"one\", \"arguments\": [[0, {\"value\": 1}]]}}]}}' WHERE place = $P",
        "UPDATE entries SET body = '{\"asked\": {\"iterate\": null}}' WHERE place = $P",
        "UPDATE entries SET at = 9223372036854775807 WHERE place = $P",
    ];
    let mut panics = Vec::new();
    for (number, damage) in damages.iter().enumerate() {
        // The half of the places; the next damage has the other half.
        for seq in (number % 2..count).step_by(2) {
            let id = format!("{number} {seq}");
            store.__copy("whole", usize::MAX, &id).unwrap();
            change(&path, damage, &id, seq);
            let result = catch_unwind(AssertUnwindSafe(|| {
                let started = execute(&id).start();
                started.map(|handle| {
                    // What still fits goes on; it may wait for the answer, or be suspended.
                    handle.cancel();
                    let _ = futures_executor::block_on(handle);
                })
            }));
            match result {
                Err(_) => panics.push(format!("{damage} at {seq}")),
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::RunChanged | ErrorKind::StoreCorrupted),
                        "{damage} at {seq}: {error}"
                    );
                    assert!(error.to_string().contains("hint:"), "{error}");
                }
            }
            let _ = catch_unwind(AssertUnwindSafe(|| store.run(&id).unwrap().unwrap().tasks()))
                .map_err(|_| panics.push(format!("reading: {damage} at {seq}")));
        }
    }
    assert!(panics.is_empty(), "{} panics:\n{}", panics.len(), panics.join("\n"));
}
