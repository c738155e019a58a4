//! A run in this process: the scheduler behind one lock, and the workers that share it.
//!
//! There is no dispatcher. A worker that ends a task tells the scheduler so and takes the next ready
//! task under the same lock, so a chain costs no hand-over at all. It calls for one more worker only
//! when more is ready than it can take itself; that one, once it has arrived, calls for the next if
//! there still is more. So a burst of short tasks does not start threads that come too late, and tasks
//! that block bring up as many workers as are allowed.
//!
//! Both front ends use this; what differs between them is a [`Host`]: how a worker is started, and who
//! has to hear that the run has ended.

mod asks;
mod channel;
mod deadlines;
pub mod durable;
mod failure;
mod job;
mod judgement;
mod log;
mod observe;
mod record;
mod shared;
mod starved;
mod sync;
mod times;
mod trace;
pub mod waiting;

use std::{
    fmt,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    task::Waker,
    time::{Duration, Instant},
};

use taskloom_core::{Expansion, Inputs, Limits, MapResults, NodeId, Outcome, Plan, RunPlan, Value, channel::Content};

pub use asks::{Asks, Target};
pub use channel::{Acquire, AttemptChannel, ChannelFailure};
use channel::{Effects, Hub};
use durable::{BoxError, Durable};
pub use failure::{Failure, TimedOut};
pub use job::{Execution, Job, Watched};
pub use judgement::{Branch, Judgement};
pub use log::{Entry, Listener, What};
pub use observe::new_run_id;
pub use record::{GroupReport, Record};
use shared::{Shared, Wake};
use sync::{Condvar, Mutex};
use trace::Trace;

/// What a front end does for a run.
pub trait Host: Send + Sync {
    /// Starts a worker, which takes its first task with [`Engine::arrive`].
    fn start_worker(&self, engine: &Arc<Engine>);

    /// Says that an async task is ready, and either that these have an executor of their own
    /// ([`RunOptions::separate_async`]), or that all workers are busy. It is taken with [`Role::Async`].
    fn start_async(&self, engine: &Arc<Engine>);

    /// Calls [`Engine::due`] with the timer after this wait. No worker waits meanwhile.
    fn wake_later(&self, engine: &Arc<Engine>, wait: Duration, timer: Timer);

    /// Says that running tasks are to end: those of which [`Engine::is_cancelled`] says so.
    fn cancelled(&self);

    /// Runs something that may wait for the disk.
    fn block(&self, wait: &mut (dyn FnMut() + Send)) {
        wait();
    }

    /// Hears, once, that the run has ended.
    fn finished(&self);

    /// Tells the user of something that is no error, on any thread.
    fn warn(&self, warning: &str);
}

/// Who asks for a task. All of them judge groups, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A worker that ends when there is nothing to take.
    Worker,
    /// The thread that waits for the run.
    Caller,
    /// An executor of async tasks, which takes no other tasks.
    Async,
}

/// What happens when a wait is over. One that comes too late has no effect.
#[derive(Clone, Debug)]
pub enum Timer {
    /// The next attempt of an execution.
    Retry(Execution),
    /// The end of an attempt that cannot be stopped, and is abandoned.
    Timeout(Watched),
    /// The end of a run's time.
    Run,
    /// The end of the time that plain functions have to end once they are told to.
    Grace,
    /// The end of a wait of a task whose body was left.
    Waited(Execution),
    /// Whether questions were answered elsewhere.
    Answers,
}

/// What a waiting caller gets.
#[derive(Debug)]
pub enum Wait {
    /// A task to run.
    Job(Job),
    /// The run has ended.
    Finished,
    /// Neither, in the time given.
    TimedOut,
}

/// A run under way.
pub struct Engine {
    plan: Arc<RunPlan>,
    shared: Mutex<Shared>,
    /// Tells waiting callers that there is something for them.
    changed: Condvar,
    channel: Hub,
    begun: Instant,
    timeout: Option<Duration>,
    grace: Duration,
    patience: Duration,
    suspend_after: Duration,
    host: Box<dyn Host>,
    run_id: OnceLock<String>,
    /// Whether somebody may be listening: what costs something is only noted down then.
    listening: AtomicBool,
    /// Whether somebody listens for arguments.
    wants_arguments: AtomicBool,
    trace: Trace,
    durable: Option<Durable>,
}

