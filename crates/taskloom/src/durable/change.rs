//! Changes of a channel as JSON.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use taskloom_core::{
    Value,
    channel::{Attempt, Content, Item, Number, Published},
};

use super::text::{micros, raw};
use crate::engine::durable::BoxError;

/// A change that others see.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Set { key: String, content: Held, expires: Option<u64> },
    Delete { key: String },
    Extend { key: String, front: Vec<ItemText>, back: Vec<ItemText>, expires: Option<u64> },
    Added { of: (u32, u32, u32), key: String, place: usize, amount: NumberText, total: NumberText, published: bool },
}

/// What a key holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Held {
    Item(ItemText),
    Number(NumberText),
    List(Vec<ItemText>),
}

impl Held {
    /// The value as users know it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Item(item) => item.value.get().to_owned(),
            Self::Number(NumberText::Int(number)) => number.to_string(),
            Self::Number(NumberText::Float(bits)) => f64::from_bits(*bits).to_string(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(|item| item.value.get()).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A value, and what its type is called.
#[derive(Serialize, Deserialize)]
pub(super) struct ItemText {
    kind: String,
    value: Box<RawValue>,
}

/// A number, to the bit.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NumberText {
    Int(i64),
    /// The bits, since JSON has no infinities.
    Float(u64),
}

pub(super) fn changes(published: &[Published]) -> Result<Vec<Change>, BoxError> {
    let time = |time: &Option<Duration>| time.map(micros);
    let change = |change: &Published| {
        Ok(match change {
            Published::Set { key, content, expires } => {
                Change::Set { key: key.clone(), content: held(content)?, expires: time(expires) }
            }
            Published::Delete { key } => Change::Delete { key: key.clone() },
            Published::Extend { key, front, back, expires } => {
                Change::Extend { key: key.clone(), front: items(front)?, back: items(back)?, expires: time(expires) }
            }
            Published::Added { attempt, key, place, amount, total, published } => Change::Added {
                of: (attempt.node, attempt.iteration, attempt.number),
                key: key.clone(),
                place: *place,
                amount: (*amount).into(),
                total: (*total).into(),
                published: *published,
            },
        })
    };
    published.iter().map(change).collect()
}

pub(super) fn published(changes: Vec<Change>) -> Vec<Published> {
    let time = |time: Option<u64>| time.map(Duration::from_micros);
    let change = |change| match change {
        Change::Set { key, content, expires } => {
            Published::Set { key, content: content_of(content), expires: time(expires) }
        }
        Change::Delete { key } => Published::Delete { key },
        Change::Extend { key, front, back, expires } => {
            Published::Extend { key, front: list(front), back: list(back), expires: time(expires) }
        }
        Change::Added { of: (node, iteration, number), key, place, amount, total, published } => Published::Added {
            attempt: Attempt { node, iteration, number },
            key,
            place,
            amount: amount.into(),
            total: total.into(),
            published,
        },
    };
    changes.into_iter().map(change).collect()
}

/// The key that a change is of.
pub(super) fn key(change: &Published) -> &str {
    match change {
        Published::Set { key, .. }
        | Published::Delete { key }
        | Published::Extend { key, .. }
        | Published::Added { key, .. } => key,
    }
}

/// What a key holds, as it is kept.
pub(super) fn held(content: &Content) -> Result<Held, BoxError> {
    Ok(match content {
        Content::Item(one) => Held::Item(item(one)?),
        Content::Number(number) => Held::Number((*number).into()),
        Content::List(elements) => Held::List(elements.iter().map(item).collect::<Result<_, _>>()?),
    })
}

fn content_of(held: Held) -> Content {
    match held {
        Held::Item(item) => Content::Item(unread(item)),
        Held::Number(number) => Content::Number(number.into()),
        Held::List(elements) => Content::list(list(elements)),
    }
}

fn items(items: &[Item]) -> Result<Vec<ItemText>, BoxError> {
    items.iter().map(item).collect()
}

fn item(item: &Item) -> Result<ItemText, BoxError> {
    let text = item.text.as_deref().ok_or("a value of the channel was not written")?;
    Ok(ItemText { kind: item.kind.to_string(), value: raw(text)? })
}

fn list(items: Vec<ItemText>) -> Vec<Item> {
    items.into_iter().map(unread).collect()
}

/// A value of which only the text is there yet.
fn unread(item: ItemText) -> Item {
    let nothing: Value = Arc::new(());
    Item { value: nothing, kind: item.kind.into(), text: Some(item.value.get().into()) }
}

impl From<Number> for NumberText {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(number) => Self::Int(number),
            Number::Float(number) => Self::Float(number.to_bits()),
        }
    }
}

impl From<NumberText> for Number {
    fn from(number: NumberText) -> Self {
        match number {
            NumberText::Int(number) => Self::Int(number),
            NumberText::Float(bits) => Self::Float(f64::from_bits(bits)),
        }
    }
}
