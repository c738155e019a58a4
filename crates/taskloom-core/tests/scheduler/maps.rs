//! What the comparison with the reference has found about maps, case by case (rule S-11).

use std::{num::NonZeroU32, sync::Arc};

use taskloom_core::{
    Argument, Command, Control, Event, Expansion, Fragment, GroupSettings, Instance, Limits, Lookup, NodeId, Options,
    Plan, Retry, Scheduler, State, Workflow, parallel,
};

use crate::{
    body::{definition, instance},
    parameter::parameter,
    recipe::{Map, MapRule},
};

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

/// A map over so many elements.
fn map(id: &str, count: usize, change: impl FnOnce(&mut Map)) -> Instance {
    let mut map = Map { counts: vec![count], max_concurrency: None, rule: None, fail_fast: false, acts: vec![] };
    change(&mut map);
    let mut task = instance(&definition("step", vec![parameter("over", false)], Lookup::ByName), id);
    task.bind(0, Argument::Value(map.list(0)));
    task.set_options(Options { map: Some(Arc::new(map.mapping(id, 0))), ..Options::default() });
    task
}

fn at_most(most: u32) -> impl FnOnce(&mut Map) {
    move |map| map.max_concurrency = NonZeroU32::new(most)
}

fn group(members: Vec<Fragment>, fail_fast: bool) -> Fragment {
    parallel(members).unwrap().with_settings(GroupSettings { fail_fast, ..GroupSettings::default() }).unwrap()
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

    fn states(&self, ids: &[&str]) -> Vec<State> {
        ids.iter().map(|id| self.scheduler.state(self.node(id))).collect()
    }

    fn apply(&mut self, event: Event) -> Vec<Command> {
        let mut commands = Vec::new();
        self.scheduler.apply(event, &mut commands);
        commands
    }

    fn start(&mut self, ids: &[&str]) {
        for id in ids {
            self.apply(Event::Started(self.node(id)));
        }
    }

    /// Takes apart a map that runs.
    fn expand(&mut self, map: &str) -> Vec<Command> {
        let (plan, node) = (self.scheduler.run_plan().clone(), self.node(map));
        let expansion = Arc::new(Expansion::new(&plan, node, taskloom_core::Inputs::default()).unwrap());
        let count = expansion.count();
        let first = plan.expand(expansion);
        self.apply(Event::Expanded { node, first, count })
    }

    fn succeed(&mut self, id: &str) -> Vec<Command> {
        self.apply(Event::Succeeded(self.node(id)))
    }

    fn fail(&mut self, id: &str, retry: Retry) -> Vec<Command> {
        self.apply(Event::Failed { node: self.node(id), retry })
    }

    fn due(&mut self, id: &str) {
        self.apply(Event::Due(self.node(id)));
    }
}

#[test]
fn r_01_an_element_that_backs_off_holds_no_slot() {
    let mut run = Run::of(&[(&map("m", 3, at_most(1))).into()]);
    run.start(&["m"]);
    run.expand("m");
    assert_eq!(run.states(&["m[0]", "m[1]", "m[2]"]), [State::Ready, State::Waiting, State::Waiting]);
    run.start(&["m[0]"]);
    run.fail("m[0]", Retry::Later);
    assert_eq!(run.states(&["m[0]", "m[1]", "m[2]"]), [State::BackingOff, State::Ready, State::Waiting]);
    run.start(&["m[1]"]);
    run.due("m[0]");
    assert_eq!(run.states(&["m[0]"]), [State::Ready]);
    assert_eq!(run.scheduler.next(), None, "another one is in its slot");
    run.succeed("m[1]");
    assert_eq!(run.scheduler.next(), Some(run.node("m[0]")), "it comes before those that have not begun");
    assert_eq!(run.states(&["m[2]"]), [State::Waiting]);
    run.start(&["m[0]"]);
    run.succeed("m[0]");
    run.start(&["m[2]"]);
    let ended = run.succeed("m[2]");
    assert_eq!(ended, [Command::Mapped(run.node("m"))]);
}

