use std::sync::Arc;

use super::{End, Ends, GroupRecord, Member, Workflow, too_large};
use crate::{
    Argument, BuildError, Fragment, Instance,
    fragment::{Chain, GroupNode, Node},
};

/// What is left to do while a fragment joins. Compositions nest without limit, so this is a stack of
/// our own and not the machine's.
pub(super) enum Step<'a> {
    Visit(&'a Fragment),
    /// An instance whose output another one takes.
    Input(&'a Instance),
    /// A group whose value an instance takes.
    InputGroup(&'a Fragment),
    /// An instance, once what its arguments come from has joined.
    CloseTask(&'a Instance),
    CloseChain(&'a Fragment, &'a Arc<Chain>),
    /// A group, or with `false` the part of one that `|` has extended.
    CloseGroup(&'a Fragment, &'a Arc<GroupNode>, bool),
}

impl Workflow {
    /// Adds a fragment: its instances, its edges and its groups.
    ///
    /// # Errors
    ///
    /// [`crate::BuildErrorKind::DuplicateTask`] if an instance's id is another instance's already,
    /// [`crate::BuildErrorKind::InvalidTaskId`]. What joined before the error stays.
    pub fn join(&mut self, fragment: &Fragment) -> Result<(), BuildError> {
        self.join_ends(fragment).map(|_| ())
    }

    fn join_ends(&mut self, fragment: &Fragment) -> Result<Ends, BuildError> {
        let mut steps = vec![Step::Visit(fragment)];
        let mut done: Vec<Ends> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Visit(fragment) => self.visit(fragment, &mut steps, &mut done)?,
                Step::Input(instance) => match self.copy_of(&instance.into())? {
                    Some(copy) => done.push(Ends::both(copy)),
                    None => self.visit_task(instance, &mut steps, &mut done)?,
                },
                Step::InputGroup(group) => match self.copy_of(group)? {
                    Some(copy) => done.push(Ends::both(copy)),
                    None => self.visit(group, &mut steps, &mut done)?,
                },
                Step::CloseTask(instance) => self.close_task(instance, &mut done)?,
                Step::CloseChain(fragment, chain) => {
                    let parts = done.split_off(done.len() - chain.parts.len());
                    for pair in parts.windows(2) {
                        self.edges.push((pair[0].last, pair[1].first));
                        let further = pair[1].further.map_or(&[][..], |number| &self.further[number as usize]);
                        self.edges.extend(further.iter().map(|&first| (pair[0].last, first)));
                    }
                    let ends = Ends { last: parts[parts.len() - 1].last, ..parts[0] };
                    if Arc::strong_count(chain) > 1 {
                        self.joined.insert(Arc::as_ptr(chain).addr(), (fragment.clone(), ends));
                    }
                    done.push(ends);
                }
                Step::CloseGroup(fragment, group, whole) => {
                    let ends = self.close_group(fragment, group, &mut done)?;
                    if whole {
                        done.push(ends);
                    }
                }
            }
        }
        Ok(done.pop().expect("every visited fragment leaves its ends"))
    }

    fn visit<'a>(
        &mut self,
        fragment: &'a Fragment,
        steps: &mut Vec<Step<'a>>,
        done: &mut Vec<Ends>,
    ) -> Result<(), BuildError> {
        let address = match &fragment.0 {
            Node::Task(instance) => return self.visit_task(instance, steps, done),
            Node::Chain(chain) => Arc::as_ptr(chain).addr(),
            Node::Group(group) => Arc::as_ptr(group).addr(),
            Node::Workflow(part) => Arc::as_ptr(part).addr(),
        };
        if let Some((_, ends)) = self.joined.get(&address) {
            done.push(*ends);
            return Ok(());
        }
        match &fragment.0 {
            Node::Task(_) => {}
            Node::Chain(chain) => {
                self.expect(chain.parts.len());
                steps.push(Step::CloseChain(fragment, chain));
                steps.extend(chain.parts.iter().rev().map(Step::Visit));
            }
            Node::Group(group) => self.visit_group(fragment, group, steps),
            Node::Workflow(part) => done.push(self.join_part(fragment, part)?),
        }
        Ok(())
    }

    /// Makes room for so many parts, most of which will be tasks. A few need none: room is made for many at once.
    fn expect(&mut self, parts: usize) {
        if parts >= 16 {
            Arc::make_mut(&mut self.tasks).reserve(parts);
            self.edges.reserve(parts);
        }
    }

    // `a | b | c | …` is nested to the left; the innermost part that has not joined comes first.
    fn visit_group<'a>(&mut self, fragment: &'a Fragment, group: &'a Arc<GroupNode>, steps: &mut Vec<Step<'a>>) {
        let mut part = group;
        loop {
            self.expect(part.members.len());
            steps.push(Step::CloseGroup(fragment, part, Arc::ptr_eq(part, group)));
            steps.extend(part.members.iter().rev().map(Step::Visit));
            match &part.extends {
                Some(left) if !self.joined.contains_key(&Arc::as_ptr(left).addr()) => part = left,
                _ => break,
            }
        }
    }

    fn close_group(
        &mut self,
        fragment: &Fragment,
        group: &Arc<GroupNode>,
        done: &mut Vec<Ends>,
    ) -> Result<Ends, BuildError> {
        let number = u32::try_from(self.groups.len()).ok().filter(|&n| n < 500_000_000).ok_or_else(too_large)?;
        let ends = Ends::both(End::Group(number));
        let extends = group.extends.as_ref().and_then(|left| match self.joined.get(&Arc::as_ptr(left).addr()) {
            Some((_, Ends { first: End::Group(number), .. })) => Some(*number),
            _ => None,
        });
        if let Some(left) = extends {
            self.groups[left as usize].extended = true;
        }
        let members = done.split_off(done.len() - group.members.len());
        self.groups.push(GroupRecord {
            node: group.clone(),
            extends,
            members: group
                .members
                .iter()
                .cloned()
                .zip(members)
                .map(|(part, ends)| Member::Composed(part, ends))
                .collect(),
            after: u32::try_from(self.tasks.len()).unwrap_or(u32::MAX),
            extended: false,
        });
        self.joined.insert(Arc::as_ptr(group).addr(), (fragment.clone(), ends));
        Ok(ends)
    }

    /// Adds an instance, or first what its arguments come from.
    fn visit_task<'a>(
        &mut self,
        instance: &'a Instance,
        steps: &mut Vec<Step<'a>>,
        done: &mut Vec<Ends>,
    ) -> Result<(), BuildError> {
        if instance.takes_outputs() && self.tasks.number(instance).is_none() {
            steps.push(Step::CloseTask(instance));
            steps.extend(inputs(instance).rev());
            return Ok(());
        }
        let number = Arc::make_mut(&mut self.tasks).join(instance)?;
        done.push(Ends::both(End::Task(number)));
        Ok(())
    }

    /// Adds an instance that takes outputs, and the edges from these.
    fn close_task(&mut self, instance: &Instance, done: &mut Vec<Ends>) -> Result<(), BuildError> {
        let number = Arc::make_mut(&mut self.tasks).join(instance)?;
        let end = End::Task(number);
        let from = done.split_off(done.len() - inputs(instance).count());
        for (input, from) in inputs(instance).zip(from) {
            self.note_copied_input(number, &input, from.last);
            self.edges.push((from.last, end));
        }
        done.push(Ends::both(end));
        Ok(())
    }
}

/// What the arguments of an instance come from.
pub(super) fn inputs(instance: &Instance) -> impl DoubleEndedIterator<Item = Step<'_>> {
    instance.arguments().iter().flat_map(|argument| {
        let (instances, group): (&[Instance], _) = match argument {
            Argument::Output(input) => (std::slice::from_ref(input), None),
            Argument::Outputs(inputs) => (inputs.as_slice(), None),
            Argument::Group(group) => (&[], Some(group)),
            Argument::Open | Argument::Value(_) => (&[], None),
        };
        instances.iter().map(Step::Input).chain(group.map(Step::InputGroup))
    })
}
