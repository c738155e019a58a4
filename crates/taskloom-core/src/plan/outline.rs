//! A plan as text that another process can compare with its own (rule D-2).

mod edges;

use std::fmt::Write;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::{GroupBranch, NodeId, Plan};
use crate::{Argument, Backend, Instance, Mapping, Options, Value, hash::Map};

/// Begins the line of an edge from a group's entry to where a branch begins.
const ENTERS: &str = "enters";
/// Begins the line of an edge from a branch's last node to its group's exit.
const LEAVES: &str = "leaves";

/// What a plan is, as text: a line for each task, group and edge.
///
/// It names what a run depends on: ids, edges, groups and their settings, definitions, their parameters and types,
/// options, and a digest of those bound arguments that can be written. It knows nothing of code. A task without an id of
/// the user's goes by its definition, its arguments and its number among equals, since its id depends on who read it when
/// (rule I-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    lines: Vec<String>,
}

/// What is different between two outlines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What only the first has.
    pub only_before: Vec<String>,
    /// What only the second has.
    pub only_now: Vec<String>,
}

impl Plan {
    /// The plan as text. `write` gives the text of a value that is bound to a parameter, if it has one.
    pub fn outline(&self, write: impl Fn(&Instance, usize, &Value) -> Option<String>) -> Outline {
        let mut lines = Vec::with_capacity(self.len() + 1);
        let mut names: Vec<String> = Vec::with_capacity(self.task_count());
        let mut alike: Map<u64, u32> = Map::default();
        for node in (0_u32..).take(self.task_count()) {
            let task = self.task(node);
            let definition = escaped(task.definition().id());
            let arguments = self.arguments(node, &names, &write);
            let name = task.given_id().map_or_else(
                || {
                    let digest = xxh3_64(format!("{definition}\t{arguments}").as_bytes());
                    let number = alike.entry(digest).or_insert(0);
                    *number += 1;
                    format!("{definition}#{digest:016x}#{number}")
                },
                |_| escaped(self.id(node)),
            );
            let parameters = task.definition().parameters().iter().map(|parameter| {
                let open = if parameter.has_default { "?" } else { "" };
                format!("{}{open}: {}", parameter.name, parameter.type_name)
            });
            let parameters = escaped(&parameters.collect::<Vec<_>>().join(", "));
            lines.push(format!("task\t{name}\t{definition}({parameters})\t{arguments}\t{}", options(task.options())));
            names.push(name);
        }
        let name = |node: NodeId| names.get(node as usize).cloned().unwrap_or_else(|| escaped(self.id(node)));
        for group in &self.groups {
            let branches: Vec<String> = group.branches.iter().map(|branch| name(branch.last)).collect();
            let mut settings = group.policy.to_string();
            if group.fail_fast {
                settings.push_str(", fail fast");
            }
            if let Some(most) = group.max_concurrency {
                let _ = write!(settings, ", {most} at a time");
            }
            if group.backend == Some(Backend::Processes) {
                settings.push_str(", in processes");
            }
            lines.push(format!("group\t{}\t{}\t{}", escaped(&group.name), escaped(&settings), branches.join(" | ")));
        }
        lines.extend(self.links().map(|link| format!("edge\t{}\t{}", name(link.from), name(link.to))));
        for group in &self.groups {
            let first = |edge| format!("{ENTERS}\t{}\t{}", escaped(&group.name), name(self.edges.target(edge)));
            lines.extend(self.edges.numbers(group.entry).map(first));
            let last = |branch: &GroupBranch| format!("{LEAVES}\t{}\t{}", name(branch.last), escaped(&group.name));
            lines.extend(group.branches.iter().map(last));
        }
        Outline { lines }
    }

    fn arguments(
        &self,
        node: NodeId,
        names: &[String],
        write: &impl Fn(&Instance, usize, &Value) -> Option<String>,
    ) -> String {
        let task = self.task(node);
        let name = |instance: &Instance| {
            let from = self.input(node, instance).map(|from| from as usize);
            from.and_then(|from| names.get(from).cloned()).unwrap_or_else(|| "?".to_owned())
        };
        let declared = task.definition().parameters().iter().zip(task.arguments()).enumerate();
        let texts = declared.filter_map(|(number, (parameter, argument))| {
            let text = match argument {
                Argument::Open => return None,
                Argument::Value(value) => match write(task, number, value) {
                    Some(text) => format!("{:016x}", xxh3_64(text.as_bytes())),
                    None => "-".to_owned(),
                },
                Argument::Output(instance) => format!("@{}", name(instance)),
                Argument::Outputs(instances) => {
                    format!("@[{}]", instances.iter().map(name).collect::<Vec<_>>().join(", "))
                }
                Argument::Group(group) => {
                    format!("@({})", group.instances().map(name).collect::<Vec<_>>().join(" | "))
                }
            };
            Some(format!("{}={text}", parameter.name))
        });
        texts.collect::<Vec<_>>().join(" ")
    }
}

