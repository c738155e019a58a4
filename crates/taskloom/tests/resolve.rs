//! where the value of a parameter comes from.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{BuildErrorKind, GroupOutput, prelude::*};

#[derive(Clone, Debug, PartialEq)]
struct Celsius(i64);

#[task]
fn measure(degrees: i64) -> Celsius {
    Celsius(degrees)
}

#[task]
fn measure_or_fail(degrees: i64) -> Result<Celsius, String> {
    if degrees < -273 { Err("too cold".to_owned()) } else { Ok(Celsius(degrees)) }
}

#[task]
fn show(value: Celsius) -> String {
    format!("{} °C", value.0)
}

#[task]
fn show_by_reference(value: &Celsius, #[default("°C".to_owned())] unit: &str) -> String {
    format!("{} {unit}", value.0)
}

#[task]
fn or_zero(#[default(Celsius(0))] value: Celsius) -> i64 {
    value.0
}

#[task]
fn difference(left: Celsius, right: Celsius) -> i64 {
    left.0 - right.0
}

#[task]
fn shout(text: String) -> String {
    text.to_uppercase()
}

#[task]
fn members(group: &GroupOutput) -> usize {
    group.len()
}

fn value<T: Clone + 'static>(fragment: impl IntoFragment) -> T {
    Workflow::new("w").add(fragment).execute().blocking().unwrap().value().unwrap()
}

#[test]
fn r_03_the_only_predecessor_fills_the_only_open_parameter_of_its_type() {
    assert_eq!(value::<String>(measure::task().degrees(7) >> show::task() >> shout::task()), "7 °C");
    assert_eq!(value::<String>(measure::task().degrees(7) >> show_by_reference::task()), "7 °C");
}

#[test]
fn r_03_of_a_fallible_task_it_is_what_is_in_ok() {
    assert_eq!(value::<String>(measure_or_fail::task().degrees(7) >> show::task()), "7 °C");
}

#[test]
fn r_03_a_bound_value_wins_over_the_predecessor() {
    assert_eq!(value::<String>(measure::task().degrees(7) >> show::task().value(Celsius(1))), "1 °C");
}

#[test]
fn r_03_a_bound_output_wins_over_the_predecessor() {
    let bound = measure::task().degrees(2);
    assert_eq!(value::<String>(bound.clone() >> measure::task().degrees(7) >> show::task().value(&bound)), "2 °C");
}

#[test]
fn r_03_the_default_comes_last() {
    assert_eq!(value::<i64>(or_zero::task()), 0);
    assert_eq!(value::<i64>(or_zero::task().value(Celsius(3))), 3);
}

#[test]
fn r_03_a_parameter_with_a_default_is_not_open() {
    // Exactly one parameter *without default* takes the predecessor's value.
    assert_eq!(value::<i64>(measure::task().degrees(7) >> or_zero::task()), 0);
}

#[test]
fn r_03_a_parameter_bound_to_an_output_is_not_open() {
    let left = measure::task().degrees(7);
    assert_eq!(value::<i64>(difference::task().left(&left)), 0);
}

#[test]
fn r_03_what_leads_to_a_group_leads_to_its_members() {
    let (show, or_zero) = (show::task().task_id("show"), or_zero::task());
    let run = Workflow::new("w").add(measure::task().degrees(7) >> (show | or_zero)).execute().blocking().unwrap();
    assert_eq!(run.output::<String>("show").unwrap(), "7 °C");
}

#[test]
fn r_03_the_value_of_a_group_fills_a_parameter_of_its_type() {
    let group = measure::task().degrees(1) | measure::task().degrees(2);
    assert_eq!(value::<usize>(group >> members::task()), 2);
}

#[test]
fn r_03_what_can_never_be_filled_is_an_error_when_planning() {
    let line = line!() + 1;
    let show = show::task().task_id("shown");
    let error = Workflow::new("w").add(show).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::UnfilledParameter);
    assert_eq!(error.task_id(), Some("shown"));
    for part in ["`shown`", "`value: ", "Celsius`", "definition `show`", &format!("{}:{line}", file!())] {
        assert!(error.message().contains(part), "no {part} in {error}");
    }
    assert!(error.hint_text().unwrap().contains("`.value(…)`"), "{error}");
}

#[test]
fn r_03_another_type_does_not_fill() {
    let error = Workflow::new("w").add(shout::task().text("x") >> show::task()).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::UnfilledParameter);
}

#[test]
fn r_03_two_predecessors_do_not_fill() {
    let show = show::task();
    let workflow = Workflow::new("w").add(measure::task().degrees(1) >> &show).add(measure::task().degrees(2) >> show);
    assert_eq!(workflow.plan().unwrap_err().kind(), BuildErrorKind::UnfilledParameter);
}

#[test]
fn r_03_two_open_parameters_are_not_filled() {
    let error = Workflow::new("w").add(measure::task().degrees(1) >> difference::task()).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::UnfilledParameter);
    assert!(error.message().contains("`left: "), "{error}");
}

#[test]
fn r_03_the_name_of_an_ancestor_fills_nothing_in_rust() {
    let value = measure::task().task_id("value").degrees(1);
    let error = Workflow::new("w").add(value >> shout::task().text("x") >> show::task()).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::UnfilledParameter);
}
