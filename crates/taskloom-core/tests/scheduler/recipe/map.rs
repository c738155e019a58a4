//! Maps in recipes: how many elements each pass of one has, what they do, and when it has succeeded.

use std::{error::Error, num::NonZeroU32, sync::Arc};

use taskloom_core::{Elements, Lists, Mapping, Over, Policy, Value};

use super::Act;

/// What makes a task a map.
#[derive(Clone, Debug)]
pub(crate) struct Map {
    /// How many elements it has in its first pass, its second, …, and round again.
    pub(crate) counts: Vec<usize>,
    pub(crate) max_concurrency: Option<NonZeroU32>,
    /// When it has succeeded; if nothing is said, the first failure is its own.
    pub(crate) rule: Option<MapRule>,
    pub(crate) fail_fast: bool,
    /// What an element does, attempt after attempt; counted round.
    pub(crate) acts: Vec<Vec<Act>>,
}

/// When a map with a policy has succeeded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MapRule {
    Strict,
    BestEffort,
    AtLeast(u32),
    /// This element has, if there is one.
    Critical(usize),
}

/// Lists of which nothing is known but how long they are.
struct Counted;

struct Count(usize);

impl Lists for Counted {
    fn elements(&self, _parameter: usize, list: &Value) -> Result<Box<dyn Elements>, Box<dyn Error + Send + Sync>> {
        Ok(Box::new(Count(*list.downcast_ref().ok_or("no count")?)))
    }

    fn collect(&self, _results: Vec<(&str, Value)>) -> Value {
        Arc::new(())
    }
}

impl Elements for Count {
    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, index: usize) -> Value {
        Arc::new(index)
    }

    fn text(&self, _index: usize) -> Option<String> {
        None
    }
}

impl Map {
    /// The argument that it goes over in a pass.
    pub(crate) fn list(&self, pass: usize) -> Value {
        Arc::new(self.counts[pass % self.counts.len()])
    }

    /// Of the task of this id, that goes over one parameter.
    pub(crate) fn mapping(&self, id: &str, parameter: usize) -> Mapping {
        let policy = self.rule.map(|rule| match rule {
            MapRule::Strict => Policy::Strict,
            MapRule::BestEffort => Policy::BestEffort,
            MapRule::AtLeast(least) => Policy::AtLeast(least),
            MapRule::Critical(index) => Policy::Critical(vec![format!("{id}[{index}]")]),
        });
        Mapping {
            parameters: vec![parameter],
            over: Over::Each,
            front_end: Arc::new(Counted),
            max_concurrency: self.max_concurrency,
            policy,
            fail_fast: self.fail_fast,
        }
    }
}
