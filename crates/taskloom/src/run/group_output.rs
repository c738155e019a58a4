use std::{any::type_name, fmt, sync::Arc};

use taskloom_core::Value;

use crate::{Error, ErrorKind, Result};

/// The value of a group: its branches' values by the id of the branch's last task, in the order of
/// composition.
#[derive(Clone)]
pub struct GroupOutput(Vec<(String, Value)>);

impl GroupOutput {
    pub(crate) fn new(entries: Vec<(String, Value)>) -> Self {
        Self(entries)
    }

    /// A clone of one branch's value.
    ///
    /// # Errors
    ///
    /// Of kind [`ErrorKind::Output`] if no branch that succeeded has this id, or its value is no `T`.
    pub fn get<T: Clone + 'static>(&self, id: &str) -> Result<T> {
        let Some((_, value)) = self.0.iter().find(|(branch, _)| branch == id) else {
            let ids: Vec<&str> = self.0.iter().take(10).map(|(id, _)| &**id).collect();
            let message = format!("the group has no value for `{id}`; it has {}", ids.join(", "));
            return Err(Error::new(ErrorKind::Output, message).task(id));
        };
        value.downcast_ref::<T>().cloned().ok_or_else(|| {
            Error::new(ErrorKind::Output, format!("the value of `{id}` is no `{}`", type_name::<T>())).task(id)
        })
    }

    /// The branches' ids and those of their values that are of type `T`.
    pub fn iter<T: 'static>(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().filter_map(|(id, value)| Some((&**id, value.downcast_ref()?)))
    }

    /// How many branches have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no branch has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// Groups nest without limit, so their values are taken apart in a loop and not by recursion.
impl Drop for GroupOutput {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.0);
        while let Some((_, value)) = pending.pop() {
            if let Ok(group) = value.downcast::<Self>()
                && let Some(mut group) = Arc::into_inner(group)
            {
                pending.append(&mut group.0);
            }
        }
    }
}

impl fmt::Debug for GroupOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}