#[test]
fn s_11_elements_that_back_off_count_in_the_window_none_the_less() {
    let mut run = Run::of(&[(&map("m", 1030, at_most(2000))).into()]);
    run.start(&["m"]);
    run.expand("m");
    assert_eq!(run.states(&["m[1023]", "m[1024]"]), [State::Ready, State::Waiting]);
    run.start(&["m[0]"]);
    run.fail("m[0]", Retry::Later);
    assert_eq!(run.states(&["m[1024]"]), [State::Waiting]);
    run.start(&["m[1]"]);
    run.succeed("m[1]");
    assert_eq!(run.states(&["m[1024]", "m[1025]"]), [State::Ready, State::Waiting]);
}

#[test]
fn s_11_an_element_that_stands_aside_does_not_run_if_its_map_fails() {
    let mut run = Run::of(&[(&map("m", 2, at_most(1))).into()]);
    run.start(&["m"]);
    run.expand("m");
    run.start(&["m[0]"]);
    run.fail("m[0]", Retry::Later);
    run.start(&["m[1]"]);
    run.due("m[0]");
    run.fail("m[1]", Retry::No);
    assert_eq!(run.states(&["m", "m[0]", "m[1]"]), [State::Failed, State::NotRun, State::Failed]);
    assert!(run.scheduler.is_finished());
    assert_eq!(run.scheduler.ending().executions(run.node("m[0]")), 1, "it had begun");
}

#[test]
fn s_11_a_wait_that_is_over_after_its_element_was_taken_back_means_nothing() {
    let stops = |map: &mut Map| (map.rule, map.fail_fast) = (Some(MapRule::Strict), true);
    let mut run = Run::of(&[(&map("m", 2, stops)).into()]);
    run.start(&["m"]);
    run.expand("m");
    run.start(&["m[0]", "m[1]"]);
    run.fail("m[0]", Retry::Later);
    run.fail("m[1]", Retry::No);
    assert_eq!(run.states(&["m[0]"]), [State::Skipped]);
    run.due("m[0]");
    assert_eq!(run.states(&["m[0]", "m"]), [State::Skipped, State::Failed]);
}

#[test]
fn s_03_elements_that_were_not_begun_are_skipped_with_those_that_were_ready() {
    let stops = |map: &mut Map| {
        (map.rule, map.fail_fast, map.max_concurrency) = (Some(MapRule::AtLeast(1)), true, NonZeroU32::new(2));
    };
    let mut run = Run::of(&[(&map("m", 3, stops)).into()]);
    run.start(&["m"]);
    run.expand("m");
    run.start(&["m[0]"]);
    run.succeed("m[0]");
    assert_eq!(run.states(&["m", "m[0]", "m[1]", "m[2]"])[1..], [State::Succeeded, State::Skipped, State::Skipped]);
    let ending = run.scheduler.ending();
    assert_eq!(["m[1]", "m[2]"].map(|id| ending.state(run.node(id))), [State::Skipped; 2]);
    assert_eq!(["m[0]", "m[1]", "m[2]"].map(|id| ending.executions(run.node(id))), [1, 0, 0]);
}

#[test]
fn s_08_the_elements_of_a_map_that_is_taken_apart_too_late_do_not_run() {
    let mut run = Run::of(&[(&map("m", 2, |_| {})).into(), (&task("a")).into()]);
    run.start(&["m", "a"]);
    run.fail("a", Retry::No);
    run.expand("m");
    assert_eq!(run.states(&["m", "m[0]", "m[1]"]), [State::NotRun; 3]);
    assert!(run.scheduler.is_finished());
}

#[test]
fn s_11_a_closed_map_goes_on_with_what_ran() {
    // In a group a failed element closes its map, and those that run have all their attempts.
    let mut run = Run::of(&[group(vec![(&map("m", 3, |_| {})).into()], false)]);
    run.start(&["m"]);
    run.expand("m");
    run.start(&["m[0]", "m[1]", "m[2]"]);
    run.fail("m[0]", Retry::No);
    run.fail("m[1]", Retry::Later);
    run.fail("m[2]", Retry::No);
    assert_eq!(run.states(&["m", "m[1]"]), [State::Running, State::BackingOff]);
    run.due("m[1]");
    assert_eq!(run.scheduler.next(), Some(run.node("m[1]")));
    run.start(&["m[1]"]);
    run.succeed("m[1]");
    assert_eq!(run.states(&["m", "m[1]"]), [State::Failed, State::Succeeded]);
}

