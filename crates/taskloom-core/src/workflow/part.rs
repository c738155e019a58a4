//! Workflows as parts of others (rule C-11).
//!
//! A part joins as copies of its tasks and groups, whose ids begin with its name. So one instance may be in several parts,
//! and in the workflow itself, as a task of its own in each.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Branch, End, Ends, GroupRecord, Member, Workflow, join::Step};
use crate::{
    Argument, BuildError, BuildErrorKind, Fragment, Group, GroupSettings, Instance, Kind, NodeId, Plan, Policy,
    fragment::{GroupNode, Node},
    plan::{GroupBranch, Kept},
};

/// A part while it joins.
struct Copier<'a> {
    inner: &'a Workflow,
    plan: &'a Plan,
    kept: &'a Kept,
    /// What the ids of its tasks and groups begin with.
    prefix: String,
    /// The numbers of its first task and its first group in the workflow that it joins.
    first_task: u32,
    first_group: u32,
    tasks: Vec<Instance>,
    groups: Vec<Arc<GroupNode>>,
}

impl Workflow {
    /// Adds copies of what another workflow consists of.
    pub(super) fn join_part(&mut self, fragment: &Fragment, part: &Arc<Self>) -> Result<Ends, BuildError> {
        let inner = part.settled()?;
        let (plan, kept) = Plan::shape(&inner)?;
        let mut copier = Copier {
            inner: &inner,
            plan: &plan,
            kept: &kept,
            prefix: format!("{}/", inner.name()),
            first_task: u32::try_from(self.tasks.len()).unwrap_or(u32::MAX),
            first_group: u32::try_from(self.groups.len()).unwrap_or(u32::MAX),
            tasks: Vec::with_capacity(plan.task_count()),
            groups: Vec::new(),
        };
        copier.copy_group_nodes();
        for node in (0_u32..).take(plan.task_count()) {
            let copy = copier.copy_task(node);
            let joined = Arc::make_mut(&mut self.tasks).join(&copy);
            joined.map_err(|error| explain(error, inner.name()))?;
            copier.tasks.push(copy);
        }
        self.push_groups(&copier);
        self.note_copies(&copier);
        for from in (0_u32..).take(plan.len()) {
            for edge in plan.edges().numbers(from) {
                let to = plan.edges().target(edge);
                // What begins and ends a group's branches comes with the group.
                if !matches!(plan.kind(from), Kind::Entry(_)) && !matches!(plan.kind(to), Kind::Exit(_)) {
                    self.edges.push((copier.end(from), copier.end(to)));
                }
            }
        }
        let (ends, inside) = self.enclose(&copier);
        let address = Arc::as_ptr(part).addr();
        self.parts.insert(address, inside);
        self.joined.insert(address, (fragment.clone(), ends));
        Ok(ends)
    }

    fn push_groups(&mut self, copier: &Copier<'_>) {
        for (number, (group, node)) in (copier.first_group..).zip(copier.plan.groups().iter().zip(&copier.groups)) {
            let begins = copier.further_begins(group);
            let members = group.branches.iter().map(|branch| {
                let further: Vec<End> =
                    begins.iter().filter(|&&node| copier.is_in(branch, node)).map(|&node| copier.end(node)).collect();
                let ends = Ends {
                    first: copier.end(branch.first()),
                    last: copier.end(branch.last),
                    further: number_further(&mut self.further, further),
                };
                let inside = branch.nodes.iter().map(|&node| copier.end(node)).collect();
                Member::Copied(Box::new(Branch { ends, inside }))
            });
            self.groups.push(GroupRecord {
                node: node.clone(),
                extends: None,
                members: members.collect(),
                after: copier.first_task + group.after(),
                extended: false,
            });
            let copy = Fragment(Node::Group(node.clone()));
            self.joined.insert(Arc::as_ptr(node).addr(), (copy, Ends::both(End::Group(number))));
        }
    }

