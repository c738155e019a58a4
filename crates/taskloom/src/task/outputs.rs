//! Lists of instances, and groups, as arguments (rule I-10).

use std::sync::Arc;

use taskloom_core::Argument;

use super::{Arg, Builder, Composed};
use crate::{Fragment, GroupOutput};

/// What stands for the output of a task: an instance, or a reference to one. `#[task]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instance of a task",
    note = "a list that is bound by reference binds the outputs of instances; bind a list of values by value"
)]
pub trait HasOutput {
    /// What the task's function returns; of a `Result`, what is in its `Ok`.
    type Output: Send + Sync + 'static;

    #[doc(hidden)]
    fn builder(&self) -> &Builder;
}

impl<I: HasOutput> From<&[I]> for Arg<Vec<I::Output>> {
    fn from(instances: &[I]) -> Self {
        let checked = instances.iter().map(|instance| instance.builder().checked().cloned());
        Self::composed(checked.collect::<Composed<Vec<_>>>().map(|instances| Argument::Outputs(Arc::new(instances))))
    }
}

impl<I: HasOutput, const N: usize> From<&[I; N]> for Arg<Vec<I::Output>> {
    fn from(instances: &[I; N]) -> Self {
        instances.as_slice().into()
    }
}

impl<I: HasOutput> From<&Vec<I>> for Arg<Vec<I::Output>> {
    fn from(instances: &Vec<I>) -> Self {
        instances.as_slice().into()
    }
}

impl<T: Send + Sync + 'static> From<&Fragment> for Arg<Vec<T>> {
    fn from(group: &Fragment) -> Self {
        Self::composed(bind(group))
    }
}

impl From<&Fragment> for Arg<GroupOutput> {
    fn from(group: &Fragment) -> Self {
        Self::composed(bind(group))
    }
}

fn bind(group: &Fragment) -> Composed<Argument> {
    group.0.clone().and_then(Argument::group)
}
