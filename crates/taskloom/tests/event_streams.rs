//! Who listens to a run's events, when, and that nothing is lost; that nobody's code runs under a lock.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{collections::HashSet, error::Error, fmt, pin::Pin, sync::Arc, time::Duration};

use futures_core::Stream;
use gate::Gate;
use taskloom::{
    EventKind, Events,
    engine::{Engine, Host, Role, RunOptions, Timer},
    prelude::*,
};

#[task]
fn step() {}

#[task]
async fn yields() {
    tokio::task::yield_now().await;
}

#[task]
fn passes(gate: Gate) {
    gate.pass();
}

fn workflow() -> Workflow {
    Workflow::new("w").add(step::task().task_id("a") >> step::task().task_id("b"))
}

const LINES: [&str; 6] =
    ["run started", "a started", "a succeeded", "b started", "b succeeded", "run ended: succeeded"];

#[test]
fn r_04_what_happened_before_somebody_asks_is_not_missed() {
    let handle = workflow().execute().start().unwrap();
    while !handle.is_finished() {
        std::thread::yield_now();
    }
    assert_eq!(handle.events().blocking().map(|event| event.to_string()).collect::<Vec<_>>(), LINES);
}

#[tokio::test]
async fn r_04_events_are_a_stream_beside_the_run() {
    let handle = workflow().execute().start().unwrap();
    let mut stream: Pin<Box<dyn Stream<Item = taskloom::Event> + Send>> = Box::pin(handle.events());
    let listener = tokio::spawn(async move {
        let mut lines = Vec::new();
        while let Some(event) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
            lines.push(event.to_string());
        }
        lines
    });
    handle.await.unwrap();
    assert_eq!(listener.await.unwrap(), LINES);
}

#[tokio::test]
async fn r_04_a_listener_hears_of_what_happens_while_the_run_goes_on() {
    let gate = Gate::default();
    let handle = Workflow::new("w").add(passes::task().task_id("a").gate(gate.clone())).execute().start().unwrap();
    let mut events = handle.events();
    assert_eq!(*events.next().await.unwrap().kind(), EventKind::RunStarted);
    assert_eq!(*events.next().await.unwrap().kind(), EventKind::Started);
    assert!(tokio::time::timeout(Duration::from_millis(1), events.next()).await.is_err());
    gate.open();
    assert_eq!(*events.next().await.unwrap().kind(), EventKind::Succeeded);
    assert_eq!(*events.next().await.unwrap().kind(), EventKind::RunEnded { status: Status::Succeeded });
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn r_04_two_listeners_share_the_events() {
    let handle = workflow().execute().start().unwrap();
    let (mut first, mut second) = (handle.events(), handle.events());
    assert_eq!(first.next().await.unwrap().to_string(), LINES[0]);
    assert_eq!(second.next().await.unwrap().to_string(), LINES[1]);
}

#[tokio::test]
async fn r_04_awaiting_the_handle_gives_up_events_that_nobody_has_asked_for() {
    let mut handle = workflow().execute().start().unwrap();
    (&mut handle).await.unwrap();
    assert_eq!(handle.events().next().await, None);
}

#[test]
fn s_01_no_event_of_a_hundred_thousand_tasks_is_lost_or_out_of_order() {
    const TASKS: usize = 100_000;
    let id = |i: usize| format!("t{i}");
    let sync = (0..TASKS / 2).map(|i| step::task().task_id(id(i)).into_fragment());
    let asynchronous = (TASKS / 2..TASKS).map(|i| yields::task().task_id(id(i)).into_fragment());
    let handle = Workflow::new("w").add(parallel(sync.chain(asynchronous))).execute().start().unwrap();
    let (mut running, mut ended, mut last) = (HashSet::new(), HashSet::new(), Duration::ZERO);
    let mut others = Vec::new();
    for event in handle.events().blocking() {
        let task = event.task_id().map(str::to_owned);
        match event.kind() {
            EventKind::Started => assert!(running.insert(task.unwrap())),
            EventKind::Succeeded => {
                let task = task.unwrap();
                assert!(running.remove(&task), "{task} ends before it starts");
                assert!(ended.insert(task));
            }
            _ => others.push(event.to_string()),
        }
        assert!(last <= event.at());
        last = event.at();
    }
    assert_eq!((running.len(), ended.len()), (0, TASKS));
    assert_eq!(others, ["run started", "ParallelGroup_1 ended: succeeded", "run ended: succeeded"]);
}

#[test]
fn r_10_a_run_whose_runtime_has_ended_ends_its_events() {
    #[task]
    async fn waits() {
        tokio::task::yield_now().await;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runtime.handle().clone();
    drop(runtime);
    let inside = ended.enter();
    let handle = Workflow::new("w").add(waits::task().task_id("a")).execute().start().unwrap();
    drop(inside);
    let lines: Vec<String> = handle.events().blocking().map(|event| event.to_string()).collect();
    assert_eq!(lines, ["run started", "a started", "a cancelled", "run ended: cancelled"]);
}

/// An error whose text is made with the run's own means.
struct Asks(Context);

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cancelled: {}, keys: {:?}", self.0.cancelled(), self.0.channel().keys().map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asks")
    }
}

impl Error for Asks {}

#[test]
fn e_01_the_text_of_an_error_is_made_under_no_lock() {
    #[task]
    fn fails(ctx: &Context) -> Result<(), Asks> {
        Err(Asks(ctx.clone()))
    }
    let handle = Workflow::new("w").add(fails::task().task_id("a")).execute().initial_channel("k", 1).start().unwrap();
    let lines: Vec<String> = handle.events().blocking().map(|event| event.to_string()).collect();
    assert_eq!(lines, ["run started", "a started", "a failed: cancelled: false, keys: [\"k\"]", "run ended: failed"]);
}

struct NoHost;

impl Host for NoHost {
    fn start_worker(&self, _engine: &Arc<Engine>) {}
    fn wake_later(&self, _engine: &Arc<Engine>, _wait: Duration, _timer: Timer) {}
    fn start_async(&self, _engine: &Arc<Engine>) {}
    fn warn(&self, _warning: &str) {}
    fn cancelled(&self) {}
    fn finished(&self) {}
}

/// A run of the workflow that nobody works for but this thread.
fn by_hand() -> Arc<Engine> {
    let plan = Workflow::new("w").add(step::task()).plan().unwrap();
    Engine::new(plan, &RunOptions { max_workers: 1, ..RunOptions::default() }, Vec::new(), Box::new(NoHost), None)
}

#[test]
fn r_04_there_is_no_log_while_nobody_listens() {
    let engine = by_hand();
    let job = engine.take(Role::Caller).unwrap();
    assert!(!engine.has_log());
    assert!(engine.end(&job, Ok(Arc::new(())), Role::Caller).is_none());
    assert!(engine.is_finished() && !engine.has_log());
}

#[test]
fn r_04_the_log_ends_when_nobody_listens_any_more() {
    let engine = by_hand();
    let events = Events::listen(&engine);
    assert!(engine.has_log());
    drop(events);
    engine.take(Role::Caller).unwrap();
    assert!(!engine.has_log());
}

#[test]
fn r_04_a_run_that_is_lost_ends_its_events() {
    let engine = by_hand();
    let events = Events::listen(&engine);
    drop(engine);
    assert_eq!(events.blocking().map(|event| event.to_string()).collect::<Vec<_>>(), ["run started"]);
}
