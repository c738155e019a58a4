//! The algebra of composition.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/log.rs"]
mod log;

use log::Log;
use taskloom::{BuildErrorKind, GroupOutput, prelude::*};
use taskloom_core::Plan;

#[task]
fn step(#[default(Log::default())] log: &Log, ctx: &Context) -> String {
    log.add(ctx.task_id());
    ctx.task_id().to_owned()
}

fn named(id: &str) -> step {
    step::task().task_id(id)
}

fn letters<const N: usize>() -> [step; N] {
    let mut letters = ('a'..='z').map(|letter| named(&letter.to_string()));
    std::array::from_fn(|_| letters.next().unwrap())
}

/// What leads where: tasks' ids and groups' names, `a>b`.
fn edges(fragment: impl IntoFragment) -> Vec<String> {
    let plan = Workflow::new("w").add(fragment).plan().unwrap();
    edges_of(&plan)
}

fn edges_of(plan: &Plan) -> Vec<String> {
    let nodes = (0..).take(plan.len());
    let pairs = nodes.flat_map(|node| plan.successors(node).iter().map(move |&next| (node, next)));
    pairs.map(|(from, to)| format!("{}>{}", plan.id(from), plan.id(to))).collect()
}

#[test]
fn c_01_chains_by_every_spelling_are_the_same() {
    let expected = ["a>b", "b>c"];
    let [a, b, c] = letters();
    assert_eq!(edges(&a >> &b >> &c), expected);
    assert_eq!(edges(&c << (&b << &a)), expected);
    assert_eq!(edges(chain([&a, &b, &c])), expected);
    assert_eq!(edges(chain(vec![a.clone(), b.clone(), c.clone()])), expected);
    assert_eq!(edges(taskloom::chain![&a, b, &c]), expected);
}

#[test]
fn c_01_groups_by_every_spelling_are_the_same() {
    let expected = ["a>d", "b>d", "c>d"].map(|edge| edge.replace(">d", ">ParallelGroup_1"));
    let begin = ["a", "b", "c"].map(|member| format!("ParallelGroup_1>{member}"));
    let expected = [&expected[..], &begin[..], &["ParallelGroup_1>d".to_owned()]].concat();
    let [a, b, c, d] = letters();
    assert_eq!(edges((&a | &b | &c) >> &d), expected);
    assert_eq!(edges(parallel([&a, &b, &c]) >> &d), expected);
    assert_eq!(edges(taskloom::parallel![&a, &b, c.clone()] >> &d), expected);
    assert_eq!(edges(&d << [&a, &b, &c]), expected);
    assert_eq!(edges(&d << vec![a, b, c]), expected);
}

#[test]
fn c_01_a_definition_stands_for_its_one_instance() {
    let run = Workflow::new("w").add(named("a") >> step::definition()).execute().blocking().unwrap();
    assert_eq!(run.output::<String>("step").unwrap(), "step");
}

#[test]
fn c_01_composing_changes_no_operand() {
    let [a, b, c] = letters();
    let group = &a | &b;
    let larger = &group | &c;
    let chain = &group >> &c;
    assert_eq!(edges(&group).len(), 4);
    assert_eq!(edges(larger).len(), 6);
    assert_eq!(edges(chain).len(), 5);
    assert_eq!(edges(group).len(), 4);
}

#[test]
fn c_02_what_follows_a_group_follows_all_members() {
    let log = Log::default();
    let [a, b, c, d] = letters::<4>().map(|task| task.log(log.clone()));
    Workflow::new("w").add(a >> (b | c) >> d).execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(log.entries(), ["a", "b", "c", "d"]);
}

#[test]
fn c_02_a_group_after_a_group() {
    let [a, b, c, d] = letters();
    let edges = edges((a | b) >> (c | d));
    assert!(edges.contains(&"ParallelGroup_1>ParallelGroup_2".to_owned()));
    assert_eq!(edges.len(), 9);
}

#[test]
fn c_02_a_branch_can_be_a_chain() {
    let [a, b, c, d] = letters();
    let workflow = Workflow::new("w").add(((a >> b) | (c >> d)) >> named("e"));
    let run = workflow.execute().blocking().unwrap();
    let group: GroupOutput = run.output("ParallelGroup_1").unwrap();
    assert_eq!(group.iter::<String>().map(|(id, _)| id).collect::<Vec<_>>(), ["b", "d"]);
}

#[test]
fn c_02_series_binds_tighter_than_parallel() {
    let [a, b, c, d] = letters();
    assert_eq!(edges(&a >> &b | &c >> &d), edges((a >> b) | (c >> d)));
}