fn options(options: &Options) -> String {
    let mut text = String::new();
    let retry = &options.retry;
    if retry.max_retries > 0 {
        let _ = write!(
            text,
            "retries={} after {:?}*{} up to {:?}{}{} ",
            retry.max_retries,
            retry.initial_interval,
            retry.backoff_factor,
            retry.max_interval,
            if retry.jitter { " jitter" } else { "" },
            if retry.retry_on.is_some() { " filtered" } else { "" },
        );
    }
    if let Some(timeout) = options.timeout {
        let _ = write!(text, "timeout={timeout:?} ");
    }
    if let Some(most) = options.max_cycles {
        let _ = write!(text, "max_cycles={most} ");
    }
    if options.always {
        text.push_str("always ");
    }
    if let Some(Mapping { parameters, over, max_concurrency, policy, fail_fast, .. }) = options.map.as_deref() {
        let _ = write!(text, "map {over:?} of {parameters:?}");
        if let Some(most) = max_concurrency {
            let _ = write!(text, ", {most} at a time");
        }
        if let Some(policy) = policy {
            let _ = write!(text, ", {policy}");
        }
        if *fail_fast {
            text.push_str(", fail fast");
        }
    }
    escaped(text.trim_end())
}

/// A line has one field behind the other, so no field holds a tab or the end of a line.
fn escaped(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || c == '\\') { text.escape_default().to_string() } else { text.to_owned() }
}

impl Outline {
    /// An outline from its text.
    pub fn parse(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The text, with which another process compares its own.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Equal for equal outlines, and different for others: 32 hexadecimal digits (XXH3, 128 bits).
    pub fn fingerprint(&self) -> String {
        format!("{:032x}", xxh3_128(self.text().as_bytes()))
    }

    /// The name of each node of the plan, by its number: that of a task, and for a group's two nodes that of the group.
    pub fn names(&self) -> Vec<&str> {
        let named = self.lines.iter().filter_map(|line| {
            let mut fields = line.split('\t');
            match (fields.next(), fields.next()) {
                (Some("task"), Some(name)) => Some((name, 1)),
                (Some("group"), Some(name)) => Some((name, 2)),
                _ => None,
            }
        });
        named.flat_map(|(name, nodes)| std::iter::repeat_n(name, nodes)).collect()
    }

    /// The line of a task or group.
    pub fn line(&self, name: &str) -> Option<&str> {
        let is_it = |line: &&String| {
            let mut fields = line.split('\t');
            fields.next() != Some("edge") && fields.next() == Some(name)
        };
        self.lines.iter().find(is_it).map(String::as_str)
    }

    /// What is different in a later one.
    pub fn difference(&self, now: &Self) -> Difference {
        let lines = |of: &Self, other: &Self| {
            let known: std::collections::BTreeSet<&String> = other.lines.iter().collect();
            let is_shown = |line: &&String| !line.starts_with(ENTERS) && !line.starts_with(LEAVES);
            of.lines.iter().filter(|line| !known.contains(line)).filter(is_shown).cloned().collect()
        };
        Difference { only_before: lines(self, now), only_now: lines(now, self) }
    }
}

/// How many lines of each kind are shown.
const MOST_LINES: usize = 10;

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut is_first = true;
        for (sign, lines) in [('-', &self.only_before), ('+', &self.only_now)] {
            for line in lines.iter().take(MOST_LINES) {
                let fields: Vec<&str> = line.split('\t').filter(|field| !field.is_empty()).collect();
                write!(f, "{}{sign} {}", if is_first { "" } else { "\n" }, fields.join("  "))?;
                is_first = false;
            }
            if lines.len() > MOST_LINES {
                write!(f, "\n{sign} … and {} more", lines.len() - MOST_LINES)?;
            }
        }
        if is_first { f.write_str("the order of composition") } else { Ok(()) }
    }
}