#[test]
fn r_15_a_clean_up_waits_for_the_elements_before_it() {
    let after = Fragment::from(&map("m", 2, |_| {})).then((&clean_up("end")).into());
    let mut run = Run::of(&[after]);
    run.start(&["m"]);
    run.expand("m");
    run.start(&["m[0]", "m[1]"]);
    run.fail("m[0]", Retry::No);
    assert_eq!(run.states(&["m", "m[1]", "end"]), [State::Failed, State::Running, State::NotRun]);
    run.succeed("m[1]");
    assert_eq!(run.states(&["end"]), [State::Ready]);
}

#[test]
fn r_15_a_clean_up_that_an_element_has_added_waits_for_that_element_alone() {
    let mut run = Run::of(&[(&map("m", 2, |_| {})).into(), (&task("a")).into()]);
    run.start(&["m", "a"]);
    run.expand("m");
    run.start(&["m[0]", "m[1]"]);
    let plan = run.scheduler.run_plan().clone();
    let end = plan.add(plan.prepare(&clean_up("end"), run.node("m[0]")).unwrap());
    run.apply(Event::Directed { node: run.node("m[0]"), control: Control::Add(vec![end]) });
    run.fail("a", Retry::No);
    assert_eq!(run.states(&["m[0]", "m[1]", "end"]), [State::Succeeded, State::Running, State::Ready]);
}

#[test]
fn s_03_a_group_waits_for_what_it_has_told_to_end_and_for_no_other_map() {
    // `last` is in both groups. The first skips it, so that the second has nothing more to wait for.
    let (long, last) = (map("m", 1, |_| {}), task("last"));
    let second = parallel([Fragment::from(&long).then((&last).into())]).unwrap();
    let first = group(vec![(&task("fails")).into(), (&task("runs")).into(), (&last).into()], true);
    let settings = GroupSettings { name: Some("second".to_owned()), ..GroupSettings::default() };
    let mut run = Run::of(&[second.with_settings(settings).unwrap(), first]);
    run.start(&["m", "fails", "runs"]);
    run.expand("m");
    assert_eq!(run.fail("fails", Retry::No), [Command::Cancel(run.node("runs"))]);
    assert_eq!(run.states(&["m", "last", "second"]), [State::Running, State::Skipped, State::Skipped]);
}

#[test]
fn s_09_nothing_comes_after_a_map_whose_last_element_terminates_the_run() {
    // A jump made `m` ready and then the task before it runs again, so it would wait for that one once more.
    let (before, m) = (task("before"), map("m", 1, |_| {}));
    let mut run = Run::of(&[group(vec![Fragment::from(&before).then((&m).into())], false)]);
    run.start(&["before"]);
    let targets = vec![run.node("m"), run.node("before")];
    run.apply(Event::Directed { node: run.node("before"), control: Control::Jump(targets) });
    run.start(&["before", "m"]);
    run.fail("before", Retry::No);
    run.expand("m");
    run.start(&["m[0]"]);
    run.apply(Event::Directed { node: run.node("m[0]"), control: Control::Terminate });
    assert_eq!(run.states(&["m", "m[0]"]), [State::Succeeded; 2]);
}

#[test]
fn s_11_a_critical_element_has_to_succeed() {
    for (fails, state) in [("m[0]", State::Succeeded), ("m[1]", State::Failed)] {
        let mut run = Run::of(&[(&map("m", 2, |map| map.rule = Some(MapRule::Critical(1)))).into()]);
        run.start(&["m"]);
        run.expand("m");
        run.start(&["m[0]", "m[1]"]);
        run.fail(fails, Retry::No);
        run.succeed(if fails == "m[0]" { "m[1]" } else { "m[0]" });
        assert_eq!(run.states(&["m"]), [state], "{fails} has failed");
    }
}
