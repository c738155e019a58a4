//! Finds the arguments of one execution among the results of a run (rule R-3).
//!
//! Two steps, because a driver reads results under its lock, while a front end's values may be looked
//! into only outside of it: [`Gathered`] takes what may be needed, [`resolve`] decides.

use std::fmt;

use smallvec::SmallVec;

use crate::{Argument, Body, Definition, Kind, Lookup, MapResults, NodeId, RunPlan, Source, Value, hash::Map};

/// The results that the arguments of one execution may come from.
#[derive(Default)]
pub struct Gathered {
    /// In the order of the nodes; most executions need one.
    values: SmallVec<[(NodeId, Option<Value>); 1]>,
}

impl Gathered {
    /// Takes what the task may need. `cause` is the node that a jump or a loop edge came from. `result` gives the value
    /// of a task that has succeeded, and `None` inside for a group that has.
    pub fn take(
        plan: &RunPlan,
        node: NodeId,
        cause: Option<NodeId>,
        result: impl Fn(NodeId) -> Option<Option<Value>>,
    ) -> Self {
        let sources = plan.fills(node).iter().flat_map(|fill| &fill.sources);
        Self::of(plan, sources.flat_map(Source::nodes).copied().chain(cause), result)
    }

    /// Takes the values of some nodes, and those that groups among them consist of.
    pub fn of(
        plan: &RunPlan,
        nodes: impl IntoIterator<Item = NodeId>,
        result: impl Fn(NodeId) -> Option<Option<Value>>,
    ) -> Self {
        let mut values: SmallVec<[(NodeId, Option<Value>); 1]> = SmallVec::new();
        // A stack of our own, since groups nest without limit.
        let mut inside = Vec::new();
        let mut take = |node, inside: &mut Vec<u32>| {
            let Some(value) = result(node) else { return };
            values.push((node, value));
            if let Kind::Exit(group) = plan.kind(node) {
                inside.push(group);
            }
        };
        for node in nodes {
            take(node, &mut inside);
        }
        let mut seen: Map<u32, ()> = Map::default();
        while let Some(group) = inside.pop() {
            if seen.insert(group, ()).is_none() {
                for branch in &plan.groups()[group as usize].branches {
                    take(branch.last, &mut inside);
                }
            }
        }
        values.sort_unstable_by_key(|&(node, _)| node);
        values.dedup_by_key(|&mut (node, _)| node);
        Self { values }
    }

    /// What was taken of a node.
    fn get(&self, node: NodeId) -> Option<&Option<Value>> {
        let place = self.values.binary_search_by_key(&node, |&(node, _)| node).ok()?;
        Some(&self.values[place].1)
    }

    /// The value of a node that has succeeded. A group's is the mapping of its branches' values by id: for a task by
    /// the ids in its own workflow, where that is part of this one.
    pub fn value(&self, plan: &RunPlan, node: NodeId, taker: Option<NodeId>, body: &dyn Body) -> Option<Value> {
        let found = self.get(node)?;
        match plan.kind(node) {
            Kind::Task | Kind::Entry(_) => found.as_ref().map(|value| MapResults::open(value).clone()),
            Kind::Exit(_) => self.entries(plan, node, taker, body).map(|entries| body.mapping(entries)),
        }
    }

    /// The values of a group's branches by id, in order; none of a branch that has not succeeded.
    fn entries<'a>(
        &self,
        plan: &'a RunPlan,
        exit: NodeId,
        taker: Option<NodeId>,
        body: &dyn Body,
    ) -> Option<Vec<(&'a str, Value)>> {
        self.get(exit)?;
        let Kind::Exit(group) = plan.kind(exit) else { return None };
        // Groups inside groups come first; a stack of our own, since they nest without limit.
        let mut order = vec![(exit, group)];
        let mut next = 0;
        while let Some(&(_, group)) = order.get(next) {
            for branch in &plan.groups()[group as usize].branches {
                if let Kind::Exit(inner) = plan.kind(branch.last)
                    && self.get(branch.last).is_some()
                {
                    order.push((branch.last, inner));
                }
            }
            next += 1;
        }
        let mut built: Map<NodeId, Value> = Map::default();
        for &(exit, group) in order[1..].iter().rev() {
            let value = body.mapping(self.branches(plan, group, taker, &built));
            built.insert(exit, value);
        }
        Some(self.branches(plan, group, taker, &built))
    }

    fn branches<'a>(
        &self,
        plan: &'a RunPlan,
        group: u32,
        taker: Option<NodeId>,
        built: &Map<NodeId, Value>,
    ) -> Vec<(&'a str, Value)> {
        // Branches that end in one task have one value.
        let mut seen: Map<NodeId, ()> = Map::default();
        let branches = plan.groups()[group as usize].branches.iter();
        let entries = branches.filter(|branch| seen.insert(branch.last, ()).is_none()).filter_map(|branch| {
            let own = || self.get(branch.last)?.as_ref().map(|value| MapResults::open(value).clone());
            let value = built.get(&branch.last).cloned().or_else(own)?;
            Some((taker.map_or_else(|| plan.id(branch.last), |taker| plan.id_from(taker, branch.last)), value))
        });
        entries.collect()
    }
}

impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered").field("values", &self.values.len()).finish()
    }
}

