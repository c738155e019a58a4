use std::time::Duration;

use serde::{Deserialize, Serialize};
use taskloom_core::channel::Content;

use super::{
    change::{Held, held},
    overrides::Override,
    text::micros,
};
use crate::{
    codec::canonical,
    engine::durable::{BoxError, Values},
};

/// What a call says about a run that stays as it was when the run began (rule D-2).
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where it starts, if not at the roots.
    pub start_node: Option<String>,
    /// How many tasks run at the same time, at most.
    pub max_concurrency: Option<u32>,
    /// How many executions start, at most.
    pub max_steps: Option<u64>,
    /// How long the run may take.
    pub timeout: Option<Duration>,
    /// What the channel holds in the beginning.
    pub channel: Vec<(String, Content)>,
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrency: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_steps: Option<u64>,
    /// Microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channel: Vec<(String, Held)>,
    /// What no call says: a fork has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) overrides: Vec<Override>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forked: Option<Forked>,
}

/// What a run is a fork of.
#[derive(Serialize, Deserialize)]
pub(super) struct Forked {
    pub(super) run: String,
    pub(super) from: String,
}

impl Settings {
    /// Writes the values of the channel, and gives everything as JSON.
    pub(super) fn write(&mut self, values: &dyn Values) -> Result<String, BoxError> {
        for (key, content) in &mut self.channel {
            write_content(values, content).map_err(|error| format!("initial_channel[{key:?}]: {error}"))?;
        }
        // The last one of a key counts.
        let mut channel: Vec<(String, Held)> = Vec::new();
        for (key, content) in &self.channel {
            channel.retain(|(other, _)| other != key);
            channel.push((key.clone(), held(content)?));
        }
        channel.sort_by(|(key, _), (other, _)| key.cmp(other));
        let kept = Kept {
            start_node: self.start_node.clone(),
            max_concurrency: self.max_concurrency,
            max_steps: self.max_steps,
            timeout: self.timeout.map(micros),
            channel,
            ..Kept::default()
        };
        Ok(serde_json::to_string(&kept)?)
    }
}

fn write_content(values: &dyn Values, content: &mut Content) -> Result<(), BoxError> {
    match content {
        Content::Item(item) => item.text = Some(values.write_item(item)?.into()),
        Content::List(items) => {
            let mut written = Vec::with_capacity(items.len());
            for item in items.iter() {
                let mut item = item.clone();
                item.text = Some(values.write_item(&item)?.into());
                written.push(item);
            }
            *content = Content::list(written);
        }
        Content::Number(_) => {}
    }
    Ok(())
}

/// How long a value is, at most, that is shown.
const MOST_SHOWN: usize = 80;

/// What two of them differ in: a line for each argument.
pub(super) fn difference(before: &str, now: &str) -> Result<Vec<String>, BoxError> {
    let (before, now): (Kept, Kept) = (serde_json::from_str(before)?, serde_json::from_str(now)?);
    let mut lines = Vec::new();
    let mut compare = |name: &str, before: Option<String>, now: Option<String>| {
        if before != now {
            let text = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
            lines.push(format!("{name}: {} at the first start, {} now", text(before), text(now)));
        }
    };
    let text = |number: Option<u64>| number.map(|number| number.to_string());
    compare("start_node", before.start_node.map(|id| format!("`{id}`")), now.start_node.map(|id| format!("`{id}`")));
    compare("max_concurrency", text(before.max_concurrency.map(u64::from)), text(now.max_concurrency.map(u64::from)));
    compare("max_steps", text(before.max_steps), text(now.max_steps));
    let time = |micros: Option<u64>| micros.map(|micros| format!("{:?}", Duration::from_micros(micros)));
    compare("timeout", time(before.timeout), time(now.timeout));
    let entry = |channel: &[(String, Held)], key: &str| {
        let found = channel.iter().find(|(other, _)| other == key).map(|(_, held)| held);
        // Maps that are equal need not have their entries in one order.
        let text = |held| Ok::<_, BoxError>(canonical(&serde_json::to_string(held)?)?);
        found.map(|held| Ok::<_, BoxError>((text(held)?, held.shown()))).transpose()
    };
    let mut keys: Vec<&String> = before.channel.iter().chain(&now.channel).map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (before, now) = (entry(&before.channel, key)?, entry(&now.channel, key)?);
        if before.as_ref().map(|(text, _)| text) == now.as_ref().map(|(text, _)| text) {
            continue;
        }
        let shown = |entry: &Option<(String, String)>| match entry {
            None => "nothing".to_owned(),
            Some((_, shown)) if shown.len() > MOST_SHOWN => "another value".to_owned(),
            Some((_, shown)) => shown.clone(),
        };
        lines.push(format!("initial_channel[{key:?}]: {} at the first start, {} now", shown(&before), shown(&now)));
    }
    Ok(lines)
}
