use std::collections::{BTreeSet, VecDeque};

use super::NodeId;
use crate::{RunPlan, TaskKind, TaskKinds, plan::Plan};

/// Where a ready node stands: by the event in which it became ready, then in the order of composition.
type Place = (u64, NodeId);

/// Ready nodes, in the order in which they became ready (rule S-1).
///
/// They wait in lanes, one for all that can start under the same conditions, so that none is held back by one in
/// front of it that has to wait for something else: a worker, or a slot in its group (rule R-1).
#[derive(Default)]
pub(super) struct Ready {
    /// Groups' exits that wait for a policy of the user's own. They come before all else, so that whoever ends a
    /// group's last member asks it.
    judgements: VecDeque<NodeId>,
    /// By the number in the plan's lanes.
    lanes: Vec<Lane>,
    /// The fronts of lanes under caps that all have room, by kind.
    fronts: [BTreeSet<(Place, u32)>; 3],
    /// How many nodes run under each cap.
    running: Vec<u32>,
    /// The lane of all tasks, if they are in one, as in most runs: then nobody asks which of several comes first.
    only: Option<u32>,
    /// The number of the event that is being applied.
    event: u64,
    len: usize,
}

#[derive(Default)]
struct Lane {
    nodes: VecDeque<NodeId>,
    /// The events in which they became ready, and how many of them in each; nothing, if there is no other lane whose
    /// nodes could come between.
    events: VecDeque<(u64, u32)>,
    /// What [`Ready::fronts`] has of it.
    front: Option<Place>,
}

impl Lane {
    fn place(&self) -> Option<Place> {
        let node = *self.nodes.front()?;
        Some((self.events.front().map_or(0, |(event, _)| *event), node))
    }

    fn push(&mut self, event: u64, node: NodeId) {
        self.nodes.push_back(node);
        match self.events.back_mut() {
            Some((last, count)) if *last == event => *count += 1,
            _ => self.events.push_back((event, 1)),
        }
    }

    fn pop(&mut self) -> Option<NodeId> {
        let first = self.nodes.pop_front();
        if let Some((_, count)) = self.events.front_mut() {
            *count -= 1;
            if *count == 0 {
                self.events.pop_front();
            }
        }
        first
    }

    /// Puts a node in front of all, as if it had become ready with the first.
    fn bring_forward(&mut self, node: NodeId) {
        let Some(place) = self.nodes.iter().position(|&other| other == node).filter(|&place| place > 0) else { return };
        self.nodes.remove(place);
        self.nodes.push_front(node);
        let mut behind = 0;
        let of_event = self.events.iter().position(|(_, count)| {
            behind += *count as usize;
            behind > place
        });
        if let Some(at) = of_event {
            self.events[at].1 -= 1;
            if self.events[at].1 == 0 {
                self.events.remove(at);
            }
            self.events[0].1 += 1;
        }
    }

    fn retain(&mut self, mut keep: impl FnMut(NodeId) -> bool) {
        if self.events.is_empty() {
            return self.nodes.retain(|&node| keep(node));
        }
        let mut nodes = std::mem::take(&mut self.nodes).into_iter();
        for (event, count) in std::mem::take(&mut self.events) {
            for node in nodes.by_ref().take(count as usize).filter(|&node| keep(node)) {
                self.push(event, node);
            }
        }
    }
}

