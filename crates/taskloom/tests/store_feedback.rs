//! D-5: questions, and answers from any process.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "support/child.rs"]
mod child;
#[path = "support/store.rs"]
mod support;

use std::time::{Duration, UNIX_EPOCH};

use support::{entry, open, place};
use taskloom::{
    ErrorKind, FeedbackType, Store,
    store::{Asking, Entry, Journal},
};

fn asking(id: &str, feedback_type: FeedbackType) -> Entry {
    let selection = matches!(feedback_type, FeedbackType::Selection | FeedbackType::MultiSelection);
    let asking = Asking {
        id: id.into(),
        key: format!("key of {id}"),
        feedback_type,
        prompt: "Which?".into(),
        options: if selection { vec!["red".into(), "blue".into()] } else { Vec::new() },
        due: Some(7_000_000),
    };
    Entry { asks: Some(Box::new(asking)), ..entry("asked", 1) }
}

#[test]
fn d_05_questions_are_shown_as_they_were_asked() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[asking("q1", FeedbackType::Selection), asking("q2", FeedbackType::Text)], None).unwrap();
    let other = open(&store, "other").unwrap();
    other.journal.append(&[asking("q3", FeedbackType::Approval)], None).unwrap();

    let ids =
        |run: Option<&str>| store.questions(run).unwrap().into_iter().map(|question| question.id).collect::<Vec<_>>();
    assert_eq!(ids(Some("r")), ["q1", "q2"]);
    assert_eq!(ids(None), ["q1", "q2", "q3"]);
    assert_eq!(ids(Some("nobody")), [""; 0]);

    let question = &store.questions(Some("r")).unwrap()[0];
    assert_eq!((&*question.run_id, question.node, &*question.key), ("r", Some(3), "key of q1"));
    assert_eq!((question.feedback_type, &*question.prompt), (FeedbackType::Selection, "Which?"));
    assert_eq!(question.options, ["red", "blue"]);
    assert_eq!(question.due, Some(UNIX_EPOCH + Duration::from_secs(7)));
    assert_eq!((question.answered, &question.answer), (None, &None));
}

#[test]
fn d_05_an_answer_has_to_fit_its_question() {
    use FeedbackType::{Approval, Custom, MultiSelection, Selection, Text};
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    for (kind, wrong, right) in [
        (Approval, &["1", "\"true\"", "null", "yes"][..], &["true", "false"][..]),
        (Text, &["1", "yes", "[\"yes\"]"], &["\"yes\"", "\"\""]),
        (Selection, &["\"green\"", "[\"red\"]", "0"], &["\"red\"", "\"blue\""]),
        (MultiSelection, &["\"red\"", "[\"red\", \"green\"]", "[0]"], &["[]", "[\"blue\", \"red\"]"]),
        (Custom, &["{", ""], &["null", "{\"$tuple\": [1]}"]),
    ] {
        for (number, right) in right.iter().enumerate() {
            let id = format!("{kind:?}{number}");
            run.journal.append(&[asking(&id, kind)], None).unwrap();
            for wrong in wrong {
                let error = store.answer(&id, wrong).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidFeedback, "{id} {wrong}");
                assert!(error.to_string().contains(&id), "{error}");
            }
            store.answer(&id, right).unwrap();
            let question = store.questions(Some("r")).unwrap().pop().unwrap();
            assert_eq!((question.id, question.answer.as_deref()), (id, Some(*right)));
            assert!(question.answered.is_some());
        }
    }
    run.journal.append(&[asking("q", Selection)], None).unwrap();
    let error = store.answer("q", "\"green\"").unwrap_err().to_string();
    assert!(error.contains(r#"it asks for one of ["red", "blue"]"#), "{error}");
}

#[test]
fn d_05_the_first_answer_counts() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[asking("q", FeedbackType::Approval)], None).unwrap();

    let mut answering = std::thread::scope(|scope| {
        let answer = |json: &'static str| {
            let store = store.clone();
            scope.spawn(move || (store.answer("q", json), json))
        };
        let threads = [answer("true"), answer("false")];
        threads.map(|thread| thread.join().unwrap())
    });
    answering.sort_by_key(|(result, _)| result.is_err());
    let [(Ok(()), first), (Err(error), _)] = &answering else { panic!("{answering:?}") };
    assert_eq!(error.kind(), ErrorKind::FeedbackAnswered);
    assert_eq!(run.journal.answers().unwrap()[0].value, *first);
}

#[test]
fn d_05_an_unknown_question_cannot_be_answered() {
    let (_directory, path) = place();
    let error = Store::sqlite(path).unwrap().answer("q", "true").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FeedbackNotFound);
    assert!(error.to_string().contains("no question `q`"), "{error}");
}

#[test]
fn d_05_any_process_may_answer() {
    let (_directory, path) = place();
    let store = Store::sqlite(&path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[asking("q", FeedbackType::Approval)], None).unwrap();
    assert_eq!(child::Process::new("in_another_process_answers", &path).hear(), "answered");
    assert_eq!(run.journal.answers().unwrap()[0].value, "true");
}

#[test]
#[ignore = "a part of other tests"]
fn in_another_process_answers() {
    Store::sqlite(child::store()).unwrap().answer("q", "true").unwrap();
    child::say("answered");
}

#[test]
fn d_05_a_question_and_its_entry_are_recorded_together() {
    let (_directory, path) = place();
    let store = Store::sqlite(path).unwrap();
    let run = open(&store, "r").unwrap();
    run.journal.append(&[asking("q", FeedbackType::Approval)], None).unwrap();
    // The same question again is an error of whoever asks, and takes the other with it.
    let twice = [asking("q2", FeedbackType::Approval), asking("q", FeedbackType::Approval)];
    assert_eq!(run.journal.append(&twice, None).unwrap_err().kind(), ErrorKind::StoreFailed);
    assert_eq!(store.questions(None).unwrap().len(), 1);
    assert_eq!(support::history(&run.journal).len(), 1);
}
