use std::{any::TypeId, error::Error, fmt, num::NonZeroU32, sync::Arc};

use taskloom_core::{Elements, Lists, Mapping, Over, Policy, Value};

use super::{
    Builder, Definition, Each, HasOutput, TaskOptions,
    each::{Bound, Split},
};
use crate::IntoFragment;

/// A task that runs once for each element of a list that is bound to a parameter (rules I-11 and S-11).
///
/// `fetch::map()` takes one list, `fetch::product()` goes over all combinations of several, `fetch::zip()` over the
/// first elements of all, the second, and so on. What is bound to another parameter all executions take. The result is
/// the `Vec` of what they give, in the order of the elements. A list may be the output of another task.
///
/// Each execution is a task of its own, with its own attempts. Its id is that of the map with a key in brackets: the
/// element as a text where it is a number or a text of at most 32 characters, a repeated one with `#2`, and else its
/// number. The map's own id is the definition's, if none is given and that one is free. No more than 1,024 elements
/// are in the hands of the engine at the same time, however long the list is.
///
/// ```
/// use taskloom::prelude::*;
///
/// #[task]
/// fn fetch_weather(city: String) -> String {
///     format!("Weather for {city}")
/// }
/// #[task]
/// fn count(texts: Vec<String>) -> usize {
///     texts.len()
/// }
///
/// # fn main() -> taskloom::Result<()> {
/// let all = fetch_weather::map().city(["Tokyo", "Paris"]).max_concurrency(8);
/// let run = Workflow::new("w").add(count::task().task_id("count").texts(&all)).execute().blocking()?;
/// assert_eq!(run.output::<String>("fetch_weather[Tokyo]")?, "Weather for Tokyo");
/// assert_eq!(run.output_of(&all)?.len(), 2);
/// assert_eq!(run.output::<usize>("count")?, 2);
/// # Ok(())
/// # }
/// ```
pub trait MapTask: HasOutput + Sized {
    #[doc(hidden)]
    type Map: MapInstance;

    #[doc(hidden)]
    fn begin(map: MapBuilder) -> Self::Map;

    #[doc(hidden)]
    fn defined() -> &'static Definition;

    /// Begins a map: one execution for each element of a list.
    #[track_caller]
    fn map() -> Self::Map
    where
        Self::Output: Clone,
    {
        Self::begin(MapBuilder::new::<Self::Output>(Self::defined(), Over::Each))
    }

    /// Begins a map over all combinations of the elements of lists; the last list turns fastest.
    #[track_caller]
    fn product() -> Self::Map
    where
        Self::Output: Clone,
    {
        Self::begin(MapBuilder::new::<Self::Output>(Self::defined(), Over::Product))
    }

    /// Begins a map over the first elements of all lists, the second, and so on; they are equally long.
    #[track_caller]
    fn zip() -> Self::Map
    where
        Self::Output: Clone,
    {
        Self::begin(MapBuilder::new::<Self::Output>(Self::defined(), Over::Zip))
    }
}

/// A map: see [`MapTask`]. The type's inherent methods are `task_id` and the parameters, everything else is here.
pub trait MapInstance: HasOutput + IntoFragment + Sized {
    #[doc(hidden)]
    fn map_mut(&mut self) -> &mut MapBuilder;

    /// The id of the map as a task.
    fn id(&self) -> &str {
        self.builder().instance.id()
    }

    /// Overrides options of the definition: they hold for each element.
    #[must_use]
    fn with_options(mut self, change: impl FnOnce(TaskOptions) -> TaskOptions) -> Self {
        self.map_mut().builder.change_options(change);
        self
    }

    /// How many elements run at the same time, at most. 0 counts as 1.
    #[must_use]
    fn max_concurrency(mut self, most: u32) -> Self {
        self.map_mut().change(|mapping| {
            mapping.max_concurrency = Some(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
        });
        self
    }

    /// Says when the map has succeeded, as for a group; all elements run to their end then. Without this it fails with
    /// the first element that does, and starts no further.
    #[must_use]
    fn policy(mut self, policy: Policy) -> Self {
        self.map_mut().change(|mapping| mapping.policy = Some(policy));
        self
    }

    /// Stops the map as soon as its policy's verdict is certain.
    #[must_use]
    fn fail_fast(mut self, fail_fast: bool) -> Self {
        self.map_mut().change(|mapping| mapping.fail_fast = fail_fast);
        self
    }
}

/// What the engine asks of a Rust map.
#[derive(Clone)]
struct RustLists {
    splits: Vec<(usize, Split)>,
    collect: fn(Vec<Value>) -> Value,
    output: TypeId,
}

impl Lists for RustLists {
    fn elements(&self, parameter: usize, list: &Value) -> Result<Box<dyn Elements>, Box<dyn Error + Send + Sync>> {
        let split = self.splits.iter().find(|(number, _)| *number == parameter);
        split.and_then(|(_, split)| split(list)).ok_or_else(|| "it is no list of the parameter's type".into())
    }

    fn collect(&self, results: Vec<(&str, Value)>) -> Value {
        (self.collect)(results.into_iter().map(|(_, result)| result).collect())
    }

    fn output(&self) -> Option<TypeId> {
        Some(self.output)
    }
}

/// The instance inside of a map's type made by `#[task]`.
#[derive(Clone)]
pub struct MapBuilder {
    pub(super) builder: Builder,
    lists: RustLists,
}

impl MapBuilder {
    /// Begins a map at the caller's line.
    #[track_caller]
    pub fn new<O: Clone + Send + Sync + 'static>(definition: &Definition, over: Over) -> Self {
        let lists = RustLists { splits: Vec::new(), collect: collect::<O>, output: TypeId::of::<Vec<O>>() };
        let mut builder = Builder::new(definition);
        builder.set_mapping(Mapping {
            parameters: Vec::new(),
            over,
            front_end: Arc::new(lists.clone()),
            max_concurrency: None,
            policy: None,
            fail_fast: false,
        });
        Self { builder, lists }
    }

    /// The instance.
    pub fn builder(&self) -> &Builder {
        &self.builder
    }

    /// Names the map.
    pub fn task_id(&mut self, id: impl Into<String>) {
        self.builder.task_id(id);
    }

    /// Binds a parameter.
    pub fn bind<T>(&mut self, parameter: usize, each: Each<T>) {
        self.lists.splits.retain(|(number, _)| *number != parameter);
        match each.bound {
            Bound::Same(argument) => self.builder.bind(parameter, argument),
            Bound::List(argument, split) => {
                self.lists.splits.push((parameter, split));
                self.builder.bind_argument(parameter, argument);
            }
        }
        let lists = self.lists.clone();
        self.change(|mapping| {
            mapping.parameters = lists.splits.iter().map(|(number, _)| *number).collect();
            mapping.front_end = Arc::new(lists);
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Mapping)) {
        if let Some(mapping) = self.builder.instance.options().map.as_deref() {
            let mut mapping = mapping.clone();
            change(&mut mapping);
            self.builder.set_mapping(mapping);
        }
    }
}

impl fmt::Debug for MapBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.builder.fmt(f)
    }
}

fn collect<T: Clone + Send + Sync + 'static>(values: Vec<Value>) -> Value {
    let own = |value: Value| value.downcast::<T>().ok().map(Arc::unwrap_or_clone);
    Arc::new(values.into_iter().filter_map(own).collect::<Vec<T>>())
}
