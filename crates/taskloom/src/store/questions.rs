//! Questions that tasks ask people.

use std::time::SystemTime;

use rusqlite::{Connection, Row};

use super::{Answer, Asking, Store, failure::Failure, micros};
use crate::Result;

pub use crate::engine::waiting::FeedbackType;

/// A question that a task has asked, with its answer if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// What [`Store::answer`] knows it by.
    pub id: String,
    /// The run that asks.
    pub run_id: String,
    /// The number of the task that asks, in the plan.
    pub node: Option<u32>,
    /// The name that the task gave it, or one made from its place.
    pub key: String,
    /// What kind of answer is wanted.
    pub feedback_type: FeedbackType,
    /// The text that a person reads.
    pub prompt: String,
    /// The texts to choose from, if it is a selection.
    pub options: Vec<String>,
    /// When it was asked.
    pub asked: SystemTime,
    /// Until when it waits, if not for ever.
    pub due: Option<SystemTime>,
    /// When it was answered.
    pub answered: Option<SystemTime>,
    /// The answer as JSON text.
    pub answer: Option<String>,
}

impl Store {
    /// The questions of a run, in the order in which they were asked; of all runs without one.
    pub fn questions(&self, run_id: Option<&str>) -> Result<Vec<Question>> {
        self.read(|connection| match run_id {
            Some(id) => query(connection, "runs.id = ?1", [id]),
            None => query(connection, "true", []),
        })
    }
}

pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<Question>, Failure> {
    Ok(query(connection, "feedback.id = ?1", [id])?.pop())
}

fn query(connection: &Connection, which: &str, of: impl rusqlite::Params) -> Result<Vec<Question>, Failure> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT feedback.id, runs.id, node, key, type, prompt, feedback.options, asked, due, answered, value
         FROM feedback JOIN runs ON run = number WHERE {which} ORDER BY asked, feedback.rowid"
    ))?;
    let questions = statement.query_map(of, question)?;
    Ok(questions.collect::<Result<_, _>>()?)
}

fn question(row: &Row<'_>) -> rusqlite::Result<Question> {
    let options: String = row.get(6)?;
    let kind: String = row.get(4)?;
    let time = |micros: Option<i64>| micros.map(micros::to_time);
    Ok(Question {
        id: row.get(0)?,
        run_id: row.get(1)?,
        node: row.get(2)?,
        key: row.get(3)?,
        feedback_type: FeedbackType::parse(&kind).unwrap_or(FeedbackType::Custom),
        prompt: row.get(5)?,
        options: serde_json::from_str(&options).unwrap_or_default(),
        asked: micros::to_time(row.get(7)?),
        due: time(row.get(8)?),
        answered: time(row.get(9)?),
        answer: row.get(10)?,
    })
}

/// Records a question.
pub(super) fn ask(connection: &Connection, run: i64, node: Option<u32>, asking: &Asking) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT INTO feedback (id, run, node, key, type, prompt, options, asked, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            &asking.id,
            run,
            node,
            &asking.key,
            asking.feedback_type.name(),
            &asking.prompt,
            serde_json::Value::from(asking.options.as_slice()).to_string(),
            micros::now(),
            asking.due.map(micros::of_u64),
        ))?;
    Ok(())
}

/// The answers that a run has.
pub(super) fn answers(connection: &Connection, run: i64) -> Result<Vec<Answer>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT id, node, key, value, answered FROM feedback
         WHERE run = ?1 AND answered IS NOT NULL ORDER BY answered, rowid",
    )?;
    let answers = statement.query_map([run], |row| {
        Ok(Answer {
            id: row.get(0)?,
            node: row.get(1)?,
            key: row.get(2)?,
            value: row.get(3)?,
            at: micros::to_u64(row.get(4)?),
        })
    })?;
    Ok(answers.collect::<Result<_, _>>()?)
}
