mod channel;
mod display;
mod group_output;
mod record;

use std::{any::type_name, fmt, sync::Arc};

use taskloom_core::{Kind, NodeId, Outcome, RunPlan, Value, nearest};

pub use channel::FinalChannel;
pub use group_output::GroupOutput;
pub use record::TaskRecord;

use crate::{
    Error, ErrorKind, HasOutput, Result,
    engine::{Engine, Record},
};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Everything that was to run did.
    Succeeded,
    /// A task ended it, as a success.
    Terminated,
    /// A task or a group failed, or a limit was reached.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It waits for answers or for time, and goes on when it is executed again.
    Suspended,
}

impl From<Outcome> for Status {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Terminated(_) => Self::Terminated,
            Outcome::Failed(_) | Outcome::CycleLimit(_) | Outcome::StepLimit(_) => Self::Failed,
            Outcome::Cancelled | Outcome::CancelledBy(_) => Self::Cancelled,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Succeeded => "succeeded",
            Self::Terminated => "terminated",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Suspended => "suspended",
        })
    }
}

/// The record of a run that has ended. It displays itself as a summary, and is cheap to clone.
#[derive(Clone)]
pub struct Run(Arc<Record>);

impl Run {
    /// The run, or what kept it from succeeding.
    pub(crate) fn finish(engine: &Arc<Engine>) -> Result<Self> {
        let run = Self(Arc::new(engine.take_record()));
        if let Some(error) = run.0.journal_lost() {
            return Err(run.lost(error));
        }
        if run.0.is_suspended() {
            return Err(run.suspended());
        }
        match run.0.outcome() {
            Outcome::Succeeded | Outcome::Terminated(_) => Ok(run),
            Outcome::Failed(node) => Err(run.failed(node)),
            Outcome::Cancelled => {
                let kind = if run.0.is_timed_out() { ErrorKind::RunTimeout } else { ErrorKind::RunCancelled };
                Err(Error::new(kind, run.0.describe_cancellation()).of(run))
            }
            Outcome::CancelledBy(node) => Err(run.ended_by(ErrorKind::RunCancelled, node)),
            Outcome::CycleLimit(node) => Err(run.ended_by(ErrorKind::CycleLimitExceeded, node)),
            Outcome::StepLimit(node) => Err(run.ended_by(ErrorKind::StepLimitExceeded, node)),
        }
    }

    /// The run could not be written any more.
    fn lost(&self, error: &Arc<dyn std::error::Error + Send + Sync>) -> Error {
        let kind = error.downcast_ref::<Error>().map_or(ErrorKind::StoreFailed, Error::kind);
        let message = format!("run of `{}` cannot go on, since it cannot be written: {error}", self.workflow());
        Error::new(kind, message).cause(Some(error.clone())).of(self.clone())
    }

    fn suspended(self) -> Error {
        Error::new(ErrorKind::RunSuspended, self.0.describe_rest()).of(self)
    }

    fn ended_by(self, kind: ErrorKind, node: NodeId) -> Error {
        Error::new(kind, self.0.describe_end(node)).task(self.0.plan().id(node)).of(self.clone())
    }

    fn failed(self, node: NodeId) -> Error {
        let plan = self.0.plan();
        let kind = match plan.kind(node) {
            Kind::Task if self.0.is_judged_map(node) => ErrorKind::ParallelGroup,
            Kind::Task if plan.task(node).options().retry.max_retries > 0 => ErrorKind::RetryLimitExceeded,
            Kind::Task => ErrorKind::TaskFailed,
            Kind::Entry(_) | Kind::Exit(_) => ErrorKind::ParallelGroup,
        };
        let cause = self.0.cause(node);
        Error::new(kind, self.0.describe_run_failure(node))
            .task(plan.id(self.0.culprit(node)))
            .cause(cause.map(|failure| failure.error.clone()))
            .of(self.clone())
    }

    /// The workflow's name.
    pub fn workflow(&self) -> &str {
        self.0.plan().name()
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        if self.0.is_suspended() { Status::Suspended } else { self.0.outcome().into() }
    }

