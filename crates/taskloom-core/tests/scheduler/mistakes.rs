//! A driver that tells the scheduler what cannot have happened is stopped at once.

use std::sync::Arc;

use taskloom_core::{Event, Limits, Lookup, Plan, Retry, Scheduler, Workflow, parallel};

use crate::body::{definition, instance};

/// Two tasks side by side, ready.
fn scheduler() -> Scheduler {
    let definition = definition("step", vec![], Lookup::ByName);
    let tasks = ["a", "b"].map(|id| instance(&definition, id).into());
    let mut workflow = Workflow::new("w");
    workflow.join(&parallel(tasks).unwrap()).unwrap();
    Scheduler::new(Arc::new(Plan::compile(&workflow, None).unwrap()), Limits::default())
}

#[test]
#[should_panic(expected = "nodes start in the order in which they became ready")]
fn s_01_what_is_not_next_cannot_start() {
    scheduler().apply(Event::Started(1), &mut Vec::new());
}

#[test]
#[should_panic(expected = "nodes start in the order in which they became ready")]
fn s_01_what_is_not_ready_cannot_start() {
    let mut scheduler = scheduler();
    scheduler.apply(Event::Started(0), &mut Vec::new());
    scheduler.apply(Event::Started(0), &mut Vec::new());
}

#[test]
#[should_panic(expected = "only what runs can end")]
fn s_01_what_does_not_run_cannot_succeed() {
    scheduler().apply(Event::Succeeded(0), &mut Vec::new());
}

#[test]
#[should_panic(expected = "only what runs can end")]
fn s_01_what_has_ended_cannot_end_again() {
    let mut scheduler = scheduler();
    scheduler.apply(Event::Started(0), &mut Vec::new());
    scheduler.apply(Event::Succeeded(0), &mut Vec::new());
    scheduler.apply(Event::Failed { node: 0, retry: Retry::No }, &mut Vec::new());
}
