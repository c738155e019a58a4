//! Tasks that wait for time or for a person, and what they remember across attempts (rules D-4 and D-5).
//!
//! A wait holds no slot of the run. A short one happens in the body, which sleeps there; when it is over the scheduler
//! gives the task a slot again before the body goes on. For a long one, in a durable run, the body is left: whatever
//! it makes of that is dropped, and the task runs again from its beginning once the wait is over, where what it has
//! remembered returns at once.

mod question;

use std::{sync::Arc, task::Waker, time::Duration};

use taskloom_core::Value;

pub use question::{FeedbackType, FeedbackType as QuestionKind, Question};

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

    /// The questions of the run that have no answer. They can be answered: they are written.
    pub fn questions(self: &Arc<Self>) -> Vec<Question> {
        let questions = self.shared.lock().waiting().open_questions();
        self.write();
        questions
    }

    /// Answers a question of the run with a value as text; says whether it was open.
    pub fn answer(self: &Arc<Self>, id: &str, text: &str) -> bool {
        let answered = self.visit(|shared, now| shared.answer(id, &text.into(), now));
        self.write() && answered
    }

    /// Begins to wait. For so long, at most, the body stays; for ever in a run that is not durable. What it waits for
    /// is written when this returns.
    pub fn begin_wait(self: &Arc<Self>, execution: Execution, awaited: Awaited, patience: Option<Duration>) -> Look {
        self.fetch_answers();
        let patience = patience.unwrap_or(self.suspend_after);
        let limit = self.is_durable().then_some(patience);
        let (look, watches) = self.visit(|shared, now| {
            let look = shared.begin_wait(execution, awaited, limit, now);
            (look, limit.is_some() && shared.waiting_mut().begin_to_watch())
        });
        if !matches!(look, Look::Over | Look::Cancelled) {
            self.write();
        }
        if watches {
            self.host.wake_later(self, ANSWERS, Timer::Answers);
        }
        self.after_look(execution, look)
    }

    /// Looks how a wait of a body stands.
    pub fn look(self: &Arc<Self>, execution: Execution) -> Look {
        let look = self.visit(|shared, now| shared.look(execution, now));
        self.after_look(execution, look)
    }

    /// The same for an async body, which is woken when it has something to look at.
    pub(crate) fn look_waking(self: &Arc<Self>, execution: Execution, waker: &Waker) -> Look {
        let look = self.visit(|shared, now| shared.look_waking(execution, waker, now));
        self.after_look(execution, look)
    }

    fn after_look(self: &Arc<Self>, execution: Execution, look: Look) -> Look {
        // A body that stays has nothing to use, and whoever began its wait has written that.
        if matches!(look, Look::Later(_)) {
            return look;
        }
        if !self.write() {
            return Look::Cancelled;
        }
        if look == Look::Leave {
            if let Some(slot) = self.channel.slot(execution)
                && let Some(mut pending) = slot.close()
            {
                self.channel.discard(&mut pending).perform();
            }
            self.watch_wait(execution);
        }
        look
    }

    /// A body does not wait any longer, and goes on.
    pub(crate) fn stop_waiting(self: &Arc<Self>, execution: Execution) {
        self.visit(|shared, _| shared.stop_waiting(execution));
    }

    /// Comes back when a wait is over whose body was left.
    fn watch_wait(self: &Arc<Self>, execution: Execution) {
        let due = self.shared.lock().waiting().due(execution.node);
        if let Some(due) = due {
            self.host.wake_later(self, due.saturating_sub(self.now()), Timer::Waited(execution));
        }
    }

    /// Takes up the waits of a run that another process has left. The run has not begun here, so nobody is called.
    pub(super) fn take_up_waits(self: &Arc<Self>, left: Vec<Execution>) {
        let answers = self.read_answers();
        let now = self.now();
        let mut shared = self.shared.lock();
        if let Some(answers) = answers {
            shared.take_answers(answers, now);
        }
        shared.go_on_after_waits(now);
        let watches = shared.waiting_mut().begin_to_watch();
        drop(shared);
        for execution in left {
            self.watch_wait(execution);
        }
        if watches {
            self.host.wake_later(self, ANSWERS, Timer::Answers);
        }
    }

    /// A wait whose body was left may be over.
    pub(super) fn waited(self: &Arc<Self>, execution: Execution) {
        self.visit(|shared, now| shared.go_on_if_over(execution.node, now));
    }

    /// Looks for answers, and comes back if there still are questions.
    pub(super) fn look_for_answers(self: &Arc<Self>) {
        self.fetch_answers();
        let goes_on = {
            let mut shared = self.shared.lock();
            !shared.is_finished() && shared.waiting_mut().goes_on_watching()
        };
        if goes_on {
            self.host.wake_later(self, ANSWERS, Timer::Answers);
        }
    }

    /// Takes in what was answered in other processes.
    pub(crate) fn fetch_answers(self: &Arc<Self>) {
        if let Some(answers) = self.read_answers() {
            self.visit(|shared, now| shared.take_answers(answers, now));
        }
    }

    /// What was answered in other processes, if there are questions.
    fn read_answers(self: &Arc<Self>) -> Option<Vec<(String, String)>> {
        let durable = self.durable.as_ref()?;
        let ids = self.shared.lock().waiting_mut().look_for_answers();
        if ids.is_empty() {
            return None;
        }
        let mut answers = Ok(Vec::new());
        self.host.block(&mut || answers = durable.commits.answers(&ids));
        let answers = answers.unwrap_or_else(|error| {
            self.host.warn(&format!("answers to questions cannot be read: {error}"));
            Vec::new()
        });
        Some(answers)
    }

    /// Waits, on a thread of the caller's, until the body has something to look at or the time is over.
    pub fn wait_for_change(&self, execution: Execution, wait: Duration) {
        let mut shared = self.shared.lock();
        if !shared.has_to_look(execution) {
            self.changed.wait_for(&mut shared, wait);
        }
    }
}
