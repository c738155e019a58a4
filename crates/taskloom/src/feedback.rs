//! Answers to questions (rule D-5).

use std::sync::Arc;

use serde_json::Value;

use crate::{Error, ErrorKind, FeedbackType, Result, Store, engine::Engine};

/// Answers a question of a run under way, in its store if it has one, with JSON text.
///
/// # Errors
///
/// As [`RunHandle::answer`](crate::RunHandle::answer).
pub fn answer(engine: &Arc<Engine>, store: Option<&Store>, id: &str, json: &str) -> Result<()> {
    if let Some(store) = store {
        store.answer(id, json)?;
        engine.fetch_answers();
        return Ok(());
    }
    let not_found = || {
        let message = format!("the run has no open question `{id}`\n  `questions()` lists those there are");
        Error::new(ErrorKind::FeedbackNotFound, message)
    };
    let question = engine.questions().into_iter().find(|question| question.id == id).ok_or_else(not_found)?;
    check(question.kind, &question.options, json).map_err(|why| {
        let message = format!("{json} is no answer to `{}` of `{}`: {why}", question.prompt, question.task_id);
        Error::new(ErrorKind::InvalidFeedback, message).task(&question.task_id)
    })?;
    if engine.answer(id, json) { Ok(()) } else { Err(not_found()) }
}

/// Whether this JSON text answers a question of this type with these options; if not, why.
pub(crate) fn check(kind: FeedbackType, options: &[String], json: &str) -> Result<(), String> {
    let answer: Value = serde_json::from_str(json).map_err(|error| format!("it is no JSON: {error}"))?;
    let is_option = |value: &Value| value.as_str().is_some_and(|text| options.iter().any(|one| one == text));
    let (fits, wanted) = match kind {
        FeedbackType::Approval => (answer.is_boolean(), "true or false".to_owned()),
        FeedbackType::Text => (answer.is_string(), "a text".to_owned()),
        FeedbackType::Selection => (is_option(&answer), format!("one of {options:?}")),
        FeedbackType::MultiSelection => {
            (answer.as_array().is_some_and(|list| list.iter().all(is_option)), format!("a list of some of {options:?}"))
        }
        FeedbackType::Custom => (true, String::new()),
    };
    if fits { Ok(()) } else { Err(format!("it asks for {wanted}")) }
}
