//! one warning names the tasks that keep all workers busy while others are ready.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/gate.rs"]
mod gate;

use std::{
    fmt::{Debug, Write},
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use gate::Gate;
use taskloom::prelude::*;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

const PATIENCE: Duration = Duration::from_millis(50);

/// Passes on the text of each warning.
struct Warnings(Mutex<Sender<String>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
                write!(self.0, "{value:?}").unwrap();
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().send(text.0).unwrap();
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[task]
fn waits(gate: &Gate) {
    gate.pass();
}

#[task]
async fn waits_async(gate: Gate) {
    tokio::task::spawn_blocking(move || gate.pass()).await.unwrap();
}

/// The next warning; none that comes later than all that could cause it.
fn next(warnings: &Receiver<String>) -> String {
    warnings.recv_timeout(Duration::from_secs(20)).unwrap()
}

// One test, since what listens to warnings is one for the process.
#[test]
fn r_13_one_warning_names_who_keeps_all_workers_busy() {
    let (sender, warnings) = mpsc::channel();
    tracing::subscriber::set_global_default(Warnings(Mutex::new(sender))).unwrap();
    let waits = |gate: &Gate, name: &str| waits::task().task_id(name).gate(gate.clone());

    // Two workers are busy, and a third task is ready.
    let gate = Gate::default();
    let three = parallel(["a", "b", "c"].map(|name| waits(&gate, name)));
    let handle = Workflow::new("w").add(three).execute().max_concurrency(2).patience(PATIENCE).start().unwrap();
    let warning = next(&warnings);
    assert!(warning.contains("workflow `w`: no worker has been free for"), "{warning}");
    assert!(warning.contains("while `c` is ready; all are in `a`, `b`\n  hint: "), "{warning}");
    // There is one, however long it takes: other runs come to theirs meanwhile.
    for name in ["x", "y", "z"] {
        let gate = Gate::default();
        let two = waits(&gate, name) | waits(&gate, "next");
        let execution = Workflow::new("other").add(two).execute().max_concurrency(1).patience(PATIENCE);
        let other = execution.start().unwrap();
        let warning = next(&warnings);
        assert!(warning.contains("`next` is ready") && warning.contains(&format!("in `{name}`")), "{warning}");
        gate.open();
        futures_executor::block_on(other).unwrap();
    }
    gate.open();
    futures_executor::block_on(handle).unwrap();

    // None where nothing is ready, or only async tasks are under way; the last run shows that theirs did not come.
    let gates = [Gate::default(), Gate::default(), Gate::default()];
    let alone = Workflow::new("alone").add(waits(&gates[0], "alone"));
    let alone = alone.execute().max_concurrency(1).patience(PATIENCE).start().unwrap();
    let asynchronous = ["a", "b"].map(|name| waits_async::task().task_id(name).gate(gates[1].clone()));
    let asynchronous = Workflow::new("async").add(parallel(asynchronous));
    let asynchronous = asynchronous.execute().max_concurrency(1).patience(PATIENCE).start().unwrap();
    let two = waits(&gates[2], "last") | waits(&gates[2], "next");
    let last = Workflow::new("last").add(two).execute().max_concurrency(1).patience(2 * PATIENCE).start().unwrap();
    let warning = next(&warnings);
    assert!(warning.contains("workflow `last`"), "{warning}");
    gates.iter().for_each(Gate::open);
    for handle in [alone, asynchronous, last] {
        futures_executor::block_on(handle).unwrap();
    }
    assert!(warnings.try_recv().is_err());
}
