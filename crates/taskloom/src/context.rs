use std::{
    fmt,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use taskloom_core::{NodeId, Options, Plan};

use crate::{
    Channel, Error, ErrorKind, Result,
    engine::{Asks, AttemptChannel, Engine, Execution, Job},
};

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
    plan: Arc<Plan>,
    // The run keeps the errors of its tasks, which may keep this.
    engine: Weak<Engine>,
    node: NodeId,
    execution: Execution,
    iteration: u32,
    attempt: u32,
    asks: Arc<Mutex<Asks>>,
    channel: AttemptChannel,
}

impl Context {
    pub(crate) fn new(engine: &Arc<Engine>, job: &Job) -> Self {
        Self {
            plan: engine.plan().clone(),
            engine: Arc::downgrade(engine),
            node: job.node,
            execution: job.execution(),
            iteration: job.iteration,
            attempt: job.attempt,
            asks: job.asks().clone(),
            channel: engine.attempt_channel(job),
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

    /// Goes on at another task of the run, or at this one, when this attempt succeeds. What follows this task in the
    /// composition is skipped, unless the target lies before it; a target that has ended runs again, and so does
    /// what follows it.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if the workflow has no such task; of kind [`ErrorKind::AttemptEnded`] if this attempt
    /// has outrun its time.
    pub fn goto(&self, task_id: impl AsRef<str>) -> Result<()> {
        self.under_way()?;
        let target = self.find(task_id.as_ref())?;
        let mut asks = self.asks.lock();
        if !asks.jumps.contains(&target) {
            asks.jumps.push(target);
        }
        Ok(())
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
        let id = self.task_id();
        let message = format!("an attempt of `{id}` that has ended used its context");
        Err(Error::new(ErrorKind::AttemptEnded, message).task(id))
    }

    fn find(&self, id: &str) -> Result<NodeId> {
        let node = self.plan.find(id).filter(|&node| self.plan.is_task(node) && self.plan.includes(node));
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
