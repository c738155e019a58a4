mod arrivals;
mod clean_up;
mod control;
mod ending;
mod event;
mod groups;
mod loops;
mod node;
mod state;

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::Arc,
};

use fixedbitset::FixedBitSet;

pub use ending::Ending;
pub use event::{Command, Control, Event, Limits, Outcome, Retry};
pub use state::State;

use crate::{
    Options,
    hash::Map,
    plan::{Kind, NodeId, Plan},
};
use loops::Waiting;
use node::{After, Node, Phase};

/// Decides over a plan, event by event, what may run and how the run ends.
///
/// It has no clock, no random numbers, no threads and does nothing by itself: the same events in the
/// same order give the same decisions, always. A driver asks for the [`next`](Self::next) node, says
/// that it has started, runs it, and says how it ended. Rules, C-9 and
/// S-1 … S-10 of the contract are kept here and nowhere else.
pub struct Scheduler {
    plan: Arc<Plan>,
    limits: Limits,
    nodes: Vec<Node>,
    /// Of each edge, whether it has arrived in this pass, and whether live.
    arrived: FixedBitSet,
    live: FixedBitSet,
    /// Ready nodes, in the order in which they became ready.
    ready: VecDeque<NodeId>,
    /// Nodes that became ready in the event being applied.
    fresh: Vec<NodeId>,
    /// Ended nodes whose edges have not been looked at, and whether these arrive live.
    ended: Vec<(NodeId, bool)>,
    running: u32,
    backing_off: u32,
    /// How many executions have started.
    steps: u64,
    /// The execution that a node is at, where it is not the first, and its attempt, where that is not.
    iterations: Map<NodeId, u32>,
    attempts: Map<NodeId, u32>,
    /// What happens after the execution under way, where that is not that its edges arrive.
    after: Map<NodeId, After>,
    /// Where an execution came from that a jump or a loop edge caused (rule S-6).
    causes: Map<NodeId, NodeId>,
    /// Loop edges whose source has succeeded and that have not fired.
    waiting: Vec<Waiting>,
    /// Loop edges that have fired in the event being applied.
    fired: Vec<u32>,
    /// Forward parts of loops' targets, found when first needed.
    forward: Map<NodeId, FixedBitSet>,
    /// Groups' exits whose edges have arrived. They are judged when nothing else moves, since a loop in the
    /// group holds them back.
    reached: BTreeSet<NodeId>,
    /// Running nodes that their group has told to end.
    told: Map<NodeId, ()>,
    /// What the driver has to do because of the event being applied.
    commands: Vec<Command>,
    outcome: Option<Outcome>,
}

