//! I-10: a list of instances, or a group, as an argument.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/log.rs"]
mod log;

use log::Log;
use taskloom::{BuildErrorKind, State, prelude::*};

#[task]
fn weather(city: &str, #[default(Log::default())] log: &Log) -> Result<String, String> {
    log.add(city);
    if city.is_empty() { Err("no city".into()) } else { Ok(format!("rain in {city}")) }
}

#[task]
async fn forecast(city: String) -> String {
    tokio::task::yield_now().await;
    format!("sun in {city}")
}

#[task]
fn degrees(city: &str) -> usize {
    city.len()
}

#[task]
fn summary(texts: Vec<String>, #[default(Log::default())] log: &Log) -> String {
    log.add("summary");
    texts.join(", ")
}

#[task]
fn longest(texts: &[String]) -> usize {
    texts.iter().map(String::len).max().unwrap_or(0)
}

#[task]
fn names(all: GroupOutput) -> String {
    all.iter::<String>().map(|(id, _)| id).collect::<Vec<_>>().join(" ")
}

/// A list under another name is a list.
type Texts = Vec<String>;

#[task]
fn renamed(texts: &Texts) -> usize {
    texts.len()
}

fn city(name: &str) -> weather {
    weather::task().task_id(name.to_lowercase()).city(name)
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("w").add(fragment).execute().blocking().unwrap()
}

fn text(fragment: impl IntoFragment) -> String {
    run(fragment).value().unwrap()
}

#[test]
fn i_10_a_list_of_instances_is_the_list_of_their_outputs_in_order() {
    let [a, b] = ["A", "B"].map(city);
    assert_eq!(text(summary::task().texts(&[&b, &a])), "rain in B, rain in A");
    assert_eq!(text(summary::task().texts(&[a, b])), "rain in A, rain in B");
}

#[test]
fn i_10_a_vector_and_a_slice_of_instances() {
    let cities: Vec<_> = (0..20).map(|n| weather::task().city(n.to_string())).collect();
    let expected: Vec<_> = (0..20).map(|n| format!("rain in {n}")).collect();
    assert_eq!(text(summary::task().texts(&cities)), expected.join(", "));
    assert_eq!(text(summary::task().texts(&cities[..2])), expected[..2].join(", "));
}

#[test]
fn i_10_a_slice_parameter_and_a_vector_under_another_name() {
    let cities = ["A", "Bergen"].map(|name| forecast::task().city(name));
    assert_eq!(run(longest::task().texts(&cities)).value::<usize>().unwrap(), "sun in Bergen".len());
    assert_eq!(run(renamed::task().texts(&cities)).value::<usize>().unwrap(), 2);
}

#[test]
fn i_10_one_instance_twice_and_none() {
    let a = city("A");
    assert_eq!(text(summary::task().texts(&[&a, &a])), "rain in A, rain in A");
    assert_eq!(text(summary::task().texts(&Vec::<weather>::new())), "");
}

#[test]
fn i_10_a_list_makes_an_edge_from_each() {
    let cities = ["A", "B"].map(city);
    let plan = Workflow::new("w").add(summary::task().task_id("all").texts(&cities)).plan().unwrap();
    let all = plan.find("all").unwrap();
    assert_eq!(plan.pending(all), 2);
    assert!(plan.to_string().contains("texts <- outputs of 2 tasks"), "{plan}");
}

#[test]
fn i_10_a_group_is_the_list_of_its_branches_values() {
    let [a, b, c] = ["A", "B", "C"].map(city);
    let group = a | (b >> c);
    assert_eq!(text(summary::task().texts(&group)), "rain in A, rain in C");
    assert_eq!(text(names::task().all(&group)), "a c");
}

#[test]
fn i_10_a_task_that_takes_a_group_runs_once_after_all_of_it() {
    let log = Log::default();
    let [a, b] = ["A", "B"].map(|name| city(name).log(log.clone()));
    let group = (a | b).group_name("cities");
    let all = summary::task().task_id("all").log(log.clone()).texts(&group);
    let workflow = Workflow::new("w").add(&all);
    let plan = workflow.plan().unwrap();
    assert_eq!(plan.successors(plan.find("cities").unwrap()), [plan.find("all").unwrap()]);
    assert!(plan.to_string().contains("texts <- value of group `cities`"), "{plan}");
    workflow.execute().max_concurrency(1).blocking().unwrap();
    assert_eq!(log.entries(), ["A", "B", "summary"]);
}

