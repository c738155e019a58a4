use std::{sync::Arc, time::Duration};

use super::{Content, Item, Removed, is_over};

/// What an attempt has written to one key and not published.
#[derive(Debug)]
pub(super) enum Change {
    Set { content: Content, expires: Option<Duration> },
    Delete,
    Extend(Extend),
}

/// Elements for a list, whatever it holds by then.
#[derive(Debug, Default)]
pub(super) struct Extend {
    /// In the order in which they go to the front.
    pub(super) front: Vec<Item>,
    pub(super) back: Vec<Item>,
    /// `None` leaves it as it is.
    pub(super) expires: Option<Duration>,
}

impl Extend {
    pub(super) fn len(&self) -> usize {
        self.front.len() + self.back.len()
    }

    /// Puts the elements into a list.
    pub(super) fn put_into(self, content: &mut Content) {
        if let Content::List(items) = content {
            let items = Arc::make_mut(items);
            for item in self.front {
                items.push_front(item);
            }
            items.extend(self.back);
        }
    }

    /// The elements as a list of their own.
    pub(super) fn into_list(self) -> (Content, Option<Duration>) {
        let (mut list, expires) = (Content::list([]), self.expires);
        self.put_into(&mut list);
        (list, expires)
    }
}

impl Change {
    /// This, and then a later change of the same key, as one.
    pub(super) fn then(self, later: Self, now: Duration, removed: &mut Removed) -> Self {
        let Self::Extend(later) = later else {
            removed.change(self);
            return later;
        };
        match self {
            Self::Set { content: mut content @ Content::List(_), expires } if !is_over(expires, now) => {
                let expires = later.expires.or(expires);
                later.put_into(&mut content);
                Self::Set { content, expires }
            }
            Self::Extend(mut earlier) if !is_over(earlier.expires, now) => {
                earlier.front.extend(later.front);
                earlier.back.extend(later.back);
                earlier.expires = later.expires.or(earlier.expires);
                Self::Extend(earlier)
            }
            gone => {
                removed.change(gone);
                let (content, expires) = later.into_list();
                Self::Set { content, expires }
            }
        }
    }
}
