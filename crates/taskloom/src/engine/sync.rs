//! The lock that all who work for a run share; in a model (`--cfg shuttle`) one whose every use may be interrupted.

#[cfg(not(shuttle))]
pub(super) use parking_lot::{Condvar, Mutex};

#[cfg(shuttle)]
pub(super) use model::{Condvar, Mutex};

/// As much of `parking_lot` as the engine uses.
#[cfg(shuttle)]
mod model {
    use std::{
        ops::{Deref, DerefMut},
        sync::PoisonError,
        time::{Duration, Instant},
    };

    use shuttle::sync;

    pub(in crate::engine) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::engine) fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }

        pub(in crate::engine) fn lock(&self) -> Guard<'_, T> {
            Guard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
        }
    }

    /// Empty while it waits.
    pub(in crate::engine) struct Guard<'a, T>(Option<sync::MutexGuard<'a, T>>);

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().expect("it does not wait")
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().expect("it does not wait")
        }
    }

    pub(in crate::engine) struct Condvar(sync::Condvar);

    /// Time does not pass in a model: who is not woken waits for ever, and that is found.
    pub(in crate::engine) struct Waited;

    impl Waited {
        #[expect(clippy::unused_self, reason = "as in what it stands for")]
        pub(in crate::engine) fn timed_out(&self) -> bool {
            false
        }
    }

    impl Condvar {
        pub(in crate::engine) fn new() -> Self {
            Self(sync::Condvar::new())
        }

        pub(in crate::engine) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(in crate::engine) fn wait_until<T>(&self, guard: &mut Guard<'_, T>, _: Instant) -> Waited {
            let held = guard.0.take().expect("it does not wait");
            guard.0 = Some(self.0.wait(held).unwrap_or_else(PoisonError::into_inner));
            Waited
        }

        pub(in crate::engine) fn wait_for<T>(&self, guard: &mut Guard<'_, T>, _: Duration) -> Waited {
            self.wait_until(guard, Instant::now())
        }
    }
}
