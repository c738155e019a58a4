//! I-5 (c): two instances under one id are an error as soon as they meet, and it names both places.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{BuildErrorKind, ErrorKind, prelude::*};

#[task]
fn fetch(city: &str) -> String {
    city.to_owned()
}

/// The two instances, each made on a line of its own, and these lines.
fn two() -> ([fetch; 2], [u32; 2]) {
    let line = line!();
    let tokyo = fetch::task().task_id("fetch").city("Tokyo");
    let paris = fetch::task().task_id("fetch").city("Paris");
    ([tokyo, paris], [line + 1, line + 2])
}

#[track_caller]
fn assert_names_both(workflow: &Workflow, [first, again]: [u32; 2]) {
    let error = workflow.plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::DuplicateTask);
    assert_eq!(error.task_id(), Some("fetch"));
    let file = file!();
    let expected = format!("`fetch` already exists: first made at {file}:{first}, again at {file}:{again}");
    assert_eq!(error.message(), expected);
    assert!(error.hint_text().is_some());
}

#[test]
fn i_05_in_an_operator_chain() {
    let ([tokyo, paris], lines) = two();
    assert_names_both(&Workflow::new("w").add(tokyo >> paris), lines);
}

#[test]
fn i_05_in_a_chain_of_a_list() {
    let (tasks, lines) = two();
    assert_names_both(&Workflow::new("w").add(chain(tasks)), lines);
}

#[test]
fn i_05_in_a_group() {
    let ([tokyo, paris], lines) = two();
    assert_names_both(&Workflow::new("w").add(tokyo | paris), lines);
}

#[test]
fn i_05_in_a_group_of_a_list() {
    let (tasks, lines) = two();
    assert_names_both(&Workflow::new("w").add(parallel(tasks)), lines);
}

#[test]
fn i_05_in_two_additions() {
    let ([tokyo, paris], lines) = two();
    assert_names_both(&Workflow::new("w").add(tokyo).add(paris), lines);
}

#[test]
fn i_05_nested_in_compositions() {
    let ([tokyo, paris], lines) = two();
    let left = (tokyo >> fetch::task().city("a")) | fetch::task().city("b");
    let right = fetch::task().city("c") >> (fetch::task().city("d") | paris);
    assert_names_both(&Workflow::new("w").add(left >> right), lines);
}

#[test]
fn i_05_as_an_argument() {
    let ([tokyo, paris], lines) = two();
    let report = fetch::task().task_id("report").city(&paris);
    assert_names_both(&Workflow::new("w").add(tokyo >> report), lines);
}

#[test]
fn i_05_an_execution_says_the_same() {
    let ([tokyo, paris], _) = two();
    let error = Workflow::new("w").add(tokyo >> paris).execute().blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateTask);
    assert_eq!(error.task_id(), Some("fetch"));
}

#[test]
fn i_05_one_instance_twice_is_no_error() {
    let ([tokyo, _], _) = two();
    let other = fetch::task().task_id("other").city("Oslo");
    let workflow = Workflow::new("w").add(&tokyo >> &other).add(tokyo.clone()).add(tokyo | other);
    assert_eq!(workflow.plan().unwrap().task_count(), 2);
}

#[test]
fn i_05_two_workflows_may_use_one_id() {
    let ([tokyo, paris], _) = two();
    for task in [tokyo, paris] {
        Workflow::new("w").add(task).plan().unwrap();
    }
}

#[test]
fn i_05_a_group_cannot_take_the_id_of_a_task() {
    let ([tokyo, _], _) = two();
    let group = (fetch::task().city("a") | fetch::task().city("b")).group_name("fetch");
    let error = Workflow::new("w").add(tokyo >> group).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::DuplicateTask);
    assert_eq!(error.task_id(), Some("fetch"));
}

#[test]
fn i_05_two_groups_cannot_have_one_name() {
    let group = || (fetch::task().city("a") | fetch::task().city("b")).group_name("cities");
    let error = Workflow::new("w").add(group() >> group()).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::DuplicateTask);
    assert_eq!(error.task_id(), Some("cities"));
}
