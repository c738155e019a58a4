//! Where the values for a task's open parameters come from, decided once for all runs (rule R-3).

use fixedbitset::FixedBitSet;
use smallvec::SmallVec;

use super::{Kind, NodeId, Plan, edges::Edges};
use crate::{Argument, BuildError, BuildErrorKind, Definition, Instance, Lookup, hash::Map};

/// What fills one parameter: the first of its sources that has a value in the run.
#[derive(Clone, Debug)]
pub struct Fill {
    /// The number of the parameter.
    pub parameter: usize,
    /// Where to look, in this order.
    pub sources: SmallVec<[Source; 2]>,
}

/// One place to look for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The output of an instance that was bound as the argument.
    Output(NodeId),
    /// The list of the outputs of instances that were bound as the argument.
    Outputs(Box<[NodeId]>),
    /// The result of an ancestor whose id is the parameter's name.
    Ancestor(NodeId),
    /// The channel key of the parameter's name.
    Channel,
    /// The value of the only direct predecessor, or an entry of it.
    Predecessor(NodeId),
    /// The function's own default.
    Default,
}

/// The fills of all tasks that have any, found by node.
#[derive(Default)]
pub(super) struct Fills {
    by_node: Map<NodeId, Box<[Fill]>>,
}

impl Fills {
    pub(super) fn of(&self, node: NodeId) -> &[Fill] {
        self.by_node.get(&node).map_or(&[], |fills| fills)
    }
}

pub(super) fn find(plan: &Plan) -> Result<Fills, BuildError> {
    let mut fills = Fills::default();
    let mut ways = Ways { plan, before: None, reached: Map::default() };
    for node in (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node)) {
        let task = plan.task(node);
        if task.arguments().iter().all(|argument| matches!(argument, Argument::Value(_))) {
            continue;
        }
        let found: Box<[Fill]> = task
            .arguments()
            .iter()
            .enumerate()
            .filter_map(|(parameter, argument)| {
                let sources = ways.sources(node, parameter, argument)?;
                Some(Fill { parameter, sources })
            })
            .collect();
        if task.definition().lookup() == Lookup::ByType {
            refuse_unfilled(plan, node, &found)?;
        }
        fills.by_node.insert(node, found);
    }
    Ok(fills)
}

/// Finds the ways that lead to a task, and remembers what it had to search for.
struct Ways<'a> {
    plan: &'a Plan,
    before: Option<Edges>,
    /// For a task that gives its name to a parameter: what can be reached from it.
    reached: Map<NodeId, FixedBitSet>,
}

impl Ways<'_> {
    fn sources(&mut self, node: NodeId, parameter: usize, argument: &Argument) -> Option<SmallVec<[Source; 2]>> {
        let plan = self.plan;
        let definition = plan.task(node).definition();
        let declared = &definition.parameters()[parameter];
        let mut sources = SmallVec::new();
        let number = |instance: &Instance| plan.node_of(instance).expect("bound instances join with what takes them");
        // What a run from a start node leaves out is looked for further down the list (rule S-10).
        let runs = |instance: &Instance| plan.includes(number(instance));
        match argument {
            Argument::Value(_) => return None,
            Argument::Output(instance) if runs(instance) => sources.push(Source::Output(number(instance))),
            Argument::Outputs(instances) if instances.iter().all(runs) => {
                sources.push(Source::Outputs(instances.iter().map(number).collect()));
            }
            _ if declared.collects => {}
            _ => match definition.lookup() {
                Lookup::ByName => {
                    if let Some(ancestor) = plan.find(&declared.name)
                        && ancestor != node
                        && plan.includes(ancestor)
                        && self.leads(ancestor, node)
                    {
                        sources.push(Source::Ancestor(ancestor));
                    }
                    sources.push(Source::Channel);
                    sources.extend(self.only_predecessor(node).map(Source::Predecessor));
                }
                Lookup::ByType => {
                    if let Some(predecessor) = self.only_predecessor(node)
                        && only_open(plan.task(node).arguments(), definition, runs) == Some(parameter)
                        && output_type(plan, predecessor, definition) == declared.type_id
                        && declared.type_id.is_some()
                    {
                        sources.push(Source::Predecessor(predecessor));
                    }
                }
            },
        }
        if declared.has_default {
            sources.push(Source::Default);
        }
        Some(sources)
    }

    /// The node whose value is passed on, where exactly one leads here. A group's entry stands for what
    /// leads to the group.
    fn only_predecessor(&mut self, node: NodeId) -> Option<NodeId> {
        let before =
            self.before.get_or_insert_with(|| self.plan.edges.reversed(|edge| !self.plan.loops.contains(edge)));
        let mut node = node;
        loop {
            let &[predecessor] = before.of(node) else { return None };
            match self.plan.kind(predecessor) {
                Kind::Entry(_) => node = predecessor,
                Kind::Task | Kind::Exit(_) => return Some(predecessor),
            }
        }
    }

    fn leads(&mut self, from: NodeId, to: NodeId) -> bool {
        let plan = self.plan;
        self.reached.entry(from).or_insert_with(|| plan.forward(from)).contains(to as usize)
    }
}

/// The only parameter that is open and has no default. One that is bound to what this run leaves out is open.
pub(crate) fn only_open(
    arguments: &[Argument],
    definition: &Definition,
    runs: impl Fn(&Instance) -> bool,
) -> Option<usize> {
    let is_open = |argument: &Argument| match argument {
        Argument::Open => true,
        Argument::Value(_) => false,
        Argument::Output(instance) => !runs(instance),
        Argument::Outputs(instances) => !instances.iter().all(&runs),
    };
    let mut open = (0..arguments.len())
        .filter(|&parameter| is_open(&arguments[parameter]) && !definition.parameters()[parameter].has_default);
    open.next().filter(|_| open.next().is_none())
}

/// The type of a task's value, or of a group's as the task that takes it sees it.
pub(crate) fn output_type(plan: &Plan, node: NodeId, taker: &Definition) -> Option<std::any::TypeId> {
    if plan.is_task(node) { plan.task(node).definition().output() } else { taker.body().mapping_type() }
}

/// Where types decide, a parameter without any source can never be filled.
fn refuse_unfilled(plan: &Plan, node: NodeId, fills: &[Fill]) -> Result<(), BuildError> {
    let Some(fill) = fills.iter().find(|fill| fill.sources.is_empty()) else { return Ok(()) };
    let task = plan.task(node);
    let parameter = &task.definition().parameters()[fill.parameter];
    let missing = match &task.arguments()[fill.parameter] {
        Argument::Output(from) => {
            let from = plan.node_of(from).map_or("", |from| plan.id(from));
            format!("`{from}`, whose output it is bound to, is not part of this run")
        }
        Argument::Outputs(_) => "not all outputs that it is bound to are part of this run".to_owned(),
        Argument::Open | Argument::Value(_) => "it is not bound".to_owned(),
    };
    let message = format!(
        "`{}` has no value for `{}: {}`: {missing}, it has no default, and no direct predecessor alone gives this type \
         (definition `{}`, made at {})",
        plan.id(node),
        parameter.name,
        parameter.type_name,
        task.definition().id(),
        task.place(),
    );
    Err(BuildError::new(BuildErrorKind::UnfilledParameter, message)
        .task(plan.id(node))
        .hint(format!("bind it with `.{}(…)`, to a value or to the instance whose output it is", parameter.name)))
}
