//! Runs that wait for somebody to execute them again.

use super::{RunInfo, Store, info, micros};
use crate::Result;

/// A run that could go on, if somebody executed it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due {
    /// The run.
    pub run: RunInfo,
    /// Why it could go on.
    pub reason: DueReason,
}

/// Why a run could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DueReason {
    /// The process that drove it is gone.
    Abandoned,
    /// It was suspended, and has had an answer since.
    Answered,
    /// It was suspended until a time that has come.
    Time,
}

impl Store {
    /// The runs that nobody drives and that could go on now: those whose process died, and the suspended ones that
    /// have had an answer, or whose timer is due. Execute them again, with their run ids.
    pub fn due(&self) -> Result<Vec<Due>> {
        let file = self.file()?;
        file.read(|connection| {
            let now = micros::now();
            let which = |condition: &str| info::query(connection, file.lock(), condition, []);
            // Times would not do: an answer may come after its driver has looked, and before it has suspended the run.
            let answered = which(
                "status = 'suspended' AND
                     seen < (SELECT count(*) FROM feedback WHERE run = number AND answered IS NOT NULL)",
            )?;
            let timed = which(&format!("status = 'suspended' AND until <= {now}"))?;
            let running = which("status = 'running'")?;

            let due = |reason| move |run| Due { run, reason };
            let mut all: Vec<Due> = running.into_iter().map(due(DueReason::Abandoned)).collect();
            all.extend(answered.into_iter().map(due(DueReason::Answered)));
            let timed = timed.into_iter().filter(|run| all.iter().all(|other| other.run.id != run.id));
            let timed: Vec<Due> = timed.map(due(DueReason::Time)).collect();
            all.extend(timed);
            all.retain(|due| due.run.owner.is_none());
            Ok(all)
        })
    }
}
