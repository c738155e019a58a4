//! What a workflow is compiled to.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/body.rs"]
mod body;
#[path = "support/parameter.rs"]
mod parameter;

use std::sync::Arc;

use body::{definition, instance};
use parameter::parameter;
use taskloom_core::{
    Argument, BuildErrorKind, Fragment, GroupSettings, Instance, Kind, Lookup, Plan, Source, Workflow, chain, parallel,
};

fn tasks<const N: usize>() -> [Instance; N] {
    let definition = definition("step", vec![], Lookup::ByName);
    let mut letters = ('a'..='z').map(|letter| instance(&definition, &letter.to_string()));
    std::array::from_fn(|_| letters.next().unwrap())
}

fn workflow(fragments: impl IntoIterator<Item = Fragment>) -> Workflow {
    let mut workflow = Workflow::new("w");
    for fragment in fragments {
        workflow.join(&fragment).unwrap();
    }
    workflow
}

fn plan(fragments: impl IntoIterator<Item = Fragment>) -> Plan {
    Plan::compile(&workflow(fragments), None).unwrap()
}

fn f(task: &Instance) -> Fragment {
    task.into()
}

fn named(group: Fragment, name: &str) -> Fragment {
    group.with_settings(GroupSettings { name: Some(name.to_owned()), ..GroupSettings::default() }).unwrap()
}

/// One task with one parameter, and where its value would come from.
fn sources(plan: &Plan, id: &str) -> Vec<Source> {
    plan.fills(plan.find(id).unwrap()).iter().flat_map(|fill| fill.sources.iter().cloned()).collect()
}

#[test]
fn tasks_are_numbered_as_they_joined_and_groups_follow() {
    let [a, b, c, d] = tasks();
    let plan = plan([f(&c).then(f(&a).beside(f(&d))).then(f(&b))]);
    let ids: Vec<&str> = (0..4).map(|node| plan.id(node)).collect();
    assert_eq!(ids, ["c", "a", "d", "b"]);
    assert_eq!((plan.task_count(), plan.len()), (4, 6));
    assert_eq!(plan.kind(3), Kind::Task);
    assert_eq!(plan.kind(4), Kind::Entry(0));
    assert_eq!(plan.kind(5), Kind::Exit(0));
}

#[test]
fn edges_lead_through_the_entry_and_the_exit_of_a_group() {
    let [a, b, c, d] = tasks();
    let plan = plan([f(&a).then(f(&b).beside(f(&c))).then(f(&d))]);
    let group = &plan.groups()[0];
    assert_eq!((group.entry, group.exit), (4, 5));
    let rows: Vec<&[u32]> = (0..6).map(|node| plan.successors(node)).collect();
    assert_eq!(rows, [&[4][..], &[5], &[5], &[], &[1, 2], &[3]]);
    let pending: Vec<u32> = (0..6).map(|node| plan.pending(node)).collect();
    assert_eq!(pending, [0, 1, 1, 1, 1, 2]);
    assert_eq!(plan.roots().collect::<Vec<_>>(), [0]);
    assert!(plan.is_grouped(1) && plan.is_grouped(2) && !plan.is_grouped(3) && !plan.is_grouped(5));
}

#[test]
fn successors_are_in_the_order_of_composition_and_without_repetition() {
    let [a, b, c] = tasks();
    let plan = plan([f(&b), f(&a).then(f(&c)), f(&a).then(f(&b)), f(&a).then(f(&c))]);
    let node = |id| plan.find(id).unwrap();
    assert_eq!(plan.successors(node("a")), [node("b"), node("c")]);
}

