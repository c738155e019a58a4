//! A new run that keeps what came before some task of another one (rule D-2).

use std::time::SystemTime;

use serde::Serialize;
use taskloom_core::{NodeId, Outline};

use super::{
    fold::Fold,
    keep::{self, Terms},
    overrides::{self, Override},
    settings::{Forked, Kept},
    text,
};
use crate::{
    Error, ErrorKind, Result,
    codec::{self, CodecError},
    engine::{durable::BoxError, new_run_id},
    store::{Beginning, Entry, Store, StoredRun},
};

/// A fork of a run that is to be made.
#[derive(Debug)]
#[must_use = "a fork is made by `create()`"]
pub struct Fork {
    store: Store,
    run_id: String,
    from_task: String,
    new_run_id: Option<String>,
    arguments: Vec<(String, String, Result<String, CodecError>)>,
}

impl Store {
    /// A new run of the same workflow that keeps what has succeeded before this task in another run, with its results
    /// and what it has published in the channel. The task itself and what comes after it run when the new run is
    /// executed, by the program of the other one and with its settings.
    ///
    /// Kept is what has succeeded and rests on nothing that runs again. Tasks on a cycle of edges, maps of which an
    /// element has not succeeded, and tasks to which one jumps that runs again run again too, as does what comes after
    /// them. The other run stays as it is; it may be under way.
    ///
    /// ```
    /// use taskloom::{Store, prelude::*};
    ///
    /// #[task]
    /// fn fetch(city: String) -> String {
    ///     format!("{city} is sunny")
    /// }
    ///
    /// #[task]
    /// fn shout(text: String, mark: String) -> String {
    ///     format!("{text}{mark}")
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// # let directory = tempfile::tempdir().expect("a directory");
    /// # let path = directory.path().join("runs.db");
    /// let store = Store::sqlite(path)?;
    /// let fetched = fetch::task().task_id("fetch").city("Tokyo");
    /// let shouted = shout::task().task_id("shout").text(&fetched).mark("!");
    /// let workflow = Workflow::new("weather").add(&shouted);
    /// workflow.execute().store(&store).run_id("first").blocking()?;
    ///
    /// let fork = store.fork("first", "shout").argument("shout", "mark", "?".to_owned()).create()?;
    /// let run = workflow.execute().store(&store).run_id(fork).blocking()?;
    /// assert_eq!(run.output_of(&shouted)?, "Tokyo is sunny?");
    /// # Ok(())
    /// # }
    /// ```
    pub fn fork(&self, run_id: impl Into<String>, from_task: impl Into<String>) -> Fork {
        Fork {
            store: self.clone(),
            run_id: run_id.into(),
            from_task: from_task.into(),
            new_run_id: None,
            arguments: Vec::new(),
        }
    }
}

impl Fork {
    /// The id of the new run; by default 32 hexadecimal digits.
    pub fn new_run_id(mut self, id: impl Into<String>) -> Self {
        self.new_run_id = Some(id.into());
        self
    }

