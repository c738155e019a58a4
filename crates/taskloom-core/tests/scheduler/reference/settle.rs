//! What follows from an event without anybody doing anything (rules S-2 and S-3).

use taskloom_core::State;

use super::{End, Reference};
use crate::graph::{Edge, Node};

impl Reference<'_> {
    /// Decides every node that can be decided and fires the loop edges that can be, until there are none.
    pub(super) fn settle(&mut self) {
        while self.end.is_none() {
            if let Some(node) = self.decidable() {
                self.decide(node);
            } else if let Some(edge) = self.fires_next() {
                let is_first_time = self.fired.insert(edge);
                self.fire(edge, is_first_time);
            } else {
                break;
            }
        }
        self.limit_cycles();
        self.clean_up();
        self.line_up();
        self.limit_steps();
    }

    /// Ready nodes stand in the order in which they became so, ties in the order of composition.
    fn line_up(&mut self) {
        self.readied.extend(self.fresh_in_order());
        self.queue.extend(self.fresh_in_order());
        self.fresh.clear();
    }

    /// Elements of maps come behind all others.
    fn fresh_in_order(&self) -> Vec<usize> {
        let (elements, others): (Vec<usize>, Vec<usize>) =
            self.fresh.iter().partition(|&&node| self.graph.is_element(node));
        [others, elements].concat()
    }

    /// No node begins more executions than it may (rule C-9). A further attempt is none.
    fn limit_cycles(&mut self) {
        let has_had_enough = |&&node: &&usize| {
            let record = &self.records[node];
            let most = self.graph.recipe(node).map(|task| task.max_cycles);
            record.has_run && !record.is_begun() && most.is_some_and(|most| record.iteration >= most)
        };
        if let Some(&node) = self.fresh_in_order().iter().find(has_had_enough) {
            self.stop(End::CycleLimit(node));
        }
    }

    /// No more executions begin than the run may have.
    fn limit_steps(&mut self) {
        let Some(&first) = self.queue.iter().find(|&&node| self.graph.recipe(node).is_some()) else { return };
        if self.is_out_of_steps() && !self.records[first].is_begun() {
            self.stop(End::StepLimit(first));
            self.clean_up();
            self.line_up();
        }
    }

    pub(super) fn is_out_of_steps(&self) -> bool {
        self.limits.max_steps.is_some_and(|most| self.steps >= most) && self.end.is_none()
    }

    /// A node that waits though all edges that count have arrived. An output that a task takes over a loop edge may come
    /// or go, so such tasks come after others; a loop may hold a group's exit back, so exits come last, one by one.
    fn decidable(&self) -> Option<usize> {
        let starts = |node| self.graph.start().is_none_or(|start| start == node);
        let is_exit = |node: &usize| matches!(self.graph.nodes[*node], Node::Exit(_));
        let (exits, others): (Vec<usize>, Vec<usize>) = self.graph.included().partition(is_exit);
        let takes_over_a_loop = |&node: &usize| {
            let mut needed = self.graph.needed(node).into_iter();
            !self.graph.is_clean_up(node) && needed.any(|from| self.graph.loops.contains(&(from, node)))
        };
        let (late, early): (Vec<usize>, Vec<usize>) = others.into_iter().partition(takes_over_a_loop);
        early.into_iter().chain(late).chain(exits).find(|&node| {
            let all_arrived = self.graph.arriving(node).all(|edge| self.arrived.contains_key(&edge));
            let leads_nowhere = self.graph.arriving(node).next().is_none() && !starts(node);
            let waits = self.records[node].state == State::Waiting;
            waits && all_arrived && !leads_nowhere && !self.waits_for_a_loop(node) && !self.winds_up(node)
        })
    }

    /// Whether the node is the exit of a group with a loop inside that waits to fire.
    fn waits_for_a_loop(&self, node: usize) -> bool {
        let Node::Exit(group) = self.graph.nodes[node] else { return false };
        let within = &self.graph.groups[group].within;
        self.waiting.iter().any(|(from, to)| within.contains(from) && within.contains(to))
    }

    /// Whether the node is the exit of a group in which something still runs that was told to end.
    fn winds_up(&self, node: usize) -> bool {
        let Node::Exit(group) = self.graph.nodes[node] else { return false };
        // What a map has told its elements is no business of the group's.
        let is_told = |node: usize| {
            let by_group = self.graph.map_of(node).is_none_or(|map| self.is_told_map(map));
            by_group && self.records[node].is_being_cancelled && self.records[node].state == State::Running
        };
        (0..self.records.len()).any(|node| self.graph.is_within(group, node) && is_told(node))
    }

    fn decide(&mut self, node: usize) {
        let arriving: Vec<Edge> = self.graph.arriving(node).collect();
        let live = arriving.is_empty() || arriving.iter().any(|edge| self.arrived[edge]);
        let has_inputs =
            self.graph.needed(node).into_iter().all(|from| self.records[from].last == Some(State::Succeeded));
        match self.graph.nodes[node] {
            Node::Exit(group) => self.judge(group, live),
            Node::Entry(_) => self.end_pass(node, if live { State::Succeeded } else { State::Skipped }),
            Node::Task(_) if live && has_inputs || self.graph.is_clean_up(node) => self.make_ready(node, false, None),
            Node::Task(_) | Node::Element(..) => {
                self.records[node].attempt = 1;
                self.end_pass(node, State::Skipped);
            }
        }
    }

    /// The first loop edge that can fire.
    fn fires_next(&self) -> Option<Edge> {
        let is_active = |node: usize| self.records[node].is_active();
        let is_busy = |node: usize| is_active(node) || self.graph.added_from(node).into_iter().any(is_active);
        let can_fire = |&&(_, target): &&Edge| !self.graph.forward[target].iter().any(|&node| is_busy(node));
        let place = |node: usize| self.graph.order.iter().position(|&other| other == node);
        let in_order =
            |&&(source, target): &&Edge| (place(target), !matches!(self.graph.nodes[source], Node::Task(_)), source);
        self.waiting.iter().filter(can_fire).min_by_key(in_order).copied()
    }

    /// An edge that fires for the second time in one event, in which no task can have run, would do so for ever.
    fn fire(&mut self, edge: Edge, is_first_time: bool) {
        self.waiting.remove(&edge);
        let (source, target) = edge;
        if !is_first_time {
            self.stop(End::CycleLimit(target));
        } else if self.records[target].has_ended() {
            self.re_arm(target);
            match self.graph.nodes[target] {
                Node::Task(_) | Node::Element(..) => self.make_ready(target, false, Some(source)),
                Node::Entry(_) => self.end_pass(target, State::Succeeded),
                Node::Exit(group) => self.judge(group, true),
            }
        }
    }
}
