//! Where the values for the open parameters of a task come from that a run adds (rule R-3): the task that adds it
//! is its direct predecessor.

use smallvec::SmallVec;

use super::RunPlan;
use crate::{
    Argument, BuildError, BuildErrorKind, Definition, Fill, Instance, Lookup, NodeId, Source, plan::output_type,
};

pub(super) fn find(run: &RunPlan, task: &Instance, by: NodeId) -> Result<Box<[Fill]>, BuildError> {
    let mut fills = Vec::new();
    for (parameter, argument) in task.arguments().iter().enumerate() {
        if matches!(argument, Argument::Value(_)) {
            continue;
        }
        let sources = sources(run, task, parameter, by);
        let definition = task.definition();
        if sources.is_empty() && (definition.lookup() == Lookup::ByType || is_bound(argument)) {
            return Err(unfilled(run, task, parameter, by));
        }
        fills.push(Fill { parameter, sources });
    }
    Ok(fills.into())
}

fn is_bound(argument: &Argument) -> bool {
    !matches!(argument, Argument::Open | Argument::Value(_))
}

fn sources(run: &RunPlan, task: &Instance, parameter: usize, by: NodeId) -> SmallVec<[Source; 2]> {
    let definition = task.definition();
    let declared = &definition.parameters()[parameter];
    let mut sources = SmallVec::new();
    match bound(run, &task.arguments()[parameter]) {
        Some(source) => sources.push(source),
        None if is_bound(&task.arguments()[parameter]) || declared.collects => {}
        None => match definition.lookup() {
            Lookup::ByName => {
                let ancestor = run.find_from(by, &declared.name);
                let ancestor = ancestor.filter(|&from| run.includes(from) && leads(run, from, by));
                sources.extend(ancestor.map(Source::Ancestor));
                sources.push(Source::Channel);
                sources.push(Source::Predecessor(by));
            }
            Lookup::ByType => {
                if only_open(task) == Some(parameter)
                    && declared.type_id.is_some()
                    && gives(run, by, definition) == declared.type_id
                {
                    sources.push(Source::Predecessor(by));
                }
            }
        },
    }
    if declared.has_default {
        sources.push(Source::Default);
    }
    sources
}

/// What an argument is bound to, if the run has that.
fn bound(run: &RunPlan, argument: &Argument) -> Option<Source> {
    let node = |instance: &Instance| run.node_of(instance).filter(|&node| run.includes(node));
    match argument {
        Argument::Output(instance) => node(instance).map(Source::Output),
        Argument::Outputs(instances) => {
            instances.iter().map(node).collect::<Option<Box<[NodeId]>>>().map(Source::Outputs)
        }
        Argument::Open | Argument::Value(_) | Argument::Group(_) => None,
    }
}

/// The only parameter that is open and has no default.
fn only_open(task: &Instance) -> Option<usize> {
    let declared = task.arguments().iter().zip(task.definition().parameters()).enumerate();
    let mut open =
        declared.filter(|(_, (argument, parameter))| matches!(argument, Argument::Open) && !parameter.has_default);
    let (number, _) = open.next()?;
    open.next().is_none().then_some(number)
}

/// The type of the value of the task that adds another.
fn gives(run: &RunPlan, by: NodeId, taker: &Definition) -> Option<std::any::TypeId> {
    if run.is_added(by) { run.task(by).output() } else { output_type(run.plan(), by, taker) }
}

/// Whether a way leads from a node to what `by` adds.
fn leads(run: &RunPlan, from: NodeId, by: NodeId) -> bool {
    let mut before = Some(by);
    while let Some(node) = before {
        if node == from {
            return true;
        }
        before = run.added_by(node);
    }
    !run.is_added(from) && run.plan().forward(from).contains(run.root(by) as usize)
}

fn unfilled(run: &RunPlan, task: &Instance, parameter: usize, by: NodeId) -> BuildError {
    let definition = task.definition();
    let declared = &definition.parameters()[parameter];
    let missing = if is_bound(&task.arguments()[parameter]) {
        "this run does not have what it is bound to".to_owned()
    } else if declared.type_id.is_some() {
        format!("it is not bound, and `{}`, which adds it, gives another type", run.id(by))
    } else {
        "it is not bound, and it is not looked for in the run".to_owned()
    };
    let id = task.fixed_id().unwrap_or_else(|| definition.id());
    let message = format!(
        "`{id}` has no value for `{}`: {missing}, and it has no default (definition `{}`, made at {})",
        declared.name,
        definition.id(),
        task.place(),
    );
    BuildError::new(BuildErrorKind::UnfilledParameter, message)
        .task(id)
        .hint(format!("bind `{}` to a value, or to a task that the run has", declared.name))
}
