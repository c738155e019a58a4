use std::time::Duration;

/// When an attempt began and ended, in nanoseconds since the run began. Every task has one, so it is half as large as
/// two `Duration`s would be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times(pub(super) [u64; 2]);

impl Times {
    #[inline]
    pub(super) fn new(started: Duration, ended: Duration) -> Self {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self([nanoseconds(started), nanoseconds(ended)])
    }

    pub(super) fn started(self) -> Duration {
        Duration::from_nanos(self.0[0])
    }

    pub(super) fn ended(self) -> Duration {
        Duration::from_nanos(self.0[1])
    }
}
