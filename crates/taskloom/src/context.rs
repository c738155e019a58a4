#[cfg(feature = "sqlite")]
mod request;
mod sleep;
mod step;
mod value;
mod wait;

use std::{
    fmt,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use taskloom_core::{NodeId, Options, RunPlan};

use crate::{
    Channel, Error, ErrorKind, Result, TypedChannel,
    engine::{Asks, AttemptChannel, Engine, Execution, Job, Target},
    next_task::{Next, NextTask},
};

#[cfg(feature = "sqlite")]
pub use request::Request;
pub use value::StepValue;
pub(crate) use wait::apart;

/// What a task's body can know about its own execution, and what it can ask for.
///
/// A parameter of this type is injected: `ctx: &Context` in a plain function, `ctx: Context` in an async
/// one. It is no parameter of the instance.
///
/// What is asked for takes effect when the attempt succeeds; that of a failed attempt is dropped. If an
/// attempt asks for more than one thing, cancelling comes before terminating, before a further iteration,
/// before jumps.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn draft(ctx: &Context) -> String {
///     format!("draft {}", ctx.cycle_count())
/// }
///
/// #[task]
/// fn review(ctx: &Context, text: String) -> taskloom::Result<String> {
///     if ctx.cycle_count() < 3 {
///         ctx.goto("draft")?;
///     }
///     Ok(text)
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let flow = draft::task().task_id("draft") >> review::task().task_id("review");
/// let run = Workflow::new("w").add(flow).execute().blocking()?;
/// assert_eq!(run.value::<String>()?, "draft 3");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Context {
    plan: Arc<RunPlan>,
    // The run keeps the errors of its tasks, which may keep this.
    engine: Weak<Engine>,
    node: NodeId,
    execution: Execution,
    iteration: u32,
    attempt: u32,
    asks: Arc<Mutex<Asks>>,
    channel: AttemptChannel,
    /// Whether the function was called without a run: what it asks for has no effect then.
    alone: bool,
}

impl Context {
    pub(crate) fn new(engine: &Arc<Engine>, job: &Job, alone: bool) -> Self {
        Self {
            plan: engine.plan().clone(),
            engine: Arc::downgrade(engine),
            node: job.node,
            execution: job.execution(),
            iteration: job.iteration,
            attempt: job.attempt,
            asks: job.asks().clone(),
            channel: engine.attempt_channel(job),
            alone,
        }
    }

    /// The id of the running task.
    pub fn task_id(&self) -> &str {
        self.plan.id(self.node)
    }

    /// The name of the workflow.
    pub fn workflow(&self) -> &str {
        self.plan.name()
    }

    /// The id of the run; empty once the run is gone.
    pub fn run_id(&self) -> String {
        self.engine.upgrade().map(|engine| engine.run_id().to_owned()).unwrap_or_default()
    }

