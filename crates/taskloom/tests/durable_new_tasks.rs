//! Tasks that a durable run adds to itself keep their options: D-7.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use taskloom::{ErrorKind, RetryPolicy, Store, prelude::*};

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

/// Fails so many attempts.
#[task]
fn shaky(ctx: &Context, failures: u32, #[default(String::new())] text: String) -> Result<String, String> {
    if ctx.attempt() > failures { Ok(text) } else { Err(format!("attempt {}", ctx.attempt())) }
}

#[task]
async fn forever() -> String {
    std::future::pending().await
}

#[task]
fn again(ctx: &Context) -> String {
    ctx.next_iteration(());
    String::new()
}

#[task]
fn fail() -> Result<String, String> {
    Err("broken".into())
}

/// Adds a task for each word.
#[task]
fn grow(ctx: &Context, what: Vec<String>, calls: &Calls) -> taskloom::Result<String> {
    calls.0.lock().unwrap().push("grow".to_owned());
    let policy = RetryPolicy::fixed(2, Duration::from_micros(100));
    for word in &what {
        match word.as_str() {
            "retries" => {
                let task = shaky::task().task_id("retries").failures(2);
                ctx.next_task(task.with_options(|options| options.retry_policy(policy.clone())))?;
            }
            "timeout" => {
                let task = forever::task().task_id("timeout");
                ctx.next_task(task.with_options(|options| options.timeout(Duration::from_millis(5))))?;
            }
            "cycles" => {
                let task = again::task().task_id("cycles");
                ctx.next_task(task.with_options(|options| options.max_cycles(3)))?;
            }
            "always" => {
                let task = shaky::task().task_id("always").failures(0).text("tidied");
                ctx.next_task(task.with_options(|options| options.run_when(RunWhen::Always)))?;
                ctx.next_task(fail::task().task_id("fail"))?;
            }
            "filter" => {
                let task = shaky::task().task_id("filter").failures(1);
                let policy = policy.clone().retry_on(|_| true);
                ctx.next_task(task.with_options(|options| options.retry_policy(policy)))?;
            }
            "map" => ctx.next_task(shaky::map().task_id("map").failures(vec![0, 0]))?,
            _ => {}
        }
    }
    Ok(String::new())
}

fn run(store: &Store, id: &str, word: &str, calls: &Calls) -> taskloom::Result<Run> {
    let grow = grow::task().task_id("grow").what(vec![word.to_owned()]).calls(calls.clone());
    // What it adds is found by its definition.
    let known = [
        shaky::task().failures(0).into_fragment(),
        forever::task().into_fragment(),
        again::task().into_fragment(),
        fail::task().into_fragment(),
    ];
    let workflow = Workflow::new("w").add(grow).add(chain(known));
    workflow.execute().start_node("grow").store(store).run_id(id).max_concurrency(1).blocking()
}

/// What is known of each task, and the error.
fn outcome(result: &taskloom::Result<Run>) -> (Vec<String>, Option<String>) {
    let run = result.as_ref().unwrap_or_else(|error| error.run().unwrap());
    let task = |task: taskloom::TaskRecord<'_>| {
        format!("{} {} {} {}", task.id(), task.state(), task.attempts(), task.iterations())
    };
    // The line of the instance is not recorded.
    let error = result.as_ref().err().map(|error| error.to_string().lines().next().unwrap().to_owned());
    (run.tasks().map(task).collect(), error)
}

#[test]
fn d_07_options_of_a_new_task_survive_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap();
    for word in ["retries", "timeout", "cycles", "always"] {
        let calls = Calls::default();
        let whole = outcome(&run(&store, word, word, &calls));
        let expected = match word {
            "retries" => "retries succeeded 3 1",
            "timeout" => "timeout failed 1 1",
            "cycles" => "cycles not run 0 3",
            _ => "always succeeded 1 1",
        };
        assert!(whole.0.iter().any(|task| task == expected), "{whole:?}");
        let mut count = 0;
        let each = |_| {
            count += 1;
            Ok(())
        };
        store.run(word).unwrap().unwrap().entries(each).unwrap();
        for crash in 0..=count {
            let id = format!("{word}-{crash}");
            store.__copy(word, crash, &id).unwrap();
            assert_eq!(outcome(&run(&store, &id, word, &calls)), whole, "{word}, after entry {crash}");
        }
    }
}

#[test]
fn d_07_what_cannot_be_written_of_a_new_task_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::sqlite(directory.path().join("runs.db")).unwrap();
    for (word, texts) in [
        ("filter", ["`filter`, which it adds: it has a filter `retry_on` of its own", "where the task is defined"]),
        ("map", ["`map`, which it adds: a map cannot be added to a durable run", "for each element"]),
    ] {
        let error = run(&store, word, word, &Calls::default()).unwrap_err();
        assert_eq!((error.kind(), error.task_id()), (ErrorKind::TaskFailed, Some("grow")));
        assert!(texts.iter().all(|text| error.to_string().contains(text)), "{error}");
    }
}
