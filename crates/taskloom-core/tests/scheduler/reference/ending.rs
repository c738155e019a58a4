//! How a run ends before everything in it has (rules S-8, S-9 and R-15).

use std::collections::BTreeSet;

use taskloom_core::State;

use super::Reference;

/// Why a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Terminated(usize),
    Failed(usize),
    CycleLimit(usize),
    StepLimit(usize),
    Cancelled,
    CancelledBy(usize),
}

impl Reference<'_> {
    /// Nothing starts from here on, but clean-ups. The first reason counts.
    pub(super) fn stop(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(end);
        for node in 0..self.records.len() {
            let is_begun = self.records[node].is_begun() || self.graph.is_element(node);
            let goes_on = self.graph.is_clean_up(node) && is_begun;
            let record = &mut self.records[node];
            record.after = None;
            if matches!(record.state, State::Ready | State::BackingOff | State::Suspended) && !goes_on {
                record.state = State::NotRun;
            }
        }
        self.queue.retain(|&node| self.records[node].state == State::Ready);
        self.fresh.retain(|&node| self.records[node].state == State::Ready);
        self.waiting.clear();
        self.stop_maps();
        if matches!(end, End::Cancelled | End::CancelledBy(_)) {
            self.cancels_all = !self.running_tasks().is_empty();
        }
    }

    /// The clean-ups before which nothing can run any more are ready.
    pub(super) fn clean_up(&mut self) {
        if self.end.is_none() {
            return;
        }
        let may_come: BTreeSet<usize> = self.graph.included().filter(|&node| self.may_clean_up(node)).collect();
        for &node in &may_come {
            let is_over = |&before: &usize| {
                let is_active = self.records[before].is_active() || self.has_active_elements(before);
                !is_active && !may_come.contains(&before)
            };
            if self.graph.before(node).iter().all(is_over) {
                self.records[node].state = State::Ready;
                self.fresh.insert(node);
            }
        }
    }

    fn may_clean_up(&self, node: usize) -> bool {
        let record = &self.records[node];
        let has_not_come = matches!(record.state, State::Waiting | State::NotRun);
        self.graph.is_clean_up(node) && !record.has_run && has_not_come
    }
}
