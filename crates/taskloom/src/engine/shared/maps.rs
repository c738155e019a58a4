use std::{sync::Arc, time::Duration};

use taskloom_core::{Command, Event, MapResults, NodeId, Value};

use super::{Failure, Job, Shared, Sources};
use crate::engine::{durable::Happened, log::What, times::Times};

impl Shared {
    /// A map was taken apart.
    pub(super) fn expand(&mut self, job: &Job, results: Value) {
        let Ok(results) = results.downcast::<MapResults>() else { return };
        let expansion = results.expansion().clone();
        let count = expansion.count();
        self.write(|_| {
            let ids = (0..count).map(|index| expansion.id(index).to_owned()).collect();
            Happened::Expanded { node: job.node, ids }
        });
        let before = self.mapping.insert(job.node, results);
        self.drop_later(before);
        let first = self.plan.expand(expansion);
        self.note(|_| What::Expanded(job.execution(), count));
        self.apply(Event::Expanded { node: job.node, first, count });
    }

    /// A map that has more elements than a run has numbers left has failed.
    pub(in crate::engine) fn refuse_too_many(&mut self, result: &mut Option<Result<Value, Failure>>) {
        let Some(Ok(value)) = result else { return };
        let Some(results) = value.downcast_ref::<MapResults>() else { return };
        if !self.plan.has_room_for(results.expansion().count()) {
            let refused = result
                .replace(Err(Failure::lasting("the run has had 2,000,000,000 elements of maps, as many as it may")));
            self.drop_later(refused);
        }
    }

    /// Keeps the result of a task.
    pub(super) fn keep(&mut self, job: &Job, value: Value, now: Duration) {
        let node = job.node;
        if !self.plan.is_element(node) {
            let before = self.results[self.plan.slot(node)].replace(value);
            self.drop_later(before);
            self.order.push(node);
            return;
        }
        let (expansion, index) = self.plan.element(node);
        if let Some(results) = self.mapping.get(&expansion.map())
            && Arc::ptr_eq(results.expansion(), expansion)
        {
            results.set(index, value, Times::new(job.started, now).0);
            self.element_times.remove(&node);
        }
    }

    /// The maps of which all elements have ended have their value.
    #[cold]
    pub(super) fn finish_maps(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        commands.retain(|command| {
            let Command::Mapped(map) = command else { return true };
            if let Some(results) = self.mapping.remove(map) {
                let before = self.results[self.plan.slot(*map)].replace(results);
                self.drop_later(before);
                self.order.push(*map);
            }
            false
        });
        self.commands = commands;
    }

    /// Where the arguments of an element come from.
    pub(super) fn element_sources(&self, node: NodeId) -> Sources {
        let (expansion, index) = self.plan.element(node);
        Sources { element: Some((expansion.clone(), index)), data: self.data.get(&node).cloned(), ..Sources::default() }
    }

    pub(super) fn element_result(&self, node: NodeId) -> Option<Value> {
        let (expansion, index) = self.plan.element(node);
        if let Some(results) = self.mapping.get(&expansion.map()) {
            return results.get(index).cloned();
        }
        let results = self.results.get(self.plan.slot(expansion.map()))?.as_ref()?;
        results.downcast_ref::<MapResults>()?.get(index).cloned()
    }

    /// When the last attempt of a task began and ended.
    pub(super) fn times(&self, node: NodeId) -> Times {
        match self.times.get(self.plan.slot(node)) {
            Some(&times) => times,
            None => self.element_times.get(&node).copied().unwrap_or_default(),
        }
    }

    #[inline]
    pub(super) fn set_times(&mut self, node: NodeId, times: Times) {
        match self.times.get_mut(self.plan.slot(node)) {
            Some(place) => *place = times,
            None => self.set_element_times(node, times),
        }
    }

    #[cold]
    fn set_element_times(&mut self, node: NodeId, times: Times) {
        self.element_times.insert(node, times);
    }
}
