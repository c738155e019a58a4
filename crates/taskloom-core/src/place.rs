use std::{fmt, panic::Location, sync::Arc};

/// A place in a host language's source, turned into text only when an error needs it.
pub trait Describe: Send + Sync {
    /// The place as `file:line`.
    fn describe(&self) -> String;
}

/// Where in the user's source something was made.
#[derive(Clone)]
pub enum Place {
    /// A line of Rust.
    Rust(&'static Location<'static>),
    /// A line of the host language.
    Host(Arc<dyn Describe>),
}

impl Place {
    /// The caller's line of Rust.
    #[track_caller]
    pub fn caller() -> Self {
        Self::Rust(Location::caller())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rust(location) => write!(f, "{}:{}", location.file(), location.line()),
            Self::Host(place) => f.write_str(&place.describe()),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