/// How a run is to be executed.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Caps for tasks of both kinds.
    pub limits: Limits,
    /// How many workers run plain functions at the same time, at most.
    pub max_workers: u32,
    /// Whether async tasks are for an executor of their own, and never for a worker.
    pub separate_async: bool,
    /// How long the run may take; for ever, if nothing is said.
    pub timeout: Option<Duration>,
    /// How long plain functions are waited for that are to end.
    pub grace: Duration,
    /// How long all workers may be busy while tasks are ready, until there is a warning.
    pub patience: Duration,
    /// How long a body of a durable run waits for time or for a person before it is left.
    pub suspend_after: Duration,
}

impl Engine {
    /// A run that has not begun: nothing happens until somebody takes a task. A durable one is to be
    /// [restored](Self::restore) before.
    pub fn new(
        plan: Arc<Plan>,
        options: &RunOptions,
        channel: Vec<(String, Content)>,
        host: Box<dyn Host>,
        mut durable: Option<Durable>,
    ) -> Arc<Self> {
        let run_id = OnceLock::new();
        let trace = Trace::begin(&plan, || run_id.get_or_init(observe::new_run_id).clone());
        let mut shared = Shared::new(plan, options);
        let channel = Hub::new(channel);
        if let Some(durable) = &mut durable {
            channel.keep_trail();
            shared.override_arguments(std::mem::take(&mut durable.overrides));
        }
        Arc::new(Self {
            plan: shared.plan().clone(),
            shared: Mutex::new(shared),
            changed: Condvar::new(),
            channel,
            begun: Instant::now(),
            timeout: options.timeout,
            grace: options.grace,
            patience: options.patience,
            suspend_after: options.suspend_after,
            host,
            run_id,
            listening: AtomicBool::new(false),
            wants_arguments: AtomicBool::new(false),
            trace,
            durable,
        })
    }

    /// What is run: the plan, and what the run has added to it.
    pub fn plan(&self) -> &Arc<RunPlan> {
        &self.plan
    }

    /// What is published under a key of the run's channel. In a durable run it is written by then.
    pub fn channel(self: &Arc<Self>, key: &str) -> Option<Content> {
        let content = self.channel.published(key, self.now())?;
        self.write().then_some(content)
    }

    /// The run's channel as an attempt sees it.
    pub fn attempt_channel(self: &Arc<Self>, job: &Job) -> AttemptChannel {
        AttemptChannel::new(self, job)
    }

    /// Ends what an attempt does in the channel, before the task itself ends: its pending writes are discarded and its
    /// locks free. For a future that is about to be dropped, so that what it drops publishes nothing.
    pub fn close_channel(&self, job: &Job) {
        if let Some(mut pending) = job.close_channel() {
            self.channel.discard(&mut pending).perform();
        }
    }

    /// Calls for a first worker, on behalf of a caller that does not work itself.
    pub fn launch(self: &Arc<Self>) {
        self.visit(|_, _| ());
    }

    /// The first task of a worker that [`Host::start_worker`] has started.
    pub fn arrive(self: &Arc<Self>) -> Option<Job> {
        let next = self.visit(|shared, now| {
            shared.arrived();
            shared.take(Role::Worker, now)
        });
        self.hold(next, Role::Worker)
    }

    /// Says that a worker that was called will not come, and that none can: those that are there have to do.
    pub fn no_worker(self: &Arc<Self>) {
        self.visit(|shared, _| shared.no_worker());
    }

    /// The next task, if one is ready. A worker that gets none must end.
    pub fn take(self: &Arc<Self>, role: Role) -> Option<Job> {
        let next = self.visit(|shared, now| shared.take(role, now));
        self.hold(next, role)
    }