#[test]
fn i_10_the_value_of_a_group_lacks_what_failed() {
    let bad = weather::task().task_id("bad").city("");
    let group = (city("A") | bad | city("B")).policy(Policy::BestEffort);
    assert_eq!(text(summary::task().texts(&group)), "rain in A, rain in B");
}

#[test]
fn i_10_what_takes_a_group_that_failed_does_not_run() {
    let group = city("A") | weather::task().task_id("bad").city("");
    let workflow = Workflow::new("w").add(summary::task().task_id("all").texts(&group));
    let error = workflow.execute().blocking().unwrap_err();
    assert_eq!(error.run().unwrap().task("all").unwrap().state(), State::NotRun);
}

#[test]
fn i_10_a_group_that_is_composed_is_the_one_that_is_bound() {
    let [a, b] = ["A", "B"].map(city);
    let group = a | b;
    let all = summary::task().texts(&group);
    let workflow = Workflow::new("w").add(forecast::task().city("X") >> &group >> all);
    let plan = workflow.plan().unwrap();
    assert_eq!((plan.groups().len(), plan.task_count()), (1, 4));
    assert_eq!(workflow.execute().blocking().unwrap().value::<String>().unwrap(), "rain in A, rain in B");
}

#[test]
fn i_10_a_group_of_other_values_is_refused_when_planning() {
    let mixed = city("A") | degrees::task().task_id("number").city("B");
    let error = Workflow::new("w").add(summary::task().task_id("all").texts(&mixed)).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::MistypedArgument);
    assert_eq!(error.task_id(), Some("all"));
    let text = error.to_string();
    for part in ["`all`", "`alloc::vec::Vec<alloc::string::String>` for `texts`", "`number`", "gives `usize`", "hint: "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let nested = (city("B") | city("C")).group_name("inner") | city("A");
    let error = Workflow::new("w").add(summary::task().texts(&nested)).plan().unwrap_err();
    assert!(
        error.to_string().contains("`inner` in the group `ParallelGroup_1` gives `the value of a group`"),
        "{error}"
    );
    assert_eq!(text_of_names(&mixed), "a");
}

fn text_of_names(group: &Fragment) -> String {
    text(names::task().all(group))
}

#[test]
fn i_10_a_chain_is_no_argument_and_neither_is_nothing() {
    let chain = city("A") >> city("B");
    let error = Workflow::new("w").add(summary::task().texts(&chain)).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::NotAGroup);
    assert!(error.to_string().contains("hint: bind the chain's last task"), "{error}");
    let nothing = parallel(Vec::<weather>::new());
    let all = summary::task().texts(&nothing);
    let error = Workflow::new("w").add(longest::task().texts(&[all])).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::EmptyComposition);
}

#[test]
fn s_10_a_group_that_a_start_node_leaves_out_is_not_there() {
    let group = city("A") | city("B");
    let flow =
        Workflow::new("w").add(forecast::task().task_id("x").city("X") >> summary::task().task_id("all").texts(&group));
    let error = flow.execute().start_node("x").blocking().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the group that it is bound to is not part of this run"), "{text}");
}

#[test]
fn c_03_groups_in_arguments_nest_without_limit() {
    let mut last = summary::task().texts(vec!["A".to_owned()]);
    for _ in 0..20_000 {
        let group = parallel([&last]);
        last = summary::task().texts(&group);
    }
    let workflow = Workflow::new("w").add(&last);
    assert_eq!(workflow.plan().unwrap().task_count(), 20_001);
    drop((workflow, last));
}

#[test]
fn i_04_what_takes_a_group_has_an_id_that_repeats() {
    let id = |names: [&str; 2]| {
        let [a, b] = names.map(city);
        let all = summary::task().texts(&(a | b));
        drop(Workflow::new("w").add(&all));
        all.id().to_owned()
    };
    assert_eq!(id(["A", "B"]), id(["A", "B"]));
    assert_ne!(id(["A", "B"]), id(["A", "C"]));
}
