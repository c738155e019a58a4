//! R-4: what a run leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{ErrorKind, GroupOutput, State, prelude::*};

#[task]
fn text(text: String) -> String {
    text
}

#[task]
fn number(#[default(7)] number: i64) -> i64 {
    number
}

#[derive(Debug)]
struct NotClone(u8);

#[task]
fn not_clone() -> NotClone {
    NotClone(9)
}

fn named(id: &str) -> text {
    text::task().task_id(id).text(id)
}

fn run(workflow: &Workflow) -> Run {
    workflow.execute().max_concurrency(1).blocking().unwrap()
}

#[test]
fn r_04_the_value_is_that_of_the_last_sink() {
    let workflow = Workflow::new("w").add(named("a") >> named("b")).add(named("c"));
    assert_eq!(run(&workflow).value::<String>().unwrap(), "c");
    let (a, b, c) = (named("a"), named("b"), named("c"));
    let workflow = Workflow::new("w").add(&a >> &b).add(&a >> &c).add(c >> b);
    assert_eq!(run(&workflow).value::<String>().unwrap(), "b");
}

#[test]
fn r_04_the_value_of_a_group_is_its_members_values_in_order() {
    let group = named("z") | named("a") | number::task().task_id("m");
    let value: GroupOutput = run(&Workflow::new("w").add(group)).value().unwrap();
    assert_eq!(format!("{value:?}"), r#"["z", "a", "m"]"#);
    assert_eq!(value.get::<String>("z").unwrap(), "z");
    assert_eq!(value.get::<i64>("m").unwrap(), 7);
    assert_eq!(value.iter::<String>().map(|(id, _)| id).collect::<Vec<_>>(), ["z", "a"]);
    assert!(!value.is_empty());
}

#[test]
fn r_04_a_group_without_a_value_for_an_id_says_what_it_has() {
    let value: GroupOutput = run(&Workflow::new("w").add(named("a") | named("b"))).value().unwrap();
    let error = value.get::<String>("c").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert_eq!(error.to_string(), "the group has no value for `c`; it has a, b");
    assert!(value.get::<i64>("a").unwrap_err().to_string().contains("is no `i64`"));
}

#[test]
fn r_04_outputs_come_in_the_order_of_completion() {
    let b = named("b");
    let run = run(&Workflow::new("w").add(&b).add(named("a")).add(b >> number::task() >> named("c")));
    let outputs: Vec<_> = run.outputs::<String>().collect();
    assert_eq!(outputs, [("b", &"b".to_owned()), ("a", &"a".to_owned()), ("c", &"c".to_owned())]);
}

#[test]
fn r_04_outputs_by_id_and_by_instance() {
    let a = named("a");
    let run = run(&Workflow::new("w").add(&a));
    assert_eq!(run.output::<String>("a").unwrap(), "a");
    assert_eq!(run.output_ref::<String>("a").unwrap(), "a");
    assert_eq!(run.output_of(&a).unwrap(), "a");
}

#[test]
fn r_04_a_borrowed_output_need_not_be_clone() {
    let run = run(&Workflow::new("w").add(not_clone::task().task_id("n")));
    assert_eq!(run.output_ref::<NotClone>("n").unwrap().0, 9);
}

#[test]
fn r_04_an_unknown_id_is_an_error_with_a_hint() {
    let error = run(&Workflow::new("w").add(named("tokyo"))).output::<String>("tokio").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert_eq!(error.task_id(), Some("tokio"));
    assert_eq!(error.to_string(), "workflow `w` has no task or group `tokio`\n  hint: did you mean `tokyo`?");
}

#[test]
fn r_04_a_wrong_type_is_an_error_with_a_hint() {
    let error = run(&Workflow::new("w").add(named("tokyo"))).output::<i64>("tokyo").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    let text = error.to_string();
    assert!(text.starts_with("the result of `tokyo` is no `i64`\n  hint: see what `text` returns, at "), "{text}");
}

#[test]
fn r_04_the_result_of_an_instance_elsewhere_is_an_error() {
    let error = run(&Workflow::new("w").add(named("a"))).output_of(&named("b")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
}

#[test]
fn r_04_a_run_knows_its_tasks() {
    let run = run(&Workflow::new("w").add(named("a") >> named("b")));
    assert_eq!(run.status(), Status::Succeeded);
    assert_eq!(run.workflow(), "w");
    let task = run.task("b").unwrap();
    assert_eq!((task.id(), task.state(), task.attempts()), ("b", State::Succeeded, 1));
    assert!(task.error().is_none());
    assert!(task.duration() <= run.duration());
    assert!(run.task("c").is_none());
}

#[test]
fn r_04_a_run_displays_itself() {
    let run = run(&Workflow::new("w").add(named("a") >> named("long")));
    let text = run.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("workflow `w` succeeded: 2 tasks in "), "{text}");
    assert!(lines[1].starts_with("  a     succeeded  "), "{text}");
    assert!(lines[2].starts_with("  long  succeeded  "), "{text}");
}

#[test]
fn r_04_a_long_run_is_cut() {
    let text = run(&Workflow::new("w").add(chain((0..30).map(|_| number::task())))).to_string();
    assert_eq!(text.lines().count(), 22);
    assert!(text.ends_with("… and 10 more"), "{text}");
}
