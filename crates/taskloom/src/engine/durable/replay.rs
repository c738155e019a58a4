//! Tells a run's scheduler again what its journal says.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use taskloom_core::{
    Argument, Instance, MapResults, NodeId, RunPlan, Value,
    channel::{Attempt, Content, Item, Published},
};

use super::{Asked, BoxError, Durable, Entry, Goal, Happened, NewTask, RecordedError, Values, entry::NewArgument};
use crate::{
    Status,
    engine::{
        Asks, Engine, Failure, Job, Timer,
        asks::{Target, Wish},
        waiting::Remembered,
    },
};

/// What is known of a run's past while its journal is read.
#[derive(Default)]
pub(in crate::engine) struct Replay {
    /// What has started and not ended, in the order of starts. A map that was taken apart has ended in this sense.
    under_way: BTreeMap<u64, NodeId>,
    places: HashMap<NodeId, u64>,
    /// The jobs of maps, which are needed to take them apart again.
    maps: HashMap<NodeId, Job>,
    /// When the waits of those that back off are over, and how long they were.
    backoffs: HashMap<NodeId, (Duration, Duration)>,
    count: u64,
    /// Whether an execution has asked for something, such as a jump.
    has_asked: bool,
    last: Duration,
    /// Whether the last entry says that the run has ended, or has come to rest.
    is_sealed: bool,
    /// What has happened since the run was cancelled from outside, if it was.
    pub(super) cancelled: Option<Vec<Entry>>,
}

impl Engine {
    /// Tells what the journal of the run says, entry by entry, before anything else happens in this run, and then goes
    /// on from there. Says whether the run has ended already.
    ///
    /// # Errors
    ///
    /// If the entries do not fit the workflow, or a value cannot be read.
    pub fn restore(
        self: &Arc<Self>,
        read: impl FnOnce(&mut dyn FnMut(Entry) -> Result<(), BoxError>) -> Result<(), BoxError>,
    ) -> Result<bool, BoxError> {
        let Some(durable) = &self.durable else { return Ok(false) };
        let mut replay = Replay::default();
        read(&mut |entry| {
            replay.count += 1;
            replay.last = replay.last.max(entry.at);
            replay.is_sealed = matches!(entry.what, Happened::Finished { .. } | Happened::Rested { .. });
            let number = replay.count;
            self.take_in(durable, &mut replay, entry)
                .map_err(|error| format!("entry {number} of its journal does not fit: {error}").into())
        })?;
        let reopens = self.reopen(durable, &mut replay)?;
        durable.is_at_least(self.now(), replay.last);
        let has_ended = !reopens && self.shared.lock().is_over(replay.last);
        if has_ended {
            if !replay.is_sealed {
                self.seal_again(replay.last)?;
            }
            self.let_go();
            return Ok(true);
        }
        let mut shared = self.shared.lock();
        shared.write_to(durable.commits.clone(), !replay.has_asked);
        shared.set_time(self.now());
        if reopens {
            shared.write(|_| Happened::Reopened);
        } else if replay.count > 0 {
            shared.write(|_| Happened::Resumed);
        }
        shared.lose(replay.under_way.into_values().collect());
        let waits = shared.backing_off();
        let left = shared.waiting().left();
        drop(shared);
        let now = self.now();
        for execution in waits {
            let (due, wait) = replay.backoffs.get(&execution.node).copied().unwrap_or_default();
            // A clock that was set back prolongs no wait (rule R-7).
            self.host.wake_later(self, due.saturating_sub(now).min(wait), Timer::Retry(execution));
        }
        if !left.is_empty() {
            self.take_up_waits(left);
        }
        Ok(false)
    }

