use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use taskloom_core::{Outline, Plan};

use super::{Settings, journal::StoreJournal, settings, text};
use crate::{
    Error, ErrorKind, Result,
    codec::canonical,
    engine::{
        Engine,
        durable::{BoxError, Durable, Values},
    },
    store::{Beginning, Journal, OnBusy, OpenRun, Store},
};

/// A run that is to be opened.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Where.
    pub store: &'a Store,
    /// Which.
    pub run_id: &'a str,
    /// What to do if somebody else drives it.
    pub on_busy: OnBusy,
    /// What is run.
    pub plan: &'a Arc<Plan>,
    /// What the call says about the run.
    pub settings: &'a mut Settings,
}

/// A run that was opened, and belongs to this process until the engine is gone.
pub struct Opened {
    run: Arc<dyn Journal>,
    begun: Duration,
    is_owner: bool,
}

impl Opening<'_> {
    /// Opens the run, or begins it. `pause` waits so long, and may give up.
    ///
    /// # Errors
    ///
    /// If somebody else drives it, if it began as another one, or if the store cannot be used.
    pub fn open(self, values: &dyn Values, pause: impl FnMut(Duration) -> Result<()>) -> Result<Opened> {
        let Self { store, run_id, on_busy, plan, settings, .. } = self;
        let outline = plan.outline(|task, parameter, value| {
            let text = values.write_argument(task.definition(), parameter, value).ok()?;
            // Maps that are equal need not have their entries in one order.
            canonical(&text).ok()
        });
        let fingerprint = outline.fingerprint();
        let options = settings.write(values).map_err(|error| encoding(&error))?;
        let now = SystemTime::now();
        let beginning = || Beginning {
            workflow: plan.name().to_owned(),
            fingerprint: fingerprint.clone(),
            plan: outline.text(),
            options: options.clone(),
            at: now.duration_since(UNIX_EPOCH).map_or(0, text::micros),
        };
        let OpenRun { journal, beginning, is_new, .. } = store.open_run_pausing(run_id, on_busy, beginning, pause)?;
        if !is_new {
            if beginning.fingerprint != fingerprint {
                return Err(changed(run_id, &Outline::parse(&beginning.plan), &outline));
            }
            let lines =
                settings::difference(&beginning.options, &options).map_err(|error| unreadable(run_id, error))?;
            if !lines.is_empty() {
                return Err(other_settings(run_id, &lines));
            }
        }
        let is_owner = journal.is_owner();
        Ok(Opened { run: store.wrapped(Arc::new(journal)), is_owner, begun: Duration::from_micros(beginning.at) })
    }
}

impl Opened {
    /// What the engine needs to write the run.
    pub fn durable(&self, values: Box<dyn Values>) -> Durable {
        let begun = UNIX_EPOCH + self.begun;
        // A clock that was set back does not make a run younger than its last entry: the engine sees to that.
        let age = SystemTime::now().duration_since(begun).unwrap_or_default();
        Durable::new(Box::new(StoreJournal { run: self.run.clone(), begun }), values, age).read_only(!self.is_owner)
    }

    /// Tells the engine what has happened in the run. Says whether the run has ended already.
    ///
    /// # Errors
    ///
    /// If the journal does not fit the workflow, or cannot be read.
    pub fn restore(&self, engine: &Arc<Engine>) -> Result<bool> {
        let id = engine.run_id().to_owned();
        engine
            .restore(|each| {
                let mut failure: Option<BoxError> = None;
                let read = self.run.history(&mut |entry| {
                    text::read(entry).and_then(&mut *each).map_err(|error| {
                        failure = Some(error);
                        Error::new(ErrorKind::StoreCorrupted, "")
                    })
                });
                match failure {
                    Some(error) => Err(error),
                    None => Ok(read?),
                }
            })
            .map_err(|error| unreadable(&id, error))
    }
}

fn encoding(error: &BoxError) -> Error {
    Error::new(ErrorKind::Encoding, error.to_string())
}

fn unreadable(run_id: &str, error: BoxError) -> Error {
    match error.downcast::<Error>() {
        // That the store cannot be read is no fault of the program's.
        Ok(error) => *error,
        Err(error) => {
            let text = error.to_string();
            let hint = if text.contains("hint: ") {
                ""
            } else {
                "\n  hint: run the program as it was, or under another run id; `Store::verify` says whether the store is damaged"
            };
            Error::new(ErrorKind::RunChanged, format!("run `{run_id}` cannot be continued: {text}{hint}"))
        }
    }
}

fn changed(run_id: &str, before: &Outline, now: &Outline) -> Error {
    let difference = before.difference(now).to_string().replace('\n', "\n  ");
    let message = format!(
        "run `{run_id}` began with another workflow; - is what it had, + what it has now:\n  {difference}\n  \
         hint: run the program as it was, or under another run id; a value that is new at each start, such as the \
         present time, comes from a task: its result is recorded"
    );
    Error::new(ErrorKind::RunChanged, message)
}

fn other_settings(run_id: &str, lines: &[String]) -> Error {
    let message = format!(
        "run `{run_id}` began with other arguments of `execute`:\n  {}\n  \
         hint: give those with which it began, or use another run id",
        lines.join("\n  ")
    );
    Error::new(ErrorKind::RunChanged, message)
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("begun", &self.begun).finish_non_exhaustive()
    }
}
