use std::{fmt, time::Duration};

use taskloom_core::{Argument, Options, Place, RetryPolicy};

use super::{Arg, Definition};
use crate::{Fragment, IntoFragment, next_task::Next};

/// An instance of a task, as every type made by `#[task]` is one.
///
/// The type's inherent methods are `task_id` and its parameters; everything else is here, so that a
/// parameter may have any name: `Instance::id(&task)` works whatever they are called.
pub trait Instance: IntoFragment + Sized {
    /// What the task's function returns; of a `Result`, what is in its `Ok`.
    type Output: Send + Sync + 'static;

    #[doc(hidden)]
    fn builder(&self) -> &Builder;

    #[doc(hidden)]
    fn builder_mut(&mut self) -> &mut Builder;

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
        let builder = self.builder_mut();
        let options = change(TaskOptions(builder.instance.options().clone()));
        builder.instance.set_options(options.0);
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
}

impl Builder {
    /// Begins an instance at the caller's line.
    #[track_caller]
    pub fn new(definition: &Definition) -> Self {
        Self {
            instance: taskloom_core::Instance::new(definition.0.definition().clone(), Place::caller()),
            cloned: false,
        }
    }

    /// Names the instance.
    pub fn task_id(&mut self, id: impl Into<String>) {
        self.cloned = false;
        self.instance.set_task_id(id.into());
    }

    /// Binds a parameter.
    pub fn bind<T>(&mut self, parameter: usize, argument: Arg<T>) {
        if std::mem::take(&mut self.cloned) {
            self.instance.derive();
        }
        self.instance.bind(parameter, argument.argument);
    }

    /// The output of the instance, as an argument.
    pub fn output<T>(&self) -> Arg<T> {
        Arg::new(Argument::Output(self.instance.clone()))
    }

    /// The instance as a task to go on at.
    pub fn next(&self) -> Next {
        Next::Instance(self.instance.clone())
    }

    /// The instance as an operand.
    pub fn fragment(&self) -> Fragment {
        Fragment::from(self.instance.clone())
    }
}

impl Clone for Builder {
    fn clone(&self) -> Self {
        Self { instance: self.instance.clone(), cloned: true }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instance.fmt(f)
    }
}
