use std::{error::Error, fmt, sync::Arc};

/// The error of an attempt of which only its text is known, since it was made in another process.
#[derive(Clone, Debug)]
pub struct RecordedError(Arc<str>);

impl RecordedError {
    pub(super) fn new(text: Arc<str>) -> Self {
        Self(text)
    }
}

impl fmt::Display for RecordedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RecordedError {}
