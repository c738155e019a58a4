use std::fmt;

use super::Content;

/// Why a channel refuses something.
#[derive(Clone, Debug)]
pub enum ChannelError {
    /// A key holds something else than what was expected there.
    Mismatch {
        /// The key.
        key: String,
        /// What was expected.
        expected: &'static str,
        /// What it holds.
        found: Content,
    },
    /// A sum is too large for a whole number.
    Overflow {
        /// The key.
        key: String,
    },
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { key, expected, found } => {
                write!(f, "channel key `{key}` holds {}, but {expected} was expected", found.kind())
            }
            Self::Overflow { key } => write!(f, "the sum at channel key `{key}` does not fit into an `i64`"),
        }
    }
}

impl std::error::Error for ChannelError {}
