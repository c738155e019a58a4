//! Answers to questions: of the right type, and the first one counts.

use super::{Question, Store, micros, questions};
use crate::{Error, ErrorKind, Result, feedback};

impl Store {
    /// Answers a question, from any process. The answer is JSON text: `true` or `false` to an approval, a text
    /// (`"yes"`, with quotes) to a text, one of its options to a selection, a list of them to a multiple selection,
    /// and anything to a custom question. A run that is suspended goes on when it is executed again.
    ///
    /// # Errors
    ///
    /// [`FeedbackNotFound`](ErrorKind::FeedbackNotFound) if there is no such question,
    /// [`FeedbackAnswered`](ErrorKind::FeedbackAnswered) if it has its answer,
    /// [`InvalidFeedback`](ErrorKind::InvalidFeedback) if this cannot be one.
    pub fn answer(&self, feedback_id: &str, json: &str) -> Result<()> {
        self.write(|connection| {
            let question = questions::find(connection, feedback_id)?.ok_or_else(|| self.no_question(feedback_id))?;
            check(&question, json)?;
            let first = connection
                .prepare_cached("UPDATE feedback SET answered = ?2, value = ?3 WHERE id = ?1 AND answered IS NULL")?
                .execute((feedback_id, micros::now(), json))?;
            if first == 0 { Err(already(&question).into()) } else { Ok(()) }
        })
    }

    fn no_question(&self, id: &str) -> Error {
        Error::new(
            ErrorKind::FeedbackNotFound,
            format!(
                "the store {} has no question `{id}`\n  `questions()` lists those there are",
                self.path().display()
            ),
        )
    }
}

fn already(question: &Question) -> Error {
    Error::new(
        ErrorKind::FeedbackAnswered,
        format!(
            "question `{}` of run `{}` has its answer, {}: the first one counts",
            question.id,
            question.run_id,
            question.answer.as_deref().unwrap_or("")
        ),
    )
}

/// Whether this can be the question's answer.
fn check(question: &Question, json: &str) -> Result<()> {
    feedback::check(question.feedback_type, &question.options, json).map_err(|why| {
        let message = format!(
            "{json} is no answer to `{}` (question `{}` of run `{}`): {why}",
            question.prompt, question.id, question.run_id
        );
        Error::new(ErrorKind::InvalidFeedback, message)
    })
}
