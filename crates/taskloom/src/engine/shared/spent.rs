use super::Shared;

/// Something that nobody needs any more.
pub(in crate::engine) type Spent = Box<dyn Send>;

impl Shared {
    /// Keeps what is, or holds, a value of the user's until the lock is free: to drop it may run code of the user's,
    /// which may use the run, and so wait for this lock.
    #[inline]
    pub(super) fn drop_later<T: Send + 'static>(&mut self, spent: Option<T>) {
        if let Some(spent) = spent {
            self.spent.push(Box::new(spent));
        }
    }

    /// What is to be dropped once the lock is free.
    #[inline]
    pub(in crate::engine) fn take_spent(&mut self) -> Vec<Spent> {
        std::mem::take(&mut self.spent)
    }
}
