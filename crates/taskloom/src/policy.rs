use std::{any::type_name, error::Error, fmt, sync::Arc};

use taskloom_core::{OwnPolicy, Policy, State};

use crate::engine::Branch;

/// A policy of one's own: says whether a group has succeeded.
///
/// It is asked once all branches have ended, by the thread that ended the last one, which may be one of the async
/// runtime's: it must not block. A group all of whose branches were skipped is skipped without a question.
///
/// ```
/// use taskloom::prelude::*;
///
/// /// The group has succeeded if most branches have.
/// struct Majority;
///
/// impl GroupPolicy for Majority {
///     fn judge(&self, _group: &str, branches: &[BranchRecord]) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
///         let succeeded = branches.iter().filter(|branch| branch.value::<u32>().is_some()).count();
///         Ok(2 * succeeded > branches.len())
///     }
/// }
///
/// #[task]
/// fn replica(works: bool) -> Result<u32, String> {
///     if works { Ok(1) } else { Err("down".into()) }
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let replicas = parallel([true, false, true].map(|works| replica::task().works(works))).policy(Majority);
/// let run = Workflow::new("w").add(replicas).execute().blocking()?;
/// assert_eq!(run.value::<GroupOutput>()?.len(), 2);
/// # Ok(())
/// # }
/// ```
pub trait GroupPolicy: Send + Sync {
    /// Whether the group has succeeded. `branches` are in the order of composition.
    ///
    /// # Errors
    ///
    /// The group fails, with this error as the cause of its own. A panic does the same. Where it gives `false`, the
    /// cause is the first error in the group.
    fn judge(&self, group: &str, branches: &[BranchRecord]) -> Result<bool, Box<dyn Error + Send + Sync>>;

    /// What it is called in errors and drawings; by default the name of its type.
    fn name(&self) -> String {
        let name = type_name::<Self>();
        // What comes before the last `::` outside of type parameters is the path to it.
        let end = name.find('<').unwrap_or(name.len());
        let start = name[..end].rfind("::").map_or(0, |path| path + "::".len());
        name[start..].to_owned()
    }
}

/// How a branch of a group ended, for a [`GroupPolicy`].
pub struct BranchRecord(Branch);

impl BranchRecord {
    pub(crate) fn new(branch: Branch) -> Self {
        Self(branch)
    }

    /// The id of its last task, or the name of the group that it ends in: the key of its value in the group's.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// How it ended: failed, if anything in it has; else as its last task has.
    pub fn state(&self) -> State {
        self.0.state
    }

    /// Its value, if it succeeded with one of this type. That of a group is a [`GroupOutput`](crate::GroupOutput).
    pub fn value<T: 'static>(&self) -> Option<&T> {
        self.0.value.as_ref()?.downcast_ref()
    }

    /// The first error in it, if it failed.
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.0.error.as_ref().map(|failure| &*failure.error)
    }
}

impl fmt::Debug for BranchRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchRecord").field("id", &self.id()).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// What [`Fragment::policy`](crate::Fragment::policy) takes: a [`Policy`] or a [`GroupPolicy`] of one's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no policy of a group",
    label = "neither a `Policy` nor a `GroupPolicy`",
    note = "there are `Policy::Strict`, `Policy::BestEffort`, `Policy::AtLeast(n)`, `Policy::Critical(ids)`, and types of your own that implement `GroupPolicy`"
)]
pub trait IntoPolicy {
    /// The policy as the engine knows it.
    fn into_policy(self) -> Policy;
}

impl IntoPolicy for Policy {
    fn into_policy(self) -> Policy {
        self
    }
}

impl<P: GroupPolicy + 'static> IntoPolicy for P {
    fn into_policy(self) -> Policy {
        let name = self.name();
        Policy::Own(Arc::new(RustPolicy { name, policy: Box::new(self) }))
    }
}

/// A policy that is asked in Rust.
pub(crate) struct RustPolicy {
    name: String,
    pub(crate) policy: Box<dyn GroupPolicy>,
}

impl OwnPolicy for RustPolicy {
    fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for RustPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
