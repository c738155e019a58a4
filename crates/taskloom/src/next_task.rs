use crate::Definition;

/// What [`Context::next_task`](crate::Context::next_task) and [`Context::goto`](crate::Context::goto) take: the id
/// of a task of the run, an instance, or a definition, which stands for its one instance without arguments.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task to go on at",
    label = "not a task's id, an instance, or a definition"
)]
pub trait NextTask {
    #[doc(hidden)]
    fn into_target(self) -> Next;
}

/// A task as it was given.
#[doc(hidden)]
#[derive(Debug)]
pub enum Next {
    Id(String),
    Instance(Result<taskloom_core::Instance, crate::BuildError>),
}

macro_rules! ids {
    ($($type:ty),*) => {
        $(impl NextTask for $type {
            fn into_target(self) -> Next {
                Next::Id(self.into())
            }
        })*
    };
}

ids!(&str, &String, String);

impl NextTask for &Definition {
    fn into_target(self) -> Next {
        Next::Instance(Ok(self.0.clone()))
    }
}

impl NextTask for Definition {
    fn into_target(self) -> Next {
        Next::Instance(Ok(self.0))
    }
}
