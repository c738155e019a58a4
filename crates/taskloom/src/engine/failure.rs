use std::{error::Error, fmt, sync::Arc, time::Duration};

use taskloom_core::Options;

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The task's own error.
    pub error: Arc<dyn Error + Send + Sync>,
    /// Whether another attempt could end otherwise: not where arguments are missing, for instance.
    pub retryable: bool,
}

/// An attempt took longer than it may.
#[derive(Debug)]
pub struct TimedOut(pub(super) Duration);

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it took longer than its timeout of {:?}", self.0)
    }
}

impl Error for TimedOut {}

impl Failure {
    /// The attempt took longer than this.
    pub fn timed_out(timeout: Duration) -> Self {
        Self::new(TimedOut(timeout))
    }

    /// An error of the task's body.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: Arc::from(error.into()), retryable: true }
    }

    /// An error that every further attempt would repeat.
    pub fn lasting(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: Arc::from(error.into()), retryable: false }
    }

    /// How long to wait before the next attempt, if there is to be one (rule R-7). Filters are the user's code, so
    /// this is asked outside of every lock.
    pub(super) fn wait(&self, options: &Options, attempt: u32) -> Option<Duration> {
        if options.retry.allows(attempt, &*self.error) { self.wait_unfiltered(options, attempt) } else { None }
    }

    /// The same for an error of the engine's own.
    pub(super) fn wait_unfiltered(&self, options: &Options, attempt: u32) -> Option<Duration> {
        let policy = &options.retry;
        if !self.retryable || attempt > policy.max_retries {
            return None;
        }
        let wait = policy.delay(attempt);
        if !policy.jitter {
            return Some(wait);
        }
        Some(wait.mul_f64(0.5 + fastrand::f64()).min(policy.max_interval))
    }
}
