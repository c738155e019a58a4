use std::num::NonZeroU32;

use taskloom_core::{Fragment as Core, GroupSettings, Instance};

use crate::{policy::IntoPolicy, task::Composed};

/// A composition of instances: what `>>`, `|`, [`chain()`] and [`parallel()`] give.
///
/// It is a value without effects, cheap to clone, and may be part of any number of further compositions
/// and workflows. A mistake in it, such as an empty chain, is reported when a workflow with it is planned
/// or executed.
#[derive(Clone, Debug)]
#[must_use = "a composition does nothing until it is added to a workflow"]
pub struct Fragment(pub(crate) Composed<Core>);

impl From<Instance> for Fragment {
    fn from(instance: Instance) -> Self {
        Self(Ok(instance.into()))
    }
}

impl Fragment {
    /// Names the group, instead of `ParallelGroup_1`, `ParallelGroup_2`, … in its workflow.
    pub fn group_name(self, name: impl Into<String>) -> Self {
        self.configure(|settings| settings.name = Some(name.into()))
    }

    /// Says when the group has succeeded; by default if no branch failed.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn mirror(works: bool) -> Result<&'static str, String> {
    ///     if works { Ok("data") } else { Err("down".into()) }
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let [a, b] = [true, false].map(|works| mirror::task().works(works));
    /// let run = Workflow::new("w").add((a | b).policy(Policy::AtLeast(1))).execute().blocking()?;
    /// assert_eq!(run.value::<GroupOutput>()?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A policy of one's own is a [`GroupPolicy`](crate::GroupPolicy).
    pub fn policy(self, policy: impl IntoPolicy) -> Self {
        self.configure(|settings| settings.policy = policy.into_policy())
    }

    /// Runs at most so many of the group's tasks at the same time, of both kinds and at any depth; 0 counts as 1.
    /// Inside a group with a cap of its own both hold, and the run's
    /// [`max_concurrency`](crate::Execute::max_concurrency) holds in any case. What waits for a slot holds up nothing
    /// that is outside of the group, and a task that waits for its next attempt has no slot.
    ///
    /// ```
    /// use taskloom::prelude::*;
    ///
    /// #[task]
    /// fn crawl(page: u32) -> u32 {
    ///     page
    /// }
    ///
    /// # fn main() -> taskloom::Result<()> {
    /// let crawlers = parallel((0..100).map(|page| crawl::task().page(page))).max_concurrency(2);
    /// let run = Workflow::new("w").add(crawlers).execute().blocking()?;
    /// assert_eq!(run.value::<GroupOutput>()?.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_concurrency(self, tasks: u32) -> Self {
        self.configure(|settings| settings.max_concurrency = NonZeroU32::new(tasks.max(1)))
    }

    /// Stops the group as soon as its policy's verdict is certain: what has not started is skipped, what runs is
    /// cancelled. By default every member runs to its end.
    pub fn fail_fast(self, fail_fast: bool) -> Self {
        self.configure(|settings| settings.fail_fast = fail_fast)
    }

    fn configure(self, change: impl FnOnce(&mut GroupSettings)) -> Self {
        Self(self.0.and_then(|fragment| {
            let mut settings = fragment.settings();
            change(&mut settings);
            fragment.with_settings(settings)
        }))
    }
}

/// What can stand at `>>` and `|`, in [`chain()`] and [`parallel()`], and in
/// [`Workflow::add`](crate::Workflow::add): an instance or its reference, a composition, a
/// [`Definition`](crate::Definition), a [`Workflow`](crate::Workflow), and a list of these, which is a group.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be composed",
    label = "not an instance, a composition, a definition, a workflow, or a list of these",
    note = "of a task `fetch`, `fetch::task()` begins an instance, and `fetch::definition()` stands for the one without arguments"
)]
pub trait IntoFragment {
    /// The operand as a composition.
    fn into_fragment(self) -> Fragment;
}

impl IntoFragment for Fragment {
    fn into_fragment(self) -> Fragment {
        self
    }
}

impl IntoFragment for &Fragment {
    fn into_fragment(self) -> Fragment {
        self.clone()
    }
}

impl<T: IntoFragment> IntoFragment for Vec<T> {
    fn into_fragment(self) -> Fragment {
        parallel(self)
    }
}

impl<T: IntoFragment, const N: usize> IntoFragment for [T; N] {
    fn into_fragment(self) -> Fragment {
        parallel(self)
    }
}

/// All parts one after another. For parts of different types there is the macro [`chain!`](crate::chain!).
///
/// A chain of nothing is an error when the workflow is planned; one of a single part is that part.
pub fn chain<I>(parts: I) -> Fragment
where
    I: IntoIterator,
    I::Item: IntoFragment,
{
    Fragment(operands(parts).and_then(taskloom_core::chain))
}

/// All members side by side, as one group. For members of different types there is the macro
/// [`parallel!`](crate::parallel!).
///
/// A group of nothing is an error when the workflow is planned.
pub fn parallel<I>(members: I) -> Fragment
where
    I: IntoIterator,
    I::Item: IntoFragment,
{
    Fragment(operands(members).and_then(taskloom_core::parallel))
}

fn operands<I>(items: I) -> Composed<Vec<Core>>
where
    I: IntoIterator,
    I::Item: IntoFragment,
{
    items.into_iter().map(|item| item.into_fragment().0).collect()
}

/// `left >> right`.
pub fn then(left: impl IntoFragment, right: impl IntoFragment) -> Fragment {
    Fragment(both(left, right).map(|(left, right)| left.then(right)))
}

/// `left | right`.
pub fn beside(left: impl IntoFragment, right: impl IntoFragment) -> Fragment {
    Fragment(both(left, right).map(|(left, right)| left.beside(right)))
}

fn both(left: impl IntoFragment, right: impl IntoFragment) -> Composed<(Core, Core)> {
    Ok((left.into_fragment().0?, right.into_fragment().0?))
}

/// [`chain`](crate::chain()) for parts of different types: `chain![&fetch, &report]`.
#[macro_export]
macro_rules! chain {
    ($($part:expr),+ $(,)?) => {
        $crate::chain([$($crate::IntoFragment::into_fragment($part)),+])
    };
}

/// [`parallel`](crate::parallel()) for members of different types: `parallel![&fetch, &report]`.
#[macro_export]
macro_rules! parallel {
    ($($member:expr),+ $(,)?) => {
        $crate::parallel([$($crate::IntoFragment::into_fragment($member)),+])
    };
}

/// The operators of a type that is an operand, and of its reference. `#[task]` emits the same for each
/// task, since a blanket implementation would break the orphan rule.
macro_rules! operators {
    ($type:ty) => {
        $crate::compose::operators!(@ $type);
        $crate::compose::operators!(@ &$type);
    };
    (@ $type:ty) => {
        impl<R: $crate::IntoFragment> ::std::ops::Shr<R> for $type {
            type Output = $crate::Fragment;
            fn shr(self, right: R) -> $crate::Fragment {
                $crate::compose::then(self, right)
            }
        }
        impl<R: $crate::IntoFragment> ::std::ops::Shl<R> for $type {
            type Output = $crate::Fragment;
            fn shl(self, left: R) -> $crate::Fragment {
                $crate::compose::then(left, self)
            }
        }
        impl<R: $crate::IntoFragment> ::std::ops::BitOr<R> for $type {
            type Output = $crate::Fragment;
            fn bitor(self, right: R) -> $crate::Fragment {
                $crate::compose::beside(self, right)
            }
        }
    };
}
pub(crate) use operators;

operators!(Fragment);
