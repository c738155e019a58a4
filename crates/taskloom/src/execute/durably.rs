//! Executions whose run is in a store.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use taskloom_core::Plan;
use tokio::task::{JoinError, JoinHandle};

use super::{Execute, RunHandle, host::RustHost, runtime::Runtime};
use crate::{
    Error, ErrorKind, OnBusy, Result, Store,
    codec::Codec,
    durable::{OnChange, Opening, RustValues, Settings},
    engine::{Engine, RunOptions},
};

/// Where a run is kept, if it is.
#[derive(Clone, Default)]
pub(super) struct Durably {
    store: Option<Store>,
    run_id: Option<String>,
    on_busy: OnBusy,
    on_change: OnChange,
    codecs: Vec<Codec>,
    /// Whether nobody waits any more for the run to be opened.
    given_up: Arc<AtomicBool>,
}

impl Durably {
    pub(super) fn is_durable(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn store(&self) -> Option<Store> {
        self.store.clone()
    }

    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

/// A run that was begun. It is cancelled if nobody takes it, since nobody waits for it then.
pub(super) struct Begun(Option<RunHandle>);

impl Begun {
    pub(super) fn take(mut self) -> Option<RunHandle> {
        self.0.take()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.cancel();
        }
    }
}

impl Execute {
    /// Keeps the run in a store: what has happened survives the death of the process, and the same program with the same
    /// [`run_id`](Self::run_id) goes on from there. What has completed is not executed again.
    ///
    /// Results, and what tasks put into the channel, must be types that serde knows.
    ///
    /// ```
    /// use taskloom::{Store, prelude::*};
    ///
    /// #[task]
    /// fn fetch() -> String {
    ///     "sunny".to_owned()
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// # let directory = tempfile::tempdir().expect("a directory");
    /// # let path = directory.path().join("runs.db");
    /// let store = Store::sqlite(path)?;
    /// let workflow = Workflow::new("weather").add(fetch::definition());
    /// for _ in 0..2 {
    ///     // The second time the run has ended already, and this gives what was recorded.
    ///     let run = workflow.execute().store(&store).run_id("nightly").blocking()?;
    ///     assert_eq!(run.value::<String>()?, "sunny");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn store(mut self, store: &Store) -> Self {
        self.durably.store = Some(store.clone());
        self
    }

    /// Which run of the store this is: a new one, or one that is to go on. Without one, each execution is a run of its own.
    pub fn run_id(mut self, id: impl Into<String>) -> Self {
        self.durably.run_id = Some(id.into());
        self
    }

    /// What to do if another process, or another part of this one, drives the run; by default that is an error of kind
    /// [`RunBusy`](ErrorKind::RunBusy).
    pub fn on_busy(mut self, on_busy: OnBusy) -> Self {
        self.durably.on_busy = on_busy;
        self
    }

    /// What to do if the run began with another workflow; by default that is an error of kind
    /// [`RunChanged`](ErrorKind::RunChanged).
    pub fn on_change(mut self, on_change: OnChange) -> Self {
        self.durably.on_change = on_change;
        self
    }

    /// Makes a type known that tasks put into the channel of a durable run. Those of parameters and results are, and
    /// numbers, texts, and lists and options of these.
    pub fn codec<T: Serialize + DeserializeOwned + Send + Sync + 'static>(mut self) -> Self {
        self.durably.codecs.push(Codec::of::<T>());
        self
    }

    /// Opens the run on a thread that may wait for that.
    pub(super) fn open_elsewhere(&self) -> JoinHandle<Result<Begun>> {
        let this = self.again();
        let runtime = Runtime::current();
        Runtime::own().handle().spawn_blocking(move || {
            let (engine, host) = this.prepare(runtime, false)?;
            engine.launch();
            Ok(Begun(Some(this.handle(engine, host, None))))
        })
    }

    /// The same execution, not begun.
    fn again(&self) -> Self {
        Self {
            workflow: self.workflow.clone(),
            start_node: self.start_node.clone(),
            channel: self.channel.clone(),
            recorders: self.recorders.clone(),
            durably: self.durably.clone(),
            under_way: super::UnderWay::NotBegun,
            ..*self
        }
    }

    pub(super) fn engine(&self, plan: Arc<Plan>, options: &RunOptions, host: &Arc<RustHost>) -> Result<Arc<Engine>> {
        let Durably { store, run_id, on_busy, on_change, codecs, given_up } = &self.durably;
        let Some(store) = store else {
            return Ok(self.begin(Engine::new(plan, options, self.channel.clone(), Box::new(host.clone()), None)));
        };
        let values = RustValues::new(&plan, codecs)?;
        let mut settings = Settings {
            start_node: self.start_node.clone(),
            max_concurrency: self.max_concurrency.map(std::num::NonZeroU32::get),
            max_steps: self.max_steps,
            timeout: self.timeout,
            channel: self.channel.clone(),
        };
        let run_id = run_id.clone().unwrap_or_else(crate::engine::new_run_id);
        let opening = Opening {
            store,
            run_id: &run_id,
            on_busy: *on_busy,
            on_change: *on_change,
            plan: &plan,
            settings: &mut settings,
        };
        let opened = opening.open(&values, |wait| pause(given_up, wait))?;
        let durable = opened.durable(Box::new(values));
        let engine = Engine::new(plan, options, settings.channel, Box::new(host.clone()), Some(durable));
        engine.name_run(run_id);
        for recorder in &self.recorders {
            recorder.attach(&engine);
        }
        if !opened.restore(&engine)? {
            engine.begin();
        }
        Ok(engine)
    }
}

fn pause(given_up: &AtomicBool, wait: Duration) -> Result<()> {
    if given_up.load(Ordering::Relaxed) {
        return Err(Error::interrupted());
    }
    thread::sleep(wait);
    Ok(())
}

/// The thread that was to open a run has ended without doing so.
pub(super) fn ended(error: &JoinError) -> Error {
    Error::new(ErrorKind::StoreFailed, format!("the run was not opened: {error}"))
}
