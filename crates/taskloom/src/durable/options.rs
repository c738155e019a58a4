//! Options of a task that a run has added to itself, as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::micros;
use crate::engine::durable::NewOptions;

/// Times are in microseconds.
#[derive(Serialize, Deserialize)]
pub(super) struct OptionsText {
    max_retries: u32,
    initial_interval: u64,
    backoff_factor: f64,
    max_interval: u64,
    jitter: bool,
    filters: bool,
    timeout: Option<u64>,
    max_cycles: Option<u32>,
    always: bool,
}

impl From<&NewOptions> for OptionsText {
    fn from(options: &NewOptions) -> Self {
        Self {
            max_retries: options.max_retries,
            initial_interval: micros(options.initial_interval),
            backoff_factor: options.backoff_factor,
            max_interval: micros(options.max_interval),
            jitter: options.jitter,
            filters: options.filters,
            timeout: options.timeout.map(micros),
            max_cycles: options.max_cycles,
            always: options.always,
        }
    }
}

impl From<OptionsText> for NewOptions {
    fn from(text: OptionsText) -> Self {
        Self {
            max_retries: text.max_retries,
            initial_interval: Duration::from_micros(text.initial_interval),
            backoff_factor: text.backoff_factor,
            max_interval: Duration::from_micros(text.max_interval),
            jitter: text.jitter,
            filters: text.filters,
            timeout: text.timeout.map(Duration::from_micros),
            max_cycles: text.max_cycles,
            always: text.always,
        }
    }
}