    /// What tells this execution of the task from all others, in whatever run: the same in each of its attempts, also in
    /// those of another process that goes on with the run. Services that take such a key do not do a thing twice for it.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn charge(ctx: &Context) -> String {
    ///     ctx.idempotency_key()
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let workflow = Workflow::new("shop").add(charge::task().task_id("charge"));
    /// let handle = workflow.execute().start()?;
    /// let run_id = handle.run_id().to_owned();
    /// # let run = tokio::runtime::Runtime::new().expect("a runtime").block_on(handle)?;
    /// # /*
    /// let run = handle.await?;
    /// # */
    /// assert_eq!(run.value::<String>()?, format!("{run_id}/charge/1"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}/{}", self.run_id(), self.task_id(), self.iteration)
    }

    /// The attempt of this execution; the first is 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many attempts of this execution have failed before.
    pub fn retry_count(&self) -> u32 {
        self.attempt - 1
    }

    /// Which execution of the task in this run this is: each pass of a loop, each jump to it and each iteration
    /// adds one. The first is 1.
    pub fn cycle_count(&self) -> u32 {
        self.iteration
    }

    /// How often the task may be executed in one run.
    pub fn max_cycles(&self) -> u32 {
        self.plan.task(self.node).options().max_cycles.unwrap_or(Options::MAX_CYCLES)
    }

    /// Whether the task may be executed once more.
    pub fn can_iterate(&self) -> bool {
        self.iteration < self.max_cycles()
    }

    /// Whether this execution is to end: the run or its group is being cancelled, or its time is over. An async task is dropped at its
    /// next suspension point then; a plain function should look here now and then.
    pub fn cancelled(&self) -> bool {
        self.engine.upgrade().is_none_or(|engine| engine.is_cancelled(self.execution))
    }

    /// A clone of the result that a task of this run has at the moment: its latest success.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if the workflow has no such task, it has no result yet, or that is no `T`; of kind
    /// [`ErrorKind::AttemptEnded`] if this attempt has outrun its time.
    pub fn get_result<T: Clone + 'static>(&self, task_id: impl AsRef<str>) -> Result<T> {
        self.under_way()?;
        let id = task_id.as_ref();
        let node = self.find(id)?;
        let value = self.engine.upgrade().and_then(|engine| engine.result(node));
        let Some(value) = value else {
            return Err(Error::new(ErrorKind::Output, format!("`{id}` has no result yet")).task(id));
        };
        value.downcast_ref::<T>().cloned().ok_or_else(|| {
            let message = format!("the result of `{id}` is no `{}`", std::any::type_name::<T>());
            Error::new(ErrorKind::Output, message).task(id)
        })
    }

    /// The run's channel, as this attempt sees it.
    pub fn channel(&self) -> Channel {
        Channel::new(self.channel.clone(), self.plan.clone())
    }

    /// The run's channel under a schema: which keys there are, and the type of what each holds; see [`TypedChannel`].
    pub fn typed_channel<S>(&self) -> TypedChannel<S> {
        TypedChannel::new(self.channel())
    }

    /// Goes on at another task, or at this one, when this attempt succeeds: at one that the run has, given by its id
    /// or instance, or at a new instance. What follows this task in the composition is skipped, unless the target
    /// lies before it; a target that has ended runs again, and so does what follows it.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if the run has no task of this id; of a new instance, those of
    /// [`next_task`](Self::next_task). Of kind [`ErrorKind::AttemptEnded`] if this attempt has outrun its time.
    pub fn goto(&self, task: impl NextTask) -> Result<()> {
        self.ask_for(task.into_target(), true)
    }

    /// Runs a task when this attempt succeeds. One that the run has is jumped to, as by [`goto`](Self::goto). A new
    /// instance is added to this run, and to no other one, and runs beside what follows this task, which is its
    /// direct predecessor. One that is added from inside a group's branch belongs to that branch.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn page(number: u32) -> u32 {
    ///     number * 10
    /// }
    ///
    /// #[task]
    /// fn index(ctx: &Context) -> taskloom::Result<u32> {
    ///     for number in 1..=3 {
    ///         ctx.next_task(page::task().task_id(format!("page_{number}")).number(number))?;
    ///     }
    ///     Ok(3)
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("w").add(index::task()).execute().blocking()?;
    /// assert_eq!(run.output::<u32>("page_2")?, 20);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if the run has no task of this id. Of a new instance: of kind
    /// [`ErrorKind::DuplicateTask`] if its id is taken, and what else a workflow would refuse it for.
    pub fn next_task(&self, task: impl NextTask) -> Result<()> {
        self.ask_for(task.into_target(), false)
    }

    fn ask_for(&self, task: Next, goto: bool) -> Result<()> {
        self.under_way()?;
        if self.alone {
            return Ok(());
        }
        let target = match task {
            Next::Id(id) => Target::known(&self.plan, self.find(&id)?)?,
            Next::Instance(instance) => Target::new(&self.plan, &instance?, self.node)?,
        };
        Ok(self.asks.lock().run(target, goto)?)
    }

    /// Runs this task again before anything behind it runs, with `data` as its first argument after the context.
    /// It counts as one more of the task's cycles.
    pub fn next_iteration<T: Send + Sync + 'static>(&self, data: T) {
        self.asks.lock().iterate = Some(Arc::new(data));
    }

    /// Ends the run as a success: nothing new starts, what is running may end.
    pub fn terminate_workflow(&self, message: impl Into<String>) {
        self.asks.lock().terminate = Some(message.into());
    }

    /// Cancels the run: it ends with an error of kind [`ErrorKind::RunCancelled`].
    pub fn cancel_workflow(&self, message: impl Into<String>) {
        self.asks.lock().cancel = Some(message.into());
    }

    /// Refuses what an attempt tries that has been abandoned.
    fn under_way(&self) -> Result<()> {
        if self.engine.upgrade().is_some_and(|engine| !engine.is_abandoned(self.execution)) {
            return Ok(());
        }
        Err(self.has_ended())
    }

    fn has_ended(&self) -> Error {
        let id = self.task_id();
        let message = format!("an attempt of `{id}` that has ended used its context");
        Error::new(ErrorKind::AttemptEnded, message).task(id)
    }

    fn find(&self, id: &str) -> Result<NodeId> {
        let node =
            self.plan.find_from(self.node, id).filter(|&node| self.plan.is_task(node) && self.plan.includes(node));
        node.ok_or_else(|| crate::run::unknown(&self.plan, id))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("task_id", &self.task_id())
            .field("iteration", &self.iteration)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
