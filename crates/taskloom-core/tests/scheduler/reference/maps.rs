//! Maps and their elements (rule S-11).

use std::{collections::VecDeque, ops::Range};

use taskloom_core::State;

use super::{Record, Reference};
use crate::recipe::{Map, MapRule};

/// A map that was taken apart and has not ended.
pub(super) struct Expanded {
    elements: Range<usize>,
    /// Whether no further element starts.
    is_closed: bool,
    /// Whether its group has told it to end.
    is_told: bool,
    /// Elements whose wait is over and for which there is no place again, in that order.
    held: VecDeque<usize>,
}

impl Reference<'_> {
    /// A map that ran was taken apart.
    pub(crate) fn expanded(&mut self, map: usize, count: usize) {
        let elements = self.graph.expand(map, count);
        let is_over = self.end.is_some() && !self.graph.is_clean_up(map);
        let is_told = self.records[map].is_being_cancelled;
        let state = match () {
            () if is_over => State::NotRun,
            () if is_told => State::Skipped,
            () => State::Waiting,
        };
        self.records.extend(elements.clone().map(|_| Record { state, ..Record::new() }));
        if is_over {
            self.records[map].state = State::NotRun;
        } else {
            let expanded = Expanded { elements, is_closed: is_told, is_told, held: VecDeque::new() };
            self.maps.insert(map, expanded);
            self.go_on_with_map(map);
        }
        self.settle();
    }

    /// Whether a map's elements are what is under way of it.
    pub(super) fn is_expanded(&self, map: usize) -> bool {
        self.maps.contains_key(&map)
    }

    /// Whether an element of a map is ready or under way, also of one that has ended before it.
    pub(super) fn has_active_elements(&self, map: usize) -> bool {
        (0..self.records.len()).any(|node| self.graph.map_of(node) == Some(map) && self.records[node].is_active())
    }

    /// An execution of an element has ended.
    pub(super) fn element_ended(&mut self, element: usize, state: State) {
        self.record_end(element, state);
        let Some(map) = self.current_map_of(element) else { return };
        let settings = self.settings(map);
        let is_certain = match settings.rule {
            None => self.count(map, State::Failed) > 0,
            Some(rule) => settings.fail_fast && self.is_certain(map, rule),
        };
        if is_certain && settings.rule.is_none() && !self.is_forgiven(map) {
            self.abandon(map);
            return self.finish(map, State::Failed);
        }
        // What ran when it was closed goes on to its end, whatever ends meanwhile.
        if is_certain && !self.maps[&map].is_closed {
            self.close_map(map, settings.fail_fast);
        }
        self.go_on_with_map(map);
    }

    /// An element backs off or waits, and needs no place meanwhile.
    pub(super) fn gives_up_place(&mut self, element: usize) {
        if let Some(map) = self.current_map_of(element) {
            self.go_on_with_map(map);
        }
    }

    /// Whether an element is ready, and has no place in its map yet.
    pub(crate) fn stands_aside(&self, element: usize) -> bool {
        self.maps.values().any(|expanded| expanded.held.contains(&element))
    }

    /// Whether an element whose wait is over has to wait on for a place.
    pub(super) fn is_held(&mut self, element: usize) -> bool {
        let Some(map) = self.current_map_of(element).filter(|&map| !self.has_place(map)) else { return false };
        self.records[element].state = State::Ready;
        self.maps.get_mut(&map).unwrap().held.push_back(element);
        true
    }

    /// Whether the group around a map has told it to end.
    pub(super) fn is_told_map(&self, map: usize) -> bool {
        self.maps.get(&map).is_some_and(|expanded| expanded.is_told)
    }

    /// The group around a map tells it to end.
    pub(super) fn tell_map(&mut self, map: usize) {
        self.records[map].after = None;
        self.close_map(map, true);
        self.maps.get_mut(&map).unwrap().is_told = true;
        self.go_on_with_map(map);
    }

    /// The run ends: what has not been begun of maps is not, but of clean-ups.
    pub(super) fn stop_maps(&mut self) {
        let maps: Vec<usize> = self.maps.keys().copied().filter(|&map| !self.graph.is_clean_up(map)).collect();
        for map in maps {
            self.records[map].state = State::NotRun;
            self.abandon(map);
        }
    }

    /// What has not been begun of a map is not.
    fn abandon(&mut self, map: usize) {
        for element in self.maps.remove(&map).unwrap().elements {
            if self.records[element].state == State::Waiting {
                self.records[element].state = State::NotRun;
            }
        }
    }

    /// Elements are ready as far as there are places, and a map without any that is has ended.
    fn go_on_with_map(&mut self, map: usize) {
        while !self.maps[&map].is_closed && self.has_place(map) {
            let waits = |element: &usize| self.records[*element].state == State::Waiting;
            let next = self.maps[&map].elements.clone().find(waits);
            let held = self.maps.get_mut(&map).unwrap().held.pop_front();
            let Some(element) = held.or(next) else { break };
            self.records[element].state = State::Ready;
            self.fresh.insert(element);
        }
        if self.maps[&map].elements.clone().any(|element| self.records[element].is_active()) {
            return;
        }
        let state = match self.settings(map).rule {
            _ if self.maps[&map].is_told => State::Cancelled,
            None | Some(MapRule::Strict) if self.count(map, State::Failed) > 0 => State::Failed,
            Some(MapRule::AtLeast(least)) if self.count(map, State::Succeeded) < least as usize => State::Failed,
            Some(MapRule::Critical(index)) if self.has_lost(map, index) => State::Failed,
            _ => State::Succeeded,
        };
        self.maps.remove(&map);
        if state == State::Succeeded {
            self.mapped.insert(map);
        }
        self.finish(map, state);
    }

    /// Those that run and those that may are under way; those that back off or wait are not.
    fn has_place(&self, map: usize) -> bool {
        let Some(most) = self.settings(map).max_concurrency else { return true };
        let placed = self.count(map, State::Ready) + self.count(map, State::Running) - self.maps[&map].held.len();
        placed < most.get() as usize
    }

    /// Lets no further element start; with `tell`, those that run are to end.
    fn close_map(&mut self, map: usize, tell: bool) {
        let expanded = self.maps.get_mut(&map).unwrap();
        expanded.is_closed = true;
        expanded.held.clear();
        for element in expanded.elements.clone() {
            match self.records[element].state {
                State::Running if tell => {
                    let was_told = std::mem::replace(&mut self.records[element].is_being_cancelled, true);
                    self.cancelled.extend((!was_told).then_some(element));
                }
                State::Waiting | State::Ready | State::BackingOff | State::Suspended => {
                    self.not_ready(element);
                    self.records[element].state = State::Skipped;
                }
                _ => {}
            }
        }
    }

    /// Whether what is open cannot change what a policy says.
    fn is_certain(&self, map: usize, rule: MapRule) -> bool {
        match rule {
            MapRule::Strict => self.count(map, State::Failed) > 0,
            MapRule::BestEffort => false,
            MapRule::AtLeast(least) => {
                let is_open = |&element: &usize| !self.records[element].has_ended();
                let open = self.maps[&map].elements.clone().filter(is_open).count();
                let succeeded = self.count(map, State::Succeeded);
                succeeded >= least as usize || succeeded + open < least as usize
            }
            MapRule::Critical(index) => self.has_lost(map, index),
        }
    }

    /// Whether this element has run to another end than success.
    fn has_lost(&self, map: usize, index: usize) -> bool {
        let mut elements = self.maps[&map].elements.clone();
        elements.nth(index).is_some_and(|element| {
            matches!(self.records[element].state, State::Failed | State::Cancelled | State::Skipped)
        })
    }

    fn count(&self, map: usize, state: State) -> usize {
        self.maps[&map].elements.clone().filter(|&element| self.records[element].state == state).count()
    }

    /// The map of an element, if that has not ended.
    pub(super) fn current_map_of(&self, element: usize) -> Option<usize> {
        let map = self.graph.map_of(element)?;
        self.maps.get(&map).is_some_and(|expanded| expanded.elements.contains(&element)).then_some(map)
    }

    fn settings(&self, map: usize) -> Map {
        self.graph.map(map).unwrap().clone()
    }
}
