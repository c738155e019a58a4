use std::{
    any::{Any, TypeId, type_name},
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
};

use taskloom_core::{Argument, Body, Digest, Inputs, Instance, Value};

#[cfg(feature = "sqlite")]
use crate::codec::Codec;
use crate::{
    Context, GroupOutput,
    coding::Coding,
    engine::{Engine, Job},
};

/// Any error that a task can fail with.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What calling a task gives.
pub type Outcome = Result<Value, BoxError>;

/// An async task under way.
pub(crate) type Pending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A Rust function behind a definition, and what is known of its parameters.
#[derive(Debug)]
pub(crate) struct RustBody {
    pub(crate) function: Function,
    /// For each parameter how a list for it is made, if it takes one.
    pub(crate) lists: Box<[Option<List>]>,
    /// For each parameter how its values are stored.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only stores ask"))]
    pub(crate) parameters: Box<[Coding]>,
    /// How results are stored.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only stores ask"))]
    pub(crate) output: Coding,
}

#[cfg(feature = "sqlite")]
impl RustBody {
    /// The codecs of its parameters and results.
    pub(crate) fn codecs(&self) -> impl Iterator<Item = Codec> {
        self.parameters.iter().chain([&self.output]).filter_map(|coding| coding.codec())
    }
}

/// A Rust function as the engine calls it.
#[derive(Clone, Copy, Debug)]
pub enum Function {
    /// A plain function.
    Sync(fn(&Arguments<'_>) -> Outcome),
    /// An `async fn`.
    Async(fn(&Arguments<'_>) -> Result<Pending, BoxError>),
}

/// Makes the value of a task from what its function returned.
pub fn outcome<T: Send + Sync + 'static>(value: T) -> Outcome {
    Ok(Arc::new(value))
}

/// Boxes the future of an async task.
pub fn asynchronous(future: impl Future<Output = Outcome> + Send + 'static) -> Result<Pending, BoxError> {
    Ok(Box::pin(future))
}

/// How the list for a parameter of type `Vec<T>` is made of several values.
#[derive(Clone, Copy, Debug)]
pub struct List {
    element: fn() -> TypeId,
    collect: fn(Vec<Value>) -> Value,
}

impl List {
    pub(crate) const fn of<T: Clone + Send + Sync + 'static>() -> Self {
        Self { element: TypeId::of::<T>, collect: collect::<T> }
    }
}

/// Values of type `T`, as planning has made sure, as a `Vec<T>`; anything else as it is, to be refused as an argument.
fn collect<T: Clone + Send + Sync + 'static>(values: Vec<Value>) -> Value {
    match values.iter().map(|value| value.downcast_ref::<T>().cloned()).collect::<Option<Vec<T>>>() {
        Some(list) => Arc::new(list),
        None => Arc::new(values),
    }
}

/// The arguments of one execution, by the number of the parameter.
#[derive(Debug)]
pub struct Arguments<'a> {
    engine: &'a Arc<Engine>,
    job: &'a Job,
    instance: &'a Instance,
    inputs: &'a Inputs,
    /// Whether there is no run.
    alone: bool,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(engine: &'a Arc<Engine>, job: &'a Job, inputs: &'a Inputs) -> Self {
        Self { engine, job, instance: engine.plan().task(job.node), inputs, alone: false }
    }

    /// The same for a function that is called without a run.
    pub(crate) fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// The context of the execution.
    pub fn context(&self) -> Context {
        Context::new(self.engine, self.job, self.alone)
    }

    /// Notes down what the function is called with, if somebody listens for that: one text for each parameter.
    pub fn note(&self, texts: impl FnOnce() -> Vec<String>) {
        if self.engine.wants_arguments() {
            let names = self.instance.definition().parameters().iter().map(|parameter| parameter.name.to_string());
            self.engine.note_call(self.job, names.zip(texts()).collect());
        }
    }

    fn find(&self, parameter: usize) -> Option<&Value> {
        let found = self.inputs.iter().find(|(number, _)| *number == parameter).map(|(_, value)| value);
        found.or_else(|| match &self.instance.arguments()[parameter] {
            Argument::Value(value) => Some(value),
            _ => None,
        })
    }

    fn wrong_type<T>(&self, parameter: usize) -> BoxError {
        let name = &self.instance.definition().parameters()[parameter].name;
        format!("the argument for `{name}` is no {}", type_name::<T>()).into()
    }