    /// Says how a task has ended and takes the next one. A worker that gets none must end.
    pub fn end(self: &Arc<Self>, job: &Job, mut result: Result<Value, Failure>, role: Role) -> Option<Job> {
        let mut written = self.durable.as_ref().and_then(|durable| durable.write_end(&self.plan, job, &mut result));
        let options = self.plan.task(job.node).options();
        let mut wait = match &result {
            Ok(_) => None,
            Err(failure) => failure.wait(options, job.attempt),
        };
        let was_ok = result.is_ok();
        let mut error = result.as_ref().err().and_then(|failure| self.text(failure));
        self.end_span(job, result.as_ref().err());
        // What is not kept is dropped here, outside of the lock: it may call back into the engine.
        let mut result = Some(result);
        let mut pending = job.close_channel();
        let mut effects = None;
        let mut next = None;
        let backs_off = self.visit(|shared, now| {
            shared.stop_waiting(job.execution());
            if shared.is_overdue(job.execution()) {
                effects = pending.as_mut().map(|pending| self.channel.discard(pending));
                next = shared.come_back(job, role, now);
                return false;
            }
            shared.refuse_duplicates(job, &mut result);
            shared.refuse_too_many(&mut result);
            if let Some(pending) = &mut pending {
                effects = Some(self.channel.end(pending, &mut result, now));
                if let Some(written) = &mut written {
                    written.changes = self.channel.take_trail();
                }
            }
            shared.take_written(written.take());
            if was_ok && let Some(Err(failure)) = &result {
                // What it has written or wants to add cannot be: the engine's own error, of which no filter is asked.
                wait = failure.wait_unfiltered(options, job.attempt);
                error = self.text(failure);
            }
            let backs_off = shared.end(job, &mut result, wait, error, now);
            next = shared.take(role, now);
            backs_off
        });
        effects.into_iter().for_each(Effects::perform);
        if let Some(wait) = wait.filter(|_| backs_off) {
            self.host.wake_later(self, wait, Timer::Retry(job.execution()));
        }
        self.hold(next, role)
    }

    /// Takes a map apart; what it gives is the result to end the job with. `inputs` is what was found for its
    /// parameters. This runs code of the front end.
    pub fn expand(&self, job: &Job, inputs: Inputs) -> Result<Value, Failure> {
        let expansion = Expansion::new(&self.plan, job.node, inputs).map_err(Failure::lasting)?;
        Ok(Arc::new(MapResults::new(Arc::new(expansion))))
    }

    /// Says what the policy of a group has said, or why it failed, and takes the next task, as after
    /// [`end`](Self::end).
    pub fn judged(self: &Arc<Self>, job: &Job, verdict: Result<bool, Failure>, role: Role) -> Option<Job> {
        let error = verdict.as_ref().err().and_then(|failure| self.text(failure));
        let (next, _before) = self.visit(|shared, now| {
            let before = shared.judged(job.node, verdict, error);
            (shared.take(role, now), before)
        });
        self.hold(next, role)
    }

    /// The time of a timer has come.
    pub fn due(self: &Arc<Self>, timer: Timer) {
        match timer {
            Timer::Retry(execution) => self.visit(|shared, _| shared.retry_due(execution)),
            Timer::Timeout(watched) => self.time_out(watched),
            Timer::Run => self.visit(|shared, _| shared.expire()),
            Timer::Grace => self.abandon_overdue(),
            Timer::Waited(execution) => self.waited(execution),
            Timer::Answers => self.look_for_answers(),
        }
    }

    /// Begins the time that a plain function may take, if that is limited.
    #[inline]
    pub fn watch(self: &Arc<Self>, job: &Job) {
        if let Some(timeout) = self.plan.task(job.node).options().timeout {
            self.host.wake_later(self, timeout, Timer::Timeout(job.watched()));
        }
    }

    /// Ends an attempt whose function still runs. Its thread is not one of the workers any more, until it returns,
    /// and what it still writes to the channel is refused.
    fn time_out(self: &Arc<Self>, watched: Watched) {
        let Watched { execution, slot, started } = watched;
        let options = self.plan.task(execution.node).options();
        let Some(timeout) = options.timeout else { return };
        let failure = Failure::timed_out(timeout);
        let wait = failure.wait(options, execution.attempt);
        let error = self.text(&failure);
        let mut effects = None;
        let backs_off = self.visit(|shared, now| {
            // The time in which it waits counts.
            shared.stop_waiting(execution);
            if !shared.is_under_way(execution, started) {
                return false;
            }
            effects = slot.close().map(|mut pending| self.channel.discard(&mut pending));
            shared.time_out(execution, failure, wait, error, now)
        });
        if let Some(effects) = effects {
            effects.perform();
            // It may wait for a lock of the channel.
            self.channel.stir();
        }
        if let Some(wait) = wait.filter(|_| backs_off) {
            self.host.wake_later(self, wait, Timer::Retry(execution));
        }
    }

    /// Says that a task will not end, because it was dropped in the middle.
    pub fn abandon(self: &Arc<Self>, job: &Job) {
        self.close_channel(job);
        self.trace.end(job, "cancelled", None);
        self.visit(|shared, now| {
            shared.stop_waiting(job.execution());
            if shared.is_overdue(job.execution()) {
                shared.has_come_back(job.execution(), now);
            } else {
                shared.abandon(job, now);
            }
        });
    }

