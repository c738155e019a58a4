use std::{fmt, sync::Arc, time::Duration};

use taskloom_core::{Argument, Mapping, Options, Place, RetryPolicy};

use super::{Arg, Composed, Definition, Each, HasOutput};
use crate::{BuildError, Fragment, IntoFragment, next_task::Next};

/// An instance of a task, as every type made by `#[task]` is one.
///
/// The type's inherent methods are `task_id` and its parameters; everything else is here, so that a
/// parameter may have any name: `Instance::id(&task)` works whatever they are called.
pub trait Instance: HasOutput + IntoFragment + Sized {
    /// What [`run`](Self::run) gives: `Result<Output>` for a plain function, a future of that for an `async fn`.
    type Running;

    #[doc(hidden)]
    fn builder_mut(&mut self) -> &mut Builder;

    /// Runs the function here and now with what is bound, for tests: without a workflow, an engine or anything that is
    /// left behind. A plain function has run when this returns; of an `async fn` it gives the future, to be awaited.
    ///
    /// A context that the function takes is one of its own: nobody else sees its channel, there are no other tasks, and
    /// what is asked for has no effect. Timeouts and retries are the engine's, so there are none here. A panic passes on.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch(city: &str, #[default(7)] days: u32) -> String {
    ///     format!("{city}, {days} days")
    /// }
    /// #[task]
    /// async fn count(text: String) -> usize {
    ///     text.len()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> taskloom::Result<()> {
    /// assert_eq!(fetch::task().city("Tokyo").run()?, "Tokyo, 7 days");
    /// assert_eq!(count::task().text("Tokyo").run().await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Binding`](crate::ErrorKind::Binding) if a parameter is open and has no default, or is bound to
    /// what other tasks give, which only a run has; of kind [`ErrorKind::TaskFailed`](crate::ErrorKind::TaskFailed), with the
    /// function's own error as its source, if it failed.
    fn run(&self) -> Self::Running;

    /// The task id. Without a given one the instance names itself, `<definition id>_<8 hex digits>`, when
    /// the id is first needed: here, or when it is added to a workflow.
    fn id(&self) -> &str {
        self.builder().instance.id()
    }

    /// Overrides options of the definition for this instance alone.
    ///
    /// ```
    /// use taskloom::prelude::*;
    /// # #[task]
    /// # fn fetch(city: String) -> String { city }
    /// let tokyo = fetch::task().city("Tokyo").with_options(|options| options.max_retries(3));
    /// ```
    #[must_use]
    fn with_options(mut self, change: impl FnOnce(TaskOptions) -> TaskOptions) -> Self {
        self.builder_mut().change_options(change);
        self
    }
}

/// When a task runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunWhen {
    /// Once all that leads to it has ended, if something of that succeeded.
    #[default]
    Success,
    /// Once all that leads to it has ended or can no longer run, also in a run that has failed or was cancelled: a
    /// clean-up. Its own failure does not change how the run ends.
    Always,
}

/// The options of one instance; see [`Instance::with_options`].
#[derive(Clone, Debug)]
pub struct TaskOptions(Options);

impl TaskOptions {
    /// How many further attempts a failed execution gets; by default none.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.0.retry.max_retries = retries;
        self
    }

    /// Which further attempts a failed execution gets, and after which waits.
    ///
    /// ```
    /// use std::time::Duration;
    /// use taskloom::{RetryPolicy, prelude::*};
    /// # #[task]
    /// # fn fetch(city: String) -> String { city }
    /// let patient = RetryPolicy::exponential(5).max_interval(Duration::from_secs(10)).jitter(true);
    /// let tokyo = fetch::task().city("Tokyo").with_options(|options| options.retry_policy(patient));
    /// ```
    #[must_use]
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.0.retry = policy;
        self
    }

    /// How long an attempt may take. An async task that takes longer is dropped. A plain function cannot be
    /// stopped: it is abandoned, which means that its result does not count, its context says that it is
    /// cancelled, and another thread takes its place.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// How often the task may be executed in one run, in loops, by jumps and iterations; by default 100 times.
    #[must_use]
    pub fn max_cycles(mut self, cycles: u32) -> Self {
        self.0.max_cycles = Some(cycles);
        self
    }

    /// When the task runs; by default once its predecessors have succeeded.
    #[must_use]
    pub fn run_when(mut self, when: RunWhen) -> Self {
        self.0.always = when == RunWhen::Always;
        self
    }
}

/// The instance inside of a type made by `#[task]`.
pub struct Builder {
    pub(crate) instance: taskloom_core::Instance,
    /// Whether this is a clone. To change it makes another instance, derived from the first, so the id
    /// does not carry over (rule I-7).
    cloned: bool,
    /// The first argument that is none, kept until somebody plans a workflow with the instance.
    mistake: Option<BuildError>,
}

impl Builder {
    /// Begins an instance at the caller's line.
    #[track_caller]
    pub fn new(definition: &Definition) -> Self {
        Self {
            instance: taskloom_core::Instance::new(definition.0.definition().clone(), Place::caller()),
            cloned: false,
            mistake: None,
        }
    }

    /// Names the instance.
    pub fn task_id(&mut self, id: impl Into<String>) {
        self.cloned = false;
        self.instance.set_task_id(id.into());
    }

    /// Binds a parameter.
    pub fn bind<T>(&mut self, parameter: usize, argument: Arg<T>) {
        self.bind_argument(parameter, argument.argument);
    }

    pub(super) fn bind_argument(&mut self, parameter: usize, argument: Composed<Argument>) {
        if std::mem::take(&mut self.cloned) {
            self.instance.derive();
        }
        match argument {
            Ok(argument) => self.instance.bind(parameter, argument),
            Err(mistake) => self.mistaken(mistake),
        }
    }

    /// There is a mistake in the arguments; the first one is told.
    pub(super) fn mistaken(&mut self, mistake: BuildError) {
        self.mistake.get_or_insert(mistake);
    }

    pub(super) fn change_options(&mut self, change: impl FnOnce(TaskOptions) -> TaskOptions) {
        let options = change(TaskOptions(self.instance.options().clone()));
        self.instance.set_options(options.0);
    }

    pub(super) fn set_mapping(&mut self, mapping: Mapping) {
        let options = Options { map: Some(Arc::new(mapping)), ..self.instance.options().clone() };
        self.instance.set_options(options);
    }

    /// The instance, unless there is a mistake in its arguments.
    pub(crate) fn checked(&self) -> Composed<&taskloom_core::Instance> {
        match &self.mistake {
            Some(mistake) => Err(mistake.clone()),
            None => Ok(&self.instance),
        }
    }

    /// The output of the instance, as an argument of a map that all its executions take.
    pub fn same<T>(&self) -> Each<T> {
        Each::same(self.output())
    }

    /// The output of the instance, as a list that a map goes over.
    pub fn each<T: Clone + Send + Sync + 'static>(&self) -> Each<T> {
        Each::list(self.checked().cloned().map(Argument::Output))
    }

    /// The output of the instance, as an argument.
    pub fn output<T>(&self) -> Arg<T> {
        Arg::composed(self.checked().cloned().map(Argument::Output))
    }

    /// The instance as a task to go on at.
    pub fn next(&self) -> Next {
        Next::Instance(self.checked().cloned())
    }

    /// The instance as an operand.
    pub fn fragment(&self) -> Fragment {
        Fragment(self.checked().map(Into::into))
    }
}

impl Clone for Builder {
    fn clone(&self) -> Self {
        Self { instance: self.instance.clone(), cloned: true, mistake: self.mistake.clone() }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instance.fmt(f)
    }
}
