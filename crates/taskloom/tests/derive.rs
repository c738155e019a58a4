//! I-7: an instance is a definition with fewer open parameters.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{BuildErrorKind, prelude::*};

#[task]
fn fetch(city: &str, unit: &str) -> String {
    format!("{city} in {unit}")
}

fn run(fragment: impl IntoFragment) -> Run {
    Workflow::new("w").add(fragment).execute().blocking().unwrap()
}

#[test]
fn i_07_bound_arguments_carry_over() {
    let celsius = fetch::task().unit("C");
    let tokyo = celsius.clone().task_id("tokyo").city("Tokyo");
    let paris = celsius.clone().task_id("paris").city("Paris");
    let run = run(tokyo >> paris);
    assert_eq!(run.output::<String>("tokyo").unwrap(), "Tokyo in C");
    assert_eq!(run.output::<String>("paris").unwrap(), "Paris in C");
}

#[test]
fn i_07_and_may_be_bound_anew() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo").unit("C");
    let other = tokyo.clone().unit("F");
    let run = run(&tokyo >> &other);
    assert_eq!(run.output_of(&tokyo).unwrap(), "Tokyo in C");
    assert_eq!(run.output_of(&other).unwrap(), "Tokyo in F");
}

#[test]
fn i_07_the_id_does_not_carry_over() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo").unit("C");
    assert_ne!(tokyo.clone().unit("F").id(), "tokyo");
}

#[test]
fn i_07_a_clone_alone_is_the_same_instance() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo").unit("C");
    let clone = tokyo.clone();
    assert_eq!(clone.id(), "tokyo");
    assert_eq!(run(chain([tokyo]) >> fetch::task().city("x").unit("y")).tasks().count(), 2);
    assert_eq!(run(clone).tasks().count(), 1);
}

#[test]
fn i_07_an_automatic_id_does_not_carry_over_either() {
    let base = fetch::task().unit("C");
    let id = base.id().to_owned();
    assert_ne!(base.clone().city("Tokyo").id(), id);
}

#[test]
fn i_07_setters_after_the_id_keep_it() {
    assert_eq!(fetch::task().task_id("tokyo").city("Tokyo").id(), "tokyo");
    let tokyo = fetch::task().unit("C").clone().task_id("tokyo").city("Tokyo");
    assert_eq!(tokyo.id(), "tokyo");
}

#[test]
fn i_07_options_keep_a_given_id() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo").unit("C");
    let patient = tokyo.clone().with_options(|options| options.max_retries(3));
    assert_eq!(patient.id(), "tokyo");
    assert_eq!(run(patient).tasks().count(), 1);
}

#[test]
fn i_07_options_keep_an_automatic_id() {
    let tokyo = fetch::task().city("Tokyo").unit("C");
    let id = tokyo.id().to_owned();
    assert_eq!(tokyo.clone().with_options(|options| options.max_retries(3)).id(), id);
}

#[test]
fn i_07_composing_an_instance_and_what_replaces_it_is_an_error() {
    let tokyo = fetch::task().task_id("tokyo").city("Tokyo").unit("C");
    let patient = tokyo.clone().with_options(|options| options.max_retries(3));
    let error = Workflow::new("w").add(tokyo >> patient).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::DuplicateTask);
}
