//! on which threads a run's bodies are called, on every kind of runtime and without one.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    sync::{Arc, Barrier, Mutex},
    thread::{self, ThreadId},
    time::Duration,
};

use taskloom::prelude::*;
use tokio::runtime::{Builder, Runtime};

/// Threads that were seen.
type Seen = Arc<Mutex<Vec<ThreadId>>>;

fn see(seen: &Seen) {
    seen.lock().unwrap().push(thread::current().id());
}

#[task]
fn plain(seen: &Seen) {
    see(seen);
}

#[task]
async fn waiting(seen: Seen) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    see(&seen);
}

#[task]
async fn sleeping(value: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    value
}

#[task]
fn add(left: u64, right: u64) -> u64 {
    left + right
}

/// Runs itself in a workflow of its own, so many levels deep.
#[task]
fn nested(depth: u64) -> taskloom::Result<u64> {
    if depth == 0 {
        let leaf = Workflow::new("leaf").add(sleeping::task().value(0));
        return leaf.execute().max_concurrency(1).blocking()?.value();
    }
    let inner = Workflow::new("inner").add(nested::task().depth(depth - 1));
    Ok(inner.execute().max_concurrency(1).blocking()?.value::<u64>()? + 1)
}

#[task]
async fn nested_async(depth: u64) -> taskloom::Result<u64> {
    tokio::task::yield_now().await;
    if depth == 0 {
        return Ok(0);
    }
    let inner = Workflow::new("inner").add(nested_async::task().depth(depth - 1));
    Ok(inner.execute().max_concurrency(1).await?.value::<u64>()? + 1)
}

/// Sync and async tasks that need each other's outputs.
fn mixed() -> Workflow {
    let one = sleeping::task().value(1);
    let two = add::task().left(&one).right(1);
    let three = sleeping::task().value(&two);
    Workflow::new("mixed").add(add::task().task_id("sum").left(&two).right(&three))
}

fn runtime(threads: usize) -> Runtime {
    match threads {
        0 => Builder::new_current_thread().enable_all().build(),
        threads => Builder::new_multi_thread().worker_threads(threads).enable_all().build(),
    }
    .unwrap()
}

/// The runtime's own threads, found by keeping all of them busy at once.
async fn own_threads(count: usize) -> Vec<ThreadId> {
    let barrier = Arc::new(Barrier::new(count));
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait();
                thread::current().id()
            })
        })
        .collect();
    let mut threads = Vec::new();
    for task in tasks {
        threads.push(task.await.unwrap());
    }
    threads
}

#[tokio::test]
async fn r_13_a_current_thread_runtime_runs_all_kinds() {
    assert_eq!(mixed().execute().await.unwrap().value::<u64>().unwrap(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_13_a_multi_thread_runtime_runs_all_kinds() {
    assert_eq!(mixed().execute().await.unwrap().value::<u64>().unwrap(), 4);
}

#[test]
fn r_13_blocking_needs_no_runtime() {
    assert_eq!(mixed().execute().blocking().unwrap().value::<u64>().unwrap(), 4);
}

#[test]
fn r_13_start_needs_no_runtime() {
    let handle = mixed().execute().start().unwrap();
    assert_eq!(runtime(0).block_on(handle).unwrap().value::<u64>().unwrap(), 4);
}

#[test]
fn r_13_sync_bodies_never_run_on_the_runtimes_own_threads() {
    for threads in [0, 2] {
        let seen = Seen::default();
        let workflow = Workflow::new("w").add(parallel((0..50).map(|_| plain::task().seen(seen.clone()))));
        let workflow = workflow.add(chain((0..50).map(|_| plain::task().seen(seen.clone()))));
        // What follows an async task, too.
        let workflow = workflow.add(sleeping::task().value(1) >> plain::task().seen(seen.clone()));
        runtime(threads).block_on(async {
            workflow.execute().await.unwrap();
            let mut own = vec![thread::current().id()];
            own.extend(own_threads(threads.max(1)).await);
            let seen = seen.lock().unwrap();
            assert_eq!(seen.len(), 101);
            assert!(seen.iter().all(|thread| !own.contains(thread)));
        });
    }
}

#[test]
fn r_13_async_bodies_that_wait_run_on_the_runtimes_own_threads() {
    for threads in [0, 2] {
        let seen = Seen::default();
        let workflow = Workflow::new("w").add(parallel((0..50).map(|_| waiting::task().seen(seen.clone()))));
        runtime(threads).block_on(async {
            workflow.execute().await.unwrap();
            let own = own_threads(threads.max(1)).await;
            let seen = seen.lock().unwrap();
            assert_eq!(seen.len(), 50);
            assert!(seen.iter().all(|thread| own.contains(thread)));
        });
    }
}

#[test]
fn r_14_blocking_runs_nest() {
    let workflow = Workflow::new("w").add(nested::task().depth(10));
    assert_eq!(workflow.execute().max_concurrency(1).blocking().unwrap().value::<u64>().unwrap(), 10);
}

#[test]
fn r_14_blocking_runs_nest_under_a_runtime() {
    let workflow = Workflow::new("w").add(nested::task().depth(10));
    for threads in [0, 1] {
        let run = runtime(threads).block_on(workflow.execute().max_concurrency(1).into_future()).unwrap();
        assert_eq!(run.value::<u64>().unwrap(), 10);
    }
}

#[test]
fn r_14_many_blocking_runs_nest_at_once() {
    let workflow = Workflow::new("w").add(parallel((0..40).map(|_| nested::task().depth(10))));
    workflow.execute().blocking().unwrap();
}

#[test]
fn r_14_async_runs_nest() {
    let workflow = Workflow::new("w").add(nested_async::task().depth(10));
    assert_eq!(workflow.execute().max_concurrency(1).blocking().unwrap().value::<u64>().unwrap(), 10);
    for threads in [0, 1] {
        let run = runtime(threads).block_on(workflow.execute().max_concurrency(1).into_future()).unwrap();
        assert_eq!(run.value::<u64>().unwrap(), 10);
    }
}
