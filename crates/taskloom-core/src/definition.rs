use std::{
    any::{Any, TypeId},
    borrow::Cow,
    fmt,
    sync::Arc,
    time::Duration,
};

use crate::{Digest, Mapping, Place, RetryPolicy, Value};

/// One parameter of a definition, as the user wrote it. Injected parameters are not among them.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name in the signature.
    pub name: Cow<'static, str>,
    /// Its type as text, for messages; empty where there is none.
    pub type_name: Cow<'static, str>,
    /// Its type where the host language can compare types while planning.
    pub type_id: Option<TypeId>,
    /// Whether the function can be called without it.
    pub has_default: bool,
    /// Whether it collects what no other parameter takes: then nothing is ever looked up for it.
    pub collects: bool,
}

/// Where values for open parameters come from (rule R-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// An ancestor or channel key of the parameter's name, then the only direct predecessor.
    ByName,
    /// The only direct predecessor, if the types are equal.
    ByType,
}

/// What a definition, or one of its instances, asks of the engine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which further attempts a failed execution gets.
    pub retry: RetryPolicy,
    /// How long an attempt may take; for ever, if nothing is said.
    pub timeout: Option<Duration>,
    /// How often an instance may be executed in one run; by default [`Options::MAX_CYCLES`].
    pub max_cycles: Option<u32>,
    /// Whether it is a clean-up, which runs once all before it has ended or can no longer run, also in a run
    /// that has failed or was cancelled (rule R-15).
    pub always: bool,
    /// What makes it a map (rule I-11).
    pub map: Option<Arc<Mapping>>,
}

impl Options {
    /// How often a task may be executed in one run, if nothing else is said (rule C-9).
    pub const MAX_CYCLES: u32 = 100;
}

/// The function behind a definition, opaque to the core.
///
/// The front end that made it knows how to call it (it downcasts through [`Any`]); the core only asks
/// what it needs to know about values in order to decide.
pub trait Body: Any + Send + Sync {
    /// Whether a call gives a future instead of a value.
    fn is_async(&self) -> bool;

    /// Feeds what identifies a bound value into `digest` (rule I-4).
    fn digest(&self, value: &Value, digest: &mut Digest);

    /// Whether a predecessor's value may become the argument for parameter number `parameter`.
    fn fits(&self, _parameter: usize, _value: &Value) -> bool {
        true
    }

    /// The value of a group: its branches' values by id, in order (rule R-4).
    fn mapping(&self, entries: Vec<(&str, Value)>) -> Value;

    /// The type of what [`mapping`](Self::mapping) gives, for [`Lookup::ByType`].
    fn mapping_type(&self) -> Option<TypeId> {
        None
    }

    /// The values of several instances that were bound to parameter number `parameter`, as a list.
    fn list(&self, parameter: usize, values: Vec<Value>) -> Value;

    /// The value of a group that was bound to parameter number `parameter`: its branches' values by id, in order.
    fn group(&self, _parameter: usize, entries: Vec<(&str, Value)>) -> Value {
        self.mapping(entries)
    }

    /// The type that each value in a list for parameter number `parameter` has, for [`Lookup::ByType`]; none if the
    /// parameter takes no list.
    fn element_type(&self, _parameter: usize) -> Option<TypeId> {
        None
    }

    /// The entry called `name`, if `value` is a mapping that has one.
    fn entry(&self, _value: &Value, _name: &str) -> Option<Value> {
        None
    }
}

/// A function plus its options, made once and shared by all its instances. Immutable.
pub struct Definition {
    id: Cow<'static, str>,
    parameters: Vec<Parameter>,
    lookup: Lookup,
    options: Options,
    output: Option<(TypeId, &'static str)>,
    place: Place,
    body: Box<dyn Body>,
}

impl Definition {
    /// Makes a definition with default options.
    pub fn new(
        id: impl Into<Cow<'static, str>>,
        parameters: Vec<Parameter>,
        lookup: Lookup,
        place: Place,
        body: impl Body,
    ) -> Self {
        Self {
            id: id.into(),
            parameters,
            lookup,
            options: Options::default(),
            output: None,
            place,
            body: Box::new(body),
        }
    }

    /// Sets the options that its instances start from.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Says which type the function returns, and what it is called, for [`Lookup::ByType`].
    #[must_use]
    pub fn with_output(mut self, output: TypeId, name: &'static str) -> Self {
        self.output = Some((output, name));
        self
    }

    /// The definition id: the function's name, or the one given.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The parameters in the order of the signature.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// How open parameters find their values.
    pub fn lookup(&self) -> Lookup {
        self.lookup
    }

    /// The options that instances inherit.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The type of the result, where it is known while planning.
    pub fn output(&self) -> Option<TypeId> {
        self.output.map(|(output, _)| output)
    }

    /// The name of that type.
    pub fn output_name(&self) -> Option<&'static str> {
        self.output.map(|(_, name)| name)
    }

    /// Where the function was defined.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The function.
    pub fn body(&self) -> &dyn Body {
        &*self.body
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition").field("id", &self.id).field("place", &self.place).finish_non_exhaustive()
    }
}
