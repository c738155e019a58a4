//! The locks that all who work for a run share, and threads; in a model (`--cfg shuttle`) such that every use of a lock
//! may be interrupted.

#[cfg(not(shuttle))]
pub(super) use parking_lot::{Condvar, Mutex};
#[cfg(not(shuttle))]
pub(super) use std::{sync::atomic, thread};

#[cfg(shuttle)]
pub(super) use model::{Condvar, Mutex};
#[cfg(shuttle)]
pub(super) use shuttle::{sync::atomic, thread};

/// As much of `parking_lot` as the engine uses.
#[cfg(shuttle)]
mod model {
    use std::{
        ops::{Deref, DerefMut},
        sync::PoisonError,
        time::{Duration, Instant},
    };

    use shuttle::{sync, thread};

    pub(in crate::engine) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::engine) fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }

        pub(in crate::engine) fn lock(&self) -> Guard<'_, T> {
            Guard { mutex: self, held: Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)) }
        }
    }

    pub(in crate::engine) struct Guard<'a, T> {
        mutex: &'a Mutex<T>,
        /// Empty while it waits.
        held: Option<sync::MutexGuard<'a, T>>,
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.held.as_ref().expect("it does not wait")
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.held.as_mut().expect("it does not wait")
        }
    }

    pub(in crate::engine) struct Condvar(sync::Condvar);

    /// What passes in a model whenever it likes. More time does not: who is not woken waits for ever, and that is found.
    const MOMENT: Duration = Duration::from_millis(1);

    pub(in crate::engine) struct Waited {
        timed_out: bool,
    }

    impl Waited {
        pub(in crate::engine) fn timed_out(&self) -> bool {
            self.timed_out
        }
    }

    impl Condvar {
        pub(in crate::engine) fn new() -> Self {
            Self(sync::Condvar::new())
        }

        pub(in crate::engine) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(in crate::engine) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(in crate::engine) fn wait<T>(&self, guard: &mut Guard<'_, T>) {
            let held = guard.held.take().expect("it does not wait");
            guard.held = Some(self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
        }

        pub(in crate::engine) fn wait_until<T>(&self, guard: &mut Guard<'_, T>, _: Instant) -> Waited {
            self.wait(guard);
            Waited { timed_out: false }
        }

        pub(in crate::engine) fn wait_for<T>(&self, guard: &mut Guard<'_, T>, time: Duration) -> Waited {
            if time > MOMENT {
                return self.wait_until(guard, Instant::now());
            }
            let mutex = guard.mutex;
            drop(guard.held.take());
            thread::yield_now();
            guard.held = mutex.lock().held.take();
            Waited { timed_out: true }
        }
    }
}
