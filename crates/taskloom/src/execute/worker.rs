//! Calls the functions of a run.
//!
//! A worker polls an async body once, in place: one that does not have to wait is done with that. One that
//! does is handed to the runtime, where it is polled anew with a waker; there its end goes on with further
//! async tasks in the same future, so that these need no worker.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context as Poller, Poll, Waker},
    time::Duration,
};

use taskloom_core::Value;
use tokio::runtime::Handle;

use super::{
    host::RustHost,
    place::{Place, Waiting},
    runtime::Runtime,
};
use crate::{
    body::{Arguments, Outcome, Panicked, Pending, RustBody},
    engine::{Engine, Execution, Failure, Job, Role, Wait},
};

/// How many async tasks a future runs before it lets the runtime do something else.
const TASKS_BEFORE_YIELD: u32 = 32;

/// How long a waiting caller sleeps when nobody wakes it; it has nothing to look after, so long.
const WAIT: Duration = Duration::from_hours(1);

/// The life of a worker.
pub(super) fn work(engine: &Arc<Engine>, host: &Arc<RustHost>) {
    // Plain functions find the runtime that their run belongs to.
    let _inside = host.given().map(Handle::enter);
    let _here = Place::worker().enter();
    let mut next = engine.arrive();
    while let Some(job) = next {
        next = run(engine, host, job, Role::Worker);
    }
}

/// Waits until the run has ended, and works for it meanwhile if the thread may.
pub(super) fn wait(engine: &Arc<Engine>, host: &Arc<RustHost>, waiting: Waiting) {
    match waiting {
        Waiting::Working => drain(engine, host),
        Waiting::Moving => tokio::task::block_in_place(|| drain(engine, host)),
        Waiting::Idle => {
            engine.launch();
            while !engine.wait_finished(WAIT) {}
        }
    }
}

/// The caller works until the run has ended.
fn drain(engine: &Arc<Engine>, host: &Arc<RustHost>) {
    // What runs here must not find a runtime that this thread keeps from going on.
    let _inside = Handle::try_current().is_ok().then(|| host.handle().enter());
    let _here = Place::worker().enter();
    let mut next = engine.take(Role::Caller);
    loop {
        while let Some(job) = next {
            next = run(engine, host, job, Role::Caller);
        }
        next = match engine.wait(WAIT) {
            Wait::Job(job) => Some(job),
            Wait::TimedOut => None,
            Wait::Finished => return,
        };
    }
}

/// Runs a task to its end, or hands it to the runtime; gives the next one.
fn run(engine: &Arc<Engine>, host: &Arc<RustHost>, job: Job, role: Role) -> Option<Job> {
    let result = match call(engine, &job) {
        Called::Ended(result) => result,
        Called::Pending(mut future) => {
            let _inside = host.handle().enter();
            let mut poller = Poller::from_waker(Waker::noop());
            match poll(&mut future, &mut poller) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    let rest = finish(InFlight::new(engine.clone(), job), future, host.clone());
                    drop(host.handle().spawn(rest));
                    return engine.take(role);
                }
            }
        }
    };
    engine.end(&job, result, role)
}

enum Called {
    Ended(Result<Value, Failure>),
    Pending(Pending),
}

/// Finds the arguments of a task and calls its function.
fn call(engine: &Arc<Engine>, job: &Job) -> Called {
    let plan = engine.plan();
    let task = plan.task(job.node);
    // In Rust nothing is looked up by name, so nothing in the channel.
    let inputs = match job.inputs(plan, |_| None) {
        Ok(inputs) => inputs,
        Err(failure) => return Called::Ended(Err(failure)),
    };
    let arguments = Arguments::new(engine, job, &inputs);
    let body: &dyn Any = task.definition().body();
    let Some(body) = body.downcast_ref::<RustBody>() else {
        return Called::Ended(Err(Failure::lasting("the task was made by another language's front end")));
    };
    match body {
        RustBody::Sync(function) => {
            engine.watch(job);
            Called::Ended(settle(catch_unwind(AssertUnwindSafe(|| function(&arguments)))))
        }
        RustBody::Async(function) => match catch_unwind(AssertUnwindSafe(|| function(&arguments))) {
            Ok(Ok(future)) => Called::Pending(future),
            Ok(Err(error)) => Called::Ended(Err(Failure::new(error))),
            Err(payload) => Called::Ended(Err(Failure::new(Panicked::new(&*payload)))),
        },
    }
}

