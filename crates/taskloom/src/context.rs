use std::{fmt, sync::Arc};

use taskloom_core::{NodeId, Plan};

/// What a task's body can know about its own execution.
///
/// A parameter of this type is injected: `ctx: &Context` in a plain function, `ctx: Context` in an async
/// one. It is no parameter of the instance.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn whoami(ctx: &Context) -> String {
///     format!("{} at attempt {}", ctx.task_id(), ctx.attempt())
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let run = Workflow::new("w").add(whoami::task().task_id("me")).execute().blocking()?;
/// assert_eq!(run.value::<String>()?, "me at attempt 1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Context {
    plan: Arc<Plan>,
    node: NodeId,
    attempt: u32,
}

impl Context {
    pub(crate) fn new(plan: Arc<Plan>, node: NodeId, attempt: u32) -> Self {
        Self { plan, node, attempt }
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
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("task_id", &self.task_id())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
