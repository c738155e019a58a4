use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use taskloom_core::{Outline, Plan, nearest};

use crate::engine::durable::{BoxError, Overrides, Values};

/// A value that one run has for a parameter of a task, whatever that is bound to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Override {
    /// The task's name in the outline of the run's plan.
    pub(super) task: String,
    pub(super) parameter: String,
    pub(super) value: Box<RawValue>,
}

/// The values, for the tasks of a plan. A task that the workflow does not have any more needs none.
pub(super) fn resolve(
    overrides: &[Override],
    outline: &Outline,
    plan: &Plan,
    values: &dyn Values,
) -> Result<Overrides, BoxError> {
    let mut resolved = Overrides::default();
    if overrides.is_empty() {
        return Ok(resolved);
    }
    let names = outline.names();
    for Override { task, parameter, value } in overrides {
        let Some(node) = (0_u32..).zip(&names).find(|(_, name)| *name == task).map(|(node, _)| node) else { continue };
        let definition = plan.task(node).definition();
        let number = definition.parameters().iter().position(|other| *other.name == **parameter);
        let number = number.ok_or_else(|| format!("`{task}` has no parameter `{parameter}`"))?;
        let value = values
            .read_argument(definition, number, value.get())
            .map_err(|error| format!("the value that it was forked with for `{parameter}` of `{task}`: {error}"))?;
        resolved.entry(node).or_default().push((number, value));
    }
    Ok(resolved)
}

/// Whether the task of this line of an outline has such a parameter; if not, what might be meant.
pub(super) fn check_parameter(line: &str, parameter: &str) -> Result<(), String> {
    let signature = line.split('\t').nth(2).unwrap_or_default();
    let parameters = signature.split_once('(').map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    // The types may have commas too, but no colons behind a name.
    let names: Vec<&str> =
        parameters.split(", ").filter_map(|part| Some(part.split_once(": ")?.0.trim_end_matches('?'))).collect();
    if names.contains(&parameter) {
        return Ok(());
    }
    Err(hint(parameter, &names).unwrap_or_else(|| match names.as_slice() {
        [] => "it has no parameters".to_owned(),
        names => format!("it has {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }))
}

/// What a misspelt name may mean.
pub(super) fn hint<S: AsRef<str>>(name: &str, known: &[S]) -> Option<String> {
    let near: Vec<String> =
        nearest(name, known.iter().map(AsRef::as_ref)).into_iter().map(|name| format!("`{name}`")).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}
