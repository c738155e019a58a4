use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use hashbrown::HashTable;

use super::RunPlan;
use crate::{
    Argument, Elements, Inputs, Mapping, NodeId, Over, Value,
    hash::{self, Map},
};

/// Longest text that is an element's key, in characters (rule S-11).
const LONGEST_KEY: usize = 32;

/// A map of a run, taken apart: what its elements are called and which arguments each of them has.
pub struct Expansion {
    map: NodeId,
    mapping: Arc<Mapping>,
    lists: Vec<(usize, Box<dyn Elements>)>,
    /// The arguments that all have.
    inputs: Inputs,
    ids: Box<[Box<str>]>,
    by_id: HashTable<u32>,
}

impl Expansion {
    /// Takes the map at `node` apart. `inputs` is what was found for its parameters. This runs code of the front end,
    /// and perhaps of the user, so no lock is to be held.
    ///
    /// # Errors
    ///
    /// A text that says what cannot be taken apart, or does not fit together.
    pub fn new(plan: &RunPlan, node: NodeId, mut inputs: Inputs) -> Result<Self, String> {
        let task = plan.task(node);
        let mapping = task.options().map.clone().ok_or_else(|| format!("`{}` is no map", plan.id(node)))?;
        let name = |parameter: usize| &task.definition().parameters()[parameter].name;
        let mut lists = Vec::new();
        for &parameter in &mapping.parameters {
            let found = inputs.iter().position(|(number, _)| *number == parameter);
            let list = match (found.map(|at| inputs.remove(at).1), &task.arguments()[parameter]) {
                (Some(list), _) => list,
                (None, Argument::Value(list)) => list.clone(),
                (None, _) => return Err(format!("`{}` has no list for `{}`", plan.id(node), name(parameter))),
            };
            let elements = mapping.front_end.elements(parameter, &list);
            let elements = elements.map_err(|error| {
                format!("`{}` cannot go over what `{}` is bound to: {error}", plan.id(node), name(parameter))
            })?;
            lists.push((parameter, elements));
        }
        let count = count(&mapping, &lists).map_err(|wrong| {
            let lengths: Vec<String> =
                lists.iter().map(|(parameter, list)| format!("`{}` has {}", name(*parameter), list.len())).collect();
            format!("`{}` {wrong}: {}", plan.id(node), lengths.join(", "))
        })?;
        let mut expansion = Self { map: node, mapping, lists, inputs, ids: Box::default(), by_id: HashTable::new() };
        expansion.name(plan, count);
        Ok(expansion)
    }

    /// The map's node.
    pub fn map(&self) -> NodeId {
        self.map
    }

    /// How many elements it has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    /// The id of an element.
    pub fn id(&self, index: u32) -> &str {
        &self.ids[index as usize]
    }

    /// The element of this id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        self.by_id.find(hash::text(id), |&index| *self.ids[index as usize] == *id).copied()
    }

    /// The arguments of an element that are not bound to a value, or take another one. This runs code of the front end.
    pub fn inputs(&self, index: u32) -> Inputs {
        let mut inputs = self.inputs.clone();
        let elements = self.lists.iter().zip(self.places(index as usize));
        inputs.extend(elements.map(|((parameter, list), place)| (*parameter, list.get(place))));
        inputs
    }

    /// Where an element is in each of the lists.
    fn places(&self, index: usize) -> Vec<usize> {
        if self.mapping.over != Over::Product {
            return vec![index; self.lists.len()];
        }
        let mut rest = index;
        let mut places: Vec<usize> = self
            .lists
            .iter()
            .rev()
            .map(|(_, list)| {
                let place = rest % list.len();
                rest /= list.len();
                place
            })
            .collect();
        places.reverse();
        places
    }

    /// Gives each element its id: the map's, with its key in brackets (rule S-11).
    fn name(&mut self, plan: &RunPlan, count: u32) {
        let prefix = plan.id(self.map);
        let mut ids: Vec<Box<str>> = Vec::with_capacity(count as usize);
        let mut by_id = HashTable::with_capacity(count as usize);
        // How often a key was there, so that many that are alike are not counted up anew each time.
        let mut uses: Map<u64, u32> = Map::default();
        for index in 0..count {
            let key = self.key(index as usize).unwrap_or_else(|| index.to_string());
            let mut id = format!("{prefix}[{key}]");
            let again = uses.entry(hash::text(&key)).or_insert(0);
            *again += 1;
            if *again > 1 {
                id = format!("{prefix}[{key}#{again}]");
            }
            while by_id.find(hash::text(&id), |&other: &u32| *ids[other as usize] == *id).is_some()
                || plan.find(&id).is_some_and(|node| !plan.is_element(node))
            {
                *again += 1;
                id = format!("{prefix}[{key}#{again}]");
            }
            ids.push(id.into_boxed_str());
            by_id.insert_unique(hash::text(&ids[index as usize]), index, |&other| hash::text(&ids[other as usize]));
        }
        self.ids = ids.into_boxed_slice();
        self.by_id = by_id;
    }

    fn key(&self, index: usize) -> Option<String> {
        let texts = self.lists.iter().zip(self.places(index)).map(|((_, list), place)| list.text(place));
        let key = texts.collect::<Option<Vec<String>>>()?.join(", ");
        let is_short = key.len() <= 4 * LONGEST_KEY && key.chars().count() <= LONGEST_KEY;
        (is_short && !key.is_empty() && !key.chars().any(char::is_control)).then_some(key)
    }
}

