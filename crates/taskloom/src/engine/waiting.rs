//! Tasks that wait for time or for a person, and what they remember across attempts (rules D-4 and D-5).
//!
//! A wait holds no slot of the run. A short one happens in the body, which sleeps there; when it is over the scheduler
//! gives the task a slot again before the body goes on. For a long one, in a durable run, the body is left: whatever
//! it makes of that is dropped, and the task runs again from its beginning once the wait is over, where what it has
//! remembered returns at once.

mod question;

use std::{sync::Arc, time::Duration};

use taskloom_core::Value;

pub use question::{Question, QuestionKind};

use super::{Engine, Execution, Timer};

/// How often somebody looks whether a question was answered in another process.
const ANSWERS: Duration = Duration::from_millis(100);

/// Something that a task remembers across the attempts of an execution.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The value, if this process made it.
    pub value: Option<Value>,
    /// The value as text, in a durable run.
    pub text: Option<Arc<str>>,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// This time since the run began.
    Until(Duration),
    /// The answer to the question that it remembers under this key.
    Answer(String),
}

/// How a wait stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It is over.
    Over,
    /// It is to be looked at again after this time, at the latest, and when the host hears that something has changed.
    Later(Duration),
    /// The body is to be left: what it returns does not count.
    Leave,
    /// The task is to end.
    Cancelled,
}

impl Engine {
    /// What an execution remembers under a key.
    pub fn recall(&self, execution: Execution, key: &str) -> Option<Remembered> {
        self.shared.lock().waiting().recall(execution, key)
    }

    /// Until when a sleep of an execution lasts that was to be so long when it began.
    pub fn sleep(self: &Arc<Self>, execution: Execution, key: &str, wait: Duration) -> Duration {
        self.visit(|shared, now| shared.sleep(execution, key, now.saturating_add(wait)))
    }

    /// Asks a question, unless the execution has asked it before.
    pub fn ask(self: &Arc<Self>, execution: Execution, key: &str, question: Question) {
        self.visit(|shared, _| shared.ask(execution, key, question));
    }

    /// The questions of the run that have no answer.
    pub fn questions(&self) -> Vec<Question> {
        self.shared.lock().waiting().open_questions()
    }

    /// Answers a question of the run with a value as text; says whether it was open.
    pub fn answer(self: &Arc<Self>, id: &str, text: &str) -> bool {
        let answered = self.visit(|shared, now| shared.answer(id, &text.into(), now));
        if answered {
            self.stir();
        }
        self.write() && answered
    }

    /// Begins to wait. For so long, at most, the body stays; for ever in a run that is not durable.
    pub fn begin_wait(self: &Arc<Self>, execution: Execution, awaited: Awaited, patience: Option<Duration>) -> Look {
        self.fetch_answers();
        let patience = patience.unwrap_or(self.suspend_after);
        let limit = self.is_durable().then_some(patience);
        let look = self.visit(|shared, now| shared.begin_wait(execution, awaited, limit, now));
        self.after_look(execution, look)
    }

    /// Looks how a wait of a body stands.
    pub fn look(self: &Arc<Self>, execution: Execution) -> Look {
        self.fetch_answers();
        let look = self.visit(|shared, now| shared.look(execution, now));
        self.after_look(execution, look)
    }

    fn after_look(self: &Arc<Self>, execution: Execution, look: Look) -> Look {
        // A question is for others, who see it once it is written; and a body goes on with what is written.
        if !self.write() {
            return Look::Cancelled;
        }
        match look {
            Look::Leave => {
                self.watch_wait(execution);
                look
            }
            Look::Later(wait) => {
                Look::Later(if self.shared.lock().waiting().has_questions() { wait.min(ANSWERS) } else { wait })
            }
            look => look,
        }
    }

    /// Comes back when a wait is over whose body was left.
    pub(super) fn watch_wait(self: &Arc<Self>, execution: Execution) {
        let now = self.now();
        let (due, asks) = {
            let shared = self.shared.lock();
            (shared.waiting().due(execution.node), shared.waiting().has_questions())
        };
        match due {
            Some(due) => self.host.wake_later(self, due.saturating_sub(now), Timer::Waited(execution)),
            None if asks => self.host.wake_later(self, ANSWERS, Timer::Answers),
            None => {}
        }
    }

    /// Takes up the waits of a run that another process has left.
    pub(super) fn take_up_waits(self: &Arc<Self>, left: Vec<Execution>) {
        // Nobody is called for what is ready because of them: the run has not begun here.
        for (id, text) in self.answers_elsewhere() {
            self.shared.lock().answer(&id, &text.into(), self.now());
        }
        self.shared.lock().go_on_after_waits(self.now());
        for execution in left {
            self.watch_wait(execution);
        }
    }

    /// A wait whose body was left may be over.
    pub(super) fn waited(self: &Arc<Self>) {
        self.visit(|shared, now| shared.go_on_after_waits(now));
    }

    /// Looks for answers, and comes back if there still are questions.
    pub(super) fn look_for_answers(self: &Arc<Self>) {
        self.fetch_answers();
        let goes_on = {
            let shared = self.shared.lock();
            !shared.is_finished() && shared.waiting().has_questions()
        };
        if goes_on {
            self.host.wake_later(self, ANSWERS, Timer::Answers);
        }
    }

    /// Takes in what was answered in other processes.
    fn fetch_answers(self: &Arc<Self>) {
        for (id, text) in self.answers_elsewhere() {
            self.answer(&id, &text);
        }
    }

    fn answers_elsewhere(&self) -> Vec<(String, String)> {
        let Some(durable) = &self.durable else { return Vec::new() };
        let ids = self.shared.lock().waiting().open_ids();
        if ids.is_empty() {
            return Vec::new();
        }
        let mut answers = Ok(Vec::new());
        self.host.block(&mut || answers = durable.commits.answers(&ids));
        answers.unwrap_or_else(|error| {
            self.host.warn(&format!("answers to questions cannot be read: {error}"));
            Vec::new()
        })
    }

    /// Something has changed that bodies may wait for.
    pub(super) fn stir(&self) {
        self.changed.notify_all();
        self.host.cancelled();
    }

    /// Waits, on a thread of the caller's, until something may have changed or the time is over.
    pub fn wait_for_change(&self, wait: Duration) {
        let mut shared = self.shared.lock();
        self.changed.wait_for(&mut shared, wait);
    }
}
