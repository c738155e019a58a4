use std::collections::BTreeMap;

use super::{Command, Node, NodeId, Phase, Scheduler, State};
use crate::{
    Mapping,
    hash::Map,
    policy::{Policy, Tally},
};

/// How many elements of a map are nodes at the same time, at most.
const WINDOW: u32 = 1024;

/// The maps of a run (rule S-11).
#[derive(Default)]
pub(super) struct Maps {
    /// By the number of their first element.
    expanded: BTreeMap<NodeId, Mapped>,
    /// Those that are under way, by the map's node.
    current: Map<NodeId, NodeId>,
    /// Elements that have ended otherwise than as a success.
    unsuccessful: BTreeMap<NodeId, State>,
}

struct Mapped {
    map: NodeId,
    count: u32,
    /// The next element to become ready.
    next: u32,
    /// How many are ready or under way.
    open: u32,
    tally: Tally,
    /// Whether no further element starts.
    closed: bool,
    /// Whether its group has told it to end.
    told: bool,
}

/// How the elements of maps ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    /// How many of each map were begun, by the number of the first.
    begun: BTreeMap<NodeId, u32>,
    unsuccessful: BTreeMap<NodeId, State>,
}

impl Elements {
    pub(super) fn unsuccessful(&self) -> impl Iterator<Item = NodeId> {
        self.unsuccessful.keys().copied()
    }

    pub(super) fn state(&self, element: NodeId) -> State {
        if let Some(&state) = self.unsuccessful.get(&element) {
            return state;
        }
        let begun = self.begun.range(..=element).next_back();
        if begun.is_some_and(|(&first, &begun)| element - first < begun) { State::Succeeded } else { State::NotRun }
    }
}

impl Scheduler {
    /// A map was taken apart: its first elements are ready. The map itself holds no slot any more.
    pub(super) fn expanded(&mut self, node: NodeId, first: NodeId, count: u32) {
        let was_told = self.stopped_running(node);
        if self.outcome.is_some() && !self.is_clean_up(node) {
            self.nodes[node].phase = Phase::Stopped;
            return;
        }
        let tally = Tally { open: count, ..Tally::default() };
        let mapped = Mapped { map: node, count, next: 0, open: 0, tally, closed: was_told, told: was_told };
        self.maps.expanded.insert(first, mapped);
        self.maps.current.insert(node, first);
        self.nodes[node].phase = Phase::Mapping;
        self.go_on_with_map(node);
    }

    /// An element's execution is over.
    pub(super) fn element_ended(&mut self, element: NodeId, state: State) {
        let map = self.run.element(element).0.map();
        self.nodes.elements.remove(&element);
        if state != State::Succeeded {
            self.maps.unsuccessful.insert(element, state);
        }
        let Some(first) = self.maps.current.get(&map).copied().filter(|&first| self.is_of(first, element)) else {
            return;
        };
        let (policy, fail_fast) = (self.mapping(map).policy.clone(), self.mapping(map).fail_fast);
        let is_critical = policy.as_ref().is_some_and(|policy| policy.names(self.run.id(element)));
        let mapped = self.maps.expanded.get_mut(&first).expect("a map that is under way");
        mapped.open -= 1;
        let tally = &mut mapped.tally;
        tally.open -= 1;
        tally.succeeded += u32::from(state == State::Succeeded);
        tally.failed += u32::from(state == State::Failed);
        tally.critical_lost += u32::from(is_critical && state != State::Succeeded);
        let is_certain = match policy {
            None => state == State::Failed,
            Some(policy) => fail_fast && policy.is_certain(mapped.tally),
        };
        if is_certain && !self.mapping_is_forgiving(map) {
            return self.fail_map(map);
        }
        if is_certain {
            self.close_map(map, fail_fast);
        }
        self.go_on_with_map(map);
    }

    /// A map without a policy outside of groups fails the run with its first element that fails.
    fn mapping_is_forgiving(&self, map: NodeId) -> bool {
        self.mapping(map).policy.is_some() || self.is_forgiven(map)
    }

    fn fail_map(&mut self, map: NodeId) {
        self.maps.current.remove(&map);
        self.finish_pass(map, State::Failed);
    }

