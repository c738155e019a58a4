//! The hand-over between those who work for a run, under schedules that no machine comes by: nobody waits for a call
//! that does not come, and no attempt is made twice (R-1, R-7, R-10, S-1).
//!
//! Built with `--cfg shuttle`, as `cargo xtask test` does; then every use of the engine's lock is a place where another
//! thread may go on, and who waits while nobody can wake it is a failure. Time does not pass: a timer fires whenever.

#![cfg(shuttle)]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "model/commits.rs"]
mod commits;

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use shuttle::thread;
use taskloom::{
    RetryPolicy,
    engine::{Engine, Failure, Host, Job, Record, Role, RunOptions, Timer, Wait},
    prelude::*,
};
use taskloom_core::{Limits, Outcome, State};

/// How often each model is run, with random schedules and with such as change rarely.
const SCHEDULES: usize = 2_000;

#[task]
fn plain() {}

#[task]
async fn asynchronous() {}

/// A front end whose workers call nothing.
#[derive(Default)]
struct Model {
    /// How often each attempt was begun, by node, iteration and attempt.
    begun: Mutex<BTreeMap<(u32, u32, u32), u32>>,
    /// Whether attempts fail, and whether workers cannot be had.
    fails: bool,
    no_workers: bool,
    finished: Mutex<u32>,
    /// What the run is written to.
    kept: Option<Arc<commits::Kept>>,
}

impl Model {
    /// Runs one attempt to its end; gives the next.
    fn call(&self, engine: &Arc<Engine>, job: &Job, role: Role) -> Option<Job> {
        if let Some(kept) = &self.kept {
            kept.begins(job.node);
        }
        *self.begun.lock().unwrap().entry((job.node, job.iteration, job.attempt)).or_insert(0) += 1;
        if role != Role::Async {
            engine.watch(job);
        }
        thread::yield_now();
        let result = if self.fails { Err(Failure::new("no")) } else { Ok(Arc::new(()) as taskloom_core::Value) };
        engine.end(job, result, role)
    }
}

struct Front(Arc<Model>);

impl Host for Front {
    fn start_worker(&self, engine: &Arc<Engine>) {
        let (engine, model) = (engine.clone(), self.0.clone());
        thread::spawn(move || {
            if model.no_workers {
                return engine.no_worker();
            }
            let mut next = engine.arrive();
            while let Some(job) = next {
                next = model.call(&engine, &job, Role::Worker);
            }
        });
    }

    fn start_async(&self, engine: &Arc<Engine>) {
        let (engine, model) = (engine.clone(), self.0.clone());
        thread::spawn(move || {
            let mut next = engine.take(Role::Async);
            while let Some(job) = next {
                next = model.call(&engine, &job, Role::Async);
            }
        });
    }

    fn wake_later(&self, engine: &Arc<Engine>, _: Duration, timer: Timer) {
        let engine = Arc::downgrade(engine);
        thread::spawn(move || {
            thread::yield_now();
            engine.upgrade().map(|engine| engine.due(timer))
        });
    }

    fn cancelled(&self) {}

    fn finished(&self) {
        if let Some(kept) = &self.0.kept {
            kept.ends();
        }
        *self.0.finished.lock().unwrap() += 1;
    }

    fn warn(&self, _: &str) {}
}

fn options(workers: u32) -> RunOptions {
    RunOptions { max_workers: workers, patience: Duration::MAX, ..RunOptions::default() }
}

/// Runs `model` under many schedules.
fn explore(model: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(model.clone(), SCHEDULES);
    shuttle::check_pct(model, SCHEDULES, 3);
}

/// Begins a run.
fn begin(model: Model, workflow: &Workflow, options: &RunOptions) -> (Arc<Model>, Arc<Engine>) {
    let model = Arc::new(model);
    let engine = Engine::new(workflow.plan().unwrap(), options, Vec::new(), Box::new(Front(model.clone())), None);
    engine.begin();
    (model, engine)
}

/// The caller works, too.
fn drain(model: &Model, engine: &Arc<Engine>) -> Record {
    let mut next = engine.take(Role::Caller);
    loop {
        while let Some(job) = next {
            next = model.call(engine, &job, Role::Caller);
        }
        match engine.wait(Duration::MAX / 4) {
            Wait::Job(job) => next = Some(job),
            Wait::TimedOut => next = None,
            Wait::Finished => break,
        }
    }
    end(model, engine)
}

/// The caller only waits.
fn watch(model: &Model, engine: &Arc<Engine>) -> Record {
    engine.launch();
    while !engine.wait_finished(Duration::MAX / 4) {}
    end(model, engine)
}

/// No attempt was begun twice, and the end was told once, or is about to be.
fn end(model: &Model, engine: &Arc<Engine>) -> Record {
    assert!(model.begun.lock().unwrap().values().all(|&times| times == 1));
    assert!(*model.finished.lock().unwrap() <= 1);
    engine.take_record()
}

