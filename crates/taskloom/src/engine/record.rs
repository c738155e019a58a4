mod picture;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use taskloom_core::{
    Ending, Gathered, Kind, MapResults, NodeId, Options, Outcome, RunPlan, State, Value, channel::Content,
};

use super::{Failure, judgement, times::Times, waiting::Question};

/// What a run that has ended leaves behind.
pub struct Record {
    pub(super) plan: Arc<RunPlan>,
    pub(super) ending: Ending,
    pub(super) results: Vec<Option<Value>>,
    pub(super) order: Vec<NodeId>,
    pub(super) times: Vec<Times>,
    /// The same of elements of maps that did not succeed.
    pub(super) element_times: BTreeMap<NodeId, Times>,
    /// The results of maps that did not come to their end.
    pub(super) mapping: BTreeMap<NodeId, Arc<MapResults>>,
    pub(super) failures: Vec<(NodeId, Failure)>,
    /// Where each failed task is in `failures`.
    pub(super) failed: HashMap<NodeId, usize>,
    pub(super) message: Option<String>,
    pub(super) abandoned: Vec<NodeId>,
    /// How long the run might take, if that was what ended it.
    pub(super) timed_out: Option<Duration>,
    /// What the channel held in the end.
    pub(super) channel: BTreeMap<String, Content>,
    pub(super) took: Duration,
    /// The id of the run, in a durable one.
    pub(super) run_id: String,
    /// Why the run could not be written any more.
    pub(super) journal_lost: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// The open questions of a run that has come to rest.
    pub(super) questions: Option<Vec<Question>>,
}

/// How many further failures an error lists.
const MOST_OTHERS: usize = 10;

/// How the branches of a group ended.
#[derive(Clone, Debug, Default)]
pub struct GroupReport {
    /// The tasks that failed, with the text of their errors.
    pub failed: Vec<(String, String)>,
    /// The branches that succeeded, by the id of their last task.
    pub successful: Vec<String>,
    /// The branches that were skipped or did not run.
    pub skipped: Vec<String>,
}

