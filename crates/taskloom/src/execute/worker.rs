//! Calls the functions of a run.
//!
//! A worker polls an async body once, in place: one that does not have to wait is done with that. One that
//! does is handed to the runtime, where it is polled anew with a waker; there its end goes on with further
//! async tasks in the same future, so that these need no worker. Where all workers are busy, async tasks begin there.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context as Poller, Poll, Waker},
    time::Duration,
};

use taskloom_core::{RunPlan, Value};
use tokio::runtime::Handle;

use super::{
    host::RustHost,
    place::{Place, Waiting},
    runtime::Runtime,
};
use crate::{
    body::{Arguments, Function, Outcome, Panicked, Pending, RustBody},
    context::apart,
    engine::{Engine, Failure, Job, Judgement, Role, Wait},
    policy::{BranchRecord, RustPolicy},
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
    if let Some(verdict) = judge(engine, &job) {
        return engine.judged(&job, verdict, role);
    }
    let result = match call(engine, &job) {
        Called::Ended(result) => result,
        Called::Pending(mut future) => {
            let _inside = host.handle().enter();
            let mut poller = Poller::from_waker(Waker::noop());
            match poll(engine, &job, &mut future, &mut poller) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    let flight = InFlight::new(engine.clone(), job);
                    drop(host.handle().spawn(finish(Some((flight, future)), host.clone())));
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
    let _span = engine.enter(job);
    // In Rust nothing is looked up by name, so nothing in the channel.
    let inputs = match guard(|| job.inputs(plan, |_| None)) {
        Ok(inputs) => inputs,
        Err(failure) => return Called::Ended(Err(failure)),
    };
    if plan.is_map(job.node) {
        return Called::Ended(guard(|| engine.expand(job, inputs)));
    }
    let arguments = Arguments::new(engine, job, &inputs);
    let body: &dyn Any = task.definition().body();
    let Some(body) = body.downcast_ref::<RustBody>() else {
        return Called::Ended(Err(Failure::lasting("the task was made by another language's front end")));
    };
    match body.function {
        Function::Sync(function) => {
            engine.watch(job);
            Called::Ended(settle(catch_unwind(AssertUnwindSafe(|| function(&arguments)))))
        }
        Function::Async(function) => match catch_unwind(AssertUnwindSafe(|| function(&arguments))) {
            Ok(Ok(future)) => Called::Pending(future),
            Ok(Err(error)) => Called::Ended(Err(Failure::new(error))),
            Err(payload) => Called::Ended(Err(Failure::new(Panicked::new(&*payload)))),
        },
    }
}

/// Elements of lists are cloned by code of the user's, which may panic.
fn guard<T>(find: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(find)).unwrap_or_else(|payload| Err(Failure::new(Panicked::new(&*payload))))
}

fn settle(outcome: Result<Outcome, Box<dyn Any + Send>>) -> Result<Value, Failure> {
    match outcome {
        Ok(outcome) => outcome.map_err(Failure::new),
        Err(payload) => Err(Failure::new(Panicked::new(&*payload))),
    }
}

fn poll(engine: &Engine, job: &Job, future: &mut Pending, poller: &mut Poller<'_>) -> Poll<Result<Value, Failure>> {
    let _span = engine.enter(job);
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(poller))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(settle(Ok(outcome))),
        Err(payload) => Poll::Ready(settle(Err(payload))),
    }
}

