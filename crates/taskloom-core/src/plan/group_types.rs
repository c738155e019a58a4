//! Whether the values of groups that are bound as arguments have the types that the parameters take.

use super::{Fill, NodeId, Plan, Source, sources::output_type};
use crate::{BuildError, BuildErrorKind, Lookup};

/// Refuses a group with a branch whose value is no element of the list that a parameter takes. Where types decide,
/// a parameter takes a group's value as a whole, or as the list of its branches' values (rule I-10).
pub(super) fn check(plan: &Plan, node: NodeId, fills: &[Fill]) -> Result<(), BuildError> {
    let definition = plan.task(node).definition();
    debug_assert_eq!(definition.lookup(), Lookup::ByType, "elsewhere any value may become an argument");
    let body = definition.body();
    for fill in fills {
        let Some(Source::Group(exit)) = fill.sources.first() else { continue };
        let declared = &definition.parameters()[fill.parameter];
        if declared.type_id.is_some() && declared.type_id == body.mapping_type() {
            continue;
        }
        let super::Kind::Exit(group) = plan.kind(*exit) else { continue };
        let element = body.element_type(fill.parameter);
        let wrong =
            plan.groups()[group as usize].branches.iter().map(|branch| branch.last).find(|&last| {
                plan.includes(last) && (element.is_none() || output_type(plan, last, definition) != element)
            });
        if let Some(wrong) = wrong {
            return Err(mistyped(plan, node, fill.parameter, *exit, wrong));
        }
    }
    Ok(())
}

fn mistyped(plan: &Plan, node: NodeId, parameter: usize, exit: NodeId, wrong: NodeId) -> BuildError {
    let task = plan.task(node);
    let parameter = &task.definition().parameters()[parameter];
    let given = if plan.is_task(wrong) {
        plan.task(wrong).definition().output_name().unwrap_or("a value of another type")
    } else {
        "the value of a group"
    };
    let message = format!(
        "`{}` takes a `{}` for `{}`, and `{}` in the group `{}` gives `{given}` (definition `{}`, made at {})",
        plan.id(node),
        parameter.type_name,
        parameter.name,
        plan.id(wrong),
        plan.id(exit),
        task.definition().id(),
        task.place(),
    );
    BuildError::new(BuildErrorKind::MistypedArgument, message)
        .task(plan.id(node))
        .hint("all branches give the type of the list's elements; a parameter of type `GroupOutput` takes any group")
}
