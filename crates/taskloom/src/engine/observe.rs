//! Who looks at a run: listeners, recorders and subscribers.

use std::sync::{Arc, atomic::Ordering};

use tracing::span::EnteredSpan;

use super::{
    Engine, Failure, Job,
    log::{Listener, What},
};

impl Engine {
    /// The id of the run: 32 hexadecimal digits.
    pub fn run_id(&self) -> &str {
        self.run_id.get_or_init(new_run_id)
    }

    /// Names the run, before anybody has asked for its id.
    pub fn name_run(&self, id: String) {
        self.run_id.get_or_init(|| id);
    }

    /// Listens to what happens. To be called before the run begins: nothing is missed then.
    pub fn listen(&self, with_arguments: bool) -> Arc<Listener> {
        let listener = Arc::new(Listener::new(with_arguments));
        self.shared.lock().listen(&listener);
        self.listening.store(true, Ordering::Relaxed);
        self.wants_arguments.fetch_or(with_arguments, Ordering::Relaxed);
        listener
    }

    /// Whether somebody listens.
    pub fn has_log(&self) -> bool {
        self.shared.lock().has_log()
    }

    /// Whether somebody listens for the arguments of bodies.
    pub fn wants_arguments(&self) -> bool {
        self.wants_arguments.load(Ordering::Relaxed)
    }

    /// Says with which arguments, by name and as text, a body is called.
    pub fn note_call(self: &Arc<Self>, job: &Job, arguments: Vec<(String, String)>) {
        let arguments = arguments.into();
        self.visit(|shared, _| shared.note(|_| What::Called(job.execution(), arguments)));
    }

    /// Enters the span of an attempt, until the guard is dropped; nothing if no subscriber wants it.
    #[inline]
    pub fn enter(&self, job: &Job) -> Option<EnteredSpan> {
        self.trace.enter(&self.plan, job)
    }

    /// The text of a failure, for those who listen. A task's error makes it with code of its own.
    pub(super) fn text(&self, failure: &Failure) -> Option<Arc<str>> {
        if self.is_durable() {
            return Some(failure.error.to_string().into());
        }
        if !self.listening.load(Ordering::Relaxed) {
            return None;
        }
        let has_log = self.has_log();
        self.listening.store(has_log, Ordering::Relaxed);
        has_log.then(|| failure.error.to_string().into())
    }

    pub(super) fn end_span(&self, job: &Job, failure: Option<&Failure>) {
        if self.trace.is_on() {
            let status = match failure {
                _ if self.shared.lock().is_overdue(job.execution()) => "abandoned",
                Some(_) => "failed",
                None => "succeeded",
            };
            self.trace.end(job, status, failure);
        }
    }
}

/// An id for a run that has none: 32 hexadecimal digits.
pub fn new_run_id() -> String {
    // A process that was forked has the generator of its parent, in the same state.
    format!("{:032x}", fastrand::u128(..) ^ (u128::from(std::process::id()) << 96))
}
