use std::collections::BTreeMap;

use taskloom_core::channel::Content;

use crate::{Result, channel};

/// What the channel of a run held in the end.
#[derive(Clone, Copy, Debug)]
pub struct FinalChannel<'a>(&'a BTreeMap<String, Content>);

impl<'a> FinalChannel<'a> {
    pub(super) fn new(channel: &'a BTreeMap<String, Content>) -> Self {
        Self(channel)
    }

    /// A clone of the value of a key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`](crate::ErrorKind::Channel) if that is no `T`.
    pub fn get<T: Clone + 'static>(&self, key: impl AsRef<str>) -> Result<Option<T>> {
        let key = key.as_ref();
        self.0.get(key).map(|content| channel::read(key, content)).transpose()
    }

    /// Clones of the elements of a list; none if there is no such key.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Channel`](crate::ErrorKind::Channel) if the key holds something else, or an element is no
    /// `T`.
    pub fn list<T: Clone + 'static>(&self, key: impl AsRef<str>) -> Result<Vec<T>> {
        let key = key.as_ref();
        self.0.get(key).map_or(Ok(Vec::new()), |content| channel::list(key, content))
    }

    /// Whether there is a key.
    pub fn exists(&self, key: impl AsRef<str>) -> bool {
        self.0.contains_key(key.as_ref())
    }

    /// The keys that there are, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str)
    }
}
