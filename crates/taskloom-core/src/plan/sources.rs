//! Where the values for a task's open parameters come from, decided once for all runs (rule R-3).

use fixedbitset::FixedBitSet;
use smallvec::SmallVec;

use super::{Kind, NodeId, Plan, edges::Edges, group_types};
use crate::{Argument, BuildError, BuildErrorKind, Definition, Fragment, Instance, Lookup, Mapping, hash::Map};

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
    /// The value of a group, by its exit, that was bound as the argument.
    Group(NodeId),
    /// The result of an ancestor whose id is the parameter's name.
    Ancestor(NodeId),
    /// The channel key of the parameter's name.
    Channel,
    /// The value of the only direct predecessor, or an entry of it.
    Predecessor(NodeId),
    /// The function's own default.
    Default,
}

impl Source {
    /// The nodes whose values it may need.
    pub(crate) fn nodes(&self) -> &[NodeId] {
        match self {
            Self::Output(node) | Self::Group(node) | Self::Ancestor(node) | Self::Predecessor(node) => {
                std::slice::from_ref(node)
            }
            Self::Outputs(nodes) => nodes,
            Self::Channel | Self::Default => &[],
        }
    }
}

/// The fills of all tasks, one task after the other.
#[derive(Default)]
pub(super) struct Fills {
    /// Where those of each task begin, and the end; those of tasks behind the last that has any are left out.
    offsets: Vec<u32>,
    all: Vec<Fill>,
}

impl Fills {
    #[inline]
    pub(super) fn of(&self, node: NodeId) -> &[Fill] {
        match self.offsets.get(node as usize..) {
            Some(&[begin, end, ..]) => &self.all[begin as usize..end as usize],
            _ => &[],
        }
    }

    /// Adds those of a task behind all others that have any.
    fn push(&mut self, node: NodeId, fills: impl IntoIterator<Item = Fill>) {
        let end = |all: &[Fill]| u32::try_from(all.len()).unwrap_or(u32::MAX);
        self.offsets.resize(node as usize + 1, end(&self.all));
        self.all.extend(fills);
        self.offsets.push(end(&self.all));
    }
}

/// Finds the fills of all tasks of a plan; `exit` gives the exit of a group that is bound in it.
pub(super) fn find(plan: &Plan, exit: &dyn Fn(NodeId, &Fragment) -> NodeId) -> Result<Fills, BuildError> {
    let mut fills = Fills::default();
    let mut ways = Ways { plan, exit, before: None, reached: Map::default() };
    for node in (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node)) {
        let task = plan.task(node);
        Mapping::check(task)?;
        if task.arguments().iter().all(|argument| matches!(argument, Argument::Value(_))) {
            continue;
        }
        let found = task.arguments().iter().enumerate().filter_map(|(parameter, argument)| {
            let sources = ways.sources(node, parameter, argument)?;
            Some(Fill { parameter, sources })
        });
        fills.push(node, found);
        let found = fills.of(node);
        if task.definition().lookup() == Lookup::ByType {
            refuse_unfilled(plan, node, found)?;
            group_types::check(plan, node, found)?;
        }
    }
    fills.all.shrink_to_fit();
    Ok(fills)
}

/// Finds the ways that lead to a task, and remembers what it had to search for.
struct Ways<'a> {
    plan: &'a Plan,
    exit: &'a dyn Fn(NodeId, &Fragment) -> NodeId,
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
        match self.bound(node, argument) {
            _ if matches!(argument, Argument::Value(_)) => return None,
            Some(source) => sources.push(source),
            None if declared.collects => {}
            None => match definition.lookup() {
                Lookup::ByName => {
                    if let Some(ancestor) = plan.find_from(node, &declared.name)
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
                        && self.only_open(node) == Some(parameter)
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

    /// What an argument is bound to, if that is part of the run. What a run from a start node leaves out is looked
    /// for further down the list (rule S-10).
    fn bound(&self, node: NodeId, argument: &Argument) -> Option<Source> {
        let plan = self.plan;
        let number =
            |instance: &Instance| plan.input(node, instance).expect("bound instances join with what takes them");
        let source = match argument {
            Argument::Open | Argument::Value(_) => return None,
            Argument::Output(instance) => Source::Output(number(instance)),
            Argument::Outputs(instances) => Source::Outputs(instances.iter().map(number).collect()),
            Argument::Group(group) => Source::Group((self.exit)(node, group)),
        };
        let runs = match &source {
            Source::Outputs(nodes) => nodes.iter().all(|&node| plan.includes(node)),
            Source::Output(node) | Source::Group(node) => plan.includes(*node),
            _ => true,
        };
        runs.then_some(source)
    }

    /// The only parameter that is open and has no default. One that is bound to what this run leaves out is open.
    fn only_open(&self, node: NodeId) -> Option<usize> {
        let task = self.plan.task(node);
        let is_open =
            |argument: &Argument| !matches!(argument, Argument::Value(_)) && self.bound(node, argument).is_none();
        let declared = task.arguments().iter().zip(task.definition().parameters()).enumerate();
        let mut open = declared.filter(|(_, (argument, parameter))| is_open(argument) && !parameter.has_default);
        let (number, _) = open.next()?;
        open.next().is_none().then_some(number)
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

/// The type of a task's value, or of a group's as the task that takes it sees it.
pub(crate) fn output_type(plan: &Plan, node: NodeId, taker: &Definition) -> Option<std::any::TypeId> {
    if plan.is_task(node) { plan.task(node).output() } else { taker.body().mapping_type() }
}

/// Where types decide, a parameter without any source can never be filled.
fn refuse_unfilled(plan: &Plan, node: NodeId, fills: &[Fill]) -> Result<(), BuildError> {
    let Some(fill) = fills.iter().find(|fill| fill.sources.is_empty()) else { return Ok(()) };
    let task = plan.task(node);
    let parameter = &task.definition().parameters()[fill.parameter];
    let missing = match &task.arguments()[fill.parameter] {
        Argument::Output(from) => {
            let from = plan.input(node, from).map_or("", |from| plan.id(from));
            format!("`{from}`, whose output it is bound to, is not part of this run")
        }
        Argument::Outputs(_) => "not all outputs that it is bound to are part of this run".to_owned(),
        Argument::Group(_) => "the group that it is bound to is not part of this run".to_owned(),
        Argument::Open | Argument::Value(_) => "it is not bound".to_owned(),
    };
    let name = &parameter.name;
    // Without a type nothing is looked for, and the front end is another one than Rust's.
    let (of_type, looked, how) = match parameter.type_id {
        Some(_) => {
            let of_type = format!(": {}", parameter.type_name);
            (of_type, "no direct predecessor alone gives this type", format!("it with `.{name}(…)`,"))
        }
        None => (String::new(), "it is not looked for in the run", format!("`{name}` when the instance is made,")),
    };
    let message = format!(
        "`{}` has no value for `{name}{of_type}`: {missing}, it has no default, and {looked} (definition `{}`, made at {})",
        plan.id(node),
        task.definition().id(),
        task.place(),
    );
    Err(BuildError::new(BuildErrorKind::UnfilledParameter, message)
        .task(plan.id(node))
        .hint(format!("bind {how} to a value or to the instance whose output it is")))
}
