mod added;
mod arrivals;
mod clean_up;
mod control;
mod ending;
mod event;
mod groups;
mod loops;
mod maps;
mod node;
mod nodes;
mod ready;
mod state;
mod suspension;

use std::{collections::BTreeSet, fmt, sync::Arc};

use fixedbitset::FixedBitSet;

pub use ending::Ending;
pub use event::{Command, Control, Event, Limits, Outcome, Retry};
pub use state::State;

use crate::{
    Options, RunPlan, TaskKind, TaskKinds,
    hash::Map,
    plan::{Kind, NodeId, Plan},
};
use added::AddedNodes;
use loops::Waiting;
use maps::Maps;
use node::{After, Node, Phase};
use nodes::Nodes;
use ready::Ready;

/// Decides over a plan, event by event, what may run and how the run ends.
///
/// It has no clock, no random numbers, no threads and does nothing by itself: the same events in the
/// same order give the same decisions, always. A driver asks for the [`next`](Self::next) node, says
/// that it has started, runs it, and says how it ended. Rules, C-9 and
/// S-1 … S-10 of the contract are kept here and nowhere else.
pub struct Scheduler {
    plan: Arc<Plan>,
    /// The same, and what the run has added.
    run: Arc<RunPlan>,
    limits: Limits,
    nodes: Nodes,
    added: AddedNodes,
    maps: Maps,
    /// Of each edge, whether it has arrived in this pass, and whether live.
    arrived: FixedBitSet,
    live: FixedBitSet,
    ready: Ready,
    /// Nodes that became ready in the event being applied.
    fresh: Vec<NodeId>,
    /// Ended nodes whose edges have not been looked at, and whether these arrive live.
    ended: Vec<(NodeId, bool)>,
    running: u32,
    /// How many groups are being judged.
    judging: u32,
    backing_off: u32,
    /// How many wait for a person or for time.
    suspended: u32,
    /// Nodes whose wait is over, and that have not started again.
    continued: Map<NodeId, ()>,
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
    /// Loop edges that have fired in the event being applied, and while groups were judged right before it.
    fired: Vec<u32>,
    /// Forward parts of loops' targets, found when first needed.
    forward: Map<NodeId, FixedBitSet>,
    /// Nodes whose edges have arrived and that are decided when nothing else moves: groups' exits, since a loop in the
    /// group holds them back, and tasks that take an output over a loop edge, since it may come or go until then.
    reached: BTreeSet<NodeId>,
    /// Running nodes that their group has told to end.
    told: Map<NodeId, ()>,
    /// What the driver has to do because of the event being applied.
    commands: Vec<Command>,
    /// What has ended without the driver's doing, if somebody wants to know.
    trail: Option<Vec<(NodeId, State)>>,
    /// The nodes that have become ready, if somebody wants to know.
    readied: Option<Vec<NodeId>>,
    outcome: Option<Outcome>,
}

