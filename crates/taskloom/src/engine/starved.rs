//! Warns of runs in which nobody is left to take a task (rule R-13).
//!
//! When all workers are inside of bodies nobody comes by who could look at a clock. So the first run that has more
//! ready than workers starts a thread, for the whole process, which looks at such runs once their time has come, and
//! ends when there are none. A timer of the host would cost every run that is short of workers for a moment more than
//! its tasks do.

use std::{
    collections::VecDeque,
    process,
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{Engine, shared::Look};

static WATCH: Watch =
    Watch { runs: Mutex::new(Runs { due: VecDeque::new(), awake_in: None }), earlier: Condvar::new() };

struct Watch {
    runs: Mutex<Runs>,
    /// Says that a run is to be looked at before all others.
    earlier: Condvar,
}

struct Runs {
    /// The one to look at first is in front.
    due: VecDeque<(Instant, Weak<Engine>)>,
    /// The process in which the thread lives, if it does: one that was forked from that has none.
    awake_in: Option<u32>,
}

/// Looks at a run after a while.
pub(super) fn watch(engine: &Arc<Engine>, after: Duration) {
    let Some(due) = Instant::now().checked_add(after) else { return };
    let mut runs = WATCH.runs.lock();
    if runs.awake_in.is_some_and(|process| process != process::id()) {
        *runs = Runs { due: VecDeque::new(), awake_in: None };
    }
    // Runs that have ended are let go of whenever somebody comes by.
    while runs.due.front().is_some_and(|(_, engine)| engine.strong_count() == 0) {
        runs.due.pop_front();
    }
    let place = runs.due.iter().rposition(|(other, _)| *other <= due).map_or(0, |before| before + 1);
    runs.due.insert(place, (due, Arc::downgrade(engine)));
    if runs.awake_in.is_none() {
        // A system that gives no thread for this gives no warning either.
        let thread = thread::Builder::new().name("taskloom-watch".to_owned()).spawn(look);
        runs.awake_in = thread.is_ok().then(process::id);
    } else if place == 0 {
        WATCH.earlier.notify_one();
    }
}

fn look() {
    let mut runs = WATCH.runs.lock();
    while let Some(&(first, _)) = runs.due.front() {
        if first > Instant::now() {
            WATCH.earlier.wait_until(&mut runs, first);
        } else if let Some((_, engine)) = runs.due.pop_front()
            && let Some(engine) = engine.upgrade()
        {
            MutexGuard::unlocked(&mut runs, || look_at(&engine));
        }
    }
    runs.awake_in = None;
}

fn look_at(engine: &Arc<Engine>) {
    let look = engine.shared.lock().look_for_starving(engine.patience, engine.now());
    match look {
        Look::Fine => {}
        Look::Wait(left) => watch(engine, left),
        Look::Warn(warning) => engine.host.warn(&warning),
    }
}
