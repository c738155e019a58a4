//! Durable runs: no job begins before what it rests on is written, everything is written once and in order, and a
//! journal that cannot be written ends the run (D-1).

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use shuttle::thread;
use taskloom::{
    engine::{
        Engine,
        durable::{BoxError, Durable, Entry, Happened, Journal, Values},
    },
    prelude::*,
};
use taskloom_core::{
    Definition, Instance, NodeId, Outcome, RunPlan, Value,
    channel::{Content, Item},
};

use super::{Front, Model, assert_all_ran, chain_of, diamond, drain, explore, options, watch};

/// A journal in memory.
pub(super) struct Kept {
    /// The tasks that have to be written before each, by number.
    before: &'static [&'static [NodeId]],
    /// Which call of it fails, the first being 0; none after that may come.
    fails_at: Option<u32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    written: Vec<Happened>,
    calls: u32,
    is_busy: bool,
    has_failed: bool,
}

impl Kept {
    fn has_succeeded(&self, node: NodeId) -> bool {
        let is_it = |what: &Happened| matches!(what, Happened::Succeeded { node: other, .. } if *other == node);
        self.state.lock().unwrap().written.iter().any(is_it)
    }

    /// A body is called.
    pub(super) fn begins(&self, node: NodeId) {
        for &before in self.before[node as usize] {
            assert!(self.has_succeeded(before), "{node} begins and the end of {before} is not written");
        }
    }

    /// The end of the run is told.
    pub(super) fn ends(&self) {
        let state = self.state.lock().unwrap();
        let is_sealed = matches!(state.written.last(), Some(Happened::Finished { .. }));
        assert!(is_sealed || state.has_failed, "the run ends and that is not written");
    }

    fn has_failed(&self) -> bool {
        self.state.lock().unwrap().has_failed
    }

    /// Every start before its end, after the ends that it rests on; each once.
    fn assert_in_order(&self) {
        let state = self.state.lock().unwrap();
        let (mut started, mut succeeded) = (Vec::new(), Vec::new());
        for what in &state.written {
            match what {
                Happened::Started(node) => {
                    assert!(!started.contains(node), "{node} starts twice");
                    assert!(self.before[*node as usize].iter().all(|before| succeeded.contains(before)));
                    started.push(*node);
                }
                Happened::Succeeded { node, .. } => {
                    assert!(started.contains(node) && !succeeded.contains(node), "{node} ends");
                    succeeded.push(*node);
                }
                Happened::Finished { .. } => assert_eq!(succeeded.len(), self.before.len()),
                Happened::Dropped(_) | Happened::Cancelled { .. } => assert!(state.has_failed),
                other => panic!("{other:?}"),
            }
        }
        let sealed = state.written.iter().filter(|what| matches!(what, Happened::Finished { .. })).count();
        assert_eq!(sealed, usize::from(!state.has_failed));
    }
}

struct InMemory(Arc<Kept>);

impl Journal for InMemory {
    fn append(&self, entries: &[Entry]) -> Result<(), BoxError> {
        let fails = {
            let mut state = self.0.state.lock().unwrap();
            assert!(!mem::replace(&mut state.is_busy, true), "two write at the same time");
            assert!(!state.has_failed, "somebody writes behind what could not be written");
            let call = state.calls;
            state.calls += 1;
            self.0.fails_at == Some(call)
        };
        thread::yield_now();
        let mut state = self.0.state.lock().unwrap();
        state.is_busy = false;
        state.has_failed = fails;
        if fails {
            return Err("the disk is full".into());
        }
        state.written.extend(entries.iter().map(|entry| entry.what.clone()));
        Ok(())
    }

    fn answers(&self, _: &[String]) -> Result<Vec<(String, String)>, BoxError> {
        Ok(Vec::new())
    }
}

/// Results are of no interest, and there is nothing else.
struct NoValues;

impl Values for NoValues {
    fn write_result(&self, _: &Instance, _: &Value) -> Result<String, BoxError> {
        Ok("null".to_owned())
    }

    fn read_result(&self, _: &Instance, _: &str) -> Result<Value, BoxError> {
        unreachable!()
    }

    fn write_argument(&self, _: &Definition, _: usize, _: &Value) -> Result<String, BoxError> {
        unreachable!()
    }

    fn read_argument(&self, _: &Definition, _: usize, _: &str) -> Result<Value, BoxError> {
        unreachable!()
    }

    fn write_item(&self, _: &Item) -> Result<String, BoxError> {
        unreachable!()
    }

    fn read_item(&self, _: &str, _: &Arc<str>) -> Result<Item, BoxError> {
        unreachable!()
    }

    fn argument(&self, _: Content) -> Option<Value> {
        unreachable!()
    }

    fn name_definition(&self, _: &RunPlan, _: NodeId, _: &Arc<Definition>) -> Result<String, BoxError> {
        unreachable!()
    }

    fn find_definition(&self, _: &RunPlan, _: &str) -> Result<Arc<Definition>, BoxError> {
        unreachable!()
    }
}

const CHAIN: &[&[NodeId]] = &[&[], &[0], &[1], &[2]];
const DIAMOND: &[&[NodeId]] = &[&[], &[0], &[0], &[0], &[1, 2, 3]];

/// Begins a run that is written.
fn begin(
    before: &'static [&'static [NodeId]],
    fails_at: Option<u32>,
    workflow: &Workflow,
) -> (Arc<Model>, Arc<Engine>, Arc<Kept>) {
    let kept = Arc::new(Kept { before, fails_at, state: Mutex::default() });
    let model = Arc::new(Model { kept: Some(kept.clone()), ..Model::default() });
    let durable = Durable::new(Box::new(InMemory(kept.clone())), Box::new(NoValues), Duration::ZERO);
    let front = Box::new(Front(model.clone()));
    let engine = Engine::new(workflow.plan().unwrap(), &options(2), Vec::new(), front, Some(durable));
    assert!(!engine.restore(|_| Ok(())).unwrap());
    engine.begin();
    (model, engine, kept)
}

#[test]
fn d_01_a_chain_that_is_written() {
    explore(|| {
        let (model, engine, kept) = begin(CHAIN, None, &chain_of(4));
        assert_all_ran(&model, &watch(&model, &engine));
        kept.assert_in_order();
    });
}

#[test]
fn d_01_a_fan_out_and_a_join_that_are_written() {
    explore(|| {
        let (model, engine, kept) = begin(DIAMOND, None, &diamond());
        assert_all_ran(&model, &drain(&model, &engine));
        kept.assert_in_order();
    });
}

#[test]
fn d_01_two_chains_side_by_side_whose_tasks_run_ahead_of_what_others_write() {
    const TWO: &[&[NodeId]] = &[&[], &[0], &[1], &[], &[3], &[4]];
    explore(|| {
        let workflow = Workflow::new("w").add(chain_of_three()).add(chain_of_three());
        let (model, engine, kept) = begin(TWO, None, &workflow);
        assert_all_ran(&model, &watch(&model, &engine));
        kept.assert_in_order();
    });
}

fn chain_of_three() -> Fragment {
    super::plain::task() >> super::plain::task() >> super::plain::task()
}

#[test]
fn d_01_a_journal_that_cannot_be_written_ends_the_run() {
    for fails_at in [0, 1, 3] {
        explore(move || {
            let (model, engine, kept) = begin(DIAMOND, Some(fails_at), &diamond());
            let record = drain(&model, &engine);
            assert_eq!(record.journal_lost().is_some(), kept.has_failed());
            if !kept.has_failed() {
                assert_eq!(record.outcome(), Outcome::Succeeded);
            }
            kept.assert_in_order();
        });
    }
}
