use std::{collections::BTreeMap, num::NonZeroU32};

use super::{Group, NodeId, Plan, groups};
use crate::TaskKind;

/// The lanes in which ready tasks wait: those that can start under the same conditions wait in one.
///
/// The first ones, one for each kind, are for tasks in no group with a cap. The others are for one kind of task
/// in the same groups with caps.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    of: Numbers,
    all: Vec<Lane>,
    caps: Vec<Cap>,
}

#[derive(Debug)]
struct Lane {
    kind: TaskKind,
    /// The caps around its tasks.
    caps: Box<[u32]>,
}

#[derive(Debug)]
struct Cap {
    group: u32,
    /// How many tasks may run.
    most: NonZeroU32,
    /// The lanes that it closes when they do.
    lanes: Vec<u32>,
}

/// The lane of each task.
#[derive(Debug)]
enum Numbers {
    /// One for all, as in most plans.
    Same(u32),
    Each(Box<[u32]>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Same(0)
    }
}

impl Lanes {
    /// The lanes of a plan that knows its groups, and which tasks are called in processes.
    pub(super) fn new(plan: &Plan) -> Self {
        let all = plan.groups();
        let cap =
            |(group, record): (u32, &Group)| Some(Cap { group, most: record.max_concurrency?, lanes: Vec::new() });
        let mut lanes = Self {
            of: Numbers::default(),
            all: TaskKind::OF_TASKS.map(|kind| Lane { kind, caps: Box::default() }).into(),
            caps: (0_u32..).zip(all).filter_map(cap).collect(),
        };
        let around = groups::around(all, |group| group.max_concurrency.is_some());
        let kind = |node| TaskKind::of(plan.task(node), plan.backend(node));
        let kinds = || (0_u32..).take(plan.task_count()).map(|node| (node, kind(node)));
        let mut known: BTreeMap<&[u32], u32> = BTreeMap::new();
        let first = kinds().next().map(|(_, kind)| kind);
        lanes.of = match first {
            Some(first) if around.is_empty() && kinds().all(|(_, kind)| kind == first) => Numbers::Same(first as u32),
            _ => Numbers::Each(
                kinds()
                    .map(|(node, kind)| match around.get(&node) {
                        None => kind as u32,
                        Some(groups) => {
                            // One for each kind, since a task may add one of another kind to its groups.
                            let first = *known
                                .entry(groups)
                                .or_insert_with(|| TaskKind::OF_TASKS.map(|kind| lanes.open(kind, groups))[0]);
                            first + kind as u32
                        }
                    })
                    .collect(),
            ),
        };
        lanes
    }

    /// A further lane, for tasks in these groups.
    fn open(&mut self, kind: TaskKind, groups: &[u32]) -> u32 {
        let lane = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let caps = (0_u32..).zip(&mut self.caps).filter(|(_, cap)| groups.contains(&cap.group));
        let caps = caps.map(|(number, cap)| {
            cap.lanes.push(lane);
            number
        });
        let caps = caps.collect();
        self.all.push(Lane { kind, caps });
        lane
    }

    /// The lane of a task.
    pub(crate) fn of(&self, task: NodeId) -> u32 {
        match &self.of {
            Numbers::Same(lane) => *lane,
            Numbers::Each(lanes) => lanes[task as usize],
        }
    }

    /// The lane of tasks of a kind in the same groups as a task.
    pub(crate) fn like(&self, task: NodeId, kind: TaskKind) -> u32 {
        let lane = self.of(task);
        lane - self.kind(lane) as u32 + kind as u32
    }

    /// The lane of all tasks, if they are in one, as in most plans.
    pub(crate) fn only(&self) -> Option<u32> {
        match self.of {
            Numbers::Same(lane) => Some(lane),
            Numbers::Each(_) => None,
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The kind of task that waits in a lane.
    pub(crate) fn kind(&self, lane: u32) -> TaskKind {
        self.all[lane as usize].kind
    }

    /// The caps around the tasks of a lane.
    pub(crate) fn caps(&self, lane: u32) -> &[u32] {
        &self.all[lane as usize].caps
    }

    /// How many caps there are.
    pub(crate) fn cap_count(&self) -> usize {
        self.caps.len()
    }

    /// How many tasks may run under a cap.
    pub(crate) fn most(&self, cap: u32) -> u32 {
        self.caps[cap as usize].most.get()
    }

    /// The lanes under a cap.
    pub(crate) fn under(&self, cap: u32) -> &[u32] {
        &self.caps[cap as usize].lanes
    }
}
