use std::{error::Error, sync::Arc};

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The task's own error.
    pub error: Arc<dyn Error + Send + Sync>,
    /// Whether another attempt could end otherwise: not where arguments are missing, for instance.
    pub retryable: bool,
}

impl Failure {
    /// An error of the task's body.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: Arc::from(error.into()), retryable: true }
    }

    /// An error that every further attempt would repeat.
    pub fn lasting(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: Arc::from(error.into()), retryable: false }
    }
}
