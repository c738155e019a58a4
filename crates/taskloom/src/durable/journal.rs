use std::{collections::HashSet, sync::Arc, time::SystemTime};

use super::text;
use crate::{
    Status,
    engine::durable::{BoxError, Entry, Happened, Journal},
    store::{self, RunStatus},
};

/// The journal of a run in a store, as the engine writes it.
pub(super) struct StoreJournal {
    pub(super) run: Arc<dyn store::Journal>,
    /// When the run began.
    pub(super) begun: SystemTime,
}

impl Journal for StoreJournal {
    fn append(&self, entries: &[Entry]) -> Result<(), BoxError> {
        let texts = entries.iter().map(text::write).collect::<Result<Vec<_>, _>>()?;
        let status = entries.iter().rev().find_map(|entry| self.status(&entry.what));
        Ok(self.run.append(&texts, status)?)
    }

    fn answers(&self, ids: &[String]) -> Result<Vec<(String, String)>, BoxError> {
        let ids: HashSet<&String> = ids.iter().collect();
        let answers = self.run.answers()?.into_iter().map(|answer| (answer.id, answer.value));
        Ok(answers.filter(|(id, _)| ids.contains(id)).collect())
    }
}

impl StoreJournal {
    /// How far the run is after this.
    fn status(&self, what: &Happened) -> Option<RunStatus> {
        Some(match what {
            // A time beyond the clock's never comes.
            Happened::Rested { due } => RunStatus::Suspended { until: due.and_then(|due| self.begun.checked_add(due)) },
            Happened::Resumed | Happened::Reopened => RunStatus::Running,
            Happened::Finished { status } => RunStatus::Ended(match status.as_str() {
                "terminated" => Status::Terminated,
                "failed" => Status::Failed,
                "cancelled" => Status::Cancelled,
                _ => Status::Succeeded,
            }),
            _ => return None,
        })
    }
}