    /// Notes what instances and groups became, and where names inside of the part are looked for.
    fn note_copies(&mut self, copier: &Copier<'_>) {
        let tasks = Arc::make_mut(&mut self.tasks);
        let outermost: Arc<[String]> = [copier.prefix.clone()].into();
        for node in (0_u32..).take(copier.tasks.len()) {
            let original = copier.inner.tasks.get(node);
            tasks.note_copy(original.address(), original.into(), End::Task(copier.first_task + node));
            let scopes = match copier.inner.tasks.scopes(node) {
                [] => outermost.clone(),
                inner => inner
                    .iter()
                    .map(|scope| format!("{}{scope}", copier.prefix))
                    .chain([copier.prefix.clone()])
                    .collect(),
            };
            tasks.set_scopes(copier.first_task + node, scopes);
        }
        for (number, record) in (0_u32..).zip(&copier.inner.groups) {
            if let Some(copy) = copier.copied(End::Group(number)) {
                tasks.note_copy(Arc::as_ptr(&record.node).addr(), Fragment(Node::Group(record.node.clone())), copy);
            }
        }
        for (address, original, copies) in copier.inner.tasks.all_copies() {
            for copy in copies.into_iter().filter_map(|copy| copier.copied(copy)) {
                tasks.note_copy(address, original.clone(), copy);
            }
        }
    }

    /// Where the part begins and ends, and what it consists of. One that ends with several tasks becomes a group of its
    /// name, and so has one value.
    fn enclose(&mut self, copier: &Copier<'_>) -> (Ends, Box<[End]>) {
        let plan = copier.plan;
        let mut first = plan.roots().map(|node| copier.end(node));
        let begin = Ends::both(first.next().expect("what can be planned begins somewhere"));
        let begin = Ends { further: number_further(&mut self.further, first.collect()), ..begin };
        let last = plan.sinks();
        let inside = copier.inside(&last);
        if let [last] = *last {
            return (Ends { last: copier.end(last), ..begin }, inside.concat().into());
        }
        let members = inside
            .into_iter()
            .zip(&last)
            .map(|(inside, &last)| Branch { ends: Ends { last: copier.end(last), ..begin }, inside })
            .map(|branch| Member::Copied(Box::new(branch)));
        let name = Some(copier.inner.name().to_owned());
        let group = End::Group(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
        self.groups.push(GroupRecord {
            node: Arc::new(GroupNode::empty(GroupSettings { name, ..GroupSettings::default() })),
            extends: None,
            members: members.collect(),
            after: u32::try_from(self.tasks.len()).unwrap_or(u32::MAX),
            extended: false,
        });
        (Ends::both(group), [group].into())
    }

    /// What an instance or a group that is bound as an argument means here, if it is not composed here itself but in one
    /// workflow that is a part of this one.
    pub(super) fn copy_of(&self, input: &Fragment) -> Result<Option<End>, BuildError> {
        let here = match &input.0 {
            Node::Task(instance) => self.tasks.number(instance).is_some(),
            Node::Group(_) => self.end_of(input).is_some(),
            Node::Chain(_) | Node::Workflow(_) => true,
        };
        match input.address().filter(|_| !here).map_or(&[][..], |address| self.tasks.copies(address)) {
            [] => Ok(None),
            [copy] => Ok(Some(*copy)),
            several => Err(self.ambiguous(several)),
        }
    }

    fn ambiguous(&self, copies: &[End]) -> BuildError {
        let ids: Vec<String> = copies
            .iter()
            .map(|copy| match *copy {
                End::Task(task) => format!("`{}`", self.tasks.id(task)),
                End::Group(group) => format!("`{}`", self.groups[group as usize].settings().name.unwrap_or_default()),
            })
            .collect();
        let message = format!("the output of an instance or a group is bound that is here as {}", ids.join(" and as "));
        BuildError::new(BuildErrorKind::DuplicateTask, message)
            .hint("compose it in this workflow itself before it is bound, and that one is meant")
    }

    pub(super) fn note_copied_input(&mut self, taker: u32, input: &Step<'_>, from: End) {
        let input = match input {
            Step::Input(instance) => Fragment::from(*instance),
            Step::InputGroup(group) => (*group).clone(),
            _ => return,
        };
        if let Some(address) = input.address()
            && self.tasks.copies(address).contains(&from)
        {
            Arc::make_mut(&mut self.tasks).note_input(taker, address, from);
        }
    }

    /// Where a group that a task takes ends.
    pub(crate) fn input(&self, taker: u32, group: &Fragment) -> Option<End> {
        self.tasks.copied_input(taker, group.address()?).or_else(|| self.end_of(group))
    }
}

impl Copier<'_> {
    fn copy_group_nodes(&mut self) {
        for group in self.plan.groups() {
            let policy = match &group.policy {
                Policy::Critical(ids) => {
                    Policy::Critical(ids.iter().map(|id| format!("{}{id}", self.prefix)).collect())
                }
                policy => policy.clone(),
            };
            let name = Some(format!("{}{}", self.prefix, group.name));
            self.groups.push(Arc::new(GroupNode::empty(GroupSettings {
                name,
                policy,
                fail_fast: group.fail_fast,
                backend: group.backend,
                max_concurrency: group.max_concurrency,
            })));
        }
    }

