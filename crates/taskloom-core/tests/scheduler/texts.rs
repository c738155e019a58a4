//! What is shown of a run to people (rule S-1).

use std::sync::Arc;

use taskloom_core::{Event, Limits, Lookup, Plan, Scheduler, State, Workflow, parallel};

use crate::body::{definition, instance};

#[test]
fn s_01_states_are_called_as_in_the_contract() {
    let states = [
        (State::Waiting, "waiting"),
        (State::Ready, "ready"),
        (State::Running, "running"),
        (State::BackingOff, "backing off"),
        (State::Suspended, "suspended"),
        (State::Succeeded, "succeeded"),
        (State::Failed, "failed"),
        (State::Skipped, "skipped"),
        (State::Cancelled, "cancelled"),
        (State::NotRun, "not run"),
    ];
    for (state, text) in states {
        assert_eq!(state.to_string(), text);
    }
}

#[test]
fn s_01_a_scheduler_shows_how_much_is_ready_and_runs() {
    let definition = definition("step", vec![], Lookup::ByName);
    let tasks = ["a", "b", "c"].map(|id| instance(&definition, id).into());
    let mut workflow = Workflow::new("w");
    workflow.join(&parallel(tasks).unwrap()).unwrap();
    let mut scheduler = Scheduler::new(Arc::new(Plan::compile(&workflow, None).unwrap()), Limits::default());
    scheduler.apply(Event::Started(0), &mut Vec::new());
    let text = format!("{scheduler:?}");
    assert!(text.contains("ready: 2, running: 1"), "{text}");
}
