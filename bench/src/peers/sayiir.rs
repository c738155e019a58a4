//! `sayiir-runtime`: a durable engine, here with the runner that keeps no journal. Values are encoded between tasks,
//! with rkyv. It has chains, and branches that meet in a join; so its fan-out ends in one.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use sayiir_runtime::{
    InProcessRunner, WorkflowRunner,
    prelude::{BoxError, RkyvCodec, Workflow, WorkflowBuilder, WorkflowContext, WorkflowStatus},
};
use tokio::runtime::Runtime;

use crate::{
    graphs::{Subject, measured},
    shapes::Graph,
};

/// A workflow, and where its last task leaves the value, which the runner does not give.
type Built = (Workflow<RkyvCodec, i64>, Arc<AtomicI64>);

async fn add(value: i64) -> Result<i64, BoxError> {
    Ok(value.wrapping_add(1))
}

fn subject(name: &'static str, runtime: &Rc<Runtime>, build: fn(&Graph) -> Built) -> Subject {
    let runtime = runtime.clone();
    Subject::new(name, move |graph| {
        measured(
            graph,
            build,
            |(workflow, _)| {
                let status = runtime.block_on(InProcessRunner.run(workflow, 0)).expect("the workflow is sound");
                assert!(matches!(status, WorkflowStatus::Completed), "no task fails");
            },
            |(_, last), ()| last.load(Ordering::Relaxed),
        )
    })
}

fn context() -> WorkflowContext<RkyvCodec, ()> {
    WorkflowContext::new("w", Arc::new(RkyvCodec), Arc::new(()))
}

/// Adding a task walks the chain from its beginning, by recursion: quadratic, and too deep for long chains.
pub(super) fn chain(runtime: &Rc<Runtime>) -> Subject {
    subject("sayiir", runtime, |graph| {
        let last = Arc::new(AtomicI64::new(0));
        let out = last.clone();
        let mut workflow = WorkflowBuilder::new(context()).then("t0", add);
        for i in 1..graph.n() - 1 {
            workflow = workflow.then(&format!("t{i}"), add);
        }
        let workflow = workflow.then("last", move |value: i64| {
            out.store(value.wrapping_add(1), Ordering::Relaxed);
            async move { Ok(value) }
        });
        (workflow.build().expect("the ids differ"), last)
    })
    .up_to(10_000)
}

pub(super) fn fan_out(runtime: &Rc<Runtime>) -> Subject {
    subject("sayiir", runtime, |graph| {
        let last = Arc::new(AtomicI64::new(0));
        let out = last.clone();
        let branches = 1..graph.n() - 1;
        let workflow = WorkflowBuilder::new(context())
            .then("t0", add)
            .branches(|collector| branches.for_each(|i| collector.add(&format!("t{i}"), add)))
            .join("join", move |values| {
                let value = values.get_by_id::<i64>("t1");
                out.store(*value.as_ref().unwrap_or(&0), Ordering::Relaxed);
                async move { value }
            });
        (workflow.build().expect("the ids differ"), last)
    })
}
