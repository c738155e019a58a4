//! Times as the store keeps them: microseconds, since 1970 in UTC where they are points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) fn now() -> i64 {
    of_time(SystemTime::now())
}

pub(super) fn of_time(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, of_duration)
}

pub(super) fn of_duration(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

pub(super) fn of_u64(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

pub(super) fn to_u64(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0)
}

pub(super) fn to_time(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(to_u64(micros))
}
