//! How groups are judged and stopped (rules R-8 and S-3).

use taskloom_core::State;

use super::Reference;
use crate::{
    graph::{Branch, Node},
    recipe::Rule,
};

/// How a branch stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Succeeded,
    Failed,
    /// Skipped or cancelled.
    Neither,
}

/// Whether a branch that has to succeed has ended otherwise.
fn is_lost(standings: &[(Branch, Standing)]) -> bool {
    let is_lost = |standing| matches!(standing, Standing::Failed | Standing::Neither);
    standings.iter().any(|(branch, standing)| branch.is_critical && is_lost(*standing))
}

impl Reference<'_> {
    /// All branches have ended, as far as anything leads to the exit.
    pub(super) fn judge(&mut self, group: usize, live: bool) {
        let standings = self.standings(group);
        let is = |standing| standings.iter().filter(|(_, other)| *other == standing).count();
        if !live && is(Standing::Failed) == 0 {
            return self.end_pass(self.graph.groups[group].exit, State::Skipped);
        }
        let passes = match self.graph.groups[group].settings.rule {
            Rule::Strict => is(Standing::Failed) == 0,
            Rule::BestEffort => true,
            Rule::AtLeast(least) => is(Standing::Succeeded) >= least as usize,
            Rule::Critical(_) => !is_lost(&standings),
            Rule::Own => return self.make_ready(self.graph.groups[group].exit, false, None),
        };
        let state = if passes { State::Succeeded } else { State::Failed };
        self.end_pass(self.graph.groups[group].exit, state);
    }

    /// A node has ended: the groups around it that fail fast stop if what is open cannot change the verdict.
    pub(super) fn member_ended(&mut self, node: usize) {
        if matches!(self.graph.nodes[node], Node::Entry(_)) {
            return;
        }
        for group in 0..self.graph.groups.len() {
            let around = &self.graph.groups[group];
            let is_open = self.records[around.exit].state == State::Waiting;
            if around.settings.fail_fast && is_open && self.end.is_none() && self.graph.is_within(group, node) {
                self.stop_if_certain(group);
            }
        }
    }

    fn stop_if_certain(&mut self, group: usize) {
        let standings = self.standings(group);
        let is = |standing| standings.iter().filter(|(_, other)| *other == standing).count();
        let certain = match self.graph.groups[group].settings.rule {
            Rule::Strict => is(Standing::Failed) > 0,
            // They never have a reason to stop.
            Rule::BestEffort | Rule::Own => false,
            Rule::AtLeast(least) => {
                let (least, succeeded) = (least as usize, is(Standing::Succeeded));
                succeeded >= least || succeeded + is(Standing::Open) < least
            }
            Rule::Critical(_) => is_lost(&standings),
        };
        if certain {
            self.cut(group);
        }
    }

    fn standings(&self, group: usize) -> Vec<(Branch, Standing)> {
        let stands = |branch: &Branch| {
            let added = self.added_to(group, branch);
            if branch.inside.iter().chain(&added).any(|&node| self.records[node].state == State::Failed) {
                return Standing::Failed;
            }
            if added.iter().any(|&node| !self.records[node].has_ended()) {
                return Standing::Open;
            }
            match self.records[branch.last].state {
                State::Succeeded => Standing::Succeeded,
                State::Skipped | State::Cancelled => Standing::Neither,
                _ => Standing::Open,
            }
        };
        let branches = self.graph.groups[group].branches.iter();
        branches.map(|branch| (branch.clone(), stands(branch))).collect()
    }

    /// Members that have not started end as skipped, those that run are told to end, and no loop goes on.
    fn cut(&mut self, group: usize) {
        let within = &self.graph.groups[group].within;
        self.waiting.retain(|(from, to)| !(within.contains(from) && within.contains(to)));
        let is_member =
            |node: &usize| self.graph.is_within(group, *node) && matches!(self.graph.nodes[*node], Node::Task(_));
        let members: Vec<usize> = self.graph.included().filter(is_member).collect();
        for node in members {
            let is_expanded = self.is_expanded(node);
            let record = &mut self.records[node];
            match record.state {
                State::Running if is_expanded => self.tell_map(node),
                State::Running => {
                    record.after = None;
                    if !std::mem::replace(&mut record.is_being_cancelled, true) {
                        self.cancelled.insert(node);
                    }
                }
                State::Waiting | State::Ready | State::BackingOff | State::Suspended => {
                    if record.state == State::Waiting {
                        record.attempt = 1;
                    }
                    record.after = None;
                    self.not_ready(node);
                    self.end_pass(node, State::Skipped);
                }
                _ => {}
            }
        }
    }
}
