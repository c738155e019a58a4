use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use pyo3::{
    exceptions::{PyRuntimeError, PyTypeError, PyValueError},
    prelude::*,
};
use taskloom::engine::{AttemptChannel, ChannelFailure};
use taskloom_core::{
    RunPlan,
    channel::{End, Write},
};

use crate::{content, errors, exit::Inside, fork::Origin};

/// How long a thread waits for a lock before it looks for signals.
const SIGNALS: Duration = Duration::from_millis(50);

/// The channel of a run as one attempt sees it. No call but [`Acquire::wait`] blocks.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Channel {
    inner: AttemptChannel,
    plan: Arc<RunPlan>,
    origin: Origin,
}

#[pymethods]
impl Channel {
    /// The value of a key, or the default.
    fn get<'py>(&self, py: Python<'py>, key: &str, default: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.act(py, |channel| channel.get(key))? {
            Some(content) => content::object(py, &content),
            None => Ok(default),
        }
    }

    /// Writes a key.
    fn set(&self, py: Python<'_>, key: &str, value: Bound<'_, PyAny>, ttl: Option<f64>, at_once: bool) -> PyResult<()> {
        let (content, write) = (content::content(value), write(ttl, at_once)?);
        self.act(py, |channel| channel.set(key, content, write))
    }

    /// Deletes a key; says whether it was there.
    fn delete(&self, py: Python<'_>, key: &str, at_once: bool) -> PyResult<bool> {
        let write = write(None, at_once)?;
        self.act(py, |channel| channel.delete(key, write))
    }

    /// Whether there is a key.
    fn exists(&self, py: Python<'_>, key: &str) -> PyResult<bool> {
        self.act(py, |channel| channel.exists(key))
    }

    /// The keys that there are, in order.
    fn keys(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.act(py, AttemptChannel::keys)
    }

    /// Adds an element to a list; says how many there are then.
    fn push(
        &self,
        py: Python<'_>,
        key: &str,
        value: Bound<'_, PyAny>,
        front: bool,
        ttl: Option<f64>,
        at_once: bool,
    ) -> PyResult<usize> {
        let end = if front { End::Front } else { End::Back };
        let (item, write) = (content::item(value), write(ttl, at_once)?);
        self.act(py, |channel| channel.push(key, item, end, write))
    }

    /// Adds to a number, at once.
    fn add<'py>(&self, py: Python<'py>, key: &str, amount: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Some(amount) = content::number(&amount) else {
            let class = amount.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "atomic_add() adds an `int` of at most 64 bits or a `float`, not a `{class}`"
            )));
        };
        let total = self.act(py, |channel| channel.add(key, amount, false))?;
        content::from_number(py, total)
    }

    /// Asks for a lock.
    fn acquire(&self, py: Python<'_>, key: &str) -> PyResult<Acquire> {
        self.origin.check(py)?;
        let channel = Self { inner: self.inner.clone(), plan: self.plan.clone(), origin: self.origin };
        Ok(Acquire { acquire: Mutex::new(Some(self.inner.acquire(key))), channel })
    }

    /// Lets go of a lock; what was written under it is published, or stays pending.
    fn release(&self, py: Python<'_>, key: &str, publish: bool) -> PyResult<()> {
        self.origin.check(py)?;
        let _inside = Inside::enter(py);
        self.inner.release(key, publish);
        Ok(())
    }
}

impl Channel {
    pub(super) fn new(inner: AttemptChannel, plan: Arc<RunPlan>, origin: Origin) -> Self {
        Self { inner, plan, origin }
    }

    /// What is replaced is dropped in there, and whoever waits is woken: both may run Python code.
    fn act<T>(&self, py: Python<'_>, act: impl FnOnce(&AttemptChannel) -> Result<T, ChannelFailure>) -> PyResult<T> {
        self.origin.check(py)?;
        let inside = Inside::enter(py);
        let result = act(&self.inner);
        drop(inside);
        self.give(py, result)
    }

    fn give<T>(&self, py: Python<'_>, result: Result<T, ChannelFailure>) -> PyResult<T> {
        let id = self.plan.id(self.inner.node());
        result.map_err(|failure| match failure {
            ChannelFailure::Ended => {
                errors::attempt_ended(py, &format!("an attempt of `{id}` that has ended used the channel"))
            }
            ChannelFailure::Cancelled | ChannelFailure::TimedOut => {
                errors::cancelled(py, &format!("`{id}` is to end, so it does not wait for a lock"), id)
            }
            ChannelFailure::Refused(error) => content::refusal(py, &error),
            ChannelFailure::Unwritable(error) => errors::unwritable(py, &*error),
        })
    }
}

fn write(ttl: Option<f64>, at_once: bool) -> PyResult<Write> {
    let ttl = match ttl {
        Some(seconds) if seconds < 0.0 || seconds.is_nan() => {
            return Err(PyValueError::new_err("ttl is a number of seconds from 0 on"));
        }
        Some(seconds) => Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        None => None,
    };
    Ok(Write { ttl, at_once })
}

/// Somebody who waits for a lock.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Acquire {
    acquire: Mutex<Option<taskloom::engine::Acquire>>,
    channel: Channel,
}

#[pymethods]
impl Acquire {
    /// Blocks until the lock is there or the time is over; says whether it is there. Signals are handled meanwhile.
    fn wait(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        let deadline = seconds.and_then(|seconds| Instant::now().checked_add(seconds));
        let mut acquire = self.take()?;
        let inside = Inside::enter(py);
        loop {
            let slice = Instant::now() + SIGNALS;
            let until = deadline.map_or(slice, |deadline| deadline.min(slice));
            let waited = py.detach(|| {
                let waited = acquire.wait(Some(until));
                inside.before_attaching();
                waited
            });
            match waited {
                Ok(()) => return Ok(true),
                Err(ChannelFailure::TimedOut) if deadline == Some(until) => return Ok(false),
                Err(ChannelFailure::TimedOut) => py.check_signals()?,
                failed => return self.channel.give(py, failed).map(|()| true),
            }
        }
    }

    /// Whether the lock is there; if not, `wake` is called, from any thread, when one should ask again.
    fn poll(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<bool> {
        let _inside = Inside::enter(py);
        let mut acquire = self.take()?;
        let waker = Waker::from(Arc::new(PyWaker(wake)));
        match Pin::new(&mut acquire).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => self.channel.give(py, result).map(|()| true),
            Poll::Pending => {
                *self.acquire.lock() = Some(acquire);
                Ok(false)
            }
        }
    }

    /// Waits no longer.
    fn close(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        let acquire = self.acquire.lock().take();
        drop(acquire);
    }
}

impl Acquire {
    fn take(&self) -> PyResult<taskloom::engine::Acquire> {
        let acquire = self.acquire.lock().take();
        acquire.ok_or_else(|| PyRuntimeError::new_err("a lock is waited for once"))
    }
}

/// Calls a Python function.
pub(super) struct PyWaker(pub(super) Py<PyAny>);

impl Wake for PyWaker {
    fn wake(self: Arc<Self>) {
        Python::attach(|py| {
            if let Err(error) = self.0.call0(py) {
                error.write_unraisable(py, None);
            }
        });
    }
}