#[test]
fn a_branch_knows_what_can_make_it_fail() {
    let [a, b, c, d] = tasks();
    let inner = named(f(&b).beside(f(&c)), "inner");
    let plan = plan([named(parallel([chain([f(&a), inner]).unwrap(), f(&d)]).unwrap(), "outer")]);
    let node = |id| plan.find(id).unwrap();
    let outer = plan.groups().iter().find(|group| group.name == "outer").unwrap();
    assert_eq!(*outer.branches[0].nodes, [node("a"), node("inner")]);
    assert_eq!(outer.branches[0].last, node("inner"));
    assert_eq!(*outer.branches[1].nodes, [node("d")]);
    assert!(plan.is_grouped(node("inner")) && !plan.is_grouped(node("outer")));
}

#[test]
fn ids_and_names_are_found() {
    let [a, b, c] = tasks();
    let plan = plan([named(f(&a).beside(f(&b)), "pair").then(f(&c))]);
    assert_eq!(plan.ids().collect::<Vec<_>>(), ["a", "b", "c", "pair"]);
    assert_eq!(plan.find("c"), Some(2));
    assert_eq!(plan.find("pair"), Some(plan.groups()[0].exit));
    assert_eq!(plan.find("nobody"), None);
    assert_eq!(plan.node_of(&b), Some(1));
}

#[test]
fn sinks_are_in_the_order_of_composition() {
    let [a, b, c, d] = tasks();
    let plan = plan([f(&a), f(&b).beside(f(&c)), f(&d)]);
    let sinks: Vec<&str> = plan.sinks().into_iter().map(|node| plan.id(node)).collect();
    assert_eq!(sinks, ["a", "ParallelGroup_1", "d"]);
}

#[test]
fn r_03_by_name_looks_at_the_ancestor_the_channel_the_predecessor_and_the_default() {
    let [a, b] = tasks();
    let taker = instance(&definition("take", vec![parameter("a", true)], Lookup::ByName), "taker");
    let plan = plan([f(&a).then(f(&b)).then(f(&taker))]);
    let expected = [Source::Ancestor(0), Source::Channel, Source::Predecessor(1), Source::Default];
    assert_eq!(sources(&plan, "taker"), expected);
}

#[test]
fn r_03_a_task_that_is_no_ancestor_is_no_source() {
    let [a, b] = tasks();
    let taker = instance(&definition("take", vec![parameter("a", false)], Lookup::ByName), "taker");
    // `a` is beside it and `b` before it.
    let plan = plan([f(&b).then(f(&taker)), f(&a)]);
    assert_eq!(sources(&plan, "taker"), [Source::Channel, Source::Predecessor(0)]);
}

#[test]
fn r_03_a_task_is_not_its_own_source() {
    let taker = instance(&definition("take", vec![parameter("a", false)], Lookup::ByName), "a");
    assert_eq!(sources(&plan([f(&taker)]), "a"), [Source::Channel]);
}

#[test]
fn r_03_bound_outputs_are_the_source_and_then_the_default() {
    let [a, b] = tasks();
    let definition = definition("take", vec![parameter("x", true)], Lookup::ByName);
    let mut one = instance(&definition, "one");
    one.bind(0, Argument::Output(b.clone()));
    let mut two = instance(&definition, "two");
    two.bind(0, Argument::Outputs(Arc::new(vec![b.clone(), a.clone()])));
    let plan = plan([f(&one), f(&two)]);
    let node = |id| plan.find(id).unwrap();
    assert_eq!(sources(&plan, "one"), [Source::Output(node("b")), Source::Default]);
    assert_eq!(sources(&plan, "two"), [Source::Outputs([node("b"), node("a")].into()), Source::Default]);
}

#[test]
fn r_03_by_type_looks_at_the_predecessor_alone() {
    let [a, b] = tasks();
    let taker = instance(&definition("take", vec![parameter("a", false)], Lookup::ByType), "taker");
    let plan = plan([f(&a).then(f(&b)).then(f(&taker))]);
    assert_eq!(sources(&plan, "taker"), [Source::Predecessor(1)]);
}

