use std::time::Duration;

use smallvec::SmallVec;

use super::{
    ChannelError, Content, Entry,
    change::{Change, Extend},
    is_over,
};

/// A key as one attempt sees it: what is published, and on top of that its own changes.
#[derive(Default)]
pub(super) struct View<'a> {
    content: Option<&'a Content>,
    extends: SmallVec<[&'a Extend; 2]>,
    expires: Option<Duration>,
}

impl<'a> View<'a> {
    pub(super) fn new(published: Option<&'a Entry>, changes: impl Iterator<Item = &'a Change>, now: Duration) -> Self {
        let mut view = Self::default();
        if let Some(entry) = published {
            (view.content, view.expires) = (Some(&entry.content), entry.expires);
        }
        for change in changes {
            match change {
                Change::Set { content, expires } => {
                    view = Self { content: Some(content), expires: *expires, ..Self::default() };
                }
                Change::Delete => view = Self::default(),
                Change::Extend(extend) => {
                    view = view.unless_over(now);
                    view.extends.push(extend);
                    view.expires = extend.expires.or(view.expires);
                }
            }
        }
        view.unless_over(now)
    }

    fn unless_over(self, now: Duration) -> Self {
        if is_over(self.expires, now) { Self::default() } else { self }
    }

    pub(super) fn exists(&self) -> bool {
        self.content.is_some() || !self.extends.is_empty()
    }

    /// How many elements the list has that it is, or that could begin here.
    pub(super) fn len(&self, key: &str) -> Result<usize, ChannelError> {
        let published = match self.content {
            None => 0,
            Some(Content::List(items)) => items.len(),
            Some(other) => {
                return Err(ChannelError::Mismatch { key: key.to_owned(), expected: "a list", found: other.clone() });
            }
        };
        Ok(self.extends.iter().fold(published, |sum, extend| sum + extend.len()))
    }

    /// Whether its changes can be made: only a list can be appended to.
    pub(super) fn check(&self, key: &str) -> Result<(), ChannelError> {
        if self.extends.is_empty() { Ok(()) } else { self.len(key).map(|_| ()) }
    }

    pub(super) fn content(&self, key: &str) -> Result<Option<Content>, ChannelError> {
        self.check(key)?;
        if self.extends.is_empty() {
            return Ok(self.content.cloned());
        }
        let mut list = self.content.cloned().unwrap_or_else(|| Content::list([]));
        for extend in &self.extends {
            let copy = Extend { front: extend.front.clone(), back: extend.back.clone(), expires: None };
            copy.put_into(&mut list);
        }
        Ok(Some(list))
    }
}