    /// A task under its id here, bound to copies of what it was bound to: these joined before it.
    fn copy_task(&self, node: NodeId) -> Instance {
        let tasks = &self.inner.tasks;
        let original = tasks.get(node);
        let output = |input: &Instance| {
            let number = tasks.input(node, input).expect("inputs join with what takes them");
            self.tasks[number as usize].clone()
        };
        let arguments: SmallVec<_> = original
            .arguments()
            .iter()
            .map(|argument| match argument {
                Argument::Open | Argument::Value(_) => argument.clone(),
                Argument::Output(input) => Argument::Output(output(input)),
                Argument::Outputs(inputs) => Argument::Outputs(Arc::new(inputs.iter().map(output).collect())),
                Argument::Group(group) => {
                    let number = match self.inner.input(node, group) {
                        Some(End::Group(number)) => self.kept.number(number),
                        _ => None,
                    };
                    let number = number.expect("bound groups join with what takes them, and stay");
                    Argument::Group(Fragment(Node::Group(self.groups[number as usize].clone())))
                }
            })
            .collect();
        original.copied(format!("{}{}", self.prefix, tasks.id(node)), arguments)
    }

    /// What a node of the part's plan is in the workflow that it joins.
    fn end(&self, node: NodeId) -> End {
        match self.plan.kind(node) {
            Kind::Task => End::Task(self.first_task + node),
            Kind::Entry(group) | Kind::Exit(group) => End::Group(self.first_group + group),
        }
    }

    /// Where branches of a group begin beside their first nodes.
    fn further_begins(&self, group: &Group) -> Vec<NodeId> {
        let mut first: Vec<NodeId> = group.branches.iter().map(GroupBranch::first).collect();
        first.sort_unstable();
        let begins = self.plan.successors(group.entry).iter();
        begins.copied().filter(|node| first.binary_search(node).is_err()).collect()
    }

    fn is_in(&self, branch: &GroupBranch, node: NodeId) -> bool {
        match self.plan.kind(node) {
            Kind::Task | Kind::Exit(_) => branch.nodes.contains(&node),
            Kind::Entry(group) => branch.nodes.contains(&self.plan.groups()[group as usize].exit),
        }
    }

    /// What an end in the part is in the workflow that it joins; nothing, if it is a group that vanishes.
    fn copied(&self, end: End) -> Option<End> {
        Some(match end {
            End::Task(task) => End::Task(self.first_task + task),
            End::Group(group) => End::Group(self.first_group + self.kept.number(group)?),
        })
    }

    /// What the part consists of, without what is inside of its groups: for each of its last nodes what leads to it and
    /// to none before it.
    fn inside(&self, last: &[NodeId]) -> Vec<Vec<End>> {
        let before = self.plan.edges().reversed(|_| true);
        let mut seen = vec![false; self.plan.len()];
        let claim = |&last: &NodeId| {
            let mut nodes = Vec::new();
            let mut pending = vec![last];
            while let Some(node) = pending.pop() {
                if !std::mem::replace(&mut seen[node as usize], true) {
                    pending.extend(before.of(node));
                    let is_entry = matches!(self.plan.kind(node), Kind::Entry(_));
                    nodes.extend((!is_entry && !self.plan.is_grouped(node)).then(|| self.end(node)));
                }
            }
            nodes
        };
        last.iter().map(claim).collect()
    }
}

impl Fragment {
    /// Where what it is lies in memory, if it can be bound as an argument.
    fn address(&self) -> Option<usize> {
        match &self.0 {
            Node::Task(instance) => Some(instance.address()),
            Node::Group(group) => Some(Arc::as_ptr(group).addr()),
            Node::Chain(_) | Node::Workflow(_) => None,
        }
    }
}

/// Keeps where a part begins beside its first end; gives the number of that.
fn number_further(kept: &mut Vec<Box<[End]>>, further: Vec<End>) -> Option<u32> {
    let number = u32::try_from(kept.len()).ok().filter(|_| !further.is_empty())?;
    kept.push(further.into());
    Some(number)
}

fn explain(error: BuildError, part: &str) -> BuildError {
    if error.kind() != BuildErrorKind::DuplicateTask {
        return error;
    }
    error.hint(format!(
        "a workflow `{part}` is a part of this one already: give another name to one of two; to use one in several \
         places, compose it once, as `part = chain({part})`, and use that"
    ))
}
