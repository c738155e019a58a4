use std::{any::TypeId, error::Error, fmt, num::NonZeroU32, sync::Arc};

use crate::{BuildError, BuildErrorKind, Instance, Policy, Value};

/// What makes an instance a map: it runs once for each element of lists that are bound to its parameters (rule I-11).
#[derive(Clone)]
pub struct Mapping {
    /// The parameters that take one element each, in the order in which they were bound.
    pub parameters: Vec<usize>,
    /// How the elements of several lists come together.
    pub over: Over,
    /// How a front end takes lists apart and puts results together.
    pub front_end: Arc<dyn Lists>,
    /// How many elements are under way at the same time, at most.
    pub max_concurrency: Option<NonZeroU32>,
    /// When it has succeeded. If nothing is said it fails with the first element that does, and starts no further.
    pub policy: Option<Policy>,
    /// Whether it stops as soon as its policy's verdict is certain.
    pub fail_fast: bool,
}

impl Mapping {
    /// Refuses a map that goes over nothing, or over several lists without saying how.
    pub(crate) fn check(task: &Instance) -> Result<(), BuildError> {
        let Some(mapping) = &task.options().map else { return Ok(()) };
        let id = task.fixed_id().unwrap_or_else(|| task.definition().id());
        let (wrong, hint) = match (&*mapping.parameters, mapping.over) {
            ([], _) => ("is a map and goes over no list".to_owned(), "bind a parameter to a list of arguments"),
            ([_, second, ..], Over::Each) => {
                let name = &task.definition().parameters()[*second].name;
                let wrong = format!("is a map over one list, and `{name}` is bound to a second one");
                (wrong, "`product` goes over all combinations, `zip` over the elements side by side")
            }
            _ => return Ok(()),
        };
        let message = format!("`{id}`, made at {}, {wrong}", task.place());
        Err(BuildError::new(BuildErrorKind::MistypedArgument, message).task(id).hint(hint))
    }
}

/// How the elements of several lists come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// There is one list.
    Each,
    /// Every combination; the last list turns fastest.
    Product,
    /// The first of each, the second of each, and so on; all are equally long.
    Zip,
}

/// What a front end knows of lists.
pub trait Lists: Send + Sync {
    /// Takes apart what is bound to a parameter.
    ///
    /// # Errors
    ///
    /// If it is no list.
    fn elements(&self, parameter: usize, list: &Value) -> Result<Box<dyn Elements>, Box<dyn Error + Send + Sync>>;

    /// The value of a map: the results by id, in the order of the elements.
    fn collect(&self, results: Vec<(&str, Value)>) -> Value;

    /// The type of that, where types decide.
    fn output(&self) -> Option<TypeId> {
        None
    }
}

/// A list that is taken apart.
pub trait Elements: Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    fn get(&self, index: usize) -> Value;

    /// One of them as text, if it has a short one: its key.
    fn text(&self, index: usize) -> Option<String>;
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("parameters", &self.parameters)
            .field("over", &self.over)
            .field("max_concurrency", &self.max_concurrency)
            .field("policy", &self.policy)
            .field("fail_fast", &self.fail_fast)
            .finish_non_exhaustive()
    }
}
