//! The spans of a run, for programs with a `tracing` subscriber.
//!
//! Whether there is one is asked once, when the run is made. Subscribers are the user's code, so nothing here may be
//! called under the engine's lock.

use parking_lot::Mutex;
use taskloom_core::{Outcome, Plan, RunPlan};
use tracing::{Span, dispatcher, field, span::EnteredSpan};

use super::{Failure, Job};
use crate::Status;

/// The run's span, until the run has ended; nothing if nobody wants spans.
#[derive(Debug)]
pub(super) struct Trace(Option<Mutex<Option<Span>>>);

impl Trace {
    /// Begins the span of a run, in the caller's.
    pub(super) fn begin(plan: &Plan, run_id: impl FnOnce() -> String) -> Self {
        let span =
            tracing::info_span!("taskloom.run", workflow = plan.name(), run.id = field::Empty, status = field::Empty);
        if span.is_disabled() {
            return Self(None);
        }
        span.record("run.id", run_id());
        Self(Some(Mutex::new(Some(span))))
    }

    /// Enters the attempt's span, until the guard is dropped. The first time it is made.
    #[inline]
    pub(super) fn enter(&self, plan: &RunPlan, job: &Job) -> Option<EnteredSpan> {
        if self.is_on() { self.enter_span(plan, job) } else { None }
    }

    #[cold]
    fn enter_span(&self, plan: &RunPlan, job: &Job) -> Option<EnteredSpan> {
        let run = self.0.as_ref()?.lock().clone()?;
        let span = job.span.lock().get_or_insert_with(|| Box::new(begin_attempt(&run, plan, job))).clone();
        Some(span.entered())
    }

    /// Closes an attempt's span.
    pub(super) fn end(&self, job: &Job, status: &str, failure: Option<&Failure>) {
        let Some(span) = self.0.as_ref().and_then(|_| job.span.lock().take()) else { return };
        span.record("status", status);
        if let Some(failure) = failure {
            with_its_subscriber(&span, || {
                tracing::error!(parent: &*span, error = %failure.error, "the attempt failed");
            });
        }
    }

    /// Closes the run's span. Whoever comes second waits until it is closed.
    pub(super) fn finish(&self, outcome: Outcome) {
        let Some(run) = &self.0 else { return };
        let mut run = run.lock();
        if let Some(span) = run.take() {
            span.record("status", field::display(Status::from(outcome)));
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

fn begin_attempt(run: &Span, plan: &RunPlan, job: &Job) -> Span {
    with_its_subscriber(run, || {
        tracing::info_span!(
            parent: run,
            "taskloom.task",
            task.id = plan.id(job.node),
            iteration = job.iteration,
            attempt = job.attempt,
            status = field::Empty,
        )
    })
    .unwrap_or_else(Span::none)
}

/// A worker's thread may have another subscriber than the one that has the span, and that would not know it.
fn with_its_subscriber<R>(span: &Span, act: impl FnOnce() -> R) -> Option<R> {
    span.with_subscriber(|(_, subscriber)| dispatcher::with_default(subscriber, act))
}
