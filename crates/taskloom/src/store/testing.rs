//! For tests of what becomes of a run whose process dies.

use std::sync::Arc;

use super::{Journal, Store};
use crate::{Error, ErrorKind, Result};

/// Puts something between a run and its journal.
pub type Wrapping = Arc<dyn Fn(Arc<dyn Journal>) -> Arc<dyn Journal> + Send + Sync>;

impl Store {
    /// A store whose runs are written through what `wrapping` gives.
    #[doc(hidden)]
    #[must_use]
    pub fn __wrap(mut self, wrapping: impl Fn(Arc<dyn Journal>) -> Arc<dyn Journal> + Send + Sync + 'static) -> Self {
        self.wrapping = Some(Arc::new(wrapping));
        self
    }

    pub(crate) fn wrapped(&self, journal: Arc<dyn Journal>) -> Arc<dyn Journal> {
        match &self.wrapping {
            Some(wrapping) => wrapping(journal),
            None => journal,
        }
    }

    /// Makes the run `copy`: what `run` would be if its process had died once the first `entries` were written.
    #[doc(hidden)]
    pub fn __copy(&self, run: &str, entries: usize, copy: &str) -> Result<()> {
        let entries = i64::try_from(entries).unwrap_or(i64::MAX);
        self.write(|connection| {
            let made = connection.execute(
                "INSERT INTO runs (id, workflow, fingerprint, options, begun, changed, status, seen, epoch, taken, owner)
                 SELECT ?2, workflow, fingerprint, options, begun, changed,
                     iif(?3 < (SELECT count(*) FROM entries WHERE run = number), 'running', status), 0, 1, 0, owner
                 FROM runs WHERE id = ?1",
                (run, copy, entries),
            )?;
            if made == 0 {
                return Err(Error::new(ErrorKind::RunNotFound, format!("there is no run `{run}`")).into());
            }
            connection.execute(
                "INSERT INTO entries (place, at, kind, node, body, value, large)
                 SELECT (SELECT number FROM runs WHERE id = ?2) << 32 | seq, at, kind, node, body, value, large
                 FROM entries JOIN runs ON run = number WHERE id = ?1 AND seq < ?3 ORDER BY seq",
                (run, copy, entries),
            )?;
            Ok(())
        })
    }
}
