//! Entries of the engine as the store's columns.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    change::{Change, changes, published},
    options::OptionsText,
};
use crate::{
    engine::{
        durable::{Asked, BoxError, Entry, Goal, Happened, NewArgument, NewTask},
        waiting::{Awaited, FeedbackType, Question},
    },
    store,
};

/// What an entry says beside its columns; what it does not say is left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<AskedText>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Microseconds, as all times.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_time: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    iteration: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<QuestionText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AskedText {
    Cancel(String),
    Terminate(String),
    Iterate(Box<RawValue>),
    Jump(Vec<GoalText>),
    Add(Vec<GoalText>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GoalText {
    Known(u32),
    New {
        definition: String,
        id: Option<String>,
        arguments: Vec<(usize, ArgumentText)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        options: Option<Box<OptionsText>>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ArgumentText {
    Value(Box<RawValue>),
    Output(u32),
    Outputs(Vec<u32>),
}

#[derive(Serialize, Deserialize)]
struct QuestionText {
    id: String,
    task: String,
    key: String,
    kind: String,
    prompt: String,
    options: Vec<String>,
}

/// An entry as the store keeps it.
pub(super) fn write(entry: &Entry) -> Result<store::Entry, BoxError> {
    let (mut node, mut value, mut asks) = (None, None, None);
    let mut body = Body::default();
    let kind = match &entry.what {
        Happened::Started(task) => {
            node = Some(*task);
            "started"
        }
        Happened::Succeeded { node: task, value: given, asked, changes: made } => {
            node = Some(*task);
            value = given.as_deref().map(str::to_owned);
            body.asked = write_asked(asked)?;
            body.changes = changes(made)?;
            "succeeded"
        }
        Happened::Expanded { node: map, ids } => {
            node = Some(*map);
            body.ids = Some(ids.clone());
            "expanded"
        }
        Happened::Failed { node: task, error, wait } => {
            node = Some(*task);
            body.error = Some(error.to_string());
            body.wait = wait.map(micros);
            "failed"
        }
        Happened::Due(task) => {
            node = Some(*task);
            "due"
        }
        Happened::Dropped(task) => {
            node = Some(*task);
            "dropped"
        }
        Happened::Judged { exit, passed, error } => {
            node = Some(*exit);
            body.passed = Some(*passed);
            body.error = error.as_deref().map(str::to_owned);
            "judged"
        }
        Happened::Cancelled { by_time } => {
            body.by_time = *by_time;
            "cancelled"
        }
        Happened::Published { node: task, changes: made } => {
            node = Some(*task);
            body.changes = changes(made)?;
            "published"
        }
        Happened::Remembered { node: task, iteration, key, text, changes: made } => {
            node = Some(*task);
            value = text.as_deref().map(str::to_owned);
            (body.iteration, body.key) = (Some(*iteration), Some(key.clone()));
            body.changes = changes(made)?;
            "remembered"
        }
        Happened::Slept { node: task, iteration, key, until } => {
            node = Some(*task);
            (body.iteration, body.key, body.until) = (Some(*iteration), Some(key.clone()), Some(micros(*until)));
            "slept"
        }
        Happened::Questioned { node: task, iteration, key, question } => {
            node = Some(*task);
            (body.iteration, body.key) = (Some(*iteration), Some(key.clone()));
            body.question = Some(write_question(question));
            asks = Some(Box::new(asking(question)));
            "questioned"
        }
        Happened::Suspended { node: task, awaited } => {
            node = Some(*task);
            match awaited {
                Awaited::Until(until) => body.until = Some(micros(*until)),
                Awaited::Answer(key) => body.answer = Some(key.clone()),
            }
            "suspended"
        }
        Happened::Continued(task) => {
            node = Some(*task);
            "continued"
        }
        Happened::Rested { due } => {
            body.until = due.map(micros);
            "rested"
        }
        Happened::Resumed => "resumed",
        Happened::Reopened => "reopened",
        Happened::Finished { status } => {
            body.status = Some(status.clone());
            "finished"
        }
    };
    let body = serde_json::to_string(&body)?;
    let body = if body == "{}" { String::new() } else { body };
    Ok(store::Entry { kind: Cow::Borrowed(kind), node, at: micros(entry.at), body, value, asks })
}

/// The entry that the store has kept.
pub(super) fn read(entry: store::Entry) -> Result<Entry, BoxError> {
    let store::Entry { kind, node, at, body, value, .. } = entry;
    let mut body: Body = if body.is_empty() { Body::default() } else { serde_json::from_str(&body)? };
    let task = || node.ok_or_else(|| format!("a `{kind}` without a task"));
    let lacks = |what: &str| -> BoxError { format!("a `{kind}` without `{what}`").into() };
    let value = value.map(Arc::<str>::from);
    let what = match &*kind {
        "started" => Happened::Started(task()?),
        "succeeded" => Happened::Succeeded {
            node: task()?,
            value,
            asked: read_asked(body.asked),
            changes: published(body.changes),
        },
        "expanded" => Happened::Expanded { node: task()?, ids: body.ids.ok_or_else(|| lacks("ids"))? },
        "failed" => Happened::Failed {
            node: task()?,
            error: body.error.ok_or_else(|| lacks("error"))?.into(),
            wait: body.wait.map(Duration::from_micros),
        },
        "due" => Happened::Due(task()?),
        "dropped" => Happened::Dropped(task()?),
        "judged" => Happened::Judged {
            exit: task()?,
            passed: body.passed.ok_or_else(|| lacks("passed"))?,
            error: body.error.map(Arc::from),
        },
        "cancelled" => Happened::Cancelled { by_time: body.by_time },
        "published" => Happened::Published { node: task()?, changes: published(body.changes) },
        "remembered" => Happened::Remembered {
            node: task()?,
            iteration: body.iteration.ok_or_else(|| lacks("iteration"))?,
            key: body.key.ok_or_else(|| lacks("key"))?,
            text: value,
            changes: published(body.changes),
        },
        "slept" => Happened::Slept {
            node: task()?,
            iteration: body.iteration.ok_or_else(|| lacks("iteration"))?,
            key: body.key.ok_or_else(|| lacks("key"))?,
            until: Duration::from_micros(body.until.ok_or_else(|| lacks("until"))?),
        },
        "questioned" => Happened::Questioned {
            node: task()?,
            iteration: body.iteration.ok_or_else(|| lacks("iteration"))?,
            key: body.key.take().ok_or_else(|| lacks("key"))?,
            question: read_question(body.question.ok_or_else(|| lacks("question"))?)?,
        },
        "suspended" => Happened::Suspended {
            node: task()?,
            awaited: match (body.until, body.answer) {
                (Some(until), _) => Awaited::Until(Duration::from_micros(until)),
                (None, Some(key)) => Awaited::Answer(key),
                (None, None) => return Err(lacks("until")),
            },
        },
        "continued" => Happened::Continued(task()?),
        "rested" => Happened::Rested { due: body.until.map(Duration::from_micros) },
        "resumed" => Happened::Resumed,
        "reopened" => Happened::Reopened,
        "finished" => Happened::Finished { status: body.status.unwrap_or_default() },
        other => return Err(format!("something of an unknown kind, `{other}`: a newer version has written it").into()),
    };
    Ok(Entry { at: Duration::from_micros(at), what })
}

/// Whole microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Text that is JSON, inside of other JSON.
pub(super) fn raw(text: &str) -> Result<Box<RawValue>, BoxError> {
    Ok(RawValue::from_string(text.to_owned())?)
}

fn write_asked(asked: &Asked) -> Result<Option<AskedText>, BoxError> {
    let goals = |goals: &[Goal]| goals.iter().map(write_goal).collect::<Result<Vec<_>, _>>();
    Ok(Some(match asked {
        Asked::Nothing => return Ok(None),
        Asked::Cancel(message) => AskedText::Cancel(message.clone()),
        Asked::Terminate(message) => AskedText::Terminate(message.clone()),
        Asked::Iterate(data) => AskedText::Iterate(raw(data)?),
        Asked::Jump(targets) => AskedText::Jump(goals(targets)?),
        Asked::Add(targets) => AskedText::Add(goals(targets)?),
    }))
}

fn write_goal(goal: &Goal) -> Result<GoalText, BoxError> {
    Ok(match goal {
        Goal::Known(node) => GoalText::Known(*node),
        Goal::New(task) => {
            let argument = |(parameter, argument): &(usize, NewArgument)| {
                let text = match argument {
                    NewArgument::Value(text) => ArgumentText::Value(raw(text)?),
                    NewArgument::Output(node) => ArgumentText::Output(*node),
                    NewArgument::Outputs(nodes) => ArgumentText::Outputs(nodes.clone()),
                };
                Ok::<_, BoxError>((*parameter, text))
            };
            GoalText::New {
                definition: task.definition.clone(),
                id: task.id.clone(),
                arguments: task.arguments.iter().map(argument).collect::<Result<_, _>>()?,
                options: task.options.as_ref().map(|options| Box::new(OptionsText::from(options))),
            }
        }
    })
}

fn read_asked(asked: Option<AskedText>) -> Asked {
    let goals = |goals: Vec<GoalText>| goals.into_iter().map(read_goal).collect();
    match asked {
        None => Asked::Nothing,
        Some(AskedText::Cancel(message)) => Asked::Cancel(message),
        Some(AskedText::Terminate(message)) => Asked::Terminate(message),
        Some(AskedText::Iterate(data)) => Asked::Iterate(data.get().into()),
        Some(AskedText::Jump(targets)) => Asked::Jump(goals(targets)),
        Some(AskedText::Add(targets)) => Asked::Add(goals(targets)),
    }
}

fn read_goal(goal: GoalText) -> Goal {
    match goal {
        GoalText::Known(node) => Goal::Known(node),
        GoalText::New { definition, id, arguments, options } => {
            let argument = |(parameter, argument)| {
                let argument = match argument {
                    ArgumentText::Value(text) => NewArgument::Value(text.get().into()),
                    ArgumentText::Output(node) => NewArgument::Output(node),
                    ArgumentText::Outputs(nodes) => NewArgument::Outputs(nodes),
                };
                (parameter, argument)
            };
            let arguments = arguments.into_iter().map(argument).collect();
            Goal::New(Box::new(NewTask { definition, id, arguments, options: options.map(|text| (*text).into()) }))
        }
    }
}

fn write_question(question: &Question) -> QuestionText {
    QuestionText {
        id: question.id.clone(),
        task: question.task_id.clone(),
        key: question.key.clone(),
        kind: question.kind.to_string(),
        prompt: question.prompt.clone(),
        options: question.options.clone(),
    }
}

fn read_question(text: QuestionText) -> Result<Question, BoxError> {
    let kind =
        FeedbackType::parse(&text.kind).ok_or_else(|| format!("a question of an unknown kind, `{}`", text.kind))?;
    Ok(Question { id: text.id, task_id: text.task, key: text.key, kind, prompt: text.prompt, options: text.options })
}

/// The question as a row of its own, to be answered from any process.
fn asking(question: &Question) -> store::Asking {
    store::Asking {
        id: question.id.clone(),
        key: question.key.clone(),
        feedback_type: question.kind,
        prompt: question.prompt.clone(),
        options: question.options.clone(),
        due: None,
    }
}