fn assert_all_ran(model: &Model, record: &Record) {
    assert_eq!(record.outcome(), Outcome::Succeeded);
    assert_eq!(record.order().len(), record.plan().tasks().count());
    assert_eq!(model.begun.lock().unwrap().len(), record.plan().tasks().count());
}

fn chain_of(length: usize) -> Workflow {
    Workflow::new("w").add(chain((0..length).map(|_| plain::task())))
}

/// One, then three side by side, then one.
fn diamond() -> Workflow {
    Workflow::new("w").add(plain::task() >> parallel((0..3).map(|_| plain::task())) >> plain::task())
}

#[test]
fn r_01_a_chain() {
    explore(|| {
        let (model, engine) = begin(Model::default(), &chain_of(4), &options(2));
        // Working along, the caller would do it alone.
        assert_all_ran(&model, &watch(&model, &engine));
    });
}

#[test]
fn r_01_a_fan_out_and_a_join() {
    for workers in [1, 2] {
        explore(move || {
            let (model, engine) = begin(Model::default(), &diamond(), &options(workers));
            assert_all_ran(&model, &drain(&model, &engine));
        });
    }
}

#[test]
fn r_01_a_caller_that_does_not_work() {
    explore(|| {
        let (model, engine) = begin(Model::default(), &diamond(), &options(2));
        assert_all_ran(&model, &watch(&model, &engine));
    });
}

#[test]
fn r_01_a_cap() {
    explore(|| {
        let limits = Limits { max_concurrency: NonZeroU32::new(2), max_steps: None };
        let (model, engine) = begin(Model::default(), &diamond(), &RunOptions { limits, ..options(2) });
        assert_all_ran(&model, &drain(&model, &engine));
    });
}

#[test]
fn r_13_workers_that_cannot_be_had() {
    explore(|| {
        let model = Model { no_workers: true, ..Model::default() };
        let (model, engine) = begin(model, &diamond(), &options(2));
        assert_all_ran(&model, &drain(&model, &engine));
    });
}

#[test]
fn r_13_an_executor_of_async_tasks_beside_the_workers() {
    explore(|| {
        let middle = parallel![asynchronous::task(), plain::task(), asynchronous::task()];
        let workflow = Workflow::new("w").add(plain::task() >> middle >> asynchronous::task() >> plain::task());
        let (model, engine) = begin(Model::default(), &workflow, &RunOptions { separate_async: true, ..options(1) });
        assert_all_ran(&model, &drain(&model, &engine));
    });
}

#[test]
fn r_10_a_cancellation_at_any_time() {
    explore(|| {
        let (model, engine) = begin(Model::default(), &diamond(), &options(2));
        let other: Weak<Engine> = Arc::downgrade(&engine);
        thread::spawn(move || other.upgrade().map(|engine| engine.cancel()));
        let record = drain(&model, &engine);
        assert!(matches!(record.outcome(), Outcome::Cancelled | Outcome::Succeeded));
    });
}

#[test]
fn r_07_a_timeout_of_the_run_at_any_time_and_no_grace() {
    explore(|| {
        let timeout = Some(Duration::ZERO);
        let (model, engine) = begin(Model::default(), &diamond(), &RunOptions { timeout, ..options(2) });
        let record = drain(&model, &engine);
        assert_eq!(record.outcome() == Outcome::Cancelled, record.is_timed_out());
        let ended = record.order().len() + record.abandoned().len();
        assert_eq!(ended, model.begun.lock().unwrap().len(), "what began has succeeded or was abandoned");
    });
}

#[test]
fn r_07_timeouts_of_attempts_at_any_time() {
    explore(|| {
        let limited = || plain::task().with_options(|options| options.timeout(Duration::ZERO).max_retries(1));
        let workflow =
            Workflow::new("w").add(parallel![limited(), limited()].policy(Policy::BestEffort) >> plain::task());
        let (model, engine) = begin(Model::default(), &workflow, &options(1));
        let record = drain(&model, &engine);
        assert_eq!(record.outcome(), Outcome::Succeeded);
        for node in 0..2 {
            let (state, attempts) = (record.state(node), record.attempts(node));
            assert!(state == State::Succeeded || (state == State::Failed && attempts == 2), "{state}, {attempts}");
        }
    });
}

#[test]
fn r_07_waits_between_attempts() {
    explore(|| {
        let policy = RetryPolicy::fixed(2, Duration::from_secs(1));
        let retried = || plain::task().with_options(|options| options.retry_policy(policy.clone()));
        let workflow = Workflow::new("w").add(parallel![retried(), retried()].policy(Policy::BestEffort));
        let (model, engine) = begin(Model { fails: true, ..Model::default() }, &workflow, &options(1));
        let record = drain(&model, &engine);
        assert_eq!(record.outcome(), Outcome::Succeeded);
        assert_eq!(model.begun.lock().unwrap().len(), 6);
    });
}
