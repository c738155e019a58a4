//! Runs the function of an instance here and now (rule I-9).

use std::{any::Any, future::Future, pin::Pin, sync::Arc, time::Duration};

use taskloom_core::{Argument, Inputs, Instance, Options, Plan, Value, Workflow};

use crate::{
    Error, ErrorKind, HasOutput, Result,
    body::{Arguments, BoxError, Function, Outcome, RustBody},
    engine::{Engine, Host, Job, Role, RunOptions, Timer},
    task::Builder,
};

/// What running an async task directly gives.
pub type Running<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// Runs a plain function.
pub fn run_sync<I: HasOutput>(instance: &I) -> Result<I::Output> {
    let alone = Alone::new(instance.builder())?;
    let Function::Sync(function) = alone.function() else { unreachable!("`#[task]` knows what is async") };
    let outcome = function(&alone.arguments(&Inputs::new()));
    alone.settle(outcome)
}

/// Runs an async function once the future is awaited.
pub fn run_async<I: HasOutput>(instance: &I) -> Running<I::Output> {
    let alone = Alone::new(instance.builder());
    Box::pin(async move {
        let alone = alone?;
        let Function::Async(function) = alone.function() else { unreachable!("`#[task]` knows what is async") };
        let future = function(&alone.arguments(&Inputs::new())).map_err(|error| alone.failed(error))?;
        let outcome = future.await;
        alone.settle(outcome)
    })
}

/// A function about to be called, with what its context works on: a run of its own, in which nobody works.
struct Alone {
    engine: Arc<Engine>,
    job: Job,
}

impl Alone {
    fn new(builder: &Builder) -> Result<Self> {
        let instance = builder.checked()?;
        refuse_missing(instance)?;
        // A copy, since an instance that joins a workflow has an id from then on.
        let id = instance.fixed_id().unwrap_or_else(|| instance.definition().id());
        let (definition, arguments) = (instance.definition().clone(), instance.arguments().into());
        let mut copy = Instance::bound(definition, Some(id.into()), arguments, instance.place().clone());
        copy.set_options(Options { timeout: None, ..instance.options().clone() });
        let mut workflow = Workflow::new(id);
        workflow.join(&copy.into())?;
        let plan = Arc::new(Plan::compile(&workflow, None)?);
        let engine = Engine::new(plan, &RunOptions::default(), Vec::new(), Box::new(Nobody), None);
        let job = engine.take(Role::Caller).expect("the only task of a run is ready");
        Ok(Self { engine, job })
    }

    fn instance(&self) -> &Instance {
        self.engine.plan().task(self.job.node)
    }

    fn function(&self) -> Function {
        let body: &dyn Any = self.instance().definition().body();
        body.downcast_ref::<RustBody>().expect("`#[task]` made it").function
    }

    fn arguments<'a>(&'a self, inputs: &'a Inputs) -> Arguments<'a> {
        Arguments::new(&self.engine, &self.job, inputs).alone()
    }

    fn settle<T: Send + Sync + 'static>(&self, outcome: Outcome) -> Result<T> {
        let value: Value = outcome.map_err(|error| self.failed(error))?;
        let value = value.downcast::<T>().ok().and_then(Arc::into_inner);
        Ok(value.expect("`#[task]` knows the type, and nobody else has seen the value"))
    }

    fn failed(&self, error: BoxError) -> Error {
        let id = self.instance().id();
        Error::new(ErrorKind::TaskFailed, format!("`{id}` failed: {error}")).task(id).cause(Some(error.into()))
    }
}

fn refuse_missing(instance: &Instance) -> Result<()> {
    let declared = instance.arguments().iter().zip(instance.definition().parameters());
    for (argument, parameter) in declared {
        let missing = match argument {
            Argument::Value(_) => continue,
            Argument::Open if parameter.has_default => continue,
            Argument::Open => "is not bound",
            Argument::Output(_) | Argument::Outputs(_) | Argument::Group(_) => {
                "is bound to what other tasks give, which only a run has"
            }
        };
        let (id, name) = (instance.definition().id(), &parameter.name);
        let message = format!(
            "parameter `{name}` of `{id}` {missing}, so it cannot be run directly, at {}\n  hint: bind a value: `.{name}(…)`",
            instance.place()
        );
        return Err(Error::new(ErrorKind::Binding, message).task(instance.fixed_id().unwrap_or(id)));
    }
    Ok(())
}

/// Works for no run.
struct Nobody;

impl Host for Nobody {
    fn start_worker(&self, _: &Arc<Engine>) {}

    fn start_async(&self, _: &Arc<Engine>) {}

    fn wake_later(&self, _: &Arc<Engine>, _: Duration, _: Timer) {}

    fn cancelled(&self) {}

    fn finished(&self) {}

    fn warn(&self, _: &str) {}
}