    pub(super) fn tell_again(&self, durable: &Durable, replay: &mut Replay, entry: Entry) -> Result<(), BoxError> {
        let at = entry.at;
        match entry.what {
            Happened::Started(node) => {
                let job = self.shared.lock().start_again(node, at)?;
                replay.started(node);
                if self.plan.is_map(node) {
                    replay.maps.insert(node, job);
                }
            }
            Happened::Succeeded { node, value, asked, changes } => {
                replay.has_asked |= !matches!(asked, Asked::Nothing);
                let job = self.job_again(replay, node)?;
                if self.plan.is_map(node) {
                    return Err(format!("the map `{}` ends before its elements", self.plan.id(node)).into());
                }
                self.publish_again(&*durable.values, changes, at)?;
                let value: Value = match value {
                    Some(text) => durable.values.read_result(self.plan.task(node), &text)?,
                    None => Arc::new(()),
                };
                if let Some(wish) = self.wish_again(&*durable.values, node, asked)? {
                    *job.asks().lock() = Asks::again(wish);
                }
                self.channel.forget(Attempt { node, iteration: job.iteration, number: job.attempt });
                self.end_again(&job, Ok(value), None, at);
            }
            Happened::Expanded { node, ids } => {
                replay.ended(node)?;
                let job = replay.maps.remove(&node).ok_or("a map is taken apart that has not started")?;
                let inputs = job
                    .inputs(&self.plan, |key| durable.values.argument(self.channel.published(key, at)?))
                    .map_err(|failure| failure.error.to_string())?;
                let results = self.expand(&job, inputs).map_err(|failure| failure.error.to_string())?;
                self.check_elements(node, &results, &ids)?;
                self.end_again(&job, Ok(results), None, at);
            }
            Happened::Failed { node, error, wait } => {
                let job = self.job_again(replay, node)?;
                let failure = Failure::new(RecordedError::new(error));
                if let Some(wait) = wait {
                    replay.backoffs.insert(node, (at + wait, wait));
                }
                self.end_again(&job, Err(failure), wait, at);
            }
            Happened::Due(node) => self.shared.lock().due_again(node)?,
            Happened::Dropped(node) => {
                replay.ended(node)?;
                replay.maps.remove(&node);
                let mut shared = self.shared.lock();
                let job = shared.job_of(node)?;
                shared.abandon(&job, at);
            }
            Happened::Judged { exit, passed, error } => {
                replay.ended(exit)?;
                self.shared.lock().job_of(exit)?;
                if self.plan.is_task(exit) {
                    return Err(format!("`{}` is no group, and was judged", self.plan.id(exit)).into());
                }
                let verdict = match error {
                    Some(error) => Err(Failure::lasting(RecordedError::new(error))),
                    None => Ok(passed),
                };
                drop(self.shared.lock().judged(exit, verdict, None));
            }
            Happened::Cancelled { by_time } => self.shared.lock().cancel_again(by_time),
            Happened::Published { node: _, changes } => self.publish_again(&*durable.values, changes, at)?,
            Happened::Remembered { node, iteration, key, text, changes } => {
                self.publish_again(&*durable.values, changes, at)?;
                let mut shared = self.shared.lock();
                let remembered = Remembered { value: None, text };
                shared.waiting_mut().answered(node, iteration, &key);
                shared.waiting_mut().remember(node, iteration, &key, remembered);
            }
            Happened::Slept { node, iteration, key, until } => {
                self.shared.lock().waiting_mut().remember_until(node, iteration, &key, until);
            }
            Happened::Questioned { node, iteration, key, question } => {
                self.shared.lock().waiting_mut().remember_question(node, iteration, &key, question);
            }
            Happened::Suspended { node, awaited } => {
                let job = self.job_again(replay, node)?;
                self.shared.lock().suspend_again(job.execution(), awaited);
            }
            Happened::Continued(node) => self.shared.lock().continue_again(node),
            // What becomes of lost attempts, entries of their own say.
            Happened::Rested { .. } | Happened::Resumed | Happened::Reopened | Happened::Finished { .. } => {}
        }
        let mut shared = self.shared.lock();
        // Nobody hears of what was to be done.
        drop(shared.take_commands());
        let spent = shared.take_spent();
        drop(shared);
        drop(spent);
        Ok(())
    }

    /// The attempt of a node that is under way.
    fn job_again(&self, replay: &mut Replay, node: NodeId) -> Result<Job, BoxError> {
        replay.ended(node)?;
        replay.maps.remove(&node);
        let job = self.shared.lock().job_of(node)?;
        if self.plan.is_task(node) {
            Ok(job)
        } else {
            Err(format!("`{}` is no task, and ends as one", self.plan.id(node)).into())
        }
    }

    /// The run has ended, and its process has died before it could say so.
    fn seal_again(&self, at: Duration) -> Result<(), BoxError> {
        let Some(Durable { commits, .. }) = &self.durable else { return Ok(()) };
        let status = Status::from(self.outcome()).to_string();
        commits.append(Entry { at, what: Happened::Finished { status } });
        let Some(upto) = commits.unwritten() else { return Ok(()) };
        Ok(commits.write(upto)?)
    }

    fn end_again(&self, job: &Job, result: Result<Value, Failure>, wait: Option<Duration>, at: Duration) {
        // What is not kept is dropped outside of the lock.
        let mut result = Some(result);
        self.shared.lock().end(job, &mut result, wait, None, at);
    }

    fn publish_again(&self, values: &dyn Values, changes: Vec<Published>, at: Duration) -> Result<(), BoxError> {
        for change in changes {
            let change = read(values, change)?;
            self.channel.replay(change, at);
        }
        Ok(())
    }