fn settle(outcome: Result<Outcome, Box<dyn Any + Send>>) -> Result<Value, Failure> {
    match outcome {
        Ok(outcome) => outcome.map_err(Failure::new),
        Err(payload) => Err(Failure::new(Panicked::new(&*payload))),
    }
}

fn poll(future: &mut Pending, poller: &mut Poller<'_>) -> Poll<Result<Value, Failure>> {
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(poller))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(settle(Ok(outcome))),
        Err(payload) => Poll::Ready(settle(Err(payload))),
    }
}

fn poll_at(place: Place, future: &mut Pending, poller: &mut Poller<'_>) -> Poll<Result<Value, Failure>> {
    let _here = place.enter();
    poll(future, poller)
}

/// A task whose future may be dropped in the middle, by a cancellation or by the end of the runtime.
struct InFlight {
    engine: Arc<Engine>,
    /// Until it has ended.
    job: Option<Job>,
}

impl InFlight {
    fn new(engine: Arc<Engine>, job: Job) -> Self {
        Self { engine, job: Some(job) }
    }

    fn execution(&self) -> Option<Execution> {
        self.job.as_ref().map(Job::execution)
    }

    /// What the future drops is no end of its blocks, so it publishes nothing.
    fn drop_with(self, future: Pending) {
        if let Some(job) = &self.job {
            self.engine.close_channel(job);
        }
        drop(future);
    }

    fn end(mut self, result: Result<Value, Failure>) -> Option<Job> {
        self.engine.end(&self.job.take()?, result, Role::Async)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(job) = &self.job {
            self.engine.abandon(job);
        }
    }
}

/// Runs an async task to its end on the runtime, and then those that are ready after it.
async fn finish(first: InFlight, future: Pending, host: Arc<RustHost>) {
    let mut current = Some((first, future));
    let mut ended = 0;
    let place = Place::on(host.handle());
    while let Some((flight, mut future)) = current {
        let Some(execution) = flight.execution() else { return };
        let engine = flight.engine.clone();
        let timeout = engine.plan().task(execution.node).options().timeout;
        let mut cancelled = pin!(host.cancelled(&engine, execution));
        let mut timed_out = pin!(time_out(timeout));
        let result = poll_fn(|poller| match poll_at(place, &mut future, poller) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => match timed_out.as_mut().poll(poller) {
                Poll::Ready(failure) => Poll::Ready(Some(Err(failure))),
                Poll::Pending => cancelled.as_mut().poll(poller).map(|()| None),
            },
        })
        .await;
        let Some(result) = result else { return flight.drop_with(future) };
        drop(future);
        current = next(flight, result);
        ended += 1;
        if ended % TASKS_BEFORE_YIELD == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Ready once an attempt has taken as long as it may.
async fn time_out(timeout: Option<Duration>) -> Failure {
    match timeout {
        None => std::future::pending().await,
        Some(timeout) => {
            Runtime::sleep(timeout).await;
            Failure::timed_out(timeout)
        }
    }
}

/// Ends a task and begins async ones, until one has to be polled or none is ready.
fn next(flight: InFlight, result: Result<Value, Failure>) -> Option<(InFlight, Pending)> {
    let engine = flight.engine.clone();
    let mut ready = flight.end(result);
    while let Some(job) = ready {
        match call(&engine, &job) {
            Called::Ended(result) => ready = engine.end(&job, result, Role::Async),
            Called::Pending(future) => return Some((InFlight::new(engine, job), future)),
        }
    }
    None
}