fn poll_at(
    place: Place,
    engine: &Engine,
    job: &Job,
    future: &mut Pending,
    poller: &mut Poller<'_>,
) -> Poll<Result<Value, Failure>> {
    let _here = place.enter();
    poll(engine, job, future, poller)
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

    fn drop_in_span(&self, future: Pending) {
        let _span = self.job.as_ref().and_then(|job| self.engine.enter(job));
        drop(future);
    }

    /// What the future drops is no end of its blocks, so it publishes nothing.
    fn drop_with(self, future: Pending) {
        if let Some(job) = &self.job {
            self.engine.close_channel(job);
        }
        self.drop_in_span(future);
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

/// The life of an executor of async tasks.
pub(super) async fn work_async(engine: Arc<Engine>, host: Arc<RustHost>) {
    let first = if engine.is_durable() {
        first_apart(engine, &host).await
    } else {
        let next = engine.take(Role::Async);
        let first = begin(&engine, next);
        drop(engine);
        first
    };
    finish(first, host).await;
}

/// Runs an async task to its end on the runtime, and then those that are ready after it.
async fn finish(mut current: Option<(InFlight, Pending)>, host: Arc<RustHost>) {
    let mut ended = 0;
    let place = Place::on(host.handle());
    while let Some((flight, mut future)) = current {
        let Some(job) = &flight.job else { return };
        let execution = job.execution();
        let engine = flight.engine.clone();
        let timeout = engine.plan().task(execution.node).options().timeout;
        let mut cancelled = pin!(host.cancelled(&engine, execution));
        let mut timed_out = pin!(time_out(timeout));
        let result = poll_fn(|poller| match poll_at(place, &engine, job, &mut future, poller) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => match timed_out.as_mut().poll(poller) {
                Poll::Ready(failure) => Poll::Ready(Some(Err(failure))),
                Poll::Pending => cancelled.as_mut().poll(poller).map(|()| None),
            },
        })
        .await;
        let Some(result) = result else { return flight.drop_with(future) };
        flight.drop_in_span(future);
        current = if engine.is_durable() {
            next_apart(flight, result, &host).await
        } else {
            let next = flight.end(result);
            begin(&engine, next)
        };
        ended += 1;
        if ended % TASKS_BEFORE_YIELD == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Begins the first async task of an executor on a thread that may wait until what it rests on is written.
async fn first_apart(engine: Arc<Engine>, host: &Arc<RustHost>) -> Option<(InFlight, Pending)> {
    let host = host.clone();
    apart(true, move || {
        let _inside = host.handle().enter();
        let next = engine.take(Role::Async);
        begin(&engine, next)
    })
    .await
}

/// Ends a task and begins the next one in the same way.
async fn next_apart(
    flight: InFlight,
    result: Result<Value, Failure>,
    host: &Arc<RustHost>,
) -> Option<(InFlight, Pending)> {
    let host = host.clone();
    apart(true, move || {
        let _inside = host.handle().enter();
        let engine = flight.engine.clone();
        let next = flight.end(result);
        begin(&engine, next)
    })
    .await
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

/// Begins async tasks, until one has to be polled or none is ready.
fn begin(engine: &Arc<Engine>, mut next: Option<Job>) -> Option<(InFlight, Pending)> {
    while let Some(job) = next {
        next = match judge(engine, &job) {
            Some(verdict) => engine.judged(&job, verdict, Role::Async),
            None => match call(engine, &job) {
                Called::Ended(result) => engine.end(&job, result, Role::Async),
                Called::Pending(future) => return Some((InFlight::new(engine.clone(), job), future)),
            },
        };
    }
    None
}

/// Asks the policy of a group, if it is one that is to be judged.
#[inline]
fn judge(engine: &Arc<Engine>, job: &Job) -> Option<Result<bool, Failure>> {
    job.judgement().map(|judgement| ask(engine.plan(), judgement))
}

#[cold]
fn ask(plan: &RunPlan, judgement: &Judgement) -> Result<bool, Failure> {
    let Some(RustPolicy { policy, .. }) = judgement.policy::<RustPolicy>(plan) else {
        return Err(Failure::lasting("the policy was made by another language's front end"));
    };
    let branches: Vec<BranchRecord> = judgement.branches(plan).into_iter().map(BranchRecord::new).collect();
    let judge = AssertUnwindSafe(|| policy.judge(judgement.group(plan), &branches));
    match catch_unwind(judge) {
        Ok(verdict) => verdict.map_err(Failure::new),
        Err(payload) => Err(Failure::new(Panicked::new(&*payload))),
    }
}
