mod journal;
mod maps;
mod notes;
mod overdue;
mod spent;
mod starving;
mod waiting;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use taskloom_core::{
    Command, Control, Event, Gathered, Kind, MapResults, NodeId, Outcome, Plan, Retry, RunPlan, Scheduler, State,
    TaskKind, TaskKinds, Value,
};

pub(super) use journal::Writing;
use spent::Spent;
pub(super) use starving::Look;
use starving::Starving;
use waiting::Waiting;

use super::{
    Asks, Execution, Failure, Job, Judgement, Record, Role, RunOptions,
    asks::{Target, Wish},
    durable::{Happened, Overrides},
    job::Sources,
    log::{Log, What},
    times::Times,
};

const ASYNC: TaskKinds = TaskKinds::of(TaskKind::Async);
const JUDGEMENTS: TaskKinds = TaskKinds::of(TaskKind::Judgement);

/// Who has to be woken after a visit; one at a time, since whoever wakes up looks again.
pub(super) enum Wake {
    Nobody,
    Caller,
    Worker,
    Async,
    Finished,
    /// What is left of the run is to be written first.
    Seal,
}

/// Who has been called and has not come.
#[derive(Default)]
struct Called {
    worker: bool,
    /// The executor of async tasks.
    executor: bool,
}

/// Which running tasks are to end.
#[derive(Default)]
struct Cancelled {
    /// All, because the run does.
    all: bool,
    /// These, because their group does.
    nodes: Vec<NodeId>,
    /// Whether it was the run's time that ended it.
    by_time: bool,
}

/// What the workers of a run share.
#[expect(clippy::struct_excessive_bools, reason = "each says something else")]
pub(super) struct Shared {
    plan: Arc<RunPlan>,
    scheduler: Scheduler,
    results: Vec<Option<Value>>,
    /// Tasks in the order in which they succeeded.
    order: Vec<NodeId>,
    times: Vec<Times>,
    /// The same of elements of maps that are under way or did not succeed.
    element_times: BTreeMap<NodeId, Times>,
    /// The results of maps that are under way.
    mapping: BTreeMap<NodeId, Arc<MapResults>>,
    failures: Vec<(NodeId, Failure)>,
    /// The exits of groups of which the policy itself failed when it was asked last.
    policies_failed: Vec<(NodeId, Failure)>,
    /// The last errors of tasks that are to be retried: kept, if the run ends before that (rule S-8).
    retried: BTreeMap<NodeId, Failure>,
    /// What `next_iteration` passes on, for tasks that are to run again.
    data: HashMap<NodeId, Value>,
    /// What the task said that ended the run.
    message: Option<String>,
    commands: Vec<Command>,
    /// If somebody listens.
    log: Option<Log>,
    cancelled: Cancelled,
    /// Attempts that were ended while their function still ran.
    overdue: Vec<Execution>,
    /// The tasks of all of these.
    abandoned: Vec<NodeId>,
    /// The plain function that the caller runs, or has run.
    with_caller: Option<NodeId>,
    /// How long the run may take.
    timeout: Option<Duration>,
    workers: u32,
    max_workers: u32,
    called: Called,
    separate_async: bool,
    /// Whether the caller waits.
    parked: bool,
    starving: Starving,
    /// If the run is durable and has not ended.
    writing: Option<Box<Writing>>,
    /// Attempts that were under way when another process lost the run, and that nobody has taken up since.
    lost: VecDeque<NodeId>,
    journal_lost: Option<Arc<dyn std::error::Error + Send + Sync>>,
    waiting: Waiting,
    overrides: Overrides,
    /// What is to be dropped outside of the lock.
    spent: Vec<Spent>,
    /// Whether the run has ended because nothing goes on in it before a wait is over.
    at_rest: bool,
    finished: Option<Duration>,
    taken: bool,
}

impl Shared {
    pub(super) fn new(plan: Arc<Plan>, options: &RunOptions) -> Self {
        let tasks = plan.task_count();
        let scheduler = Scheduler::new(plan, options.limits);
        Self {
            plan: scheduler.run_plan().clone(),
            scheduler,
            results: vec![None; tasks],
            order: Vec::new(),
            times: vec![Times::default(); tasks],
            element_times: BTreeMap::new(),
            mapping: BTreeMap::new(),
            failures: Vec::new(),
            policies_failed: Vec::new(),
            retried: BTreeMap::new(),
            data: HashMap::new(),
            message: None,
            commands: Vec::new(),
            log: None,
            cancelled: Cancelled::default(),
            overdue: Vec::new(),
            abandoned: Vec::new(),
            with_caller: None,
            timeout: options.timeout,
            workers: 0,
            max_workers: options.max_workers,
            called: Called::default(),
            separate_async: options.separate_async,
            parked: false,
            starving: Starving::default(),
            writing: None,
            lost: VecDeque::new(),
            journal_lost: None,
            waiting: Waiting::new(options.suspend_after),
            overrides: Overrides::default(),
            spent: Vec::new(),
            at_rest: false,
            finished: None,
            taken: false,
        }
    }

