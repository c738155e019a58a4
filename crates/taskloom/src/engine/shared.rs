mod notes;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use taskloom_core::{Command, Control, Event, Gathered, NodeId, Outcome, Plan, Retry, Scheduler, State, Value};

use super::{
    Asks, Execution, Failure, Job, Record, Role, RunOptions,
    asks::Wish,
    job::Sources,
    log::{Log, What},
};

/// Who has to be woken after a visit; one at a time, since whoever wakes up looks again.
pub(super) enum Wake {
    Nobody,
    Caller,
    Worker,
    Async,
    Finished,
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
}

/// What the workers of a run share.
pub(super) struct Shared {
    plan: Arc<Plan>,
    scheduler: Scheduler,
    results: Vec<Option<Value>>,
    /// Tasks in the order in which they succeeded.
    order: Vec<NodeId>,
    times: Vec<(Duration, Duration)>,
    failures: Vec<(NodeId, Failure)>,
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
    workers: u32,
    max_workers: u32,
    called: Called,
    separate_async: bool,
    /// Whether the caller waits.
    parked: bool,
    finished: Option<Duration>,
    taken: bool,
}

impl Shared {
    pub(super) fn new(plan: Arc<Plan>, options: &RunOptions) -> Self {
        let tasks = plan.task_count();
        Self {
            scheduler: Scheduler::new(plan.clone(), options.limits),
            results: vec![None; tasks],
            order: Vec::new(),
            times: vec![(Duration::ZERO, Duration::ZERO); tasks],
            failures: Vec::new(),
            retried: BTreeMap::new(),
            data: HashMap::new(),
            message: None,
            commands: Vec::new(),
            log: None,
            cancelled: Cancelled::default(),
            overdue: Vec::new(),
            abandoned: Vec::new(),
            workers: 0,
            max_workers: options.max_workers,
            called: Called::default(),
            separate_async: options.separate_async,
            parked: false,
            finished: None,
            taken: false,
            plan,
        }
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
        let node = self.scheduler.next()?;
        if !self.suits(node, role) {
            return None;
        }
        self.apply(Event::Started(node));
        self.times[node as usize].0 = now;
        let mut job = Job::new(node, self.scheduler.iteration(node), self.scheduler.attempt(node), now);
        job.sources = self.sources(node);
        self.note(|_| What::Started(job.execution()));
        Some(job)
    }

    fn apply(&mut self, event: Event) {
        self.scheduler.apply(event, &mut self.commands);
    }

    /// Takes along what the arguments of an execution may come from.
    fn sources(&self, node: NodeId) -> Option<Box<Sources>> {
        let cause = self.scheduler.cause(node);
        let data = if self.data.is_empty() { None } else { self.data.get(&node).cloned() };
        if self.plan.fills(node).is_empty() && data.is_none() {
            return None;
        }
        let gathered = Gathered::take(&self.plan, node, |from| self.gather(from));
        let gathered = match cause {
            Some(cause) => gathered.with(&self.plan, cause, |from| self.gather(from)),
            None => gathered,
        };
        Some(Box::new(Sources { gathered, cause, data }))
    }

    fn suits(&self, node: NodeId, role: Role) -> bool {
        match role {
            Role::Async => self.is_async(node),
            _ if self.separate_async && self.is_async(node) => false,
            Role::Worker => true,
            // A function that may be abandoned must not have the thread that waits for the run (rule R-14).
            Role::Caller => self.plan.task(node).options().timeout.is_none() || self.is_async(node),
        }
    }

    fn is_async(&self, node: NodeId) -> bool {
        self.plan.is_async(node)
    }

    /// The value of a task that has succeeded; `None` inside for a group.
    #[expect(clippy::option_option, reason = "whether there is a value, and whether it is here")]
    fn gather(&self, node: NodeId) -> Option<Option<Value>> {
        self.scheduler.has_value(node).then(|| self.results.get(node as usize).and_then(Clone::clone))
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
        self.times[node as usize] = (job.started, now);
        match result {
            Some(Ok(_)) => {
                if let Some(Ok(value)) = result.take() {
                    self.succeeded(job, value);
                }
            }
            Some(Err(failure)) => {
                let retry = match wait {
                    None => Retry::No,
                    Some(Duration::ZERO) => Retry::Now,
                    Some(_) => Retry::Later,
                };
                if retry != Retry::No && self.scheduler.outcome() == Outcome::Succeeded {
                    self.retried.insert(node, failure.clone());
                } else {
                    self.retried.remove(&node);
                    self.failures.push((node, failure.clone()));
                }
                self.apply(Event::Failed { node, retry });
                self.note_failure(job, error, wait);
            }
            None => {}
        }
        self.scheduler.state(node) == State::BackingOff
    }

    /// Whether an attempt is under way.
    pub(super) fn is_running(&self, Execution { node, iteration, attempt }: Execution) -> bool {
        self.finished.is_none()
            && self.scheduler.state(node) == State::Running
            && self.scheduler.iteration(node) == iteration
            && self.scheduler.attempt(node) == attempt
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
        let started = self.times[node as usize].0;
        let job = Job::new(node, iteration, attempt, started);
        self.overdue.push(execution);
        self.abandoned.push(node);
        self.workers -= 1;
        self.note(|_| What::Abandoned(execution));
        self.end(&job, &mut Some(Err(failure)), wait, error, now)
    }

