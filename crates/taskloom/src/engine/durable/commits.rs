use std::{error::Error, sync::Arc, time::Duration};

use super::{BoxError, Entry, Happened, Journal};
use crate::engine::sync::{
    Condvar, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

/// Entries on their way into a journal.
pub(in crate::engine) struct Commits {
    /// Until the run has ended: whoever has it, has the run.
    journal: Mutex<Option<Arc<dyn Journal>>>,
    queue: Mutex<Queue>,
    /// Tells those who wait that something was written, or will not be.
    changed: Condvar,
    /// The number of the last entry that somebody has to wait for.
    last: AtomicU64,
    /// How many entries are written.
    written: AtomicU64,
    failed: AtomicBool,
    /// Tells the thread that writes what nobody waits for that there is something.
    ahead: Condvar,
}

/// How many entries may wait to be written while jobs begin that do not rest on them.
const MOST_AHEAD: u64 = 256;

/// How long they wait at most, but for the commit itself.
const SOON: Duration = Duration::from_millis(1);

/// Why nothing can be written any more.
type Lost = Arc<dyn Error + Send + Sync>;

#[derive(Default, PartialEq, Eq)]
enum Writer {
    #[default]
    None,
    Idle,
    Busy,
}

#[derive(Default)]
struct Queue {
    entries: Vec<Entry>,
    appended: u64,
    /// Whether somebody is writing.
    busy: bool,
    error: Option<Lost>,
    /// The thread that writes what nobody waits for.
    writer: Writer,
    is_closed: bool,
}

impl Commits {
    pub(super) fn new(journal: Box<dyn Journal>) -> Self {
        Self {
            journal: Mutex::new(Some(journal.into())),
            queue: Mutex::new(Queue::default()),
            changed: Condvar::new(),
            last: AtomicU64::new(0),
            written: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            ahead: Condvar::new(),
        }
    }

    /// Appends an entry. Nobody has to wait for a start: it goes with what comes next, and without it the attempt begins
    /// anew.
    pub(in crate::engine) fn append(&self, entry: Entry) {
        let is_start = matches!(entry.what, Happened::Started(_));
        let mut queue = self.queue.lock();
        queue.entries.push(entry);
        queue.appended += 1;
        if !is_start {
            self.last.store(queue.appended, Ordering::Release);
        }
    }

    /// Those of these questions that were answered, each with the answer as text.
    pub(in crate::engine) fn answers(&self, ids: &[String]) -> Result<Vec<(String, String)>, BoxError> {
        let journal = self.journal.lock().clone();
        journal.map_or_else(|| Ok(Vec::new()), |journal| journal.answers(ids))
    }

    /// Nothing more will be written: lets go of the run.
    pub(super) fn close(&self) {
        drop(self.journal.lock().take());
        self.queue.lock().is_closed = true;
        self.ahead.notify_all();
    }

    /// The number of the last entry that somebody has to wait for.
    pub(in crate::engine) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Says whether this many entries are written, and few others wait; then somebody writes these soon.
    pub(super) fn run_ahead(self: &Arc<Self>, rests_on: u64) -> bool {
        let (written, last) = (self.written.load(Ordering::Acquire), self.last());
        if written < rests_on || last.saturating_sub(written) > MOST_AHEAD || self.failed.load(Ordering::Acquire) {
            return false;
        }
        if written == last {
            return true;
        }
        let mut queue = self.queue.lock();
        if queue.writer == Writer::None {
            let commits = self.clone();
            let writer = thread::Builder::new().name("taskloom-writer".to_owned());
            // Without one everybody waits, as if each job rested on all before it.
            if writer.spawn(move || commits.write_soon()).is_ok() {
                queue.writer = Writer::Busy;
            }
        } else if queue.writer == Writer::Idle {
            self.ahead.notify_one();
        }
        queue.writer != Writer::None
    }

    /// Writes, a moment after it has happened, what nobody waits for.
    fn write_soon(&self) {
        let mut queue = self.queue.lock();
        while !queue.is_closed && queue.error.is_none() {
            if self.unwritten().is_none() {
                queue.writer = Writer::Idle;
                self.ahead.wait(&mut queue);
                queue.writer = Writer::Busy;
                continue;
            }
            // What comes meanwhile goes with it.
            self.ahead.wait_for(&mut queue, SOON);
            drop(queue);
            // If it cannot be written, whoever takes the next job says so.
            let _ = self.write(self.last());
            queue = self.queue.lock();
        }
        queue.writer = Writer::None;
    }

    /// What there is to wait for, if there is anything.
    pub(super) fn unwritten(&self) -> Option<u64> {
        let last = self.last.load(Ordering::Acquire);
        let is_written = self.written.load(Ordering::Acquire) >= last && !self.failed.load(Ordering::Acquire);
        (!is_written).then_some(last)
    }

    /// Waits until this many entries are written, or writes all that there are.
    pub(super) fn write(&self, upto: u64) -> Result<(), Lost> {
        let mut queue = self.queue.lock();
        loop {
            if let Some(error) = &queue.error {
                return Err(error.clone());
            }
            if self.written.load(Ordering::Acquire) >= upto {
                return Ok(());
            }
            if queue.busy {
                self.changed.wait(&mut queue);
                continue;
            }
            queue.busy = true;
            let (entries, appended) = (std::mem::take(&mut queue.entries), queue.appended);
            drop(queue);
            let journal = self.journal.lock().clone();
            let outcome = journal.map_or(Ok(()), |journal| journal.append(&entries));
            // They may hold values of the user's.
            drop(entries);
            queue = self.queue.lock();
            queue.busy = false;
            match outcome {
                Ok(()) => self.written.store(appended, Ordering::Release),
                Err(error) => {
                    queue.error = Some(error.into());
                    self.failed.store(true, Ordering::Release);
                }
            }
            self.changed.notify_all();
        }
    }
}
