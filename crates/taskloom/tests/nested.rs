//! a task may run a workflow of its own, to any depth, and no pool is too small for that.
//!
//! Each test runs in a thread of its own, so that a deadlock is a failure and no standstill.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, ThreadId},
    time::Duration,
};

use taskloom::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

const PATIENCE: Duration = Duration::from_secs(30);
const DEPTH: u32 = 8;

/// How a body waits for the workflow that it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A plain one: `.blocking()`.
    Blocking,
    /// A plain one: `Handle::block_on` on the runtime that it was called under.
    HandleBlockOn,
    /// A plain one: an executor that knows nothing of tokio.
    FuturesBlockOn,
    /// A plain one: a runtime that it makes for that.
    RuntimeBlockOn,
    /// A plain one: in the background, and then as `FuturesBlockOn`.
    Start,
    /// An async one: `.blocking()` at its first poll.
    BlockingAtFirst,
    /// An async one: `.blocking()` after it has yielded.
    BlockingLater,
    /// An async one: in a tokio task of its own, `.blocking()`.
    BlockingInTask,
    /// An async one: `.await` at its first poll.
    AwaitAtFirst,
    /// An async one: `.await` after it has yielded.
    AwaitLater,
}

const WAYS: [Way; 10] = [
    Way::Blocking,
    Way::HandleBlockOn,
    Way::FuturesBlockOn,
    Way::RuntimeBlockOn,
    Way::Start,
    Way::BlockingAtFirst,
    Way::BlockingLater,
    Way::BlockingInTask,
    Way::AwaitAtFirst,
    Way::AwaitLater,
];

impl Way {
    fn is_async(self) -> bool {
        use Way::{AwaitAtFirst, AwaitLater, BlockingAtFirst, BlockingInTask, BlockingLater};
        matches!(self, BlockingAtFirst | BlockingLater | BlockingInTask | AwaitAtFirst | AwaitLater)
    }
}

#[task]
async fn sleeping(value: u32) -> u32 {
    tokio::time::sleep(Duration::from_millis(1)).await;
    value
}

/// Under a timeout, so that no thread which waits for the run may run it.
#[task(timeout = "60s")]
fn timed(value: u32) -> u32 {
    value + 1
}

#[task]
fn plain(depth: u32, ways: Vec<Way>) -> taskloom::Result<u32> {
    let inner = level(depth - 1, &ways).execute().max_concurrency(1);
    let run = match way(depth, &ways) {
        Way::Blocking => inner.blocking(),
        Way::HandleBlockOn => match Handle::try_current() {
            Ok(handle) => handle.block_on(inner),
            Err(_) => inner.blocking(),
        },
        Way::RuntimeBlockOn => Builder::new_current_thread().enable_all().build().unwrap().block_on(inner),
        Way::Start => futures_executor::block_on(inner.start()?),
        _ => futures_executor::block_on(inner),
    };
    Ok(run?.value::<u32>()? + 1)
}

#[task]
async fn asynchronous(depth: u32, ways: Vec<Way>) -> taskloom::Result<u32> {
    let inner = level(depth - 1, &ways).execute().max_concurrency(1);
    let way = way(depth, &ways);
    if matches!(way, Way::BlockingLater | Way::AwaitLater) {
        tokio::task::yield_now().await;
    }
    let run = match way {
        Way::BlockingAtFirst | Way::BlockingLater => inner.blocking(),
        Way::BlockingInTask => tokio::spawn(async { inner.blocking() }).await.unwrap(),
        _ => inner.await,
    };
    Ok(run?.value::<u32>()? + 1)
}

fn way(depth: u32, ways: &[Way]) -> Way {
    ways[depth as usize % ways.len()]
}

/// A workflow that runs one of its own, and so on; its value is `depth + 1`.
fn level(depth: u32, ways: &[Way]) -> Workflow {
    let workflow = Workflow::new(format!("level {depth}"));
    if depth == 0 {
        let slept = sleeping::task().value(0);
        return workflow.add(timed::task().value(&slept));
    }
    if way(depth, ways).is_async() {
        return workflow.add(asynchronous::task().depth(depth).ways(ways.to_vec()));
    }
    workflow.add(plain::task().depth(depth).ways(ways.to_vec()))
}

/// A runtime with as few threads as there can be.
fn smallest(multi_thread: bool) -> Runtime {
    let mut builder = if multi_thread { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.worker_threads(1).max_blocking_threads(1).enable_all().build().unwrap()
}

/// Fails if `what` does not end.
fn ends(name: &str, what: impl FnOnce() + Send + 'static) {
    let (ended, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        what();
        ended.send(()).unwrap();
    });
    match end.recv_timeout(PATIENCE) {
        Err(RecvTimeoutError::Timeout) => panic!("{name}: deadlock"),
        _ => thread.join().unwrap_or_else(|_| panic!("{name}: failed")),
    }
}

/// Runs the levels from a thread without a runtime, in three ways, and on runtimes of both flavours.
fn everywhere(depth: u32, ways: &[Way]) {
    let expected = depth + 1;
    let name = |place: &str| format!("{ways:?} {place}");
    let workflow = || level(depth, ways).execute().max_concurrency(1);
    let value = |run: taskloom::Result<Run>| run.unwrap().value::<u32>().unwrap();

    let outer = workflow();
    ends(&name("blocking"), move || assert_eq!(value(outer.blocking()), expected));
    let outer = workflow();
    ends(&name("started without a runtime"), move || {
        assert_eq!(value(futures_executor::block_on(outer.start().unwrap())), expected);
    });
    for multi_thread in [false, true] {
        let outer = workflow();
        ends(&name(&format!("on a runtime, multi_thread = {multi_thread}")), move || {
            assert_eq!(value(smallest(multi_thread).block_on(outer)), expected);
        });
        let outer = workflow();
        ends(&name(&format!("in a task of a runtime, multi_thread = {multi_thread}")), move || {
            let runtime = smallest(multi_thread);
            assert_eq!(value(runtime.block_on(runtime.spawn(outer)).unwrap()), expected);
        });
    }
}

#[test]
fn r_14_each_way_nests_in_itself() {
    for way in WAYS {
        everywhere(DEPTH, &[way]);
    }
}

#[test]
fn r_14_each_way_nests_in_each_other() {
    for outer in WAYS {
        for inner in WAYS {
            everywhere(3, &[outer, inner]);
        }
    }
}

#[test]
fn r_14_all_ways_nest_in_turn() {
    everywhere(40, &WAYS);
}

#[test]
fn r_14_many_at_once_on_the_smallest_runtimes() {
    for multi_thread in [false, true] {
        for way in WAYS {
            let members = (0..20).map(|_| {
                if way.is_async() {
                    chain([asynchronous::task().depth(3).ways(vec![way])])
                } else {
                    chain([plain::task().depth(3).ways(vec![way])])
                }
            });
            let outer = Workflow::new("many").add(parallel(members)).execute();
            ends(&format!("{way:?}, multi_thread = {multi_thread}"), move || {
                smallest(multi_thread).block_on(outer).unwrap();
            });
        }
    }
}

#[test]
fn r_14_no_plain_function_under_a_timeout_runs_on_the_callers_thread() {
    #[task(timeout = "60s")]
    fn here() -> ThreadId {
        thread::current().id()
    }
    ends("blocking", || {
        let run = Workflow::new("w").add(here::task()).execute().max_concurrency(1).blocking().unwrap();
        assert_ne!(run.value::<ThreadId>().unwrap(), thread::current().id());
    });
}
