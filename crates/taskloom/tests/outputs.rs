//! I-10: an instance as an argument passes its output and makes the edge.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::prelude::*;

#[task]
fn weather(city: &str) -> String {
    format!("rain in {city}")
}

#[task]
async fn temperature(city: &str) -> Result<i64, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    city.len().to_string().parse()
}

#[task]
fn report(weather: String, temperature: i64) -> String {
    format!("{weather}, {temperature} degrees")
}

#[task]
fn remark(note: Option<String>, degrees: Option<i64>) -> String {
    format!("{note:?} {degrees:?}")
}

#[task]
#[expect(clippy::ref_option, reason = "it may be written so")]
fn remark_by_reference(note: &Option<String>) -> String {
    format!("{note:?}")
}

#[task]
fn letters(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[task]
fn count(letters: &[char]) -> usize {
    letters.len()
}

#[task]
fn add(left: usize, right: usize) -> usize {
    left + right
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("w").add(fragment).execute().blocking().unwrap()
}

#[test]
fn i_10_an_output_is_an_argument() {
    let tokyo = weather::task().task_id("tokyo").city("Tokyo");
    let degrees = temperature::task().city("Tokyo");
    let run = run(report::task().weather(&tokyo).temperature(&degrees));
    assert_eq!(run.value::<String>().unwrap(), "rain in Tokyo, 5 degrees");
}

#[test]
fn i_10_the_binding_makes_the_edge() {
    let tokyo = weather::task().task_id("tokyo").city("Tokyo");
    let report = report::task().task_id("report").weather(&tokyo).temperature(1);
    let plan = Workflow::new("w").add(&report).plan().unwrap();
    let node = |id| plan.find(id).unwrap();
    assert_eq!(plan.successors(node("tokyo")), [node("report")]);
    assert_eq!(plan.pending(node("report")), 1);
}

#[test]
fn i_10_the_edge_may_be_composed_too() {
    let tokyo = weather::task().task_id("tokyo").city("Tokyo");
    let report = report::task().task_id("report").weather(&tokyo).temperature(1);
    let plan = Workflow::new("w").add(tokyo >> report).plan().unwrap();
    assert_eq!(plan.pending(plan.find("report").unwrap()), 1);
}

#[test]
fn i_10_an_optional_parameter_takes_a_plain_output() {
    let tokyo = weather::task().city("x");
    let degrees = temperature::task().city("abc");
    let run = run(remark::task().note(&tokyo).degrees(&degrees));
    assert_eq!(run.value::<String>().unwrap(), r#"Some("rain in x") Some(3)"#);
}

#[test]
fn i_10_an_optional_parameter_takes_a_plain_value_and_none() {
    assert_eq!(run(remark::task().note("dry").degrees(None)).value::<String>().unwrap(), r#"Some("dry") None"#);
    assert_eq!(run(remark::task().note(None).degrees(3)).value::<String>().unwrap(), "None Some(3)");
}

#[test]
fn i_10_an_optional_parameter_by_reference_takes_a_plain_output() {
    let tokyo = weather::task().city("x");
    let run = run(remark_by_reference::task().note(&tokyo));
    assert_eq!(run.value::<String>().unwrap(), r#"Some("rain in x")"#);
}

#[test]
fn i_10_a_slice_reads_the_output_of_a_vector() {
    let letters = letters::task().text("abc");
    assert_eq!(run(count::task().letters(&letters)).value::<usize>().unwrap(), 3);
}

#[test]
fn i_10_a_diamond_of_outputs_runs_each_task_once() {
    let top = letters::task().text("abcd");
    let left = count::task().letters(&top);
    let right = count::task().letters(&top);
    let run = run(add::task().left(&left).right(&right));
    assert_eq!(run.value::<usize>().unwrap(), 8);
    assert_eq!(run.tasks().count(), 4);
}

#[test]
fn i_10_one_output_may_be_bound_twice() {
    let count = count::task().letters(['a', 'b']);
    let run = run(add::task().left(&count).right(&count));
    assert_eq!(run.value::<usize>().unwrap(), 4);
}

#[test]
fn i_10_outputs_cross_groups() {
    let top = letters::task().text("abc");
    let count = count::task().letters(&top);
    let run = run(&top >> (&count | weather::task().city("x")) >> add::task().left(&count).right(1));
    assert_eq!(run.value::<usize>().unwrap(), 4);
}