#[test]
fn c_04_of_nothing_is_an_error() {
    let nothing = || Vec::<step>::new();
    for empty in [chain(nothing()), parallel(nothing()), named("a") >> nothing()] {
        let error = Workflow::new("w").add(empty).plan().unwrap_err();
        assert_eq!(error.kind(), BuildErrorKind::EmptyComposition);
        assert!(error.to_string().contains("of nothing\n  hint: "), "{error}");
    }
}

#[test]
fn c_04_of_one_is_legal() {
    for one in [chain([named("a")]), parallel([named("a")])] {
        let run = Workflow::new("w").add(one).execute().blocking().unwrap();
        assert_eq!(run.output::<String>("a").unwrap(), "a");
    }
}

#[test]
fn c_05_the_same_edge_again_adds_nothing() {
    let [a, b, c] = letters();
    let workflow = Workflow::new("w").add(&a >> &b).add(&a >> &b >> &c).add(chain([&a, &b, &c]));
    assert_eq!(edges_of(&workflow.plan().unwrap()), ["a>b", "b>c"]);
}

#[test]
fn c_05_the_same_fragment_again_adds_nothing() {
    let [a, b, c] = letters();
    let fragment = (a | b) >> c;
    let workflow = Workflow::new("w").add(&fragment).add(&fragment);
    assert_eq!(workflow.plan().unwrap().groups().len(), 1);
    assert_eq!(edges_of(&workflow.plan().unwrap()), edges(fragment));
}

#[test]
fn c_05_a_partial_group_leaves_nothing_behind() {
    let [a, b, c] = letters();
    let part = &a | &b;
    let workflow = Workflow::new("w").add(&part).add(&part | &c).add(&b | &a);
    let plan = workflow.plan().unwrap();
    assert_eq!(plan.groups().len(), 1);
    assert_eq!(plan.groups()[0].branches.len(), 3);
    assert_eq!(plan.groups()[0].name, "ParallelGroup_1");
}

#[test]
fn c_05_a_partial_group_with_an_edge_or_a_name_stays() {
    let [a, b, c, d] = letters();
    let part = &a | &b;
    let edge = Workflow::new("w").add(&part >> &d).add(&part | &c);
    assert_eq!(edge.plan().unwrap().groups().len(), 2);
    let name = Workflow::new("w").add((&a | &b).group_name("pair")).add(&a | &b | &c);
    assert_eq!(name.plan().unwrap().groups().len(), 2);
}

#[test]
fn c_05_one_task_twice_in_a_group_is_one_member() {
    let [a, b] = letters();
    let run = Workflow::new("w").add(parallel([&a, &b, &a])).execute().blocking().unwrap();
    let value: GroupOutput = run.value().unwrap();
    assert_eq!(value.iter::<String>().map(|(id, _)| id).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn c_08_a_group_without_a_name_gets_one_that_is_free() {
    let [a, b, c, d] = letters();
    let taken = named("ParallelGroup_1");
    let plan = Workflow::new("w").add(taken >> (a | b) >> (c | d)).plan().unwrap();
    let names: Vec<_> = plan.groups().iter().map(|group| &*group.name).collect();
    assert_eq!(names, ["ParallelGroup_2", "ParallelGroup_3"]);
}

#[test]
fn c_08_only_a_group_has_a_name() {
    let [a, b] = letters();
    let error = Workflow::new("w").add((a >> b).group_name("pair")).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::NotAGroup);
}

#[test]
fn c_10_a_plain_group_grows_flat() {
    let [a, b, c, d] = letters();
    let plan = Workflow::new("w").add(parallel([a, b]) | c | d).plan().unwrap();
    assert_eq!(plan.groups().len(), 1);
    assert_eq!(plan.groups()[0].branches.len(), 4);
}

#[test]
fn c_10_a_named_group_stays_whole() {
    let [a, b, c] = letters();
    let group = (a | b).group_name("pair") | c;
    let run = Workflow::new("w").add(group).execute().blocking().unwrap();
    let outer: GroupOutput = run.value().unwrap();
    let inner: GroupOutput = outer.get("pair").unwrap();
    assert_eq!(outer.len(), 2);
    assert_eq!(outer.get::<String>("c").unwrap(), "c");
    assert_eq!(inner.iter::<String>().map(|(id, _)| id).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn c_10_the_value_of_a_chain_is_that_of_its_last_task() {
    let [a, b, c] = letters();
    let run = Workflow::new("w").add((a >> b) | c).execute().blocking().unwrap();
    let value: GroupOutput = run.value().unwrap();
    assert_eq!(value.get::<String>("b").unwrap(), "b");
    assert!(value.get::<String>("a").is_err());
}

#[test]
fn c_10_branches_that_end_in_one_task_have_one_value() {
    let [a, b, c] = letters();
    let run = Workflow::new("w").add((a >> &c) | (b >> &c)).execute().blocking().unwrap();
    assert_eq!(run.value::<GroupOutput>().unwrap().len(), 1);
}
