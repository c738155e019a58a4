use std::{error::Error, fmt, sync::Arc, time::Duration};

/// Says which errors are worth a further attempt.
pub type RetryOn = Arc<dyn Fn(&(dyn Error + Send + Sync + 'static)) -> bool + Send + Sync>;

/// Whether, and after which wait, a failed execution gets a further attempt (rule R-7).
///
/// The wait before retry number n, counted from 0, is `initial_interval · backoff_factorⁿ`, at most
/// `max_interval`; with `jitter` a driver multiplies it by a random number from 0.5 to 1.5 and cuts it to
/// `max_interval` again.
#[derive(Clone)]
pub struct RetryPolicy {
    /// How many further attempts there are, at most.
    pub max_retries: u32,
    /// The wait before the first of them.
    pub initial_interval: Duration,
    /// By how much each further wait is longer than the one before.
    pub backoff_factor: f64,
    /// The longest wait.
    pub max_interval: Duration,
    /// Whether waits are varied at random, so that tasks that failed together do not come back together.
    pub jitter: bool,
    /// Which errors are retried; all, if nothing is said.
    pub retry_on: Option<RetryOn>,
}

impl RetryPolicy {
    /// So many further attempts, each at once.
    pub fn at_once(max_retries: u32) -> Self {
        Self::fixed(max_retries, Duration::ZERO)
    }

    /// So many further attempts, each after the same wait.
    pub fn fixed(max_retries: u32, interval: Duration) -> Self {
        Self {
            max_retries,
            initial_interval: interval,
            backoff_factor: 1.0,
            max_interval: interval,
            jitter: false,
            retry_on: None,
        }
    }

    /// So many further attempts, after waits of 1 s, 2 s, 4 s, … up to 60 s.
    pub fn exponential(max_retries: u32) -> Self {
        Self {
            max_retries,
            initial_interval: Duration::from_secs(1),
            backoff_factor: 2.0,
            max_interval: Duration::from_mins(1),
            jitter: false,
            retry_on: None,
        }
    }

    /// Sets the wait before the first retry.
    #[must_use]
    pub fn initial_interval(mut self, interval: Duration) -> Self {
        self.initial_interval = interval;
        self
    }

    /// Sets by how much each further wait is longer than the one before.
    #[must_use]
    pub fn backoff_factor(mut self, factor: f64) -> Self {
        self.backoff_factor = factor;
        self
    }

    /// Sets the longest wait.
    #[must_use]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval;
        self
    }

    /// Varies the waits at random.
    #[must_use]
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// Retries only errors for which this holds.
    #[must_use]
    pub fn retry_on(
        mut self,
        retry_on: impl Fn(&(dyn Error + Send + Sync + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.retry_on = Some(Arc::new(retry_on));
        self
    }

    /// The wait after attempt number `attempt`, the first being 1, before any jitter.
    pub fn delay(&self, attempt: u32) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.initial_interval.as_secs_f64() * self.backoff_factor.powi(exponent);
        Duration::try_from_secs_f64(seconds).unwrap_or(self.max_interval).min(self.max_interval)
    }

    /// Whether a further attempt follows number `attempt`, which failed with this error.
    pub fn allows(&self, attempt: u32, error: &(dyn Error + Send + Sync + 'static)) -> bool {
        attempt <= self.max_retries && self.retry_on.as_ref().is_none_or(|retry_on| retry_on(error))
    }
}

impl Default for RetryPolicy {
    /// No further attempts.
    fn default() -> Self {
        Self::at_once(0)
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_retries", &self.max_retries)
            .field("initial_interval", &self.initial_interval)
            .field("backoff_factor", &self.backoff_factor)
            .field("max_interval", &self.max_interval)
            .field("jitter", &self.jitter)
            .field("filtered", &self.retry_on.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_07_waits_grow_up_to_the_longest() {
        let policy = RetryPolicy::exponential(9).max_interval(Duration::from_secs(5));
        let waits: Vec<u64> = (1..=5).map(|attempt| policy.delay(attempt).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        assert_eq!(policy.delay(u32::MAX), Duration::from_secs(5));
        assert_eq!(RetryPolicy::at_once(3).delay(2), Duration::ZERO);
    }

    #[test]
    fn r_07_each_setting_is_the_one_that_was_set() {
        let policy = RetryPolicy::exponential(2).initial_interval(Duration::from_millis(500)).backoff_factor(3.0);
        assert_eq!([1, 2, 3].map(|attempt| policy.delay(attempt).as_millis()), [500, 1500, 4500]);
        assert!(!policy.jitter && policy.clone().jitter(true).jitter);
        assert!(policy.allows(2, &std::fmt::Error), "there is no filter");
        let text = format!("{:?}", policy.retry_on(|_| true));
        assert!(text.contains("max_retries: 2") && text.contains("filtered: true"), "{text}");
    }

    #[test]
    fn r_07_a_filter_decides_which_errors_are_retried() {
        let policy = RetryPolicy::at_once(2).retry_on(|error| error.downcast_ref::<std::fmt::Error>().is_some());
        assert!(policy.allows(1, &std::fmt::Error));
        assert!(!policy.allows(3, &std::fmt::Error));
        assert!(!policy.allows(1, &std::io::Error::other("no")));
    }
}