    /// Lets no further element of a map start; with `tell`, those that run are to end.
    fn close_map(&mut self, map: NodeId, tell: bool) {
        let first = self.maps.current[&map];
        self.maps.expanded.get_mut(&first).expect("a map that is under way").closed = true;
        let elements: Vec<NodeId> = self.nodes.elements.keys().copied().filter(|&e| self.is_of(first, e)).collect();
        for element in elements {
            match self.nodes[element].phase {
                Phase::Running if tell => self.tell(element),
                Phase::Ready | Phase::BackingOff | Phase::Suspended => self.take_back(first, element),
                _ => {}
            }
        }
    }

    /// An element that is ready or backs off is skipped.
    fn take_back(&mut self, first: NodeId, element: NodeId) {
        self.forget_wait(element);
        self.ready.remove(&self.run, element);
        self.fresh.retain(|&fresh| fresh != element);
        self.nodes.elements.remove(&element);
        self.maps.unsuccessful.insert(element, State::Skipped);
        let mapped = self.maps.expanded.get_mut(&first).expect("a map that is under way");
        mapped.open -= 1;
        mapped.tally.open -= 1;
    }

    /// The group around a map has told it to end.
    pub(super) fn tell_map(&mut self, map: NodeId) {
        self.after.remove(&map);
        self.close_map(map, true);
        let first = self.maps.current[&map];
        self.maps.expanded.get_mut(&first).expect("a map that is under way").told = true;
        self.go_on_with_map(map);
    }

    /// Makes further elements ready, or ends the map.
    fn go_on_with_map(&mut self, map: NodeId) {
        let first = self.maps.current[&map];
        let window = self.mapping(map).max_concurrency.map_or(WINDOW, |most| most.get().min(WINDOW));
        let mapped = self.maps.expanded.get_mut(&first).expect("a map that is under way");
        while !mapped.closed && mapped.open < window && mapped.next < mapped.count {
            let element = first + mapped.next;
            mapped.next += 1;
            mapped.open += 1;
            self.nodes.elements.insert(element, Node { phase: Phase::Ready, ..Node::new(0) });
            self.fresh.push(element);
        }
        if mapped.open > 0 {
            return;
        }
        let (tally, told) = (mapped.tally, mapped.told);
        self.maps.current.remove(&map);
        let passes = self.mapping(map).policy.as_ref().unwrap_or(&Policy::Strict).accepts(tally).unwrap_or(false);
        let state = match passes {
            _ if told => State::Cancelled,
            true => State::Succeeded,
            false => State::Failed,
        };
        self.commands.extend((state == State::Succeeded).then_some(Command::Mapped(map)));
        self.finish_pass(map, state);
    }

    /// The run ends: what has not been begun of maps is not, but of clean-ups.
    pub(super) fn stop_maps(&mut self) {
        let mut maps: Vec<NodeId> = self.maps.expanded.values().map(|mapped| mapped.map).collect();
        maps.retain(|&map| self.nodes[map].phase == Phase::Mapping && !self.is_clean_up(map));
        for map in maps {
            self.nodes[map].phase = Phase::Stopped;
            self.maps.current.remove(&map);
        }
    }

    fn mapping(&self, map: NodeId) -> &Mapping {
        self.run.task(map).options().map.as_deref().expect("only maps are taken apart")
    }

    fn is_of(&self, first: NodeId, element: NodeId) -> bool {
        self.maps.expanded.get(&first).is_some_and(|mapped| element >= first && element - first < mapped.count)
    }

    /// What an element is doing, or how it ended.
    pub(super) fn element_state(&self, element: NodeId) -> Option<State> {
        if self.nodes.elements.contains_key(&element) {
            return None;
        }
        let (first, mapped) = self.maps.expanded.range(..=element).next_back()?;
        Some(match self.maps.unsuccessful.get(&element) {
            Some(&state) => state,
            None if element - first < mapped.next => State::Succeeded,
            None if self.maps.current.get(&mapped.map) == Some(first) => State::Waiting,
            None => State::NotRun,
        })
    }

    pub(super) fn elements(&self) -> Elements {
        let begun = self.maps.expanded.iter().map(|(&first, mapped)| (first, mapped.next)).collect();
        let mut unsuccessful = self.maps.unsuccessful.clone();
        unsuccessful.extend(self.nodes.elements.keys().map(|&element| (element, self.state(element))));
        Elements { begun, unsuccessful }
    }
}
