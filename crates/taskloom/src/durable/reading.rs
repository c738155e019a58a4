//! What a store says of a run, without the run's program.

use std::time::{Duration, UNIX_EPOCH};

use taskloom_core::Outline;

use super::fold::Fold;
use crate::{
    Result,
    store::{Question, StoredEvent, StoredRun, StoredTask},
};

impl StoredRun {
    /// What is recorded of each task by now: those of the plan, in the order of composition, those that tasks have
    /// added, and the elements of maps.
    pub fn tasks(&self) -> Result<Vec<StoredTask>> {
        Ok(self.fold(|_| {})?.tasks(self.info().status))
    }

    /// What is recorded of the task with this id. To look at several, take them from [`tasks`](Self::tasks): each call
    /// reads the whole record.
    pub fn task(&self, id: &str) -> Result<Option<StoredTask>> {
        Ok(self.tasks()?.into_iter().find(|task| task.id == id))
    }

    /// What the task said that has ended the run from inside, if one has.
    pub fn message(&self) -> Result<Option<String>> {
        Ok(self.fold(|_| {})?.message)
    }

    /// Both at once.
    #[doc(hidden)]
    pub fn tasks_and_message(&self) -> Result<(Vec<StoredTask>, Option<String>)> {
        let mut fold = self.fold(|_| {})?;
        let message = fold.message.take();
        Ok((fold.tasks(self.info().status), message))
    }

    /// What has happened in the run by now, in order.
    pub fn events(&self) -> Result<Vec<StoredEvent>> {
        let mut events = Vec::new();
        self.fold(|event| events.push(event))?;
        Ok(events)
    }

    /// The questions that have no answer.
    pub fn questions(&self) -> Result<Vec<Question>> {
        let mut questions = self.store().questions(Some(&self.info().id))?;
        questions.retain(|question| question.answered.is_none());
        Ok(questions)
    }

    /// How long the run had taken when something was last recorded of it.
    pub fn duration(&self) -> Duration {
        let since = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
        since(self.info().changed).saturating_sub(since(self.info().begun))
    }

    fn fold(&self, mut each: impl FnMut(StoredEvent)) -> Result<Fold> {
        let mut fold = Fold::new(&Outline::parse(self.plan()), self.info().begun);
        self.entries(|entry| {
            each(fold.take(entry));
            Ok(())
        })?;
        Ok(fold)
    }
}