    pub(super) fn plan(&self) -> &Arc<RunPlan> {
        &self.plan
    }

    /// Takes in the values that this run has for parameters, whatever these are bound to.
    pub(super) fn override_arguments(&mut self, overrides: Overrides) {
        self.overrides = overrides;
    }

    pub(super) fn arrived(&mut self) {
        self.called.worker = false;
    }

    pub(super) fn no_worker(&mut self) {
        self.called.worker = false;
        self.workers -= 1;
        self.max_workers = self.workers;
    }

    pub(super) fn take(&mut self, role: Role, now: Duration) -> Option<Job> {
        let job = self.start(role, now);
        if job.is_none() && role == Role::Worker {
            self.workers -= 1;
        }
        job
    }

    fn start(&mut self, role: Role, now: Duration) -> Option<Job> {
        if role == Role::Async {
            self.called.executor = false;
        }
        let mut node = self.next(role)?;
        while self.open_gate(node) {
            node = self.next(role)?;
        }
        self.start_node(node);
        if role == Role::Caller {
            self.with_caller = Some(node);
        } else if self.with_caller == Some(node) {
            self.with_caller = None;
        }
        self.starving.last_start = now;
        let mut job = Job::new(node, self.scheduler.iteration(node), self.scheduler.attempt(node), now);
        job.rests_on = self.rests_on(node);
        if let Kind::Exit(group) = self.plan.kind(node) {
            job.judgement = Some(Box::new(self.judgement(group)));
            return Some(job);
        }
        self.set_times(node, Times::new(now, Duration::ZERO));
        job.sources = self.sources(node);
        self.note(|_| What::Started(job.execution()));
        Some(job)
    }

    /// Takes along how the branches of a group ended.
    fn judgement(&self, group: u32) -> Judgement {
        let state = |node| self.scheduler.state(node);
        let failures = || self.failures.iter().chain(&self.policies_failed).collect();
        Judgement::take(&self.plan, group, state, |node| self.gather(node), failures)
    }

    /// A policy of the user's own has been asked. Gives the error of the last time, to be dropped outside of the lock.
    pub(super) fn judged(
        &mut self,
        exit: NodeId,
        verdict: Result<bool, Failure>,
        error: Option<Arc<str>>,
    ) -> Option<(NodeId, Failure)> {
        let before = self.policies_failed.iter().position(|(other, _)| *other == exit);
        let before = before.map(|place| self.policies_failed.remove(place));
        let passed = verdict.unwrap_or_else(|failure| {
            self.policies_failed.push((exit, failure));
            false
        });
        self.write(|_| Happened::Judged { exit, passed, error });
        self.apply(Event::Judged { exit, passed });
        before
    }

    #[inline]
    fn apply(&mut self, event: Event) {
        let may_end_waits = self.may_end_waits(&event);
        self.scheduler.apply(event, &mut self.commands);
        if !self.commands.is_empty() {
            self.finish_maps();
        }
        if !self.lost.is_empty() {
            self.drop_lost();
        }
        if self.writing.is_some() {
            self.note_readied();
        }
        if may_end_waits {
            self.give_up_waits();
        }
    }

    /// Takes along what the arguments of an execution may come from.
    fn sources(&self, node: NodeId) -> Option<Box<Sources>> {
        if self.plan.is_element(node) {
            return Some(Box::new(self.element_sources(node)));
        }
        let cause = self.scheduler.cause(node);
        let data = if self.data.is_empty() { None } else { self.data.get(&node).cloned() };
        let overridden = self.overrides.get(&node).cloned().unwrap_or_default();
        if self.plan.fills(node).is_empty() && data.is_none() && overridden.is_empty() {
            return None;
        }
        let gathered = Gathered::take(&self.plan, node, cause, |from| self.gather(from));
        Some(Box::new(Sources { gathered, cause, overridden, data, element: None }))
    }