    /// The value that a task that runs again has for a parameter in the new run, whatever that is bound to. It is
    /// recorded.
    pub fn argument<T: Serialize + Clone + Send + Sync + 'static>(
        self,
        task_id: impl Into<String>,
        parameter: impl Into<String>,
        value: T,
    ) -> Self {
        self.argument_text(task_id.into(), parameter.into(), codec::write(&value))
    }

    /// The same with a value that is JSON text already.
    #[doc(hidden)]
    pub fn argument_json(self, task_id: String, parameter: String, json: String) -> Self {
        self.argument_text(task_id, parameter, Ok(json))
    }

    fn argument_text(mut self, task_id: String, parameter: String, text: Result<String, CodecError>) -> Self {
        self.arguments.push((task_id, parameter, text));
        self
    }

    /// Makes the new run, and gives its id. It waits for somebody to execute it.
    ///
    /// # Errors
    ///
    /// [`RunNotFound`](ErrorKind::RunNotFound) if there is no such run, [`UnknownTask`](ErrorKind::UnknownTask) if it has
    /// no such task, [`Binding`](ErrorKind::Binding) if a task has no such parameter, or would not take its new value
    /// since it is kept; [`InvalidRunId`](ErrorKind::InvalidRunId) if there is a run with the new id;
    /// [`RunChanged`](ErrorKind::RunChanged) if the run cannot be read by this version.
    pub fn create(self) -> Result<String> {
        let Self { store, run_id, from_task, new_run_id: new, arguments } = self;
        let run = store.run(&run_id)?.ok_or_else(|| no_run(&store, &run_id))?;
        let outline = Outline::parse(run.plan());
        let mut entries: Vec<Entry> = Vec::new();
        let mut fold = Fold::new(&outline, run.info().begun);
        run.entries(|entry| {
            entries.push(entry.clone());
            fold.take(entry);
            Ok(())
        })?;
        let tasks = Tasks { outline: &outline, fold: &fold, run_id: &run_id };
        let unreadable =
            |error: BoxError| Error::new(ErrorKind::RunChanged, format!("run `{run_id}` cannot be forked: {error}"));
        let mut options: Kept = serde_json::from_str(run.options()).map_err(|error| unreadable(error.into()))?;

        let mut terms = Terms::same(&outline);
        terms.start = options.start_node.as_deref().and_then(|start| outline.node(start));
        terms.again.insert(tasks.find(&from_task)?);
        let kept = keep::keep(&outline, entries, &terms).map_err(unreadable)?;
        for (task_id, parameter, text) in arguments {
            let node = tasks.find_planned(&task_id)?;
            let new = tasks.argument(&task_id, node, parameter, text, kept.keeps(node))?;
            options.overrides.retain(|other| (&other.task, &other.parameter) != (&new.task, &new.parameter));
            options.overrides.push(new);
        }
        options.forked = Some(Forked { run: run_id.clone(), from: from_task });

        let id = new.unwrap_or_else(new_run_id);
        let begun = SystemTime::now().checked_sub(kept.last).unwrap_or(SystemTime::UNIX_EPOCH);
        let beginning = Beginning {
            workflow: run.info().workflow.clone(),
            fingerprint: run.fingerprint().to_owned(),
            plan: run.plan().to_owned(),
            options: serde_json::to_string(&options).map_err(|error| unreadable(error.into()))?,
            at: begun.duration_since(SystemTime::UNIX_EPOCH).map_or(0, text::micros),
        };
        store.insert_run(&id, beginning, &kept.entries)?;
        Ok(id)
    }
}

fn no_run(store: &Store, id: &str) -> Error {
    let known: Vec<String> = store.runs().map(|runs| runs.into_iter().map(|run| run.id).collect()).unwrap_or_default();
    let hint = overrides::hint(id, &known).unwrap_or_else(|| "`runs()` lists those there are".to_owned());
    Error::new(ErrorKind::RunNotFound, format!("the store {} has no run `{id}`\n  {hint}", store.path().display()))
}

/// The tasks of a run, by their ids.
struct Tasks<'a> {
    outline: &'a Outline,
    fold: &'a Fold,
    run_id: &'a str,
}

impl Tasks<'_> {
    /// A task of the workflow, or one that was added; or a group, by its entry.
    fn find(&self, id: &str) -> Result<NodeId> {
        self.outline.node(id).or_else(|| self.fold.naming.find(id)).ok_or_else(|| self.unknown(id))
    }

    fn find_planned(&self, id: &str) -> Result<NodeId> {
        let node = self.find(id)?;
        if (node as usize) < self.outline.task_count() {
            return Ok(node);
        }
        let message = format!(
            "`{id}` of run `{}` is no task of the workflow itself: a fork gives new arguments to these alone",
            self.run_id
        );
        Err(Error::new(ErrorKind::Binding, message).task(id))
    }

    fn argument(
        &self,
        id: &str,
        node: NodeId,
        parameter: String,
        text: Result<String, CodecError>,
        is_kept: bool,
    ) -> Result<Override> {
        let binding = |message: String| Error::new(ErrorKind::Binding, message).task(id);
        let task = self.fold.naming.name(node);
        let line = self.outline.line(&task).unwrap_or_default();
        overrides::check_parameter(line, &parameter)
            .map_err(|hint| binding(format!("`{id}` has no parameter `{parameter}`\n  {hint}")))?;
        if is_kept {
            let message = format!(
                "`{id}` does not run again, so it does not take another `{parameter}`\n  fork from it, or from a task \
                 before it"
            );
            return Err(binding(message));
        }
        let value = text
            .map_err(BoxError::from)
            .and_then(|text| text::raw(&text))
            .map_err(|error| Error::new(ErrorKind::Encoding, format!("`{parameter}` of `{id}`: {error}")).task(id))?;
        Ok(Override { task, parameter, value })
    }

    fn unknown(&self, id: &str) -> Error {
        let known = self.fold.naming.all();
        let hint = overrides::hint(id, &known).unwrap_or_else(|| "`StoredRun::tasks` lists those there are".to_owned());
        Error::new(ErrorKind::UnknownTask, format!("run `{}` has no task `{id}`\n  {hint}", self.run_id)).task(id)
    }
}

impl StoredRun {
    /// The run that this one is a fork of, and from which task on.
    pub fn forked_from(&self) -> Option<(String, String)> {
        let kept: Kept = serde_json::from_str(self.options()).ok()?;
        kept.forked.map(|Forked { run, from }| (run, from))
    }
}
