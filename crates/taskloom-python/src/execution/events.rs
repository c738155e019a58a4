use std::{
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use pyo3::prelude::*;
use taskloom::{Event, EventKind};

use super::channel::PyWaker;
use crate::exit::Inside;

/// How many events are taken at once, at most.
const BATCH: usize = 1000;

/// The events of a run, as `taskloom.Event` takes them.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Events {
    inner: taskloom::Events,
}

/// The text, and then kind, time in seconds, task or group, iteration, attempt, error, wait before the next attempt,
/// status, targets and message.
type Fields = (
    String,
    &'static str,
    f64,
    Option<String>,
    u32,
    u32,
    Option<String>,
    Option<f64>,
    Option<String>,
    Vec<String>,
    Option<String>,
);

#[pymethods]
impl Events {
    /// The next events; it waits for so many seconds until there is one. `None` once there are no more.
    fn take(&self, py: Python<'_>, seconds: f64) -> Option<Vec<Fields>> {
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        let inside = Inside::enter(py);
        let first = py.detach(|| {
            let first = self.inner.wait(Some(until));
            inside.before_attaching();
            first
        });
        self.with(first)
    }

    /// The next events that are there; if none is, `wake` is called, from any thread, when one should ask again.
    fn poll(&self, wake: Py<PyAny>) -> Option<Vec<Fields>> {
        let first = self.inner.poll(&Waker::from(Arc::new(PyWaker(wake))));
        self.with(first)
    }
}

impl Events {
    pub(super) fn new(inner: taskloom::Events) -> Self {
        Self { inner }
    }

    /// Those that are there as well.
    fn with(&self, first: Poll<Option<Event>>) -> Option<Vec<Fields>> {
        let mut events = Vec::new();
        let now = Instant::now();
        let mut next = first;
        loop {
            match next {
                Poll::Ready(Some(event)) => events.push(fields(&event)),
                Poll::Ready(None) if events.is_empty() => return None,
                Poll::Ready(None) | Poll::Pending => return Some(events),
            }
            if events.len() >= BATCH {
                return Some(events);
            }
            next = self.inner.wait(Some(now));
        }
    }
}

fn fields(event: &Event) -> Fields {
    let (mut error, mut retry_after, mut status, mut targets, mut message) = (None, None, None, Vec::new(), None);
    match event.kind() {
        EventKind::Failed { error: text, retry_after: wait } => {
            error = Some(text.clone());
            retry_after = wait.map(|wait| wait.as_secs_f64());
        }
        EventKind::GroupEnded { state } => status = Some(state.to_string()),
        EventKind::RunEnded { status: how } => status = Some(how.to_string()),
        EventKind::Jump { targets: ids } | EventKind::Add { targets: ids } => targets.clone_from(ids),
        EventKind::Terminate { message: said } | EventKind::Cancel { message: said } => message = Some(said.clone()),
        _ => {}
    }
    let id = event.task_id().map(str::to_owned);
    let (kind, at) = (event.kind().name(), event.at().as_secs_f64());
    let (iteration, attempt) = (event.iteration(), event.attempt());
    (event.to_string(), kind, at, id, iteration, attempt, error, retry_after, status, targets, message)
}
