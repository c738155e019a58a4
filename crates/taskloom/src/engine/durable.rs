//! Durable runs: what happens is in a journal before its effect is used (rule D-1).
//!
//! Whoever tells the scheduler of something appends an [`Entry`] to a queue under the same lock, so the order of the
//! journal is that in which the scheduler was told. Effects wait until the entries that they rest on are written: a body
//! is called, the end of the run is told, and a call that publishes something in the channel returns, only after that.
//! Nobody is there to write but those who wait: the first of them takes the whole queue and writes it in one go, and the
//! others wait for it (`Commits`). So a chain hands nothing over, and tasks that end together share one commit.
//!
//! A resume tells the scheduler the same again (`replay`). Attempts that were under way begin anew, as the same attempt.

mod commits;
mod entry;
mod new_options;
mod recorded;
mod reopening;
mod replay;
mod values;
mod written;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use taskloom_core::{NodeId, Value};

pub(super) use commits::Commits;
pub use entry::{Asked, Entry, Goal, Happened, NewArgument, NewOptions, NewTask};
pub use recorded::RecordedError;
pub use values::{BoxError, Values};
pub(super) use written::Written;

use super::{Engine, Job, Role};

/// Where the entries of one run are written.
pub trait Journal: Send + Sync {
    /// Writes these, all or none, behind what was written before. Whatever the journal promises to survive, they do once
    /// this has returned.
    ///
    /// # Errors
    ///
    /// If they could not be written; nothing more will be then.
    fn append(&self, entries: &[Entry]) -> Result<(), BoxError>;

    /// Those of these questions that were answered, each with the answer as text.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    fn answers(&self, ids: &[String]) -> Result<Vec<(String, String)>, BoxError>;
}

/// What makes a run durable.
pub struct Durable {
    pub(super) commits: Arc<Commits>,
    /// How values are written.
    pub values: Box<dyn Values>,
    /// How long ago the run began, when this process took it up.
    begun: Duration,
    /// By how many nanoseconds the clock was set back since the run's last entry.
    set_back: AtomicU64,
    /// Whether the run belongs to somebody else, or to nobody, and is only read.
    is_read: bool,
    /// Until the engine has them.
    pub(super) overrides: Overrides,
}

/// Values that one run has for parameters of tasks, whatever these are bound to (rule D-2).
pub type Overrides = HashMap<NodeId, Vec<(usize, Value)>>;

impl Durable {
    /// A run that is written to `journal`, and began so long ago.
    pub fn new(journal: Box<dyn Journal>, values: Box<dyn Values>, begun: Duration) -> Self {
        Self {
            commits: Arc::new(Commits::new(journal)),
            values,
            begun,
            set_back: AtomicU64::new(0),
            is_read: false,
            overrides: Overrides::default(),
        }
    }

    /// The same with values for parameters.
    #[must_use]
    pub fn overriding(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// A run that has ended, and is only read.
    #[must_use]
    pub fn read_only(mut self, is_read: bool) -> Self {
        self.is_read = is_read;
        self
    }

    /// How long ago the run began, when this process took it up: as its entries have it, if the clock says less.
    pub(super) fn age(&self) -> Duration {
        self.begun + Duration::from_nanos(self.set_back.load(Ordering::Relaxed))
    }

    fn is_at_least(&self, now: Duration, last: Duration) {
        let behind = last.saturating_sub(now);
        self.set_back.fetch_add(u64::try_from(behind.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Engine {
    /// Whether the run is written to a journal.
    #[inline]
    pub fn is_durable(&self) -> bool {
        self.durable.is_some()
    }

    /// How values are written, in a durable run.
    pub fn values(&self) -> Option<&dyn Values> {
        self.durable.as_ref().map(|durable| &*durable.values)
    }

    /// Gives a job on once everything that it rests on is written.
    #[inline]
    pub(super) fn hold(self: &Arc<Self>, next: Option<Job>, role: Role) -> Option<Job> {
        if self.durable.is_some() { self.hold_until_written(next, role) } else { next }
    }

    #[cold]
    fn hold_until_written(self: &Arc<Self>, next: Option<Job>, role: Role) -> Option<Job> {
        let rests = next.as_ref().map(|job| job.rests_on);
        if rests.is_some_and(|rests| self.runs_ahead(rests)) || self.write() {
            return next;
        }
        // It has not begun, and nothing of it will be known.
        let job = next?;
        let next = self.visit(|shared, now| {
            // The run may have been cancelled meanwhile, and its grace time be over.
            if shared.is_overdue(job.execution()) {
                return shared.come_back(&job, role, now);
            }
            shared.abandon(&job, now);
            shared.take(role, now)
        });
        debug_assert!(next.is_none(), "a run without a journal starts nothing");
        None
    }

    /// Whether a job may begin while what has happened lately, on which it does not rest, is still to be written. That is
    /// done soon, and not put off for a job that may take long.
    fn runs_ahead(&self, rests_on: u64) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.commits.run_ahead(rests_on))
    }

    /// Waits until everything that has happened so far is written; says whether it is. If not, the run ends.
    pub(super) fn write(self: &Arc<Self>) -> bool {
        let Some(Durable { commits, .. }) = &self.durable else { return true };
        let Some(upto) = commits.unwritten() else { return true };
        let mut outcome = Ok(());
        self.host.block(&mut || outcome = commits.write(upto));
        let Err(error) = outcome else { return true };
        commits.close();
        self.visit(|shared, _| shared.lose_journal(error));
        false
    }

    /// The run belongs to nobody from here on.
    fn let_go(&self) {
        if let Some(durable) = &self.durable {
            durable.commits.close();
        }
    }

    /// Writes what is left of a run that has ended, and then tells of its end.
    pub(super) fn seal(self: &Arc<Self>) {
        if self.write() {
            self.let_go();
            self.visit(|shared, _| shared.seal());
        }
    }
}

/// The thread that writes holds on to the run; without its engine nothing more will be written.
impl Drop for Durable {
    fn drop(&mut self) {
        self.commits.close();
    }
}

impl std::fmt::Debug for Durable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durable").field("begun", &self.begun).finish_non_exhaustive()
    }
}