#[test]
fn s_10_from_a_start_only_what_it_reaches_counts() {
    let [a, b, c, d] = tasks();
    let workflow = workflow([f(&a).then(f(&b)).then(f(&c)), f(&d).then(f(&c))]);
    let plan = Plan::compile(&workflow, Some("b")).unwrap();
    let included: Vec<&str> = (0..4).filter(|&node| plan.includes(node)).map(|node| plan.id(node)).collect();
    assert_eq!(included, ["b", "c"]);
    assert_eq!(plan.roots().collect::<Vec<_>>(), [1]);
    assert_eq!(plan.pending(2), 1);
}

#[test]
fn c_06_nothing_composed_runs_the_instances_made() {
    let [a, b] = tasks();
    let mut workflow = Workflow::new("w");
    workflow.note_instance(&a, None).unwrap();
    workflow.note_instance(&b, None).unwrap();
    let plan = Plan::compile(&workflow, None).unwrap();
    assert_eq!(plan.roots().count(), 2);
}

#[test]
fn c_06_one_definition_alone_runs() {
    let mut workflow = Workflow::new("w");
    workflow.note_definition(&definition("only", vec![], Lookup::ByName));
    assert_eq!(Plan::compile(&workflow, None).unwrap().id(0), "only");
}

#[test]
fn c_06_several_definitions_alone_are_an_error() {
    let mut workflow = Workflow::new("w");
    workflow.note_definition(&definition("one", vec![], Lookup::ByName));
    workflow.note_definition(&definition("two", vec![], Lookup::ByName));
    let error = Plan::compile(&workflow, None).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::NothingToRun);
    assert!(error.message().contains("2 definitions (`one`, `two`)"), "{error}");
}

#[test]
fn c_06_an_empty_workflow_is_an_error() {
    let error = Plan::compile(&Workflow::new("empty"), None).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::NothingToRun);
    assert_eq!(error.message(), "workflow `empty` has no tasks");
}

#[test]
fn a_plan_stays_when_its_workflow_grows() {
    let [a, b] = tasks();
    let mut workflow = workflow([f(&a)]);
    let before = Plan::compile(&workflow, None).unwrap();
    workflow.join(&f(&b)).unwrap();
    assert_eq!((before.task_count(), workflow.len()), (1, 2));
}

#[test]
fn a_plan_displays_itself() {
    let [a, b, c] = tasks();
    let parameters = vec![parameter("a", false), parameter("limit", true), parameter("x", false), parameter("y", true)];
    let mut taker = instance(&definition("take", parameters, Lookup::ByName), "taker");
    taker.bind(2, Argument::Output(c.clone()));
    taker.bind(3, Argument::Value(Arc::new(7_i64)));
    let group = named(f(&b).beside(f(&c)), "pair");
    let plan = plan([f(&a).then(group).then(f(&taker))]);
    let expected = "\
workflow `w`: 4 tasks, 1 group
  a (step) >> pair
  b (step) >> pair
  c (step) >> taker, pair
  taker (take)
      a <- output of `a`, else channel key `a`
      limit <- channel key `limit`, else its default
      x <- output of `c`
      y <- bound value
  pair = b | c >> taker
";
    assert_eq!(plan.to_string(), expected);
}

#[test]
fn s_10_a_plan_from_a_start_displays_what_runs() {
    let [a, b, c, d] = tasks();
    let workflow = workflow([f(&a).then(f(&b).beside(f(&c))).then(f(&d))]);
    let plan = Plan::compile(&workflow, Some("d")).unwrap();
    assert_eq!(plan.to_string(), "workflow `w`: 1 task, 0 groups\n  d (step)\n");
}

#[test]
fn s_10_a_plan_from_a_start_displays_the_members_that_run() {
    let [a, b, c, d] = tasks();
    let workflow = workflow([f(&a).then(f(&b).beside(f(&c))).then(f(&d))]);
    let plan = Plan::compile(&workflow, Some("b")).unwrap();
    let expected = "\
workflow `w`: 2 tasks, 1 group
  b (step) >> ParallelGroup_1
  d (step)
  ParallelGroup_1 = b >> d
";
    assert_eq!(plan.to_string(), expected);
}
