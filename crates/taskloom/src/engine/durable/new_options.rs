//! Options of tasks that a durable run adds to itself (rule D-7).

use std::{ptr, sync::Arc};

use taskloom_core::{Definition, Instance, Options, RetryPolicy};

use super::{BoxError, entry::NewOptions};

impl NewOptions {
    /// Those of a task, if they are not its definition's.
    pub(super) fn of(task: &Instance) -> Result<Option<Self>, BoxError> {
        let (options, inherited) = (task.options(), task.definition().options());
        if options.map.is_some() {
            let hint = "add a task for each element, or put the map into the workflow and go there with `goto`";
            return Err(format!("a map cannot be added to a durable run\n  hint: {hint}").into());
        }
        if ptr::eq(options, inherited) {
            return Ok(None);
        }
        let Options { retry, timeout, max_cycles, always, map: _ } = options;
        let filters = match (&retry.retry_on, &inherited.retry.retry_on) {
            (None, _) => false,
            (Some(own), Some(other)) if Arc::ptr_eq(own, other) => true,
            (Some(_), _) => {
                let hint = "say which errors are retried where the task is defined";
                return Err(format!(
                    "it has a filter `retry_on` of its own, which a durable run cannot write\n  hint: {hint}"
                )
                .into());
            }
        };
        Ok(Some(Self {
            max_retries: retry.max_retries,
            initial_interval: retry.initial_interval,
            backoff_factor: retry.backoff_factor,
            max_interval: retry.max_interval,
            jitter: retry.jitter,
            filters,
            timeout: *timeout,
            max_cycles: *max_cycles,
            always: *always,
        }))
    }

    /// The options that were written.
    pub(super) fn again(&self, definition: &Definition) -> Options {
        let retry_on = definition.options().retry.retry_on.clone().filter(|_| self.filters);
        Options {
            retry: RetryPolicy {
                max_retries: self.max_retries,
                initial_interval: self.initial_interval,
                backoff_factor: self.backoff_factor,
                max_interval: self.max_interval,
                jitter: self.jitter,
                retry_on,
            },
            timeout: self.timeout,
            max_cycles: self.max_cycles,
            always: self.always,
            map: None,
        }
    }
}
