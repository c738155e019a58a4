use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroU32,
};

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
    unsuccessful: BTreeMap<NodeId, Unsuccessful>,
}

/// How an element ended that is not kept as a node any more.
#[derive(Clone, Copy, Debug)]
struct Unsuccessful {
    state: State,
    has_run: bool,
}

struct Mapped {
    map: NodeId,
    count: u32,
    /// The next element to become ready.
    next: u32,
    /// How many are ready or under way.
    open: u32,
    /// How many of these back off, or are in `held`: they need no slot (rule R-1).
    aside: u32,
    /// Those whose wait is over and for which there is no slot again, in that order.
    held: VecDeque<NodeId>,
    tally: Tally,
    /// Whether no further element starts.
    closed: bool,
    /// Whether its group has told it to end.
    told: bool,
}

impl Mapped {
    /// How elements ended that were not begun: skipped, if their map wanted no more of them (rule S-3).
    fn state_of_others(&self) -> State {
        if self.closed { State::Skipped } else { State::NotRun }
    }
}

/// How the elements of maps ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    /// How many of each map were begun, and how the others ended, by the number of the first.
    begun: BTreeMap<NodeId, (u32, State)>,
    unsuccessful: BTreeMap<NodeId, Unsuccessful>,
}

impl Elements {
    pub(super) fn unsuccessful(&self) -> impl Iterator<Item = NodeId> {
        self.unsuccessful.keys().copied()
    }

    pub(super) fn state(&self, element: NodeId) -> State {
        if let Some(&Unsuccessful { state, .. }) = self.unsuccessful.get(&element) {
            return state;
        }
        match self.begun.range(..=element).next_back() {
            Some((&first, &(begun, _))) if element - first < begun => State::Succeeded,
            Some((_, &(_, others))) => others,
            None => State::NotRun,
        }
    }

    /// Whether an execution of an element has started.
    pub(super) fn has_run(&self, element: NodeId) -> bool {
        match self.unsuccessful.get(&element) {
            Some(unsuccessful) => unsuccessful.has_run,
            None => self.state(element) == State::Succeeded,
        }
    }
}

impl Scheduler {
    /// A map was taken apart: its first elements are ready. The map itself holds no slot any more.
    pub(super) fn expanded(&mut self, node: NodeId, first: NodeId, count: u32) {
        let is_over = self.outcome.is_some() && !self.is_clean_up(node);
        let told = self.stopped_running(node) && !is_over;
        let tally = Tally { open: count, ..Tally::default() };
        let mapped =
            Mapped { map: node, count, next: 0, open: 0, aside: 0, held: VecDeque::new(), tally, closed: told, told };
        self.maps.expanded.insert(first, mapped);
        if is_over {
            self.nodes[node].phase = Phase::Stopped;
            return;
        }
        self.maps.current.insert(node, first);
        self.nodes[node].phase = Phase::Mapping;
        self.go_on_with_map(node);
    }

