//! How a task ends that adds others, or jumps.

use taskloom_core::{Control, Event, NodeId};

use super::Trial;

impl Trial<'_> {
    /// Adds the next of the spares that the run does not have.
    pub(super) fn add(&mut self, node: usize, count: usize) {
        let spares: Vec<usize> = self.left().take(count).collect();
        if spares.is_empty() {
            return self.succeed(node);
        }
        let numbers = spares.iter().map(|&spare| self.register(spare, node)).collect();
        self.apply(Event::Directed { node: self.numbers[node], control: Control::Add(numbers) });
        let added: Vec<usize> = spares.iter().map(|&spare| self.reference.enrol(spare, node)).collect();
        self.reference.added(node, &added);
    }

    /// Jumps to tasks that the run has, and to spares.
    pub(super) fn jump(&mut self, node: usize, tasks: &[usize]) {
        let left: Vec<usize> = self.left().collect();
        let mut new: Vec<usize> = Vec::new();
        for task in tasks {
            if left.contains(task) && !new.contains(task) {
                new.push(*task);
            }
        }
        let known = |task: &&usize| new.contains(task) || self.reference.graph.find(**task).is_some();
        let tasks: Vec<usize> = tasks.iter().filter(known).copied().collect();
        if tasks.is_empty() {
            return self.succeed(node);
        }
        for &spare in &new {
            self.register(spare, node);
        }
        let number = |task: &usize| self.scheduler.run_plan().find(&format!("t{task}")).unwrap();
        let numbers = tasks.iter().map(number).collect();
        self.apply(Event::Directed { node: self.numbers[node], control: Control::Jump(numbers) });
        let added: Vec<usize> = new.iter().map(|&spare| self.reference.enrol(spare, node)).collect();
        let targets: Vec<usize> = tasks.iter().map(|&task| self.reference.graph.find(task).unwrap()).collect();
        self.reference.jumped(node, &targets, &added);
    }

    /// The spares that the run does not have.
    fn left(&self) -> impl Iterator<Item = usize> {
        let all = 0..self.recipe.tasks.len();
        all.filter(|&task| self.recipe.is_spare(task) && self.reference.graph.find(task).is_none())
    }

    /// Takes a spare into the run's plan, before the scheduler is told.
    fn register(&mut self, spare: usize, by: usize) -> NodeId {
        let plan = self.scheduler.run_plan();
        let number = plan.add(plan.prepare(&self.instances[spare], self.numbers[by]).unwrap());
        self.numbers.push(number);
        self.acted.push(0);
        number
    }
}