    /// What somebody can run.
    fn kinds(&self, role: Role) -> TaskKinds {
        let elsewhere = if self.separate_async { ASYNC } else { TaskKinds::NONE };
        match role {
            Role::Async => ASYNC | JUDGEMENTS,
            Role::Worker => TaskKinds::ALL.without(elsewhere),
            // A function that may be abandoned must not have the thread that waits for the run (rule R-14).
            Role::Caller => {
                let limited = TaskKinds::of(TaskKind::Timed);
                let plain = if self.timeout.is_some() { TaskKinds::of(TaskKind::Plain) } else { TaskKinds::NONE };
                TaskKinds::ALL.without(elsewhere | limited | plain)
            }
        }
    }

    /// The next node for somebody: the one that became ready first of those that somebody can start now, if it is for
    /// him. So nodes start in order, but none waits behind one that has to wait for a worker (rules S-1, R-1).
    #[inline]
    fn next(&self, role: Role) -> Option<NodeId> {
        if !self.has_ready() || self.journal_lost.is_some() {
            return None;
        }
        let kinds = self.kinds(role);
        if let Some(node) = self.lost_of(kinds) {
            return Some(node);
        }
        let mut startable = kinds | ASYNC;
        if self.workers < self.max_workers || self.called.worker {
            startable = TaskKinds::ALL;
        } else if self.parked {
            startable = startable | TaskKinds::of(TaskKind::Plain);
        }
        let next = self.scheduler.next_of(startable)?;
        (startable == kinds || kinds.contains(self.scheduler.task_kind(next))).then_some(next)
    }

    fn is_async(&self, node: NodeId) -> bool {
        self.scheduler.task_kind(node) == TaskKind::Async
    }

    fn has_for(&self, role: Role) -> bool {
        self.next(role).is_some()
    }

    /// The value of a task that has succeeded; `None` inside for a group.
    #[expect(clippy::option_option, reason = "whether there is a value, and whether it is here")]
    fn gather(&self, node: NodeId) -> Option<Option<Value>> {
        self.scheduler.has_value(node).then(|| self.results.get(self.plan.slot(node)).and_then(Clone::clone))
    }

    /// Takes what it keeps out of `result`. `error` is the text of a failure, for those who listen.
    ///
    /// Says whether the node backs off now, for the time of `wait`.
    pub(super) fn end(
        &mut self,
        job: &Job,
        result: &mut Option<Result<Value, Failure>>,
        wait: Option<Duration>,
        error: Option<Arc<str>>,
        now: Duration,
    ) -> bool {
        let node = job.node;
        self.set_times(node, Times::new(job.started, now));
        match result {
            Some(Ok(_)) => {
                if let Some(Ok(value)) = result.take() {
                    self.succeeded(job, value, now);
                }
                self.forget(node, job.iteration);
                false
            }
            Some(Err(failure)) => {
                let retry = match wait {
                    None => Retry::No,
                    Some(Duration::ZERO) => Retry::Now,
                    Some(_) => Retry::Later,
                };
                if retry != Retry::No && self.scheduler.outcome() == Outcome::Succeeded {
                    let before = self.retried.insert(node, failure.clone());
                    self.drop_later(before);
                } else {
                    let before = self.retried.remove(&node);
                    self.drop_later(before);
                    self.failures.push((node, failure.clone()));
                }
                let text = || error.clone().unwrap_or_else(|| failure.error.to_string().into());
                if self.writing.is_some() {
                    let error = text();
                    self.write(|_| Happened::Failed { node, error, wait });
                }
                self.apply(Event::Failed { node, retry });
                self.note_failure(job, error, wait);
                if !matches!(self.scheduler.state(node), State::Ready | State::BackingOff) {
                    self.forget(node, job.iteration);
                }
                self.scheduler.state(node) == State::BackingOff
            }
            None => false,
        }
    }

    /// Whether an attempt is under way.
    pub(super) fn is_running(&self, Execution { node, iteration, attempt }: Execution) -> bool {
        self.finished.is_none()
            && self.scheduler.state(node) == State::Running
            && self.scheduler.iteration(node) == iteration
            && self.scheduler.attempt(node) == attempt
    }

    /// The same of one that began at this time.
    pub(super) fn is_under_way(&self, execution: Execution, started: Duration) -> bool {
        self.is_running(execution) && self.times(execution.node).started() == started
    }