    /// A clone of the result of a task, by its id; a group's, by its name, is a [`GroupOutput`].
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if there is no such task, it has no result, or that is no `T`.
    pub fn output<T: Clone + 'static>(&self, id: impl AsRef<str>) -> Result<T> {
        self.typed(self.find(id.as_ref())?)
    }

    /// The result of a task, borrowed.
    ///
    /// # Errors
    ///
    /// As [`output`](Self::output).
    pub fn output_ref<T: 'static>(&self, id: impl AsRef<str>) -> Result<&T> {
        let node = self.find(id.as_ref())?;
        let value = self.0.task_value(node).ok_or_else(|| self.no_result(node))?;
        value.downcast_ref().ok_or_else(|| self.wrong_type::<T>(node))
    }

    /// A clone of the result of an instance, whatever its id is here.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if the instance is not of this workflow or has no result.
    pub fn output_of<I: HasOutput>(&self, instance: &I) -> Result<I::Output>
    where
        I::Output: Clone,
    {
        match self.0.plan().node_of(&instance.builder().instance) {
            Some(node) => self.typed(node),
            None => Err(self.not_one(&instance.builder().instance)),
        }
    }

    /// All results that are of type `T`, with their tasks' ids, in the order in which the tasks succeeded.
    pub fn outputs<T: 'static>(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.order().iter().filter_map(|&node| {
            let value = self.0.task_value(node)?.downcast_ref()?;
            Some((self.0.plan().id(node), value))
        })
    }

    /// A clone of the run's value: that of the last task or group, in the order of composition, that nothing
    /// follows and that succeeded. A group's is a [`GroupOutput`].
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if nothing succeeded or the value is no `T`.
    pub fn value<T: Clone + 'static>(&self) -> Result<T> {
        match self.0.value_node() {
            Some(node) => self.typed(node),
            None => Err(Error::new(ErrorKind::Output, "the run has no value: no task that nothing follows succeeded")),
        }
    }

    /// What is known of a task, or `None` if the workflow has no such task.
    pub fn task(&self, id: impl AsRef<str>) -> Option<TaskRecord<'_>> {
        let node = self.0.plan().find(id.as_ref()).filter(|&node| self.0.plan().is_task(node))?;
        Some(TaskRecord::new(&self.0, node))
    }

    /// What is known of every task, in the order of composition; those that the run added follow.
    pub fn tasks(&self) -> impl Iterator<Item = TaskRecord<'_>> {
        self.0.plan().tasks().map(|node| TaskRecord::new(&self.0, node))
    }

    /// What the task said that terminated or cancelled the run.
    pub fn message(&self) -> Option<&str> {
        self.0.message()
    }

    /// The ids of the tasks whose plain functions outran their timeout, or the grace time after they were told to end,
    /// and were abandoned, once for each attempt; their threads may still be running.
    pub fn abandoned(&self) -> impl Iterator<Item = &str> {
        self.0.abandoned().iter().map(|&node| self.0.plan().id(node))
    }

    /// What the run's channel held in the end.
    pub fn channel(&self) -> FinalChannel<'_> {
        FinalChannel::new(self.0.channel())
    }

    /// How long the run took.
    pub fn duration(&self) -> std::time::Duration {
        self.0.took()
    }

    /// The run as a picture in SVG: the workflow, with each task's state and how long its last attempt took.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn fetch() -> i64 {
    ///     1
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let run = Workflow::new("weather").add(fetch::definition()).execute().blocking()?;
    /// assert!(run.to_svg().contains(">succeeded in "));
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_svg(&self) -> String {
        self.0.to_svg()
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn questions(&self) -> &[crate::OpenQuestion] {
        self.0.questions()
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn stored_id(&self) -> Option<&str> {
        self.0.stored_id()
    }

    fn find(&self, id: &str) -> Result<NodeId> {
        self.0.plan().find(id).ok_or_else(|| unknown(self.0.plan(), id))
    }

    fn typed<T: Clone + 'static>(&self, node: NodeId) -> Result<T> {
        let value: Value = self.0.value_of(node).ok_or_else(|| self.no_result(node))?;
        value.downcast_ref::<T>().cloned().ok_or_else(|| self.wrong_type::<T>(node))
    }

    /// An instance that is no task of the workflow, or several.
    fn not_one(&self, instance: &taskloom_core::Instance) -> Error {
        let plan = self.0.plan();
        let copies: Vec<String> = plan.copied_ids(instance).map(|id| format!("`{id}`")).collect();
        if copies.is_empty() {
            return unknown(plan, instance.id());
        }
        let (id, copies) = (instance.id(), copies.join(" and as "));
        let message = format!(
            "`{id}` is in workflow `{}` as {copies}\n  hint: ask for the output by one of these ids",
            plan.name()
        );
        Error::new(ErrorKind::Output, message).task(id)
    }

    fn no_result(&self, node: NodeId) -> Error {
        let id = self.0.plan().id(node);
        Error::new(ErrorKind::Output, format!("`{id}` has no result: it ended as {}", self.0.state(node))).task(id)
    }

    fn wrong_type<T>(&self, node: NodeId) -> Error {
        let plan = self.0.plan();
        let id = plan.id(node);
        let made_by = match plan.kind(node) {
            Kind::Task => format!(
                "see what `{}` returns, at {}",
                plan.task(node).definition().id(),
                plan.task(node).definition().place()
            ),
            Kind::Entry(_) | Kind::Exit(_) => "a group's is a `GroupOutput`".to_owned(),
        };
        let message = format!("the result of `{id}` is no `{}`\n  hint: {made_by}", type_name::<T>());
        Error::new(ErrorKind::Output, message).task(id)
    }
}

/// There is no such task or group; perhaps a similar one was meant.
pub(crate) fn unknown(plan: &RunPlan, id: &str) -> Error {
    let close: Vec<String> = nearest(id, plan.ids()).into_iter().map(|id| format!("`{id}`")).collect();
    let hint = if close.is_empty() { String::new() } else { format!("\n  hint: did you mean {}?", close.join(" or ")) };
    Error::new(ErrorKind::Output, format!("workflow `{}` has no task or group `{id}`{hint}", plan.name())).task(id)
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("workflow", &self.workflow())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
