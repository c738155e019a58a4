use std::fmt;

use super::{NodeId, Plan, Source};
use crate::{Argument, Fill, Lookup};

/// The tasks in the order of composition, what follows each, and where the value of each open
/// parameter would come from.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = (0_u32..).take(self.task_count()).filter(|&node| self.includes(node));
        let groups = self.groups.iter().filter(|group| self.includes(group.exit));
        writeln!(f, "{}", self.heading())?;
        for node in tasks {
            let task = self.task(node);
            write!(f, "  {}", self.id(node))?;
            if self.id(node) != task.definition().id() {
                write!(f, " ({})", task.definition().id())?;
            }
            self.write_successors(f, node)?;
            for fill in self.fills(node) {
                let name = &task.definition().parameters()[fill.parameter].name;
                let sources = fill.sources.iter().map(|source| match source {
                    Source::Predecessor(from) => self.describe_predecessor(*from, node, fill),
                    source => self.describe(source, name),
                });
                writeln!(f, "      {name} <- {}", sources.collect::<Vec<_>>().join(", else "))?;
            }
            let bound = task.arguments().iter().zip(task.definition().parameters());
            for (_, parameter) in bound.filter(|(argument, _)| matches!(argument, Argument::Value(_))) {
                writeln!(f, "      {} <- bound value", parameter.name)?;
            }
        }
        for group in groups {
            let branches = group.branches.iter().map(|branch| branch.last).filter(|&last| self.includes(last));
            let mut members: Vec<&str> = branches.take(11).map(|last| self.id(last)).collect();
            let more = if members.len() > 10 { " | …" } else { "" };
            members.truncate(10);
            write!(f, "  {} = {}{more}", group.name, members.join(" | "))?;
            self.write_successors(f, group.exit)?;
        }
        Ok(())
    }
}

impl Plan {
    /// The name, and how much there is.
    pub(super) fn heading(&self) -> String {
        let count = |count: usize, what| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let tasks = (0_u32..).take(self.task_count()).filter(|&node| self.includes(node)).count();
        let groups = self.groups.iter().filter(|group| self.includes(group.exit)).count();
        format!("workflow `{}`: {}, {}", self.name, count(tasks, "task"), count(groups, "group"))
    }

    fn write_successors(&self, f: &mut fmt::Formatter<'_>, node: NodeId) -> fmt::Result {
        let mut separator = " >> ";
        for &next in self.successors(node).iter().take(10) {
            write!(f, "{separator}{}", self.id(next))?;
            separator = ", ";
        }
        writeln!(f, "{}", if self.successors(node).len() > 10 { ", …" } else { "" })
    }

    fn describe(&self, source: &Source, parameter: &str) -> String {
        match source {
            Source::Output(node) | Source::Ancestor(node) => format!("output of `{}`", self.id(*node)),
            Source::Group(node) => format!("value of group `{}`", self.id(*node)),
            Source::Outputs(nodes) => format!("outputs of {} tasks", nodes.len()),
            Source::Channel => format!("channel key `{parameter}`"),
            Source::Predecessor(node) => format!("value of `{}`", self.id(*node)),
            Source::Default => "its default".to_owned(),
        }
    }

    /// What a parameter takes of the only direct predecessor's value: the whole, if no other needs one, else its entry.
    fn describe_predecessor(&self, from: NodeId, node: NodeId, fill: &Fill) -> String {
        let from = format!("value of `{}`, the only direct predecessor", self.id(from));
        let needs = |fill: &Fill| !fill.sources.contains(&Source::Default);
        let is_alone = self.fills(node).iter().all(|other| other.parameter == fill.parameter || !needs(other));
        let definition = self.task(node).definition();
        let name = &definition.parameters()[fill.parameter].name;
        match definition.lookup() {
            Lookup::ByType => from,
            Lookup::ByName if !needs(fill) => format!("entry `{name}` of the {from}"),
            Lookup::ByName if is_alone => from,
            Lookup::ByName => format!("entry `{name}` of the {from}, or all of it if nothing else is open"),
        }
    }
}