    /// Ends an attempt whose function still runs; says whether the node backs off now, for the time of `wait`.
    pub(super) fn time_out(
        &mut self,
        execution: Execution,
        failure: Failure,
        wait: Option<Duration>,
        error: Option<Arc<str>>,
        now: Duration,
    ) -> bool {
        let Execution { node, iteration, attempt } = execution;
        let started = self.times(node).started();
        let job = Job::new(node, iteration, attempt, started);
        self.give_up(execution);
        self.end(&job, &mut Some(Err(failure)), wait, error, now)
    }

    /// Whether an attempt was ended while its function still ran.
    pub(super) fn is_overdue(&self, execution: Execution) -> bool {
        !self.overdue.is_empty() && self.overdue.contains(&execution)
    }

    /// The wait before an execution's next attempt is over.
    pub(super) fn retry_due(&mut self, Execution { node, iteration, attempt }: Execution) {
        let is_current = self.scheduler.iteration(node) == iteration && self.scheduler.attempt(node) == attempt + 1;
        if is_current && !self.is_closed() {
            let is_due = self.scheduler.state(node) == State::BackingOff;
            self.write(|_| Happened::Due(node));
            self.apply(Event::Due(node));
            if is_due {
                self.note(|_| What::RetryDue(Execution { node, iteration, attempt: attempt + 1 }));
            }
        }
    }

    fn succeeded(&mut self, job: &Job, value: Value, now: Duration) {
        let node = job.node;
        if !self.retried.is_empty() {
            let before = self.retried.remove(&node);
            self.drop_later(before);
        }
        let mut asks = job.take_asks();
        let wish = asks.as_mut().and_then(Asks::take_wish);
        self.drop_later(asks.filter(Asks::has_values));
        if value.is::<MapResults>() {
            return self.expand(job, value);
        }
        self.write_success(node);
        if !matches!(wish, Some(Wish::Iterate(_))) {
            // An iteration is no finished pass: the value is that of the last one.
            self.keep(job, value, now);
        }
        if !self.data.is_empty() {
            let before = self.data.remove(&node);
            self.drop_later(before);
        }
        let said = wish.as_ref().and_then(Wish::message);
        if wish.is_some() {
            self.is_not_straight();
        }
        let control = match wish {
            None => {
                self.apply(Event::Succeeded(node));
                return self.note(|_| What::Succeeded(job.execution()));
            }
            Some(Wish::Cancel(message)) => self.with_message(message, Control::Cancel),
            Some(Wish::Terminate(message)) => self.with_message(message, Control::Terminate),
            Some(Wish::Iterate(data)) => {
                let before = self.data.insert(node, data);
                self.drop_later(before);
                Control::Iterate
            }
            Some(Wish::Jump(targets)) => Control::Jump(self.enrol(targets)),
            Some(Wish::Add(targets)) => Control::Add(self.enrol(targets)),
        };
        self.note(|_| What::Succeeded(job.execution()));
        let asked = self.log.is_some().then(|| What::Asked(job.execution(), control.clone(), said));
        self.apply(Event::Directed { node, control });
        if let Some(asked) = asked {
            self.note(|_| asked);
        }
    }

    fn with_message(&mut self, message: String, control: Control) -> Control {
        self.message.get_or_insert(message);
        control
    }

    /// The nodes of targets; those that the run does not have are added to it.
    fn enrol(&mut self, targets: Vec<Target>) -> Vec<NodeId> {
        let nodes = targets
            .into_iter()
            .map(|target| match target {
                Target::Known(node) => node,
                Target::New(addition) => self.plan.add(addition),
            })
            .collect();
        self.results.resize(self.plan.slots(), None);
        self.times.resize(self.plan.slots(), Times::default());
        nodes
    }

    /// An attempt that wants to add tasks whose ids are taken has failed.
    pub(super) fn refuse_duplicates(&mut self, job: &Job, result: &mut Option<Result<Value, Failure>>) {
        if let Some(Ok(_)) = result
            && let Err(error) = job.check_additions(&self.plan)
        {
            let refused = result.replace(Err(Failure::lasting(error)));
            self.drop_later(refused);
        }
    }

    pub(super) fn abandon(&mut self, job: &Job, now: Duration) {
        if self.plan.is_task(job.node) {
            self.set_times(job.node, Times::new(job.started, now));
        }
        self.write(|_| Happened::Dropped(job.node));
        self.apply(Event::Dropped(job.node));
        self.forget(job.node, job.iteration);
        self.note(|_| What::Cancelled(job.execution()));
    }

