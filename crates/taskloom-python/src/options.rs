use std::{error::Error, time::Duration};

use pyo3::prelude::*;
use taskloom_core::{Options, RetryPolicy};

use crate::execution::PyFailure;

/// The options of a definition or instance, as `taskloom._options.Options` lists them.
#[derive(FromPyObject)]
pub(crate) struct TaskOptions(
    /// `max_retries`
    u32,
    /// `initial_interval`, in seconds
    f64,
    /// `backoff_factor`
    f64,
    /// `max_interval`, in seconds
    f64,
    /// `jitter`
    bool,
    /// `retry_on`: says whether an exception is retried
    Option<Py<PyAny>>,
    /// `timeout`, in seconds
    Option<f64>,
    /// `max_cycles`
    Option<u32>,
    /// `always`
    bool,
);

impl From<TaskOptions> for Options {
    fn from(options: TaskOptions) -> Self {
        let TaskOptions(max_retries, initial, backoff_factor, longest, jitter, retry_on, timeout, max_cycles, always) =
            options;
        let policy = RetryPolicy::at_once(max_retries)
            .initial_interval(seconds(initial))
            .backoff_factor(backoff_factor)
            .max_interval(seconds(longest))
            .jitter(jitter);
        let retry = match retry_on {
            Some(retry_on) => policy.retry_on(move |error| accepts(&retry_on, error)),
            None => policy,
        };
        Self { retry, timeout: timeout.map(seconds), max_cycles, always, map: None }
    }
}

/// A time; one that no duration can hold is as good as for ever.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// Asks the user's filter. What the engine itself found wrong is no exception of the user's, and is retried.
fn accepts(retry_on: &Py<PyAny>, error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let Some(PyFailure(exception)) = error.downcast_ref::<PyFailure>() else { return true };
    Python::attach(|py| {
        let answer = retry_on.bind(py).call1((exception,)).and_then(|answer| answer.is_truthy());
        answer.unwrap_or_else(|error: PyErr| {
            error.write_unraisable(py, Some(retry_on.bind(py)));
            false
        })
    })
}
