use std::sync::Arc;

use taskloom_core::{Addition, Argument, MapResults, RunPlan, Value, channel::Published};

use super::{Asked, Durable, Goal, NewOptions, NewTask, entry::NewArgument, values::BoxError};
use crate::engine::{
    Failure, Job,
    asks::{Peek, Target},
};

/// What an attempt gives, as the journal writes it.
#[derive(Debug, Default)]
pub(in crate::engine) struct Written {
    pub(in crate::engine) value: Option<Arc<str>>,
    pub(in crate::engine) asked: Asked,
    pub(in crate::engine) changes: Vec<Published>,
}

impl Durable {
    /// Writes what an attempt gives. What cannot be written fails it.
    pub(in crate::engine) fn write_end(
        &self,
        plan: &RunPlan,
        job: &Job,
        result: &mut Result<Value, Failure>,
    ) -> Option<Written> {
        let Ok(value) = result else { return None };
        match self.try_write(plan, job, value) {
            Ok(written) => Some(written),
            Err(error) => {
                *result = Err(Failure::lasting(error));
                None
            }
        }
    }

    fn try_write(&self, plan: &RunPlan, job: &Job, value: &Value) -> Result<Written, BoxError> {
        let asked = job.peek_asks(|asks| self.asked(plan, job, asks)).transpose()?.unwrap_or_default();
        let is_kept = !matches!(asked, Asked::Iterate(_)) && !value.is::<MapResults>();
        let value = is_kept.then(|| self.values.write_result(plan.task(job.node), value)).transpose()?;
        Ok(Written { value: value.map(Arc::from), asked, changes: Vec::new() })
    }

    fn asked(&self, plan: &RunPlan, job: &Job, asks: &Peek<'_>) -> Result<Asked, BoxError> {
        Ok(match asks {
            Peek::Nothing => Asked::Nothing,
            Peek::Cancel(message) => Asked::Cancel((*message).to_owned()),
            Peek::Terminate(message) => Asked::Terminate((*message).to_owned()),
            // Nobody takes it.
            Peek::Iterate(_) if plan.task(job.node).definition().parameters().is_empty() => {
                Asked::Iterate("null".into())
            }
            Peek::Iterate(data) => {
                let definition = plan.task(job.node).definition();
                Asked::Iterate(self.values.write_argument(definition, 0, data)?.into())
            }
            Peek::Jump(targets) => Asked::Jump(self.goals(plan, targets)?),
            Peek::Add(targets) => Asked::Add(self.goals(plan, targets)?),
        })
    }

    fn goals(&self, plan: &RunPlan, targets: &[Target]) -> Result<Vec<Goal>, BoxError> {
        let goal = |target: &Target| {
            Ok(match target {
                Target::Known(node) => Goal::Known(*node),
                Target::New(addition) => Goal::New(Box::new(self.new_task(plan, addition)?)),
            })
        };
        targets.iter().map(goal).collect()
    }

    fn new_task(&self, plan: &RunPlan, addition: &Addition) -> Result<NewTask, BoxError> {
        let task = addition.task();
        let definition = task.definition();
        let mut arguments = Vec::new();
        for (parameter, argument) in task.arguments().iter().enumerate() {
            let node =
                |instance| plan.node_of(instance).ok_or("it takes the output of a task that the run does not have");
            arguments.push((
                parameter,
                match argument {
                    Argument::Open => continue,
                    Argument::Value(value) => {
                        NewArgument::Value(self.values.write_argument(definition, parameter, value)?.into())
                    }
                    Argument::Output(instance) => NewArgument::Output(node(instance)?),
                    Argument::Outputs(instances) => {
                        NewArgument::Outputs(instances.iter().map(node).collect::<Result<_, _>>()?)
                    }
                    Argument::Group(_) => {
                        return Err("the value of a group cannot be bound to it in a durable run".into());
                    }
                },
            ));
        }
        let definition = self.values.name_definition(plan, addition.by(), definition)?;
        let id = task.given_id().map(str::to_owned);
        let options = NewOptions::of(task).map_err(|error| match &id {
            Some(id) => format!("`{id}`, which it adds: {error}").into(),
            None => error,
        })?;
        Ok(NewTask { definition, id, arguments, options })
    }
}