fn count(mapping: &Mapping, lists: &[(usize, Box<dyn Elements>)]) -> Result<u32, &'static str> {
    const TOO_MANY: &str = "has more elements than a map can";
    let lengths = lists.iter().map(|(_, list)| list.len());
    let count = match mapping.over {
        Over::Product => lengths.into_iter().try_fold(1_usize, usize::checked_mul).ok_or(TOO_MANY)?,
        Over::Each | Over::Zip => {
            let first = lengths.clone().next().unwrap_or(0);
            if lengths.into_iter().any(|length| length != first) {
                return Err("takes the elements of its lists in pairs, and they are not equally long");
            }
            first
        }
    };
    u32::try_from(count).ok().filter(|&count| count < 1 << 30).ok_or(TOO_MANY)
}

impl fmt::Debug for Expansion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expansion").field("map", &self.map).field("count", &self.count()).finish_non_exhaustive()
    }
}

/// When an element's last attempt began and ended, in nanoseconds since the run began.
type Times = [u64; 2];

/// The results of a map's elements. It stands for the map's value, which is made of it when it is first needed.
pub struct MapResults {
    expansion: Arc<Expansion>,
    results: Box<[OnceLock<(Value, Times)>]>,
    value: OnceLock<Value>,
}

impl MapResults {
    /// No results yet.
    pub fn new(expansion: Arc<Expansion>) -> Self {
        let results = std::iter::repeat_with(OnceLock::new).take(expansion.ids.len()).collect();
        Self { expansion, results, value: OnceLock::new() }
    }

    /// Keeps the result of an element, and when its attempt began and ended, in nanoseconds since the run began.
    pub fn set(&self, index: u32, result: Value, times: [u64; 2]) {
        self.results[index as usize].get_or_init(|| (result, times));
    }

    /// The result of an element that has succeeded.
    pub fn get(&self, index: u32) -> Option<&Value> {
        self.results[index as usize].get().map(|(result, _)| result)
    }

    /// When the attempt that gave that result began and ended.
    pub fn times(&self, index: u32) -> Option<[u64; 2]> {
        self.results[index as usize].get().map(|(_, times)| *times)
    }

    /// The map, taken apart.
    pub fn expansion(&self) -> &Arc<Expansion> {
        &self.expansion
    }

    /// The value that a result stands for: a map's, if it is one. This runs code of the front end.
    pub fn open(result: &Value) -> &Value {
        match result.downcast_ref::<Self>() {
            Some(results) => results.value.get_or_init(|| results.collect()),
            None => result,
        }
    }

    fn collect(&self) -> Value {
        let results = self.expansion.ids.iter().zip(&self.results);
        let results = results.filter_map(|(id, result)| Some((&**id, result.get()?.0.clone()))).collect();
        self.expansion.mapping.front_end.collect(results)
    }
}

impl fmt::Debug for MapResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapResults").field("expansion", &self.expansion).finish_non_exhaustive()
    }
}
