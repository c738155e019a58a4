mod channel;
mod control;
mod events;
mod host;
mod job;
mod judgement;
mod question;
mod values;
mod waiting;
mod worker;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use pyo3::{prelude::*, types::PyDict};
use taskloom::{
    OnBusy, OnChange, Status, Store,
    durable::{Opening, Settings, answer},
    engine::{Engine, RunOptions, new_run_id},
};
use taskloom_core::{Limits, channel::Item};

use crate::{content::content, errors, exit::Inside, record::Record, store::detached, value::wrap, workflow::Plan};
pub(crate) use channel::{Acquire, Channel};
pub(crate) use control::RunControl;
pub(crate) use events::Events;
use host::PyHost;
pub(crate) use job::{AsyncJob, PyFailure};
pub(crate) use question::{OpenQuestion, taken_apart};
use values::PyValues;
pub(crate) use waiting::Waits;
pub(crate) use worker::Worker;

/// A run under way. Its host is a Python object with `start_worker()`, `start_async()` and `finished()`.
#[pyclass(frozen, weakref, module = "taskloom._native")]
pub(crate) struct Execution {
    engine: Arc<Engine>,
    store: Option<Store>,
}

#[pymethods]
impl Execution {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "only one caller, in Python")]
    fn new(
        plan: &Plan,
        host: &Bound<'_, PyAny>,
        channel: &Bound<'_, PyDict>,
        max_concurrency: Option<u32>,
        max_steps: Option<u64>,
        max_workers: u32,
        timeout: Option<f64>,
        grace: f64,
        patience: f64,
        suspend_after: f64,
        start_node: Option<String>,
        durably: Option<Durably<'_>>,
    ) -> PyResult<Self> {
        let py = host.py();
        let channel = channel
            .iter()
            .map(|(key, value)| Ok((key.extract::<String>()?, content(value))))
            .collect::<PyResult<Vec<_>>>()?;
        let options = RunOptions {
            limits: Limits { max_concurrency: max_concurrency.and_then(NonZeroU32::new), max_steps },
            max_workers,
            separate_async: true,
            timeout: timeout.map(seconds),
            grace: seconds(grace),
            patience: seconds(patience),
            suspend_after: seconds(suspend_after),
        };
        let host = Box::new(PyHost::new(host)?);
        let Some(durably) = durably else {
            let engine = Engine::new(plan.core.clone(), &options, channel, host, None);
            return Ok(Self { engine, store: None });
        };
        let settings = Settings { start_node, max_concurrency, max_steps, timeout: timeout.map(seconds), channel };
        let store = Some(durably.store.core.clone());
        let engine = durably.open(py, &plan.core, &options, settings, host)?;
        Ok(Self { engine, store })
    }

    /// Begins the time that the run may take, if that is limited.
    fn begin(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        self.engine.begin();
    }

    /// Calls for whoever is needed first, on behalf of a caller that does not work itself.
    fn launch(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        self.engine.launch();
    }

    /// Says that a thread that the host was to start will not come.
    fn no_worker(&self) {
        self.engine.no_worker();
    }

    /// What a thread that the host has started works with.
    fn worker(&self) -> Worker {
        Worker::new(self.engine.clone(), false)
    }

    /// What the thread that waits for the run works with.
    fn caller(&self) -> Worker {
        Worker::new(self.engine.clone(), true)
    }

    /// The next async task, if one is ready.
    fn take_async(&self, py: Python<'_>) -> Option<AsyncJob> {
        let _inside = Inside::enter(py);
        AsyncJob::take(py, &self.engine)
    }

    /// Cancels the run.
    fn cancel(&self, py: Python<'_>) {
        let _inside = Inside::enter(py);
        self.engine.cancel();
    }

    /// Waits, without working, for at most so many seconds; says whether the run has ended.
    fn wait(&self, py: Python<'_>, seconds: f64) -> bool {
        let inside = Inside::enter(py);
        py.detach(|| {
            let is_finished = self.engine.wait_finished(Duration::from_secs_f64(seconds));
            inside.before_attaching();
            is_finished
        })
    }

    /// The questions that have no answer: each with id, task, key, kind, prompt and options.
    fn questions(&self, py: Python<'_>) -> Vec<OpenQuestion> {
        let _inside = Inside::enter(py);
        self.engine.questions().iter().map(question::taken_apart).collect()
    }

    /// Answers one of them.
    fn answer(&self, py: Python<'_>, id: &str, value: Bound<'_, PyAny>) -> PyResult<()> {
        let text = match self.engine.values() {
            Some(values) => values.write_item(&Item { value: wrap(value), kind: "object".into(), text: None }),
            None => question::written(&value),
        };
        let text = text.map_err(|error| errors::unwritable(py, &*error))?;
        detached(py, || answer(&self.engine, self.store.as_ref(), id, &text))
    }

    /// What happens in the run. To be asked for before it is launched, so that nothing is missed.
    fn listen(&self) -> Events {
        Events::new(taskloom::Events::listen(&self.engine))
    }

    /// The name of the workflow.
    #[getter]
    fn workflow_name(&self) -> &str {
        self.engine.plan().name()
    }

    /// The id of the run.
    #[getter]
    fn run_id(&self) -> &str {
        self.engine.run_id()
    }

    /// How the run ends or has ended, as `Run.status`.
    #[getter]
    fn status(&self) -> String {
        Status::from(self.engine.outcome()).to_string()
    }

    /// Whether the run is kept in a store, so that whoever tells of an end waits for the disk.
    #[getter]
    fn is_durable(&self) -> bool {
        self.engine.is_durable()
    }

    /// Whether the run has ended.
    #[getter]
    fn is_finished(&self) -> bool {
        self.engine.is_finished()
    }

    /// What the run has left behind; it has ended. To be taken once: nothing of it stays here, since it holds
    /// exceptions, these their frames, and these whatever worked for the run.
    fn take_record(&self) -> Record {
        Record::new(self.engine.take_record())
    }
}