impl Ready {
    pub(super) fn new(plan: &Plan) -> Self {
        let lanes = plan.lanes();
        Self {
            lanes: (0..lanes.count()).map(|_| Lane::default()).collect(),
            running: vec![0; lanes.cap_count()],
            only: lanes.only(),
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Lines up nodes that have become ready by one event, in the order of composition.
    #[inline]
    pub(super) fn extend(&mut self, plan: &RunPlan, nodes: impl IntoIterator<Item = NodeId>) {
        self.event += 1;
        for node in nodes {
            self.len += 1;
            if !plan.is_task(node) {
                self.judgements.push_back(node);
                continue;
            }
            let lane = plan.lane(node);
            if self.only == Some(lane) {
                self.lanes[lane as usize].nodes.push_back(node);
                continue;
            }
            self.number();
            self.lanes[lane as usize].push(self.event, node);
            self.update(plan, lane);
        }
    }

    /// A second lane is used, since the run has added a task of another kind: from here on it counts when nodes became
    /// ready. Those that are there came first.
    fn number(&mut self) {
        if let Some(only) = self.only.take() {
            let lane = &mut self.lanes[only as usize];
            let count = u32::try_from(lane.nodes.len()).unwrap_or(u32::MAX);
            lane.events.extend((count > 0).then_some((0, count)));
        }
    }

    /// The first group to be judged.
    pub(super) fn judgement(&self) -> Option<NodeId> {
        self.judgements.front().copied()
    }

    /// Whether a group is to be judged.
    pub(super) fn is_judged(&self, exit: NodeId) -> bool {
        self.judgements.contains(&exit)
    }

    /// A node is the next one of its kind to start, although others have been ready for longer.
    pub(super) fn bring_forward(&mut self, plan: &RunPlan, node: NodeId) {
        if self.is_judged(node) {
            self.judgements.retain(|&other| other != node);
            self.judgements.push_front(node);
        } else if plan.is_task(node) {
            let lane = plan.lane(node);
            self.lanes[lane as usize].bring_forward(node);
            self.update(plan, lane);
        }
    }

    /// The first task of these kinds that no cap holds back.
    #[inline]
    pub(super) fn task(&self, plan: &RunPlan, kinds: TaskKinds) -> Option<NodeId> {
        if let Some(lane) = self.only {
            // By far the most runs, and the hottest path.
            return self.lanes[lane as usize]
                .nodes
                .front()
                .copied()
                .filter(|_| kinds.contains(plan.plan().lanes().kind(lane)));
        }
        self.first_of(kinds)
    }

    /// The same, where there are several lanes.
    fn first_of(&self, kinds: TaskKinds) -> Option<NodeId> {
        let wanted = TaskKind::OF_TASKS.into_iter().filter(|&kind| kinds.contains(kind));
        let first = wanted.filter_map(|kind| {
            let free = self.lanes[kind as usize].place();
            let capped = self.fronts[kind as usize].first().map(|(place, _)| *place);
            free.into_iter().chain(capped).min()
        });
        first.min().map(|(_, node)| node)
    }

    /// The task that became ready first, whatever holds it back.
    pub(super) fn first(&self) -> Option<NodeId> {
        self.lanes.iter().filter_map(Lane::place).min().map(|(_, node)| node)
    }

    /// Whether a task waits to be started, whatever holds it back.
    pub(super) fn is_lined_up(&self, plan: &RunPlan, task: NodeId) -> bool {
        self.lanes[plan.lane(task) as usize].nodes.contains(&task)
    }

    /// A node starts.
    #[inline]
    pub(super) fn start(&mut self, plan: &RunPlan, node: NodeId, is_judgement: bool) {
        self.len -= 1;
        if is_judgement {
            self.judgements.pop_front();
            return;
        }
        let lane = plan.lane(node);
        let first = self.lanes[lane as usize].pop();
        assert_eq!(first, Some(node), "nodes start in the order in which they became ready");
        let caps = plan.plan().lanes().caps(lane);
        if caps.is_empty() {
            return;
        }
        for &cap in caps {
            self.running[cap as usize] += 1;
            if self.running[cap as usize] == plan.plan().lanes().most(cap) {
                self.update_all(plan, cap);
            }
        }
        self.update(plan, lane);
    }

    /// A task that was running is not any more.
    #[inline]
    pub(super) fn stop(&mut self, plan: &RunPlan, node: NodeId) {
        if self.running.is_empty() {
            return;
        }
        for &cap in plan.plan().lanes().caps(plan.lane(node)) {
            self.running[cap as usize] -= 1;
            if self.running[cap as usize] + 1 == plan.plan().lanes().most(cap) {
                self.update_all(plan, cap);
            }
        }
    }

    /// Takes out nodes that are not to start.
    pub(super) fn retain(&mut self, plan: &RunPlan, mut keep: impl FnMut(NodeId) -> bool) {
        self.judgements.retain(|&node| keep(node));
        self.len = self.judgements.len();
        for (number, lane) in (0_u32..).zip(0..self.lanes.len()) {
            if !self.lanes[lane].nodes.is_empty() {
                self.lanes[lane].retain(&mut keep);
                self.len += self.lanes[lane].nodes.len();
                self.update(plan, number);
            }
        }
    }

    /// Takes out one node.
    pub(super) fn remove(&mut self, plan: &RunPlan, node: NodeId) {
        if plan.is_task(node) {
            let number = plan.lane(node);
            let lane = &mut self.lanes[number as usize];
            let before = lane.nodes.len();
            lane.retain(|other| other != node);
            self.len -= before - lane.nodes.len();
            self.update(plan, number);
        } else {
            let before = self.judgements.len();
            self.judgements.retain(|&other| other != node);
            self.len -= before - self.judgements.len();
        }
    }

    fn update_all(&mut self, plan: &RunPlan, cap: u32) {
        for &lane in plan.plan().lanes().under(cap) {
            self.update(plan, lane);
        }
    }

    /// Puts a lane under caps where it belongs among the fronts.
    fn update(&mut self, plan: &RunPlan, number: u32) {
        let lanes = plan.plan().lanes();
        let caps = lanes.caps(number);
        if caps.is_empty() {
            return;
        }
        let has_room = caps.iter().all(|&cap| self.running[cap as usize] < lanes.most(cap));
        let lane = &mut self.lanes[number as usize];
        let front = lane.place().filter(|_| has_room);
        let before = std::mem::replace(&mut lane.front, front);
        if before != front {
            let fronts = &mut self.fronts[lanes.kind(number) as usize];
            before.map(|place| fronts.remove(&(place, number)));
            front.map(|place| fronts.insert((place, number)));
        }
    }
}
