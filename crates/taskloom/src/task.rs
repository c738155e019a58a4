mod arg;
mod builder;
mod each;
mod map;
mod outputs;

use std::fmt;

use taskloom_core::{Lookup, Options, Parameter, Place};

pub use arg::Arg;
pub use builder::{Builder, Instance, RunWhen, TaskOptions};
pub use each::Each;
pub use map::{MapBuilder, MapInstance, MapTask};
pub use outputs::HasOutput;

use crate::{
    BuildError, Fragment, IntoFragment,
    body::{Function, List, RustBody, type_of},
    coding::Coding,
};

/// A task's definition: `fetch::definition()`.
///
/// As an operand it stands for its one instance without arguments, whose task id is the definition's.
#[derive(Clone)]
pub struct Definition(pub(crate) taskloom_core::Instance);

impl Definition {
    /// The definition id: the function's name, or the one given as `#[task(id = "…")]`.
    pub fn id(&self) -> &str {
        self.0.definition().id()
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Definition({})", self.id())
    }
}

impl IntoFragment for Definition {
    fn into_fragment(self) -> Fragment {
        Fragment::from(self.0)
    }
}

impl IntoFragment for &Definition {
    fn into_fragment(self) -> Fragment {
        self.clone().into_fragment()
    }
}

crate::compose::operators!(Definition);

/// Describes a parameter of type `T`.
pub fn parameter<T: 'static>(name: &'static str, has_default: bool) -> Parameter {
    let (type_id, type_name) = type_of::<T>();
    Parameter { name: name.into(), type_name: type_name.into(), type_id: Some(type_id), has_default, collects: false }
}

/// Makes the definition behind a `#[task]` whose results are of type `T`. Each parameter comes with how a list for it
/// is made, if it takes one, and how its values are stored; `output` is how results are.
pub fn definition<T: 'static>(
    id: &'static str,
    parameters: Vec<(Parameter, Option<List>, Coding)>,
    output: Coding,
    options: Options,
    place: &'static std::panic::Location<'static>,
    function: Function,
) -> Definition {
    let lists = parameters.iter().map(|&(_, list, _)| list).collect();
    let codings = parameters.iter().map(|&(_, _, coding)| coding).collect();
    let parameters = parameters.into_iter().map(|(parameter, ..)| parameter).collect();
    let body = RustBody { function, lists, parameters: codings, output };
    let definition = taskloom_core::Definition::new(id, parameters, Lookup::ByType, Place::Rust(place), body);
    let (type_id, type_name) = type_of::<T>();
    Definition(taskloom_core::Instance::alone(definition.with_options(options).with_output(type_id, type_name).into()))
}

/// Why a composition is none, kept until somebody executes it.
pub(crate) type Composed<T> = Result<T, BuildError>;