/// The arguments of one execution that are not bound to a value, or take another one: parameter number and value. A
/// parameter that is missing takes its default.
pub type Inputs = SmallVec<[(usize, Value); 2]>;

/// A parameter for which nothing was found.
#[derive(Clone, Debug)]
pub struct Unresolved {
    /// Its number.
    pub parameter: usize,
    /// What is missing, for whom, and where it was looked for.
    pub message: String,
}

/// Decides what fills the parameters of a task that have no value of their own.
///
/// `cause` is the node that a jump or a loop edge led here from: for such an execution it is the direct
/// predecessor (rule S-6). `given` are values for parameters, whatever these are bound to (rules R-9 and D-2).
///
/// # Errors
///
/// [`Unresolved`] for the first parameter that has no value and no default.
pub fn resolve(
    plan: &RunPlan,
    node: NodeId,
    gathered: &Gathered,
    cause: Option<NodeId>,
    given: Inputs,
    channel: impl Fn(&str) -> Option<Value>,
) -> Result<Inputs, Unresolved> {
    let definition = plan.task(node).definition();
    let body = definition.body();
    let mut open: SmallVec<[(usize, bool); 4]> = SmallVec::new();
    let mut predecessor = cause;
    let count = given.len();
    let mut inputs = given;
    for fill in plan.fills(node) {
        if inputs[..count].iter().any(|(parameter, _)| *parameter == fill.parameter) {
            continue;
        }
        let name = &*definition.parameters()[fill.parameter].name;
        let found = fill.sources.iter().find_map(|source| match source {
            Source::Output(from) | Source::Ancestor(from) => gathered.value(plan, *from, Some(node), body),
            Source::Outputs(from) => {
                let values: Option<Vec<Value>> =
                    from.iter().map(|&from| gathered.value(plan, from, Some(node), body)).collect();
                values.map(|values| body.list(fill.parameter, values))
            }
            Source::Group(from) => {
                gathered.entries(plan, *from, Some(node), body).map(|entries| body.group(fill.parameter, entries))
            }
            Source::Channel => channel(name),
            Source::Predecessor(from) => {
                predecessor.get_or_insert(*from);
                None
            }
            Source::Default => None,
        });
        match found {
            Some(value) => inputs.push((fill.parameter, value)),
            None => open.push((fill.parameter, fill.sources.contains(&Source::Default))),
        }
    }
    if let Some(value) =
        predecessor.filter(|_| !open.is_empty()).and_then(|from| gathered.value(plan, from, Some(node), body))
    {
        from_predecessor(definition, &value, &mut open, &mut inputs);
    }
    match open.iter().find(|(_, has_default)| !has_default) {
        None => Ok(inputs),
        Some(&(parameter, _)) => Err(Unresolved { parameter, message: unresolved(plan, node, parameter) }),
    }
}

/// The only direct predecessor's value: the whole for the only parameter that needs one if it fits
/// there, else the entries that have the names of open parameters.
fn from_predecessor(
    definition: &Definition,
    value: &Value,
    open: &mut SmallVec<[(usize, bool); 4]>,
    inputs: &mut Inputs,
) {
    let (body, parameters) = (definition.body(), definition.parameters());
    let fits = |parameter: usize| match definition.lookup() {
        Lookup::ByName => body.fits(parameter, value),
        Lookup::ByType => parameters[parameter].type_id == Some((**value).type_id()),
    };
    let mut needed = open.iter().filter(|(_, has_default)| !has_default);
    if let (Some(&(parameter, _)), None) = (needed.next(), needed.next())
        && fits(parameter)
    {
        inputs.push((parameter, value.clone()));
        open.retain(|(other, _)| *other != parameter);
        return;
    }
    open.retain(|(parameter, _)| match body.entry(value, &parameters[*parameter].name) {
        Some(entry) => {
            inputs.push((*parameter, entry));
            false
        }
        None => true,
    });
}

fn unresolved(plan: &RunPlan, node: NodeId, parameter: usize) -> String {
    let task = plan.task(node);
    let declared = &task.definition().parameters()[parameter];
    let name = &*declared.name;
    let mut looked = vec![match task.arguments()[parameter] {
        Argument::Open | Argument::Value(_) => "a bound value".to_owned(),
        Argument::Output(_) | Argument::Outputs(_) => "the bound output".to_owned(),
        Argument::Group(_) => "the bound group".to_owned(),
    }];
    let sources = plan.fills(node).iter().find(|fill| fill.parameter == parameter).map(|fill| &fill.sources);
    looked.extend(sources.into_iter().flatten().map(|source| match source {
        Source::Output(from) | Source::Ancestor(from) => format!("the output of `{}`", plan.id(*from)),
        Source::Group(from) => format!("the value of group `{}`", plan.id(*from)),
        Source::Outputs(_) => "the bound outputs".to_owned(),
        Source::Channel => format!("a task `{name}` before it, the channel key `{name}`"),
        Source::Predecessor(from) => {
            format!("the value of `{}`, which does not fit and has no entry `{name}`", plan.id(*from))
        }
        Source::Default => "a default".to_owned(),
    }));
    format!(
        "`{}` has no value for parameter `{name}` of `{}`; looked for {}\n  hint: bind it when the instance is made (at {}): `{name}=…`",
        plan.id(node),
        task.definition().id(),
        looked.join(", "),
        task.place(),
    )
}
