use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// A gate that stays open once it has been opened. A body that waits at one which nobody opens panics
/// in the end, so that a test fails instead of hanging.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let closed = self.0.0.lock().unwrap();
        let waited = self.0.1.wait_timeout_while(closed, Duration::from_secs(20), |open| !*open);
        assert!(!waited.unwrap().1.timed_out(), "nobody opened the gate");
    }
}