impl Scheduler {
    /// A run of `plan` before its first event: the roots are ready.
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let edges = plan.edges().count();
        let mut scheduler = Self {
            nodes: plan.pending_counts().iter().map(|&pending| Node::new(pending)).collect(),
            arrived: FixedBitSet::with_capacity(edges),
            live: FixedBitSet::with_capacity(edges),
            ready: VecDeque::new(),
            fresh: Vec::new(),
            ended: Vec::new(),
            running: 0,
            backing_off: 0,
            steps: 0,
            iterations: Map::default(),
            attempts: Map::default(),
            after: Map::default(),
            causes: Map::default(),
            waiting: Vec::new(),
            fired: Vec::new(),
            forward: Map::default(),
            reached: BTreeSet::new(),
            told: Map::default(),
            commands: Vec::new(),
            outcome: None,
            limits,
            plan,
        };
        for root in scheduler.plan.clone().roots() {
            scheduler.reach(root);
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

    /// The node that became ready first, whether or not it may start now.
    pub fn first_ready(&self) -> Option<NodeId> {
        self.ready.front().copied()
    }

    /// How many nodes are running.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// The execution that a node is at, or was at when it ended; the first is 1.
    pub fn iteration(&self, node: NodeId) -> u32 {
        self.iterations.get(&node).copied().unwrap_or(1)
    }

    /// The attempt of that execution; the first is 1.
    pub fn attempt(&self, node: NodeId) -> u32 {
        self.attempts.get(&node).copied().unwrap_or(1)
    }

    /// The node that a jump or a loop edge led here from, for the execution that a node is at (rule S-6).
    pub fn cause(&self, node: NodeId) -> Option<NodeId> {
        self.causes.get(&node).copied()
    }

    /// What a node is doing, or how its last pass ended.
    pub fn state(&self, node: NodeId) -> State {
        let Node { phase, last, .. } = self.nodes[node as usize];
        match phase {
            Phase::Ready => State::Ready,
            Phase::Running => State::Running,
            Phase::BackingOff => State::BackingOff,
            Phase::Ended => last,
            // A node for which no further pass comes has ended with its last one.
            Phase::Waiting | Phase::Stopped if last != State::Waiting && self.is_ending() => last,
            Phase::Waiting if self.outcome.is_none() => State::Waiting,
            Phase::Waiting | Phase::Stopped => State::NotRun,
        }
    }

    /// Whether the last pass of a node that has ended was a success, so that its value can be used.
    pub fn has_value(&self, node: NodeId) -> bool {
        self.nodes[node as usize].last == State::Succeeded
    }

    /// Whether nothing is under way and nothing more will start.
    pub fn is_finished(&self) -> bool {
        self.running == 0 && self.backing_off == 0 && self.ready.is_empty()
    }

    /// Whether no node that waits will run any more.
    fn is_ending(&self) -> bool {
        self.outcome.is_some() || self.is_finished()
    }

    /// How the run ends or has ended; it is known before the last tasks have.
    pub fn outcome(&self) -> Outcome {
        self.outcome.unwrap_or(Outcome::Succeeded)
    }

    /// Takes in what has happened, and adds what the driver has to do because of it to `commands`.
    ///
    /// # Panics
    ///
    /// If the event cannot have happened, such as the end of a node that is not running: a driver that
    /// says so is broken.
    pub fn apply(&mut self, event: Event, commands: &mut Vec<Command>) {
        match event {
            Event::Started(node) => {
                self.started(node);
                // Nothing else moves when a node starts.
                return self.limit_steps();
            }
            Event::Succeeded(node) => self.succeeded(node),
            Event::Directed { node, control } => self.directed(node, control),
            Event::Failed { node, retry } => self.failed(node, retry),
            Event::Due(node) => self.due(node),
            Event::Dropped(node) => self.dropped(node),
            Event::Cancelled => self.cancelled(),
        }
        self.settle();
        commands.append(&mut self.commands);
    }

    /// How every node ended, of a run that is finished.
    pub fn ending(&self) -> Ending {
        let states = (0_u32..).take(self.nodes.len()).map(|node| self.state(node)).collect();
        let ran = self.nodes.iter().enumerate().filter(|(_, node)| node.has_run).map(|(node, _)| node).collect();
        Ending {
            states,
            ran,
            iterations: self.iterations.clone(),
            attempts: self.attempts.clone(),
            outcome: self.outcome(),
        }
    }

    fn started(&mut self, node: NodeId) {
        let front = self.ready.pop_front();
        assert_eq!(front, Some(node), "nodes start in the order in which they became ready");
        let record = &mut self.nodes[node as usize];
        record.phase = Phase::Running;
        self.running += 1;
        if self.attempts.get(&node).is_some_and(|&attempt| attempt > 1) {
            return;
        }
        self.steps += 1;
        if std::mem::replace(&mut record.has_run, true) {
            *self.iterations.entry(node).or_insert(1) += 1;
        }
    }

    fn succeeded(&mut self, node: NodeId) {
        self.stopped_running(node);
        self.finish_pass(node, State::Succeeded);
    }

    fn failed(&mut self, node: NodeId, retry: Retry) {
        let was_told = self.stopped_running(node);
        let is_over = was_told || (self.outcome.is_some() && !self.is_clean_up(node));
        match retry {
            _ if is_over => {}
            Retry::No => {}
            Retry::Now => {
                *self.attempts.entry(node).or_insert(1) += 1;
                self.make_ready_again(node);
                return;
            }
            Retry::Later => {
                *self.attempts.entry(node).or_insert(1) += 1;
                self.nodes[node as usize].phase = Phase::BackingOff;
                self.backing_off += 1;
                return;
            }
        }
        self.finish_pass(node, State::Failed);
    }

    /// The wait of a node that backs off is over.
    fn due(&mut self, node: NodeId) {
        if self.nodes[node as usize].phase == Phase::BackingOff {
            self.backing_off -= 1;
            self.make_ready_again(node);
        }
    }

    fn dropped(&mut self, node: NodeId) {
        if !self.stopped_running(node) {
            self.stop(Outcome::Cancelled);
        }
        self.finish_pass(node, State::Cancelled);
    }

    /// What runs is cancelled also if the run has been ending for another reason.
    fn cancelled(&mut self) {
        if self.outcome.is_some() && self.running > 0 {
            self.commands.push(Command::CancelAll);
        }
        self.stop(Outcome::Cancelled);
    }

    /// Says whether its group has told the node to end.
    fn stopped_running(&mut self, node: NodeId) -> bool {
        assert_eq!(self.nodes[node as usize].phase, Phase::Running, "only what runs can end");
        self.running -= 1;
        !self.told.is_empty() && self.told.remove(&node).is_some()
    }

    /// Nothing new starts from here on, but clean-ups; the first reason counts.
    fn stop(&mut self, outcome: Outcome) {
        if self.outcome.is_some() {
            return;
        }
        self.outcome = Some(outcome);
        for node in std::mem::take(&mut self.ready) {
            if self.goes_on(node) {
                self.ready.push_back(node);
            } else {
                self.nodes[node as usize].phase = Phase::Stopped;
            }
        }
        for node in std::mem::take(&mut self.fresh) {
            if self.goes_on(node) {
                self.fresh.push(node);
            } else {
                self.nodes[node as usize].phase = Phase::Stopped;
            }
        }
        if self.backing_off > 0 {
            for node in (0_u32..).take(self.nodes.len()) {
                if self.nodes[node as usize].phase == Phase::BackingOff && !self.goes_on(node) {
                    self.nodes[node as usize].phase = Phase::Stopped;
                    self.backing_off -= 1;
                }
            }
        }
        self.after.clear();
        self.waiting.clear();
        self.reached.clear();
        if outcome.cancels_running() && self.running > 0 {
            self.commands.push(Command::CancelAll);
        }
    }

    /// Lets the edges of ended nodes arrive and loops fire until nothing moves any more. Groups' entries and
    /// exits end here, within the event, since no driver has to do anything for them.
    fn settle(&mut self) {
        loop {
            while let Some((node, live)) = self.ended.pop() {
                self.arrive_all(node, live);
            }
            if !self.judge_next() && !self.fire() {
                break;
            }
        }
        self.fired.clear();
        // Ties are broken by the order of composition, which is that of the numbers.
        self.fresh.sort_unstable();
        if let Some(&node) = self.fresh.iter().find(|&&node| self.has_had_enough(node)) {
            self.stop(Outcome::CycleLimit(node));
        }
        if self.outcome.is_some() {
            self.clean_up();
            self.fresh.sort_unstable();
        }
        self.ready.extend(self.fresh.drain(..));
        self.limit_steps();
    }

    /// Ends the run if the next execution would be one too many. A further attempt is no further step.
    fn limit_steps(&mut self) {
        if let Some(most) = self.limits.max_steps
            && self.steps >= most
            && self.outcome.is_none()
            && let Some(&node) = self.ready.front()
            && self.attempt(node) == 1
        {
            self.stop(Outcome::StepLimit(node));
            self.clean_up();
            self.ready.extend(self.fresh.drain(..));
        }
    }

    /// Whether an execution goes on in a run that ends: that of a clean-up with a further attempt to come.
    fn goes_on(&self, node: NodeId) -> bool {
        self.is_clean_up(node) && self.attempt(node) > 1
    }

    fn is_clean_up(&self, node: NodeId) -> bool {
        self.plan.is_task(node) && self.plan.task(node).options().always
    }

    /// Whether a node that is ready has had as many executions as it may (rule C-9). A further attempt is no
    /// further execution.
    fn has_had_enough(&self, node: NodeId) -> bool {
        let most = || self.plan.task(node).options().max_cycles.unwrap_or(Options::MAX_CYCLES);
        self.nodes[node as usize].has_run && self.attempt(node) == 1 && self.iteration(node) >= most()
    }

    fn kind(&self, node: NodeId) -> Kind {
        self.plan.kind(node)
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