/// Where a run is kept.
#[derive(FromPyObject)]
struct Durably<'py> {
    store: PyRef<'py, crate::store::Store>,
    run_id: Option<String>,
    waits: bool,
    adapts: bool,
    codec: Py<PyAny>,
    /// Called now and then while somebody else drives the run; what it raises ends the wait.
    look: Option<Py<PyAny>>,
}

impl Durably<'_> {
    /// Opens the run, and tells the engine what has happened in it.
    fn open(
        self,
        py: Python<'_>,
        plan: &Arc<taskloom_core::Plan>,
        options: &RunOptions,
        mut settings: Settings,
        host: Box<PyHost>,
    ) -> PyResult<Arc<Engine>> {
        let Self { store, run_id, waits, adapts, codec, look } = self;
        let run_id = run_id.unwrap_or_else(new_run_id);
        let store = store.core.clone();
        let on_busy = if waits { OnBusy::Wait } else { OnBusy::Fail };
        let on_change = if adapts { OnChange::Adapt } else { OnChange::Refuse };
        let values = PyValues::new(codec.clone_ref(py));
        // A signal ends the wait for a run that somebody else drives.
        let mut interruption = None;
        let opened = detached(py, || {
            let opening = Opening { store: &store, run_id: &run_id, on_busy, on_change, plan, settings: &mut settings };
            let opened = opening.open(&values, |wait| {
                std::thread::sleep(wait);
                interruption = Python::attach(|py| {
                    py.check_signals()?;
                    look.as_ref().map_or(Ok(()), |look| look.call0(py).map(drop))
                })
                .err();
                match interruption {
                    Some(_) => Err(taskloom::Error::interrupted()),
                    None => Ok(()),
                }
            })?;
            let durable = opened.durable(Box::new(PyValues::new(codec)));
            let engine = Engine::new(plan.clone(), options, settings.channel, host, Some(durable));
            engine.name_run(run_id);
            opened.restore(&engine)?;
            Ok(engine)
        });
        match interruption {
            Some(interruption) => Err(interruption),
            None => opened,
        }
    }
}

/// A time that Python code has looked at; one that is too long never comes.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