impl Scheduler {
    /// A run of `plan` before its first event: the roots are ready.
    pub fn new(plan: Arc<Plan>, limits: Limits) -> Self {
        let edges = plan.edges().count();
        let mut scheduler = Self {
            nodes: Nodes::new(plan.pending_counts().iter().map(|&pending| Node::new(pending)).collect()),
            run: Arc::new(RunPlan::new(plan.clone())),
            added: AddedNodes::default(),
            maps: Maps::default(),
            arrived: FixedBitSet::with_capacity(edges),
            live: FixedBitSet::with_capacity(edges),
            ready: Ready::new(&plan),
            fresh: Vec::new(),
            ended: Vec::new(),
            running: 0,
            judging: 0,
            backing_off: 0,
            suspended: 0,
            continued: Map::default(),
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
            trail: None,
            readied: None,
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

    /// The plan, and what the run has added to it. A driver adds to it before the event that asks for that.
    pub fn run_plan(&self) -> &Arc<RunPlan> {
        &self.run
    }

    /// The node to start now: the one that became ready first and that no limit holds back.
    pub fn next(&self) -> Option<NodeId> {
        self.next_of(TaskKinds::ALL)
    }

    /// The same among nodes of these kinds, where those of the others have to wait for somebody to run them (rule R-1).
    /// Where a limit for the whole run gives out slots, though, they go by the order alone. Groups to be judged come
    /// first.
    #[inline]
    pub fn next_of(&self, kinds: TaskKinds) -> Option<NodeId> {
        if self.ready.is_empty() {
            return None;
        }
        // One at a time where tasks go so, too: then a run is deterministic, whoever is asked on which thread.
        let is_serial = self.limits.max_concurrency.is_some_and(|most| most.get() == 1);
        if is_serial && self.judging > 0 {
            return None;
        }
        if let Some(exit) = self.ready.judgement()
            && kinds.contains(TaskKind::Judgement)
        {
            return Some(exit);
        }
        let next = match self.limits.max_concurrency {
            None => self.ready.task(&self.run, kinds),
            Some(most) if self.running >= most.get() => None,
            Some(_) => self.ready.task(&self.run, TaskKinds::ALL).filter(|&node| kinds.contains(self.task_kind(node))),
        };
        // A task for which there is no step left waits until those before it have gone, and then ends the run.
        next.filter(|&node| !self.is_out_of_steps() || self.is_under_way(node))
    }

    /// What it takes to run a node.
    #[inline]
    pub fn task_kind(&self, node: NodeId) -> TaskKind {
        if self.run.is_task(node) { self.plan.lanes().kind(self.run.lane(node)) } else { TaskKind::Judgement }
    }

    /// Whether any node is ready, whether or not it may start now.
    #[inline]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The node that became ready first, whether or not it may start now.
    pub fn first_ready(&self) -> Option<NodeId> {
        self.ready.first()
    }

    /// The tasks that are running.
    pub fn running_tasks(&self) -> Vec<NodeId> {
        let is_running = |node: &NodeId| self.nodes[*node].phase == Phase::Running && self.run.is_task(*node);
        self.nodes.numbers().into_iter().filter(is_running).collect()
    }

    /// How many nodes are running.
    pub fn running(&self) -> u32 {
        self.running
    }

    /// The execution that a node is at, or was at when it ended; the first is 1.
    #[inline]
    pub fn iteration(&self, node: NodeId) -> u32 {
        self.iterations.get(&node).copied().unwrap_or(1)
    }

    /// The attempt of that execution; the first is 1.
    #[inline]
    pub fn attempt(&self, node: NodeId) -> u32 {
        self.attempts.get(&node).copied().unwrap_or(1)
    }

    /// The node that a jump or a loop edge led here from, for the execution that a node is at (rule S-6); else the
    /// one that added it (rule R-9).
    #[inline]
    pub fn cause(&self, node: NodeId) -> Option<NodeId> {
        self.causes.get(&node).copied().or_else(|| self.run.added_by(node))
    }

    /// What a node is doing, or how its last pass ended.
    #[inline]
    pub fn state(&self, node: NodeId) -> State {
        if self.run.is_element(node)
            && let Some(state) = self.element_state(node)
        {
            return state;
        }
        let Node { phase, last, .. } = self.nodes[node];
        match phase {
            Phase::Ready => State::Ready,
            Phase::Running | Phase::Mapping => State::Running,
            Phase::BackingOff => State::BackingOff,
            Phase::Suspended => State::Suspended,
            Phase::Ended => last,
            // A node for which no further pass comes has ended with its last one.
            Phase::Waiting | Phase::Stopped if last != State::Waiting && self.is_ending() => last,
            Phase::Waiting if self.outcome.is_none() => State::Waiting,
            Phase::Waiting | Phase::Stopped => State::NotRun,
        }
    }

    /// Whether the last pass of a node that has ended was a success, so that its value can be used.
    #[inline]
    pub fn has_value(&self, node: NodeId) -> bool {
        if self.run.is_element(node) {
            return self.state(node) == State::Succeeded;
        }
        self.nodes[node].last == State::Succeeded
    }

    /// Whether nothing is under way and nothing more will start.
    pub fn is_finished(&self) -> bool {
        self.is_idle() && self.suspended == 0
    }

    fn is_idle(&self) -> bool {
        self.running == 0 && self.judging == 0 && self.backing_off == 0 && self.ready.is_empty()
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
    #[inline]
    pub fn apply(&mut self, event: Event, commands: &mut Vec<Command>) {
        // While groups are judged no task runs.
        if !self.fired.is_empty()
            && !matches!(event, Event::Started(node) | Event::Judged { exit: node, .. } if !self.run.is_task(node))
        {
            self.fired.clear();
        }
        match event {
            Event::Started(node) => {
                self.started(node);
                // Nothing else moves when a node starts.
                return self.limit_steps();
            }
            Event::Succeeded(node) => self.succeeded(node),
            Event::Directed { node, control } => self.directed(node, control),
            Event::Expanded { node, first, count } => self.expanded(node, first, count),
            Event::Failed { node, retry } => self.failed(node, retry),
            Event::Due(node) => self.due(node),
            Event::Dropped(node) => self.dropped(node),
            Event::Suspended(node) => self.suspend(node),
            Event::Continued(node) => self.go_on_again(node),
            Event::Judged { exit, passed } => self.judged(exit, passed),
            Event::Cancelled => self.cancelled(),
        }
        self.settle();
        commands.append(&mut self.commands);
    }

    /// Whether to note down, from here on, what [`take_trail`](Self::take_trail) gives; at first it is not.
    pub fn keep_trail(&mut self, keep: bool) {
        self.trail = keep.then(Vec::new);
    }

    /// The tasks that were skipped and the groups' exits that were judged in the events applied since this was last
    /// asked for, in order: what a driver does not hear of otherwise.
    pub fn take_trail(&mut self) -> Vec<(NodeId, State)> {
        self.trail.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes down, from here on, what [`take_readied`](Self::take_readied) gives; at first it is not.
    pub fn keep_readied(&mut self) {
        self.readied = Some(Vec::new());
    }

    /// The nodes that have become ready in the events applied since this was last asked for.
    pub fn take_readied(&mut self) -> Vec<NodeId> {
        self.readied.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes down the end of a node, if the driver does not know of it.
    #[inline]
    fn note_end(&mut self, node: NodeId, state: State) {
        if self.trail.is_some() {
            self.note_end_in_trail(node, state);
        }
    }

    #[cold]
    fn note_end_in_trail(&mut self, node: NodeId, state: State) {
        let Some(trail) = &mut self.trail else { return };
        match self.run.kind(node) {
            Kind::Exit(_) => trail.push((node, state)),
            Kind::Task if state == State::Skipped => trail.push((node, state)),
            Kind::Task if self.run.is_map(node) => trail.push((node, state)),
            Kind::Task | Kind::Entry(_) => {}
        }
    }

    /// How every node ended, of a run that is finished.
    pub fn ending(&self) -> Ending {
        let states = (0_u32..).take(self.nodes.len()).map(|node| self.state(node)).collect();
        let mut ran = FixedBitSet::with_capacity(self.nodes.len());
        let have_run = self.nodes.lasting().iter().enumerate().filter(|(_, node)| node.has_run);
        have_run.for_each(|(node, _)| ran.insert(node));
        Ending {
            states,
            ran,
            elements: self.elements(),
            iterations: self.iterations.clone(),
            attempts: self.attempts.clone(),
            outcome: self.outcome(),
        }
    }

    #[inline]
    fn started(&mut self, node: NodeId) {
        let is_judgement = self.ready.judgement() == Some(node);
        self.ready.start(&self.run, node, is_judgement);
        self.nodes[node].phase = Phase::Running;
        if is_judgement {
            self.judging += 1;
            return;
        }
        self.running += 1;
        if self.is_under_way(node) {
            if !self.continued.is_empty() {
                self.continued.remove(&node);
            }
            return;
        }
        // To take a map apart is no step: its elements are.
        self.steps += u64::from(!self.run.is_map(node));
        if std::mem::replace(&mut self.nodes[node].has_run, true) {
            *self.iterations.entry(node).or_insert(1) += 1;
        }
    }

    #[inline]
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
                self.nodes[node].phase = Phase::BackingOff;
                self.backing_off += 1;
                return self.gives_up_place(node);
            }
        }
        self.finish_pass(node, State::Failed);
    }

    /// The wait of a node that backs off is over.
    fn due(&mut self, node: NodeId) {
        if self.nodes.get(node).is_some_and(|node| node.phase == Phase::BackingOff) {
            self.backing_off -= 1;
            self.wait_is_over(node);
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
    #[inline]
    fn stopped_running(&mut self, node: NodeId) -> bool {
        assert_eq!(self.nodes[node].phase, Phase::Running, "only what runs can end");
        if self.judging > 0 && !self.run.is_task(node) {
            self.judging -= 1;
            return false;
        }
        self.running -= 1;
        self.ready.stop(&self.run, node);
        !self.told.is_empty() && self.told.remove(&node).is_some()
    }

    /// Nothing new starts from here on, but clean-ups; the first reason counts.
    fn stop(&mut self, outcome: Outcome) {
        if self.outcome.is_some() {
            return;
        }
        self.outcome = Some(outcome);
        let mut ready = std::mem::take(&mut self.ready);
        ready.retain(&self.run.clone(), |node| {
            let goes_on = self.goes_on(node);
            if !goes_on {
                self.nodes[node].phase = Phase::Stopped;
            }
            goes_on
        });
        self.ready = ready;
        for node in std::mem::take(&mut self.fresh) {
            if self.goes_on(node) {
                self.fresh.push(node);
            } else {
                self.nodes[node].phase = Phase::Stopped;
            }
        }
        if self.backing_off + self.suspended > 0 {
            for node in self.nodes.numbers() {
                let waits = matches!(self.nodes[node].phase, Phase::BackingOff | Phase::Suspended);
                if waits && !self.goes_on(node) {
                    self.forget_wait(node);
                    self.nodes[node].phase = Phase::Stopped;
                }
            }
        }
        self.stop_maps();
        self.after.clear();
        self.waiting.clear();
        self.reached.clear();
        if outcome.cancels_running() && self.running > 0 {
            self.commands.push(Command::CancelAll);
        }
    }

    /// Lets the edges of ended nodes arrive and loops fire until nothing moves any more. Groups' entries and
    /// exits end here, within the event, since no driver has to do anything for them.
    #[inline]
    fn settle(&mut self) {
        loop {
            while let Some((node, live)) = self.ended.pop() {
                self.arrive_all(node, live);
            }
            let is_settled = self.reached.is_empty() && self.waiting.is_empty();
            if is_settled || (!self.decide_next() && !self.fire()) {
                break;
            }
        }
        // Ties are broken by the order of composition, which is that of the numbers.
        self.fresh.sort_unstable();
        if let Some(&node) = self.fresh.iter().find(|&&node| self.has_had_enough(node)) {
            self.stop(Outcome::CycleLimit(node));
        }
        if self.outcome.is_some() {
            self.clean_up();
            self.fresh.sort_unstable();
        }
        self.line_up();
        self.limit_steps();
    }

    #[inline]
    fn line_up(&mut self) {
        if !self.fresh.is_empty() {
            if let Some(readied) = &mut self.readied {
                readied.extend_from_slice(&self.fresh);
            }
            self.ready.extend(&self.run, self.fresh.drain(..));
        }
    }

    /// Ends the run if the next execution would be one too many. A further attempt is no further step.
    #[inline]
    fn limit_steps(&mut self) {
        if self.is_out_of_steps() {
            self.end_at_the_limit();
        }
    }

    #[cold]
    fn end_at_the_limit(&mut self) {
        if let Some(node) = self.ready.first()
            && !self.is_under_way(node)
        {
            self.stop(Outcome::StepLimit(node));
            self.clean_up();
            self.line_up();
        }
    }

    fn is_out_of_steps(&self) -> bool {
        self.limits.max_steps.is_some_and(|most| self.steps >= most) && self.outcome.is_none()
    }

    /// Whether an execution goes on in a run that ends: that of a clean-up with a further attempt to come.
    fn goes_on(&self, node: NodeId) -> bool {
        let is_begun = self.is_under_way(node) || self.nodes[node].phase == Phase::Suspended;
        self.is_clean_up(node) && (is_begun || self.run.is_element(node))
    }

    fn is_clean_up(&self, node: NodeId) -> bool {
        self.run.is_task(node) && self.run.task(node).options().always
    }

    /// Whether a node that is ready has had as many executions as it may (rule C-9). A further attempt is no
    /// further execution.
    #[inline]
    fn has_had_enough(&self, node: NodeId) -> bool {
        self.nodes[node].has_run && !self.is_under_way(node) && self.iteration(node) >= self.most_cycles(node)
    }

    #[cold]
    fn most_cycles(&self, node: NodeId) -> u32 {
        self.run.task(node).options().max_cycles.unwrap_or(Options::MAX_CYCLES)
    }

    #[inline]
    fn kind(&self, node: NodeId) -> Kind {
        self.run.kind(node)
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
