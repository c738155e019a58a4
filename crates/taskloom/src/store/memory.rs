//! A journal without a file.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{Answer, Entry, Journal, RunStatus};
use crate::{Error, ErrorKind, Result};

/// A run's journal in memory, for tests of what drives runs.
#[derive(Debug)]
pub struct MemoryJournal {
    run: Arc<Mutex<MemoryRun>>,
    epoch: u64,
}

#[derive(Debug, Default)]
struct MemoryRun {
    epoch: u64,
    entries: Vec<Entry>,
    answers: Vec<Answer>,
    status: Option<RunStatus>,
}

impl MemoryJournal {
    /// The journal of a new run.
    #[expect(clippy::new_without_default, reason = "a journal is made on purpose")]
    pub fn new() -> Self {
        Self { run: Arc::default(), epoch: 0 }
    }

    /// The same run as another owner has it, who takes it over.
    #[must_use]
    pub fn take_over(&self) -> Self {
        let mut run = self.run.lock();
        run.epoch += 1;
        Self { run: self.run.clone(), epoch: run.epoch }
    }

    /// How far the run is, as was said last.
    pub fn status(&self) -> Option<RunStatus> {
        self.run.lock().status
    }

    /// Answers a question of the run.
    pub fn answer(&self, answer: Answer) {
        self.run.lock().answers.push(answer);
    }
}

impl Journal for MemoryJournal {
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()> {
        let mut run = self.run.lock();
        if run.epoch != self.epoch {
            return Err(Error::new(ErrorKind::RunLost, "the run is another owner's by now"));
        }
        run.entries.extend(entries.iter().map(|entry| Entry { asks: None, ..entry.clone() }));
        run.status = status.or(run.status);
        Ok(())
    }

    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        // Not under the lock: whoever reads may do as it likes.
        let entries = self.run.lock().entries.clone();
        entries.into_iter().try_for_each(each)
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        Ok(self.run.lock().answers.clone())
    }
}
