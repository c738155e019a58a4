use std::fmt;

/// A question that a task has asked a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is answered by.
    pub id: String,
    /// The task that asks.
    pub task_id: String,
    /// What the task calls it.
    pub key: String,
    /// Which answers are possible.
    pub kind: FeedbackType,
    /// What is asked.
    pub prompt: String,
    /// What there is to choose from.
    pub options: Vec<String>,
}

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackType {
    /// Yes or no.
    Approval,
    /// A text.
    Text,
    /// One of the question's options.
    Selection,
    /// A list of the question's options.
    MultiSelection,
    /// Anything.
    Custom,
}

impl FeedbackType {
    /// The name by which both languages know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Text => "text",
            Self::Selection => "selection",
            Self::MultiSelection => "multi_selection",
            Self::Custom => "custom",
        }
    }

    /// The one of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Approval, Self::Text, Self::Selection, Self::MultiSelection, Self::Custom];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FeedbackType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
