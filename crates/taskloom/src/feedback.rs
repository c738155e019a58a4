//! Answers to questions (rule D-5).

use serde_json::Value;

use crate::FeedbackType;

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
