//! What the comparison with the reference has found about tasks that a run adds, case by case.

use std::sync::Arc;

use taskloom_core::{
    Control, Event, Fragment, GroupSettings, Instance, Limits, Lookup, NodeId, Options, Plan, Policy, Retry, Scheduler,
    State, Workflow, parallel,
};

use crate::body::{definition, instance};

struct Run {
    scheduler: Scheduler,
}

fn task(id: &str) -> Instance {
    instance(&definition("step", vec![], Lookup::ByName), id)
}

fn clean_up(id: &str) -> Instance {
    let mut task = task(id);
    task.set_options(Options { always: true, ..Options::default() });
    task
}

fn group(members: Vec<Fragment>, policy: Policy, fail_fast: bool) -> Fragment {
    let settings = GroupSettings { name: None, policy, fail_fast, max_concurrency: None, backend: None };
    parallel(members).unwrap().with_settings(settings).unwrap()
}

impl Run {
    fn of(flow: &[Fragment]) -> Self {
        let mut workflow = Workflow::new("w");
        for part in flow {
            workflow.join(part).unwrap();
        }
        Self { scheduler: Scheduler::new(Arc::new(Plan::compile(&workflow, None).unwrap()), Limits::default()) }
    }

    fn node(&self, id: &str) -> NodeId {
        self.scheduler.run_plan().find(id).unwrap()
    }

    fn state(&self, id: &str) -> State {
        self.scheduler.state(self.node(id))
    }

    fn apply(&mut self, event: Event) {
        self.scheduler.apply(event, &mut Vec::new());
    }

    fn start(&mut self, ids: &[&str]) {
        for id in ids {
            self.apply(Event::Started(self.node(id)));
        }
    }

    fn succeed(&mut self, id: &str) {
        self.apply(Event::Succeeded(self.node(id)));
    }

    fn fail(&mut self, id: &str) {
        self.apply(Event::Failed { node: self.node(id), retry: Retry::No });
    }

    fn add(&mut self, by: &str, id: &str) {
        let added = self.register(by, id);
        self.apply(Event::Directed { node: self.node(by), control: Control::Add(vec![added]) });
    }

    fn register(&self, by: &str, id: &str) -> NodeId {
        let plan = self.scheduler.run_plan();
        plan.add(plan.prepare(&task(id), self.node(by)).unwrap())
    }

    fn jump(&mut self, from: &str, to: &[&str]) {
        let control = Control::Jump(to.iter().map(|id| self.node(id)).collect());
        self.apply(Event::Directed { node: self.node(from), control });
    }
}

#[test]
fn r_08_what_a_task_adds_that_its_group_has_told_to_end_is_skipped() {
    let mut run = Run::of(&[group(vec![(&task("a")).into(), (&task("b")).into()], Policy::Strict, true)]);
    run.start(&["a", "b"]);
    run.fail("b");
    run.register("a", "new");
    run.jump("a", &["b", "new"]);
    assert_eq!(run.state("new"), State::Skipped);
    assert_eq!(run.state("b"), State::Ready, "so that nothing is certain any more");
}

#[test]
fn r_15_a_clean_up_after_a_group_waits_for_what_was_added_in_it() {
    let inner = group(vec![(&task("a")).into()], Policy::Strict, false);
    let mut run = Run::of(&[inner.then((&clean_up("end")).into()), (&task("b")).into()]);
    run.start(&["a", "b"]);
    run.add("a", "new");
    run.start(&["new"]);
    run.fail("b");
    assert_eq!(run.state("end"), State::NotRun);
    run.succeed("new");
    assert_eq!(run.state("end"), State::Ready);
}

#[test]
fn s_03_a_group_is_skipped_though_its_last_pass_had_added_something() {
    let first = task("first");
    let inner = group(vec![(&task("a")).into()], Policy::Strict, false);
    let mut run = Run::of(&[Fragment::from(&first).then(inner), (&task("back")).into(), (&task("aside")).into()]);
    run.start(&["first", "back", "aside"]);
    run.succeed("first");
    run.succeed("aside");
    run.start(&["a"]);
    run.add("a", "new");
    run.start(&["new"]);
    run.succeed("new");
    assert_eq!(run.state("ParallelGroup_1"), State::Succeeded);
    run.jump("back", &["first"]);
    run.start(&["first"]);
    run.jump("first", &["aside"]);
    assert_eq!(run.state("ParallelGroup_1"), State::Skipped);
}

#[test]
fn s_02_a_loop_waits_for_an_added_task_that_jumps_to_where_it_came_from() {
    // It was jumped to while it ran, so it runs again, and counts in the pass that its own jump begins.
    let (first, last) = (task("first"), task("last"));
    let again = Fragment::from(&first).then((&last).into());
    let mut run = Run::of(&[again, Fragment::from(&last).then((&first).into()), (&task("aside")).into()]);
    run.start(&["first", "aside"]);
    run.add("first", "new");
    run.start(&["last", "new"]);
    run.jump("aside", &["new"]);
    run.jump("new", &["first"]);
    assert_eq!(run.state("new"), State::Ready);
    run.start(&["first", "new"]);
    run.succeed("last");
    run.succeed("first");
    run.start(&["last"]);
    run.succeed("last");
    assert_eq!(run.state("first"), State::Succeeded, "the loop waits");
    run.succeed("new");
    assert_eq!(run.state("first"), State::Ready, "it has fired");
}

#[test]
fn r_08_a_group_that_leads_back_to_a_task_waits_for_what_that_has_added() {
    // `a` comes after the exit of its own group, by way of `x`, so the edge from `a` to the exit is a loop.
    let (a, x) = (task("a"), task("x"));
    let inner = group(vec![(&task("s")).into(), (&a).into()], Policy::Strict, false);
    let mut run = Run::of(&[inner.then((&x).into()), Fragment::from(&x).then((&a).into())]);
    for id in ["s", "x"] {
        run.start(&[id]);
        run.succeed(id);
    }
    run.start(&["a"]);
    run.add("a", "new");
    run.start(&["new"]);
    run.jump("new", &["new"]);
    run.start(&["new"]);
    assert_eq!(run.state("x"), State::Waiting);
    run.succeed("new");
    assert_eq!(run.state("x"), State::Ready);
}