    /// An element's execution is over.
    pub(super) fn element_ended(&mut self, element: NodeId, state: State) {
        self.nodes.elements.remove(&element);
        if state != State::Succeeded {
            self.maps.unsuccessful.insert(element, Unsuccessful { state, has_run: true });
        }
        let Some((map, first)) = self.current_map_of(element) else { return };
        let (policy, fail_fast) = (self.mapping(map).policy.clone(), self.mapping(map).fail_fast);
        let is_critical = policy.as_ref().is_some_and(|policy| policy.names(self.run.id(element)));
        let mapped = self.maps.expanded.get_mut(&first).expect("a map that is under way");
        mapped.open -= 1;
        let tally = &mut mapped.tally;
        tally.open -= 1;
        tally.succeeded += u32::from(state == State::Succeeded);
        tally.failed += u32::from(state == State::Failed);
        tally.critical_lost += u32::from(is_critical && state != State::Succeeded);
        // What ran when the map was closed goes on to its end, whatever ends meanwhile.
        let is_certain = !mapped.closed
            && match policy {
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
        let mapped = self.mapped(first);
        mapped.closed = true;
        // All of these are taken back.
        mapped.aside = 0;
        mapped.held.clear();
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
        let has_run = self.nodes[element].has_run;
        self.forget_wait(element);
        self.ready.remove(&self.run, element);
        self.fresh.retain(|&fresh| fresh != element);
        self.nodes.elements.remove(&element);
        self.maps.unsuccessful.insert(element, Unsuccessful { state: State::Skipped, has_run });
        self.mapped(first).open -= 1;
    }

    /// A node backs off: as an element it needs no slot of its map meanwhile (rule R-1).
    pub(super) fn gives_up_place(&mut self, node: NodeId) {
        if let Some((map, first)) = self.current_map_of(node) {
            self.mapped(first).aside += 1;
            self.go_on_with_map(map);
        }
    }

    /// The wait of a node that backed off is over: it is ready, and as an element stands aside until there is a slot.
    pub(super) fn wait_is_over(&mut self, node: NodeId) {
        let Some((map, first)) = self.current_map_of(node) else { return self.make_ready_again(node) };
        self.nodes[node].phase = Phase::Ready;
        self.mapped(first).held.push_back(node);
        self.go_on_with_map(map);
    }

    /// The group around a map has told it to end.
    pub(super) fn tell_map(&mut self, map: NodeId) {
        self.after.remove(&map);
        self.close_map(map, true);
        let first = self.maps.current[&map];
        self.mapped(first).told = true;
        self.go_on_with_map(map);
    }

    /// Whether a map was told so and has not ended.
    pub(super) fn is_told_map(&self, map: NodeId) -> bool {
        self.maps.current.get(&map).is_some_and(|first| self.maps.expanded[first].told)
    }

    /// Makes further elements ready, or ends the map.
    fn go_on_with_map(&mut self, map: NodeId) {
        let first = self.maps.current[&map];
        let most = self.mapping(map).max_concurrency.map_or(WINDOW, NonZeroU32::get);
        let mapped = self.maps.expanded.get_mut(&first).expect("a map that is under way");
        while mapped.open - mapped.aside < most {
            if let Some(element) = mapped.held.pop_front() {
                mapped.aside -= 1;
                self.fresh.push(element);
            } else if !mapped.closed && mapped.open < WINDOW && mapped.next < mapped.count {
                let element = first + mapped.next;
                mapped.next += 1;
                mapped.open += 1;
                self.nodes.elements.insert(element, Node { phase: Phase::Ready, ..Node::new(0) });
                self.fresh.push(element);
            } else {
                break;
            }
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

    /// The run ends: what has not been begun of maps is not, but of clean-ups. Nor is what stands aside in them.
    pub(super) fn stop_maps(&mut self) {
        let mut maps: Vec<(NodeId, NodeId)> =
            self.maps.expanded.iter().map(|(&first, mapped)| (mapped.map, first)).collect();
        maps.retain(|&(map, _)| !self.is_clean_up(map));
        for (map, first) in maps {
            for element in std::mem::take(&mut self.mapped(first).held) {
                self.nodes[element].phase = Phase::Stopped;
            }
            if self.nodes[map].phase == Phase::Mapping {
                self.nodes[map].phase = Phase::Stopped;
                self.maps.current.remove(&map);
            }
        }
    }

    fn mapping(&self, map: NodeId) -> &Mapping {
        self.run.task(map).options().map.as_deref().expect("only maps are taken apart")
    }

    fn mapped(&mut self, first: NodeId) -> &mut Mapped {
        self.maps.expanded.get_mut(&first).expect("a map that was taken apart")
    }

    /// The map of an element and its first element, if the map is under way with it.
    pub(super) fn current_map_of(&self, element: NodeId) -> Option<(NodeId, NodeId)> {
        if !self.run.is_element(element) {
            return None;
        }
        let map = self.run.element(element).0.map();
        let first = *self.maps.current.get(&map)?;
        self.is_of(first, element).then_some((map, first))
    }

    /// Whether any element of a map is ready or under way, also if the map has ended before it.
    pub(super) fn has_active_elements(&self, map: NodeId) -> bool {
        let mut active = self.nodes.elements.iter().filter(|(_, element)| element.is_active());
        active.any(|(&element, _)| self.run.element(element).0.map() == map)
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
            Some(unsuccessful) => unsuccessful.state,
            None if element - first < mapped.next => State::Succeeded,
            None if !mapped.closed && self.maps.current.get(&mapped.map) == Some(first) => State::Waiting,
            None => mapped.state_of_others(),
        })
    }

    pub(super) fn elements(&self) -> Elements {
        let begun = self
            .maps
            .expanded
            .iter()
            .map(|(&first, mapped)| (first, (mapped.next, mapped.state_of_others())))
            .collect();
        let mut unsuccessful = self.maps.unsuccessful.clone();
        let others = self.nodes.elements.iter();
        unsuccessful.extend(
            others.map(|(&element, &Node { has_run, .. })| {
                (element, Unsuccessful { state: self.state(element), has_run })
            }),
        );
        Elements { begun, unsuccessful }
    }
}