impl Record {
    /// What was run.
    pub fn plan(&self) -> &Arc<RunPlan> {
        &self.plan
    }

    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        self.ending.outcome()
    }

    /// What the task said that terminated or cancelled the run.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref().filter(|message| !message.is_empty())
    }

    /// Whether the run was cancelled because it took longer than it might.
    pub fn is_timed_out(&self) -> bool {
        self.timed_out.is_some()
    }

    /// The tasks whose plain functions outran their timeout or the grace time and were abandoned, once for each
    /// attempt.
    pub fn abandoned(&self) -> &[NodeId] {
        &self.abandoned
    }

    /// What the channel held in the end, by key.
    pub fn channel(&self) -> &BTreeMap<String, Content> {
        &self.channel
    }

    /// How many executions a task had.
    pub fn iterations(&self, node: NodeId) -> u32 {
        self.ending.executions(node)
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Why the run could not go on, if its journal could not be written any more.
    pub fn journal_lost(&self) -> Option<&Arc<dyn std::error::Error + Send + Sync>> {
        self.journal_lost.as_ref()
    }

    /// Whether the run has come to rest: nothing goes on in it before a wait is over.
    pub fn is_suspended(&self) -> bool {
        self.questions.is_some()
    }

    /// The id of the run, if it is durable.
    pub fn stored_id(&self) -> Option<&str> {
        Some(&*self.run_id).filter(|id| !id.is_empty())
    }

    /// What a run at rest waits for.
    pub fn describe_rest(&self) -> String {
        let mut text = format!("run `{}` of `{}` is suspended", self.run_id, self.plan.name());
        for question in self.questions() {
            let Question { id, task_id, prompt, .. } = question;
            let _ = write!(text, "\n  `{task_id}` asks `{id}`: {prompt}");
        }
        text.push_str("\n  hint: execute it again with this run id once what it waits for is there");
        text
    }

    /// The id of the run, if it is durable.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The questions that a run at rest waits for.
    pub fn questions(&self) -> &[Question] {
        self.questions.as_deref().unwrap_or_default()
    }

    /// How a node ended.
    pub fn state(&self, node: NodeId) -> State {
        self.ending.state(node)
    }

    /// How many attempts a task had.
    pub fn attempts(&self, node: NodeId) -> u32 {
        match self.state(node) {
            // The attempt that it was ready for was not made.
            State::Skipped | State::NotRun | State::Waiting => self.ending.attempt(node) - 1,
            _ => self.ending.attempt(node),
        }
    }

    /// When the last attempt of a task began and ended, since the run began.
    pub fn times(&self, node: NodeId) -> (Duration, Duration) {
        let of_element = || {
            let succeeded = self.element(node).and_then(|(results, index)| results.times(index)).map(Times);
            succeeded.or_else(|| self.element_times.get(&node).copied())
        };
        let times = self.times.get(self.plan.slot(node)).copied().or_else(of_element).unwrap_or_default();
        (times.started(), times.ended())
    }

    /// The tasks that succeeded, in the order in which they did.
    pub fn order(&self) -> &[NodeId] {
        &self.order
    }

    /// The value of a task that has succeeded.
    pub fn task_value(&self, node: NodeId) -> Option<&Value> {
        if self.plan.is_element(node) {
            let (results, index) = self.element(node)?;
            return results.get(index);
        }
        self.results.get(self.plan.slot(node))?.as_ref().map(MapResults::open)
    }

    /// The results of the map that a node is an element of, and which element it is.
    fn element(&self, node: NodeId) -> Option<(&MapResults, u32)> {
        let (expansion, index) = self.plan.element(node);
        let map = expansion.map();
        let ended = || self.results.get(self.plan.slot(map))?.as_ref()?.downcast_ref();
        self.mapping.get(&map).map(|results| &**results).or_else(ended).map(|results| (results, index))
    }

    /// The elements of a map that failed, in the order in which they did.
    fn failed_elements(&self, map: NodeId) -> impl Iterator<Item = NodeId> {
        let nodes = self.failures.iter().map(|(node, _)| *node).filter(|&node| self.plan.is_element(node));
        nodes.filter(move |&node| self.plan.element(node).0.map() == map)
    }

    /// The value of a task or group that has succeeded.
    pub fn value_of(&self, node: NodeId) -> Option<Value> {
        if self.plan.is_task(node) {
            return self.task_value(node).cloned();
        }
        let gathered = Gathered::of(&self.plan, [node], |from| match self.state(from) {
            State::Succeeded if self.plan.is_task(from) => {
                Some(self.results.get(self.plan.slot(from)).and_then(Clone::clone))
            }
            State::Succeeded => Some(None),
            _ => None,
        });
        gathered.value(&self.plan, node, None, self.plan.task(0).definition().body())
    }

    /// The node that gives the run its value: the last sink that succeeded (rule R-4).
    pub fn value_node(&self) -> Option<NodeId> {
        let sink = self.plan.sinks().into_iter().rev().find(|&node| self.state(node) == State::Succeeded);
        match self.outcome() {
            Outcome::Terminated(node) => sink.or(Some(node)),
            _ => sink,
        }
    }

    /// The failures that no retry mended, in the order in which they happened.
    pub fn failures(&self) -> &[(NodeId, Failure)] {
        &self.failures
    }

    /// Why a task failed, or with what the policy of a group.
    pub fn failure(&self, node: NodeId) -> Option<&Failure> {
        Some(&self.failures[*self.failed.get(&node)?].1)
    }

    /// Why a task failed; of a group, what its policy failed with, or else which failure in it came first.
    pub fn cause(&self, node: NodeId) -> Option<&Failure> {
        let place = judgement::cause(&self.plan, node, |node| self.state(node) == State::Failed, &self.failed)?;
        Some(&self.failures[place].1)
    }

    /// How the branches of the group behind an exit ended.
    pub fn group_report(&self, exit: NodeId) -> GroupReport {
        let mut report = GroupReport::default();
        let Kind::Exit(group) = self.plan.kind(exit) else { return report };
        for branch in &self.plan.groups()[group as usize].branches {
            let id = || self.plan.id(branch.last).to_owned();
            match branch.nodes.iter().find(|&&node| self.state(node) == State::Failed) {
                Some(&node) => report.failed.push((self.plan.id(node).to_owned(), self.reason(node))),
                None if self.state(branch.last) == State::Succeeded => report.successful.push(id()),
                None => report.skipped.push(id()),
            }
        }
        report
    }

    /// The text of the error with which a task failed, or what failed in a group.
    fn reason(&self, node: NodeId) -> String {
        if let Some(failure) = self.failure(node) {
            return failure.error.to_string();
        }
        let Kind::Exit(group) = self.plan.kind(node) else {
            let first = self.failed_elements(node).next();
            return first
                .map(|element| format!("`{}`: {}", self.plan.id(element), self.reason(element)))
                .unwrap_or_default();
        };
        let branches = self.plan.groups()[group as usize].branches.iter();
        let failed = branches.flat_map(|branch| &*branch.nodes).filter(|&&node| self.state(node) == State::Failed);
        let ids: Vec<String> = failed.map(|&node| format!("`{}`", self.plan.id(node))).collect();
        format!("{} failed in it", ids.join(", "))
    }

    /// Why the run failed: the text for the node that failed first, and what else failed.
    pub fn describe_run_failure(&self, node: NodeId) -> String {
        let judged = self.group_report(node).failed;
        let judged: HashSet<&str> = judged.iter().map(|(id, _)| &**id).collect();
        let is_told = |id: &str| judged.contains(id);
        let is_inside = |other: NodeId| self.plan.is_element(other) && self.plan.element(other).0.map() == node;
        let others = self
            .failures
            .iter()
            .filter(|(other, _)| *other != node && !is_inside(*other) && !is_told(self.plan.id(*other)));
        let mut others: Vec<String> =
            others.map(|(other, failure)| format!("`{}` ({})", self.plan.id(*other), failure.error)).collect();
        let text = self.describe_failure(node);
        if others.is_empty() {
            return text;
        }
        let further = others.len().saturating_sub(MOST_OTHERS);
        others.truncate(MOST_OTHERS);
        let more = if further > 0 { format!(", and {further} more") } else { String::new() };
        format!("{text}\n  failed as well: {}{more}", others.join(", "))
    }

    /// How often a task may be executed; a group has no limit of its own.
    pub fn max_cycles(&self, node: NodeId) -> u32 {
        let own = self.plan.is_task(node).then(|| self.plan.task(node).options().max_cycles);
        own.flatten().unwrap_or(Options::MAX_CYCLES)
    }

    /// Why the run ended at a task that did not fail: it cancelled the run, or reached a limit.
    pub fn describe_end(&self, node: NodeId) -> String {
        let (id, name) = (self.plan.id(node), self.plan.name());
        match self.outcome() {
            Outcome::CycleLimit(_) if !self.plan.is_task(node) => format!(
                "the loop of group `{id}` goes round without anything to run in it\n  hint: let a task of it run again, or take the loop out"
            ),
            Outcome::CycleLimit(_) => {
                let most = self.max_cycles(node);
                format!(
                    "task `{id}` has been executed {most} times, as often as it may (max_cycles), and was to run again\n  hint: let the loop end sooner, or give the task a higher `max_cycles`"
                )
            }
            Outcome::StepLimit(_) => format!(
                "workflow `{name}` has had as many executions as it may (max_steps), and `{id}` was to be the next\n  hint: give the run a higher `max_steps`"
            ),
            _ => match self.message() {
                Some(message) => format!("task `{id}` cancelled the run of workflow `{name}`: {message}"),
                None => format!("task `{id}` cancelled the run of workflow `{name}`"),
            },
        }
    }

    /// Why the run was cancelled from outside, and what that ended in the middle.
    pub fn describe_cancellation(&self) -> String {
        let name = self.plan.name();
        let Some(timeout) = self.timed_out else { return format!("the run of workflow `{name}` was cancelled") };
        let nodes = self.plan.tasks().chain(self.ending.unsuccessful_elements());
        let ids =
            nodes.filter(|&node| self.state(node) == State::Cancelled).map(|node| format!("`{}`", self.plan.id(node)));
        let mut ids: Vec<String> = ids.collect();
        let further = ids.len().saturating_sub(MOST_OTHERS);
        ids.truncate(MOST_OTHERS);
        let ids = if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") };
        let more = if further > 0 { format!(", and {further} more") } else { String::new() };
        format!(
            "the run of workflow `{name}` took longer than its timeout of {timeout:?}, so it was cancelled\n  ended in the middle: {ids}{more}\n  hint: give the run a longer `timeout`, or its tasks shorter ones"
        )
    }

    /// What failed, where, at which attempt and with which arguments, as one text (rules ).
    pub fn describe_failure(&self, node: NodeId) -> String {
        if !self.plan.is_task(node) {
            return self.describe_group(node);
        }
        if self.failure(node).is_none() && self.plan.is_map(node) {
            return self.describe_map(node);
        }
        let task = self.plan.task(node);
        let definition = task.definition();
        let attempts = self.ending.attempt(node);
        let bound: Vec<&str> = definition
            .parameters()
            .iter()
            .zip(task.arguments())
            .filter(|(_, argument)| !matches!(argument, taskloom_core::Argument::Open))
            .map(|(parameter, _)| &*parameter.name)
            .collect();
        let bound =
            if bound.is_empty() { "no bound arguments".to_owned() } else { format!("bound: {}", bound.join(", ")) };
        format!(
            "task `{}` failed at attempt {attempts} of {}: {}\n  task: definition `{}` at {}; instance made at {}; {bound}",
            self.plan.id(node),
            u64::from(task.options().retry.max_retries) + 1,
            self.reason(node),
            definition.id(),
            definition.place(),
            task.place(),
        )
    }

    /// Whether a node is a map whose policy was not met by its elements.
    pub fn is_judged_map(&self, node: NodeId) -> bool {
        let has_policy = || self.plan.task(node).options().map.as_ref().is_some_and(|mapping| mapping.policy.is_some());
        self.plan.is_map(node) && self.failure(node).is_none() && has_policy()
    }

    /// Whose failure that of a node is: of a map that no policy judges, that of the first element that failed.
    pub fn culprit(&self, node: NodeId) -> NodeId {
        if self.plan.is_map(node) && self.failure(node).is_none() && !self.is_judged_map(node) {
            return self.failed_elements(node).next().unwrap_or(node);
        }
        node
    }

    fn describe_map(&self, map: NodeId) -> String {
        let id = self.plan.id(map);
        let mut failed = self.failed_elements(map);
        let policy = self.plan.task(map).options().map.as_ref().and_then(|mapping| mapping.policy.clone());
        let Some(policy) = policy else {
            let first = failed.next().map(|element| self.describe_failure(element)).unwrap_or_default();
            return format!("{first}\n  it is an element of the map `{id}`");
        };
        let failed: Vec<String> =
            failed.map(|element| format!("`{}` ({})", self.plan.id(element), self.reason(element))).collect();
        let shown = failed.iter().take(MOST_OTHERS).cloned().collect::<Vec<_>>().join(", ");
        let more = failed.len().saturating_sub(MOST_OTHERS);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!(
            "map `{id}` failed: {} of its elements failed, and its policy is {policy}\n  failed: {shown}{more}",
            failed.len()
        )
    }

    fn policy(&self, exit: NodeId) -> String {
        let Kind::Exit(group) = self.plan.kind(exit) else { return String::new() };
        self.plan.groups()[group as usize].policy.to_string()
    }

    fn describe_group(&self, exit: NodeId) -> String {
        let report = self.group_report(exit);
        let total = report.failed.len() + report.successful.len() + report.skipped.len();
        let failed: Vec<String> = report.failed.iter().map(|(id, why)| format!("`{id}` ({why})")).collect();
        let list = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        let policy = match self.failure(exit) {
            Some(failure) => format!("{}, which failed: {}", self.policy(exit), failure.error),
            None => self.policy(exit),
        };
        format!(
            "group `{}` failed: {} of {total} branches failed, and its policy is {policy}\n  failed: {}\n  successful: {}\n  skipped: {}",
            self.plan.id(exit),
            report.failed.len(),
            failed.join(", "),
            list(&report.successful),
            list(&report.skipped),
        )
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("plan", &self.plan).field("outcome", &self.outcome()).finish_non_exhaustive()
    }
}