    fn check_elements(&self, map: NodeId, results: &Value, ids: &[String]) -> Result<(), BoxError> {
        let Some(results) = results.downcast_ref::<MapResults>() else { return Ok(()) };
        let expansion = results.expansion();
        let count = expansion.count() as usize;
        let first_other = (0..expansion.count()).zip(ids).find(|(index, id)| expansion.id(*index) != id.as_str());
        let name = self.plan.id(map);
        match first_other {
            Some((index, id)) => Err(format!(
                "map `{name}` had the element `{id}`, and now has `{}` there: its lists have changed",
                expansion.id(index)
            )
            .into()),
            None if count != ids.len() => {
                Err(format!("map `{name}` had {} elements, and now has {count}: its lists have changed", ids.len())
                    .into())
            }
            None => Ok(()),
        }
    }

    fn wish_again(&self, values: &dyn Values, node: NodeId, asked: Asked) -> Result<Option<Wish>, BoxError> {
        let goals = |goals: Vec<Goal>| {
            let target = |goal| match goal {
                Goal::Known(node) if !self.plan.is_known(node) || !self.plan.is_task(node) => Err(no_task(node)),
                Goal::Known(node) => Ok(Target::known(&self.plan, node)?),
                Goal::New(task) => {
                    let task = new_task(&self.plan, values, &task)?;
                    Ok(Target::New(self.plan.prepare(&task, node)?))
                }
            };
            goals.into_iter().map(target).collect::<Result<Vec<_>, BoxError>>()
        };
        Ok(Some(match asked {
            Asked::Nothing => return Ok(None),
            Asked::Cancel(message) => Wish::Cancel(message),
            Asked::Terminate(message) => Wish::Terminate(message),
            Asked::Iterate(_) if self.plan.task(node).definition().parameters().is_empty() => {
                Wish::Iterate(Arc::new(()))
            }
            Asked::Iterate(text) => Wish::Iterate(values.read_argument(self.plan.task(node).definition(), 0, &text)?),
            Asked::Jump(targets) => Wish::Jump(goals(targets)?),
            Asked::Add(targets) => Wish::Add(goals(targets)?),
        }))
    }
}

impl Replay {
    fn started(&mut self, node: NodeId) {
        self.under_way.insert(self.count, node);
        self.places.insert(node, self.count);
    }

    fn ended(&mut self, node: NodeId) -> Result<(), BoxError> {
        let place = self.places.remove(&node).ok_or("something ends that has not started")?;
        self.under_way.remove(&place);
        Ok(())
    }
}

/// A task that the run had got beside those of its plan.
fn new_task(plan: &RunPlan, values: &dyn Values, task: &NewTask) -> Result<Instance, BoxError> {
    let definition = values.find_definition(plan, &task.definition)?;
    let place = definition.place().clone();
    let mut instance = Instance::new(definition.clone(), place);
    if let Some(id) = &task.id {
        instance.set_task_id(id.as_str());
    }
    let known = |node: &NodeId| {
        let is_task = plan.is_known(*node) && plan.is_task(*node);
        if is_task { Ok(plan.task(*node).clone()) } else { Err(no_task(*node)) }
    };
    for (parameter, argument) in &task.arguments {
        if *parameter >= definition.parameters().len() {
            return Err(format!("`{}` has no parameter number {parameter}", definition.id()).into());
        }
        let argument = match argument {
            NewArgument::Value(text) => Argument::Value(values.read_argument(&definition, *parameter, text)?),
            NewArgument::Output(node) => Argument::Output(known(node)?),
            NewArgument::Outputs(nodes) => {
                Argument::Outputs(Arc::new(nodes.iter().map(known).collect::<Result<_, _>>()?))
            }
        };
        instance.bind(*parameter, argument);
    }
    if let Some(options) = &task.options {
        instance.set_options(options.again(&definition));
    }
    Ok(instance)
}

fn no_task(node: NodeId) -> BoxError {
    format!("it speaks of task number {node}, which the run does not have").into()
}

/// A change with its values, which were text.
fn read(values: &dyn Values, change: Published) -> Result<Published, BoxError> {
    let item = |item: Item| match &item.text {
        Some(text) => values.read_item(&item.kind, text),
        None => Ok(item),
    };
    let list = |items: Vec<Item>| items.into_iter().map(item).collect::<Result<Vec<_>, _>>();
    Ok(match change {
        Published::Set { key, content, expires } => {
            let content = match content {
                Content::Item(one) => Content::Item(item(one)?),
                Content::List(items) => Content::list(list(items.iter().cloned().collect())?),
                number @ Content::Number(_) => number,
            };
            Published::Set { key, content, expires }
        }
        Published::Extend { key, front, back, expires } => {
            Published::Extend { key, front: list(front)?, back: list(back)?, expires }
        }
        other => other,
    })
}
