mod ending;
mod event;
mod state;

use std::{collections::VecDeque, fmt, sync::Arc};

pub use ending::Ending;
pub use event::{Event, Limits, Outcome};
pub use state::State;

use crate::{
    hash::Map,
    plan::{Kind, NodeId, Plan, Source},
};

/// The high bit of a pending count: an edge has arrived live.
const LIVE: u32 = 1 << 31;

/// Decides over a plan, event by event, what may run and how the run ends.
///
/// It has no clock, no random numbers, no threads and does nothing by itself: the same events in the
/// same order give the same decisions, always. A driver asks for the [`next`](Self::next) node, says
/// that it has started, runs it, and says how it ended; rules and S-1 … S-8 of the
/// contract are kept here and nowhere else.
pub struct Scheduler {
    plan: Arc<Plan>,
    limits: Limits,
    /// How many edges have not arrived at each node, and in [`LIVE`] whether one has arrived live.
    pending: Vec<u32>,
    states: Vec<State>,
    /// Ready nodes, in the order in which they became ready.
    ready: VecDeque<NodeId>,
    /// Nodes that became ready in the event being applied.
    fresh: Vec<NodeId>,
    /// Ended nodes whose edges have not been looked at, and whether these arrive live.
    ended: Vec<(NodeId, bool)>,
    running: u32,
    /// The attempt of each node that is not at its first.
    attempts: Map<NodeId, u32>,
    outcome: Option<Outcome>,
}