    /// The shared value of a parameter; `default` makes the one that the function declares.
    pub fn shared<T: Send + Sync + 'static>(
        &self,
        parameter: usize,
        default: impl FnOnce() -> Option<T>,
    ) -> Result<Arc<T>, BoxError> {
        match self.find(parameter) {
            Some(value) => Arc::clone(value).downcast().map_err(|_| self.wrong_type::<T>(parameter)),
            None => default().map(Arc::new).ok_or_else(|| self.missing(parameter)),
        }
    }

    /// A value of its own for a parameter that is taken by value.
    pub fn owned<T: Clone + Send + Sync + 'static>(
        &self,
        parameter: usize,
        default: impl FnOnce() -> Option<T>,
    ) -> Result<T, BoxError> {
        match self.find(parameter) {
            Some(value) => value.downcast_ref::<T>().cloned().ok_or_else(|| self.wrong_type::<T>(parameter)),
            None => default().ok_or_else(|| self.missing(parameter)),
        }
    }

    /// As [`owned`](Self::owned), for a parameter of type `Option<T>`, which takes an output of type `T` too.
    pub fn optional<T: Clone + Send + Sync + 'static>(
        &self,
        parameter: usize,
        default: impl FnOnce() -> Option<Option<T>>,
    ) -> Result<Option<T>, BoxError> {
        if let Some(value) = self.find(parameter).and_then(|value| value.downcast_ref::<T>()) {
            return Ok(Some(value.clone()));
        }
        self.owned(parameter, default)
    }

    /// As [`shared`](Self::shared), for a parameter of type `&Option<T>`, which takes an output of type `T` too.
    pub fn shared_optional<T: Clone + Send + Sync + 'static>(
        &self,
        parameter: usize,
        default: impl FnOnce() -> Option<Option<T>>,
    ) -> Result<Arc<Option<T>>, BoxError> {
        if let Some(value) = self.find(parameter).and_then(|value| value.downcast_ref::<T>()) {
            return Ok(Arc::new(Some(value.clone())));
        }
        self.shared(parameter, default)
    }

    fn missing(&self, parameter: usize) -> BoxError {
        format!("no value for `{}`", self.instance.definition().parameters()[parameter].name).into()
    }
}

impl Body for RustBody {
    fn is_async(&self) -> bool {
        matches!(self.function, Function::Async(_))
    }

    fn digest(&self, value: &Value, digest: &mut Digest) {
        digest_value(&**value, digest);
    }

    fn mapping(&self, entries: Vec<(&str, Value)>) -> Value {
        let entries = entries.into_iter().map(|(id, value)| (id.to_owned(), value)).collect();
        Arc::new(GroupOutput::new(entries))
    }

    fn mapping_type(&self) -> Option<TypeId> {
        Some(TypeId::of::<GroupOutput>())
    }

    fn list(&self, parameter: usize, values: Vec<Value>) -> Value {
        match self.lists.get(parameter) {
            Some(Some(list)) => (list.collect)(values),
            _ => Arc::new(values),
        }
    }

    fn group(&self, parameter: usize, entries: Vec<(&str, Value)>) -> Value {
        match self.lists.get(parameter) {
            Some(Some(list)) => (list.collect)(entries.into_iter().map(|(_, value)| value).collect()),
            _ => self.mapping(entries),
        }
    }

    fn element_type(&self, parameter: usize) -> Option<TypeId> {
        self.lists.get(parameter)?.map(|list| (list.element)())
    }
}

/// Longest text that counts by value, in bytes; a longer one counts by its length.
const SHORT_TEXT: usize = 256;

/// Numbers, booleans and short text by value, everything else by type (rule I-4).
fn digest_value(value: &(dyn Any + Send + Sync), digest: &mut Digest) {
    macro_rules! by_bytes {
        ($($type:ty),*) => {
            $(if let Some(value) = value.downcast_ref::<$type>() {
                return digest.add(stringify!($type), &value.to_le_bytes());
            })*
        };
    }
    by_bytes!(i64, u64, i32, u32, usize, isize, f64, f32, i16, u16, i8, u8, i128, u128);
    if let Some(value) = value.downcast_ref::<bool>() {
        return digest.add("bool", &[u8::from(*value)]);
    }
    if let Some(text) = value.downcast_ref::<String>() {
        return match text.len() {
            0..=SHORT_TEXT => digest.add("text", text.as_bytes()),
            length => digest.add("long text", &(length as u64).to_le_bytes()),
        };
    }
    if let Some(text) = value.downcast_ref::<Option<String>>() {
        let text = text.as_ref().filter(|text| text.len() <= SHORT_TEXT);
        return digest.add("optional text", text.map_or(b"", |text| text.as_bytes()));
    }
    digest.add("opaque", b"");
}

/// The type of a parameter or result, for messages and for matching while planning.
pub(crate) fn type_of<T: 'static>() -> (TypeId, &'static str) {
    (TypeId::of::<T>(), type_name::<T>())
}

/// A panic in a task's body, as the error that the task fails with.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl Panicked {
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "a payload that is no text".to_owned()))
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.0)
    }
}

impl Error for Panicked {}
