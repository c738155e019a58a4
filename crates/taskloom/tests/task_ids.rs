//! I-8: which texts are task ids.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use taskloom::{BuildError, BuildErrorKind, prelude::*};

#[task]
fn noop() {}

#[task(id = "")]
fn unnamed() {}

fn plan(id: &str) -> Result<(), BuildError> {
    Workflow::new("w").add(noop::task().task_id(id)).plan().map(drop)
}

#[track_caller]
fn assert_refused(id: &str, why: &str) {
    let error = plan(id).unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::InvalidTaskId);
    assert!(error.message().contains(why), "{error}");
    assert!(error.message().contains(file!()), "{error}");
}

#[test]
fn i_08_an_empty_id_is_refused() {
    assert_refused("", "is empty");
}

#[test]
fn i_08_control_characters_are_refused() {
    for id in ["a\nb", "a\0", "\u{7f}", "\u{85}"] {
        assert_refused(id, "control character");
    }
}

#[test]
fn i_08_at_most_255_characters() {
    plan(&"x".repeat(255)).unwrap();
    assert_refused(&"x".repeat(256), "256 characters");
}

#[test]
fn i_08_characters_count_and_not_bytes() {
    plan(&"東".repeat(255)).unwrap();
    assert_refused(&"東".repeat(256), "256 characters");
}

#[test]
fn i_08_unicode_and_blanks_are_fine() {
    for id in ["東京", "São Paulo", "🌧", " ", "a/b", "`quoted`"] {
        let run = Workflow::new("w").add(noop::task().task_id(id)).execute().blocking().unwrap();
        assert_eq!(run.task(id).unwrap().id(), id);
    }
}

#[test]
fn i_08_a_definition_alone_needs_a_legal_id_too() {
    let error = Workflow::new("w").add(unnamed::definition()).plan().unwrap_err();
    assert_eq!(error.kind(), BuildErrorKind::InvalidTaskId);
}