impl Scheduler {
    /// A run of `plan` before its first event: the roots are ready.
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let mut scheduler = Self {
            pending: plan.pending_counts().to_vec(),
            states: vec![State::Waiting; plan.len()],
            ready: VecDeque::new(),
            fresh: Vec::new(),
            ended: Vec::new(),
            running: 0,
            attempts: Map::default(),
            outcome: None,
            limits,
            plan,
        };
        let plan = scheduler.plan.clone();
        for root in plan.roots() {
            scheduler.reach(root, true);
        }
        scheduler.settle();
        scheduler
    }

    /// The plan that it decides over.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The node to start now: the one that became ready first, unless as many run as may.
    pub fn next(&self) -> Option<NodeId> {
        if self.limits.max_concurrency.is_some_and(|most| self.running >= most.get()) {
            return None;
        }
        self.ready.front().copied()
    }

    /// How many nodes are running.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// The attempt that a node is at, or was at when it ended; the first is 1.
    pub fn attempt(&self, node: NodeId) -> u32 {
        self.attempts.get(&node).copied().unwrap_or(1)
    }

    /// What a node is doing, or how it ended.
    pub fn state(&self, node: NodeId) -> State {
        match self.states[node as usize] {
            State::Waiting | State::Ready if self.outcome.is_some() => State::NotRun,
            state => state,
        }
    }

    /// Whether nothing runs and nothing more will start.
    pub fn is_finished(&self) -> bool {
        self.running == 0 && self.ready.is_empty()
    }

    /// How the run ends or has ended; it is known before the last tasks have.
    pub fn outcome(&self) -> Outcome {
        self.outcome.unwrap_or(Outcome::Succeeded)
    }

    /// Takes in what has happened.
    ///
    /// # Panics
    ///
    /// If the event cannot have happened, such as the end of a node that is not running: a driver that
    /// says so is broken.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Started(node) => self.started(node),
            Event::Succeeded(node) => {
                self.stopped_running(node);
                self.states[node as usize] = State::Succeeded;
                self.ended.push((node, true));
            }
            Event::Failed { node, retry: true } if self.outcome.is_none() => {
                self.stopped_running(node);
                *self.attempts.entry(node).or_insert(1) += 1;
                self.states[node as usize] = State::Ready;
                self.fresh.push(node);
            }
            Event::Failed { node, .. } => {
                self.stopped_running(node);
                self.fail(node);
            }
            Event::Dropped(node) => {
                self.stopped_running(node);
                self.states[node as usize] = State::Cancelled;
                self.stop(Outcome::Cancelled);
            }
            Event::Cancelled => self.stop(Outcome::Cancelled),
        }
        self.settle();
    }

    /// How every node ended, of a run that is finished.
    pub fn ending(&self) -> Ending {
        let states = (0_u32..).take(self.states.len()).map(|node| self.state(node)).collect();
        Ending { states, attempts: self.attempts.clone(), outcome: self.outcome() }
    }

    fn started(&mut self, node: NodeId) {
        let front = self.ready.pop_front();
        assert_eq!(front, Some(node), "nodes start in the order in which they became ready");
        self.states[node as usize] = State::Running;
        self.running += 1;
    }

    fn stopped_running(&mut self, node: NodeId) {
        assert_eq!(self.states[node as usize], State::Running, "only what runs can end");
        self.running -= 1;
    }

    /// A task or a group has failed: its group judges that, or the run ends with it.
    fn fail(&mut self, node: NodeId) {
        self.states[node as usize] = State::Failed;
        if self.plan.is_grouped(node) {
            self.ended.push((node, false));
        } else {
            self.stop(Outcome::Failed(node));
        }
    }

    /// Nothing new starts from here on; the first reason counts.
    fn stop(&mut self, outcome: Outcome) {
        self.outcome.get_or_insert(outcome);
        for node in self.ready.drain(..).chain(self.fresh.drain(..)) {
            self.states[node as usize] = State::NotRun;
        }
    }

    /// Lets the edges of ended nodes arrive until nothing moves any more. Groups' entries and exits end
    /// here, within the event, since no driver has to do anything for them.
    fn settle(&mut self) {
        let plan = self.plan.clone();
        while let Some((node, live)) = self.ended.pop() {
            for &next in plan.successors(node) {
                let pending = &mut self.pending[next as usize];
                *pending = (*pending - 1) | if live { LIVE } else { 0 };
                if *pending & !LIVE == 0 {
                    let live = *pending & LIVE != 0;
                    self.reach(next, live);
                }
            }
        }
        // Ties are broken by the order of composition, which is that of the numbers.
        self.fresh.sort_unstable();
        self.ready.extend(self.fresh.drain(..));
    }

    /// All edges of a node have arrived: decides whether it runs (rule S-3).
    fn reach(&mut self, node: NodeId, live: bool) {
        if self.outcome.is_some() {
            return;
        }
        match self.plan.kind(node) {
            Kind::Task if live && self.has_its_inputs(node) => {
                self.states[node as usize] = State::Ready;
                self.fresh.push(node);
            }
            Kind::Entry(_) if live => self.end(node, State::Succeeded),
            Kind::Task | Kind::Entry(_) => self.end(node, State::Skipped),
            Kind::Exit(group) => self.judge(node, group, live),
        }
    }

    fn end(&mut self, node: NodeId, state: State) {
        self.states[node as usize] = state;
        self.ended.push((node, state == State::Succeeded));
    }

    /// A group's branches have all ended. Strict: it has succeeded if none has failed.
    fn judge(&mut self, exit: NodeId, group: u32, live: bool) {
        let failed = |node: &NodeId| self.states[*node as usize] == State::Failed;
        let branches = &self.plan.groups()[group as usize].branches;
        if branches.iter().any(|branch| branch.nodes.iter().any(failed)) {
            self.fail(exit);
        } else {
            self.end(exit, if live { State::Succeeded } else { State::Skipped });
        }
    }

    /// Whether every output bound to the node exists, or the parameter has a default.
    fn has_its_inputs(&self, node: NodeId) -> bool {
        let succeeded = |node: &NodeId| self.states[*node as usize] == State::Succeeded;
        self.plan.fills(node).iter().all(|fill| match &fill.sources[..] {
            [Source::Output(from)] => succeeded(from),
            [Source::Outputs(from)] => from.iter().all(succeeded),
            _ => true,
        })
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("ready", &self.ready.len())
            .field("running", &self.running)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