    /// Says that a task in a process was ended, since it is cancelled, and takes the next one. A worker that gets none must end.
    pub fn ended_early(self: &Arc<Self>, job: &Job, role: Role) -> Option<Job> {
        self.close_channel(job);
        self.trace.end(job, "cancelled", None);
        let next = self.visit(|shared, now| {
            shared.stop_waiting(job.execution());
            // Its body was left, or given up, and did not end by itself.
            if shared.is_overdue(job.execution()) {
                return shared.come_back(job, role, now);
            }
            shared.abandon(job, now);
            shared.take(role, now)
        });
        self.hold(next, role)
    }

    /// Cancels the run: nothing new starts, and it ends when what is running has.
    pub fn cancel(self: &Arc<Self>) {
        self.visit(|shared, _| shared.cancel());
    }

    /// Whether a running task is to end.
    pub fn is_cancelled(&self, execution: Execution) -> bool {
        self.shared.lock().is_cancelled(execution)
    }

    /// Waits until there is a task for the caller, the run has ended, or the time is over.
    pub fn wait(self: &Arc<Self>, timeout: Duration) -> Wait {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(job) = self.take(Role::Caller) {
                return Wait::Job(job);
            }
            let mut shared = self.shared.lock();
            if shared.is_finished() {
                return Wait::Finished;
            }
            if shared.park() && self.changed.wait_until(&mut shared, deadline).timed_out() {
                shared.unpark();
                return Wait::TimedOut;
            }
        }
    }

    /// Waits, without working, until the run has ended or the time is over; says whether it has ended.
    pub fn wait_finished(&self, timeout: Duration) -> bool {
        let mut shared = self.shared.lock();
        if !shared.is_finished() {
            self.changed.wait_for(&mut shared, timeout);
        }
        shared.is_finished()
    }

    /// Whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.shared.lock().is_finished()
    }

    /// What the run has left behind, to be taken once: the engine keeps nothing of it.
    ///
    /// # Panics
    ///
    /// If it has not ended, or this was taken before.
    pub fn take_record(&self) -> Record {
        let mut record = self.shared.lock().take_record();
        record.channel = self.channel.take(self.now());
        if self.is_durable() {
            self.run_id().clone_into(&mut record.run_id);
        }
        self.trace.finish(record.outcome());
        record
    }

    /// How the run ends or has ended; it is known before the last tasks have.
    pub fn outcome(&self) -> Outcome {
        self.shared.lock().outcome()
    }

    /// The value of a task that has succeeded so far, until the record is taken. In a durable run it is written by then.
    pub fn result(self: &Arc<Self>, node: NodeId) -> Option<Value> {
        let result = self.shared.lock().result(node)?;
        if !self.write() {
            return None;
        }
        Some(MapResults::open(&result).clone())
    }

    /// Since the run began.
    fn now(&self) -> Duration {
        let before = self.durable.as_ref().map_or(Duration::ZERO, Durable::age);
        before + self.begun.elapsed()
    }

    /// One visit under the lock; then, outside of it, whoever has to be woken is woken.
    fn visit<R>(self: &Arc<Self>, visit: impl FnOnce(&mut Shared, Duration) -> R) -> R {
        let now = self.now();
        let mut shared = self.shared.lock();
        shared.set_time(now);
        let result = visit(&mut shared, now);
        let wake = shared.wake(now);
        let cancels = !shared.take_commands().is_empty();
        let waiting = shared.take_waiting();
        let waits = cancels && shared.is_plain_told();
        let starves = shared.begins_to_starve();
        let (stirs, wakers) = shared.take_stirred();
        let spent = shared.take_spent();
        drop(shared);
        drop(spent);
        waiting.iter().flatten().for_each(|queue| queue.wake());
        if stirs || cancels {
            self.changed.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
        if cancels {
            self.channel.stir();
            self.host.cancelled();
        }
        if waits {
            self.host.wake_later(self, self.grace, Timer::Grace);
        }
        if starves {
            starved::watch(self, self.patience);
        }
        match wake {
            Wake::Nobody => {}
            Wake::Caller => {
                self.changed.notify_all();
            }
            Wake::Worker => self.host.start_worker(self),
            Wake::Async => self.host.start_async(self),
            Wake::Seal => self.seal(),
            Wake::Finished => {
                self.trace.finish(self.outcome());
                self.changed.notify_all();
                self.host.finished();
            }
        }
        result
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("plan", &self.plan).finish_non_exhaustive()
    }
}
