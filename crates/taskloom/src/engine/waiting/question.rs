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
    pub kind: QuestionKind,
    /// What is asked.
    pub prompt: String,
    /// What there is to choose from.
    pub options: Vec<String>,
}

/// Which answers a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// Yes or no.
    Approval,
    /// Any text.
    Text,
    /// One of the options.
    Selection,
    /// Some of the options.
    MultiSelection,
    /// Anything that can be written.
    Custom,
}

impl QuestionKind {
    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Approval, Self::Text, Self::Selection, Self::MultiSelection, Self::Custom];
        all.into_iter().find(|kind| kind.to_string() == name)
    }
}

impl fmt::Display for QuestionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Approval => "approval",
            Self::Text => "text",
            Self::Selection => "selection",
            Self::MultiSelection => "multi_selection",
            Self::Custom => "custom",
        })
    }
}