    pub(super) fn cancel(&mut self) {
        if !self.is_closed() {
            self.write(|_| Happened::Cancelled { by_time: false });
            self.apply(Event::Cancelled);
        }
    }

    /// What the driver has to do.
    #[inline]
    pub(super) fn take_commands(&mut self) -> Vec<Command> {
        for command in &self.commands {
            match command {
                Command::Cancel(node) => self.cancelled.nodes.push(*node),
                Command::CancelAll => self.cancelled.all = true,
                Command::Mapped(_) => {}
            }
        }
        std::mem::take(&mut self.commands)
    }

    /// Whether a running task is to end.
    pub(super) fn is_cancelled(&self, execution: Execution) -> bool {
        // A clean-up that comes after a cancellation is not meant by it.
        let is_clean_up = |node| self.plan.is_task(node) && self.plan.task(node).options().always;
        let by_run = self.cancelled.all && !is_clean_up(execution.node);
        by_run || self.cancelled.nodes.contains(&execution.node) || self.overdue.contains(&execution)
    }

    /// Says that the caller is about to wait, unless something is ready for it.
    pub(super) fn park(&mut self) -> bool {
        self.parked = self.finished.is_none() && !self.has_for(Role::Caller);
        self.parked
    }

    pub(super) fn unpark(&mut self) {
        self.parked = false;
    }

    /// Decides who is woken.
    pub(super) fn wake(&mut self, now: Duration) -> Wake {
        if self.finished.is_some() {
            return Wake::Nobody;
        }
        self.open_gates();
        let rests = self.rests(now);
        if rests || self.scheduler.is_finished() || self.has_stopped() {
            // Nothing goes on in it from here on, while that is being written.
            self.at_rest = rests;
            if self.writing.is_some() {
                return if self.begin_to_seal() { Wake::Seal } else { Wake::Nobody };
            }
            self.finished = Some(now);
            if !self.waiting.has_nobody_in_place() {
                self.give_up_waits();
            }
            self.note(|shared| What::RunEnded(shared.scheduler.outcome()));
            return Wake::Finished;
        }
        if !self.has_ready() {
            return Wake::Nobody;
        }
        let is_async = |next| self.scheduler.task_kind(next) == TaskKind::Async;
        if self.separate_async && !self.called.executor && self.next(Role::Async).is_some_and(is_async) {
            self.called.executor = true;
            return Wake::Async;
        }
        if self.called.worker {
            return Wake::Nobody;
        }
        if self.parked && self.has_for(Role::Caller) {
            self.parked = false;
            return Wake::Caller;
        }
        if self.workers < self.max_workers {
            if !self.has_for(Role::Worker) {
                self.starves();
                return Wake::Nobody;
            }
            self.workers += 1;
            self.called.worker = true;
            return Wake::Worker;
        }
        // All are busy, and what needs no worker does not wait for one (rule R-1).
        if !self.called.executor && self.has_for(Role::Async) {
            self.called.executor = true;
            return Wake::Async;
        }
        self.starves();
        Wake::Nobody
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished.is_some()
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.scheduler.outcome()
    }

    pub(super) fn result(&self, node: NodeId) -> Option<Value> {
        if self.plan.is_element(node) {
            return self.element_result(node);
        }
        self.results.get(self.plan.slot(node))?.clone()
    }

    pub(super) fn take_record(&mut self) -> Record {
        let took = self.finished.expect("a run has a record once it has ended");
        assert!(!std::mem::replace(&mut self.taken, true), "the record of a run is taken once");
        self.failures.extend(std::mem::take(&mut self.retried));
        self.failures.append(&mut self.policies_failed);
        Record {
            plan: self.plan.clone(),
            ending: self.scheduler.ending(),
            message: self.message.take(),
            abandoned: std::mem::take(&mut self.abandoned),
            timed_out: self.timeout.filter(|_| self.cancelled.by_time),
            channel: BTreeMap::new(),
            results: std::mem::take(&mut self.results),
            order: std::mem::take(&mut self.order),
            times: std::mem::take(&mut self.times),
            element_times: std::mem::take(&mut self.element_times),
            mapping: std::mem::take(&mut self.mapping),
            failed: self.failures.iter().enumerate().map(|(index, (node, _))| (*node, index)).collect(),
            failures: std::mem::take(&mut self.failures),
            took,
            run_id: String::new(),
            journal_lost: self.journal_lost.take(),
            questions: self.at_rest.then(|| self.waiting.open_questions()),
        }
    }
}
