use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use taskloom_core::{Outline, Plan};

use super::{
    Settings,
    journal::StoreJournal,
    keep::{self, Terms},
    overrides,
    settings::{self, Kept},
    text,
};
use crate::{
    Error, ErrorKind, Result,
    codec::canonical,
    engine::{
        Engine,
        durable::{BoxError, Durable, Overrides, Values},
    },
    store::{Beginning, Journal, OnBusy, OpenRun, RunJournal, Store},
};

/// What to do about a run that began with another workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnChange {
    /// An error that says what has changed.
    #[default]
    Refuse,
    /// Go on as far as it fits: what has succeeded is kept where neither the task nor anything before it has changed,
    /// and everything else runs again. What is recorded of that is dropped.
    Adapt,
}

/// A run that is to be opened.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Where.
    pub store: &'a Store,
    /// Which.
    pub run_id: &'a str,
    /// What to do if somebody else drives it.
    pub on_busy: OnBusy,
    /// What to do if it began with another workflow.
    pub on_change: OnChange,
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
    overrides: Mutex<Overrides>,
}

impl Opening<'_> {
    /// Opens the run, or begins it. `pause` waits so long, and may give up.
    ///
    /// # Errors
    ///
    /// If somebody else drives it, if it began as another one, or if the store cannot be used.
    pub fn open(self, values: &dyn Values, pause: impl FnMut(Duration) -> Result<()>) -> Result<Opened> {
        let Self { store, run_id, on_busy, on_change, plan, settings } = self;
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
            let before = Outline::parse(&beginning.plan);
            let is_changed = beginning.fingerprint != fingerprint;
            if is_changed && on_change == OnChange::Refuse {
                return Err(changed(run_id, &before, &outline));
            }
            if is_changed && !journal.is_owner() {
                return Err(ended(run_id));
            }
            let lines =
                settings::difference(&beginning.options, &options).map_err(|error| unreadable(run_id, error))?;
            if !lines.is_empty() {
                return Err(other_settings(run_id, &lines));
            }
            if is_changed {
                adapt(run_id, &journal, &before, &outline, settings.start_node.as_deref())?;
            }
        }
        let is_owner = journal.is_owner();
        let overrides = serde_json::from_str(&beginning.options)
            .map_err(BoxError::from)
            .and_then(|kept: Kept| overrides::resolve(&kept.overrides, &outline, plan, values))
            .map_err(|error| unreadable(run_id, error))?;
        Ok(Opened {
            run: store.wrapped(Arc::new(journal)),
            is_owner,
            begun: Duration::from_micros(beginning.at),
            overrides: Mutex::new(overrides),
        })
    }
}

impl Opened {
    /// What the engine needs to write the run.
    pub fn durable(&self, values: Box<dyn Values>) -> Durable {
        let begun = UNIX_EPOCH + self.begun;
        // A clock that was set back does not make a run younger than its last entry: the engine sees to that.
        let age = SystemTime::now().duration_since(begun).unwrap_or_default();
        Durable::new(Box::new(StoreJournal { run: self.run.clone(), begun }), values, age)
            .read_only(!self.is_owner)
            .overriding(std::mem::take(&mut *self.overrides.lock()))
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

/// Makes a run one of another workflow, with what still holds of it.
fn adapt(run_id: &str, journal: &RunJournal, before: &Outline, now: &Outline, start: Option<&str>) -> Result<()> {
    let mut entries = Vec::new();
    journal.history(&mut |entry| {
        entries.push(entry);
        Ok(())
    })?;
    let mut terms = Terms::adapted(before, now);
    terms.start = start.and_then(|start| before.node(start));
    let kept = keep::keep(before, entries, &terms).map_err(|error| unreadable(run_id, error))?;
    let number = |node| if kept.keeps(node) { kept.numbers.of(node) } else { None };
    journal.replace(&now.fingerprint(), &now.text(), &kept.entries, number)
}

fn ended(run_id: &str) -> Error {
    let message = format!(
        "run `{run_id}` began with another workflow, and has ended: it cannot be adapted
  hint: fork it from the \
         first task that has changed, and execute the fork with the new workflow, adapting it"
    );
    Error::new(ErrorKind::RunChanged, message)
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
