//! Tasks that wait for a person or for time, case by case (rule D-5).

use std::{num::NonZeroU32, sync::Arc};

use taskloom_core::{
    Event, Fragment, GroupSettings, Limits, Lookup, NodeId, Plan, Policy, Retry, Scheduler, State, Workflow, parallel,
};

use crate::body::{definition, instance};

/// The tasks `a` and `b` side by side, under way.
struct Run(Scheduler);

impl Run {
    fn of(settings: Option<GroupSettings>, limits: Limits) -> Self {
        let definition = definition("step", vec![], Lookup::ByName);
        let tasks = ["a", "b"].map(|id| Fragment::from(&instance(&definition, id)));
        let mut workflow = Workflow::new("w");
        match settings {
            Some(settings) => workflow.join(&parallel(tasks).unwrap().with_settings(settings).unwrap()).unwrap(),
            None => tasks.iter().for_each(|task| workflow.join(task).unwrap()),
        }
        let mut run = Self(Scheduler::new(Arc::new(Plan::compile(&workflow, None).unwrap()), limits));
        while let Some(next) = run.0.next() {
            run.apply(Event::Started(next));
        }
        run
    }

    fn node(&self, id: &str) -> NodeId {
        self.0.run_plan().find(id).unwrap()
    }

    fn apply(&mut self, event: Event) {
        self.0.apply(event, &mut Vec::new());
    }

    fn states(&self) -> [State; 2] {
        ["a", "b"].map(|id| self.0.state(self.node(id)))
    }
}

fn two() -> Run {
    Run::of(None, Limits::default())
}

#[test]
fn d_05_a_task_that_waits_leaves_its_place_to_others_and_goes_on_as_the_same_attempt() {
    let limits = Limits { max_concurrency: NonZeroU32::new(1), max_steps: Some(2) };
    let mut run = Run::of(None, limits);
    let (a, b) = (run.node("a"), run.node("b"));
    run.apply(Event::Suspended(a));
    assert_eq!(run.0.next(), Some(b));
    run.apply(Event::Started(b));
    run.apply(Event::Continued(a));
    assert_eq!((run.0.next(), run.states()), (None, [State::Ready, State::Running]));
    run.apply(Event::Succeeded(b));
    // There is no further step; this is none.
    assert_eq!(run.0.next(), Some(a));
    run.apply(Event::Started(a));
    assert_eq!((run.0.iteration(a), run.0.attempt(a)), (1, 1));
    run.apply(Event::Succeeded(a));
    assert!(run.0.is_finished());
}

#[test]
fn s_08_a_task_that_waits_when_the_run_fails_is_not_run() {
    let mut run = two();
    let (a, b) = (run.node("a"), run.node("b"));
    run.apply(Event::Suspended(b));
    run.apply(Event::Failed { node: a, retry: Retry::No });
    assert_eq!(run.states(), [State::Failed, State::NotRun]);
    assert!(run.0.is_finished());
}

#[test]
fn s_08_a_task_that_begins_to_wait_when_the_run_has_failed_is_not_run_either() {
    let mut run = two();
    let (a, b) = (run.node("a"), run.node("b"));
    run.apply(Event::Failed { node: a, retry: Retry::No });
    run.apply(Event::Suspended(b));
    assert_eq!(run.states(), [State::Failed, State::NotRun]);
    assert!(run.0.is_finished());
}

#[test]
fn s_09_a_task_that_begins_to_wait_when_it_is_to_end_is_cancelled() {
    let mut run = two();
    let b = run.node("b");
    run.apply(Event::Cancelled);
    run.apply(Event::Suspended(b));
    assert_eq!(run.states(), [State::Running, State::Cancelled]);
}

#[test]
fn s_03_a_group_that_fails_fast_skips_what_waits_in_it() {
    let settings = GroupSettings { policy: Policy::Strict, fail_fast: true, ..GroupSettings::default() };
    let mut run = Run::of(Some(settings), Limits::default());
    let (a, b) = (run.node("a"), run.node("b"));
    run.apply(Event::Suspended(b));
    run.apply(Event::Failed { node: a, retry: Retry::No });
    assert_eq!(run.states(), [State::Failed, State::Skipped]);
    assert!(run.0.is_finished());
}