    /// Whether an attempt was ended while its function still ran.
    pub(super) fn is_overdue(&self, job: &Job) -> bool {
        !self.overdue.is_empty() && self.overdue.contains(&job.execution())
    }

    /// A function has returned whose attempt was ended before. Its thread is a worker again, if one is wanted.
    pub(super) fn come_back(&mut self, job: &Job, role: Role, now: Duration) -> Option<Job> {
        self.overdue.retain(|execution| *execution != job.execution());
        if self.workers >= self.max_workers {
            return None;
        }
        self.workers += 1;
        self.take(role, now)
    }

    /// The wait before an execution's next attempt is over.
    pub(super) fn retry_due(&mut self, Execution { node, iteration, attempt }: Execution) {
        let is_current = self.scheduler.iteration(node) == iteration && self.scheduler.attempt(node) == attempt + 1;
        if is_current && self.finished.is_none() {
            let is_due = self.scheduler.state(node) == State::BackingOff;
            self.apply(Event::Due(node));
            if is_due {
                self.note(|_| What::RetryDue(Execution { node, iteration, attempt: attempt + 1 }));
            }
        }
    }

    fn succeeded(&mut self, job: &Job, value: Value) {
        let node = job.node;
        self.retried.remove(&node);
        let wish = job.take_asks().and_then(Asks::wish);
        if !matches!(wish, Some(Wish { control: Control::Iterate, .. })) {
            // An iteration is no finished pass: the value is that of the last one.
            self.results[node as usize] = Some(value);
            self.order.push(node);
        }
        let Some(Wish { control, message, data }) = wish else {
            if !self.data.is_empty() {
                self.data.remove(&node);
            }
            self.apply(Event::Succeeded(node));
            return self.note(|_| What::Succeeded(job.execution()));
        };
        self.note(|_| What::Succeeded(job.execution()));
        let asked = self.log.is_some().then(|| What::Asked(job.execution(), control.clone(), message.clone()));
        match data {
            Some(data) => self.data.insert(node, data),
            None => self.data.remove(&node),
        };
        if self.message.is_none() {
            self.message = message;
        }
        self.apply(Event::Directed { node, control });
        if let Some(asked) = asked {
            self.note(|_| asked);
        }
    }

    pub(super) fn abandon(&mut self, job: &Job, now: Duration) {
        self.times[job.node as usize] = (job.started, now);
        self.apply(Event::Dropped(job.node));
        self.note(|_| What::Cancelled(job.execution()));
    }

    pub(super) fn cancel(&mut self) {
        if !self.is_finished() {
            self.apply(Event::Cancelled);
        }
    }

    /// What the driver has to do.
    pub(super) fn take_commands(&mut self) -> Vec<Command> {
        for command in &self.commands {
            match command {
                Command::Cancel(node) => self.cancelled.nodes.push(*node),
                Command::CancelAll => self.cancelled.all = true,
            }
        }
        std::mem::take(&mut self.commands)
    }

    /// Whether a running task is to end.
    pub(super) fn is_cancelled(&self, execution: Execution) -> bool {
        // A clean-up that comes after a cancellation is not meant by it.
        let by_run = self.cancelled.all && !self.plan.task(execution.node).options().always;
        by_run || self.cancelled.nodes.contains(&execution.node) || self.overdue.contains(&execution)
    }

    /// Says that the caller is about to wait, unless something is ready for it.
    pub(super) fn park(&mut self) -> bool {
        let for_caller = self.scheduler.next().is_some_and(|next| self.suits(next, Role::Caller));
        self.parked = !for_caller && self.finished.is_none();
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
        if self.scheduler.is_finished() {
            self.finished = Some(now);
            self.note(|shared| What::RunEnded(shared.scheduler.outcome()));
            return Wake::Finished;
        }
        let Some(next) = self.scheduler.next() else { return Wake::Nobody };
        if self.separate_async && self.is_async(next) {
            return if std::mem::replace(&mut self.called.executor, true) { Wake::Nobody } else { Wake::Async };
        }
        if self.called.worker {
            return Wake::Nobody;
        }
        if self.parked && self.suits(next, Role::Caller) {
            self.parked = false;
            return Wake::Caller;
        }
        if self.workers < self.max_workers {
            self.workers += 1;
            self.called.worker = true;
            return Wake::Worker;
        }
        Wake::Nobody
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished.is_some()
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.scheduler.outcome()
    }

    pub(super) fn result(&self, node: NodeId) -> Option<Value> {
        self.results.get(node as usize)?.clone()
    }

    pub(super) fn take_record(&mut self) -> Record {
        let took = self.finished.expect("a run has a record once it has ended");
        assert!(!std::mem::replace(&mut self.taken, true), "the record of a run is taken once");
        self.failures.extend(std::mem::take(&mut self.retried));
        Record {
            plan: self.plan.clone(),
            ending: self.scheduler.ending(),
            message: self.message.take(),
            abandoned: std::mem::take(&mut self.abandoned),
            channel: BTreeMap::new(),
            results: std::mem::take(&mut self.results),
            order: std::mem::take(&mut self.order),
            times: std::mem::take(&mut self.times),
            failed: self.failures.iter().enumerate().map(|(index, (node, _))| (*node, index)).collect(),
            failures: std::mem::take(&mut self.failures),
            took,
        }
    }
}
