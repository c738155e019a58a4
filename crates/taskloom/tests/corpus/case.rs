//! A case of the corpus, as `corpus/README.md` describes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[expect(dead_code, reason = "for readers")]
    rule: String,
    pub(crate) says: String,
    pub(crate) compose: Vec<String>,
    pub(crate) tasks: Vec<Part>,
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
    #[serde(default)]
    pub(crate) run: Options,
    pub(crate) expect: Outcome,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) returns: Option<Value>,
    #[serde(default)]
    pub(crate) passes_on: bool,
    pub(crate) input: Option<String>,
    pub(crate) reads: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) fails: Vec<String>,
    #[serde(default)]
    pub(crate) asks: Vec<String>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) max_cycles: Option<u32>,
    #[serde(default)]
    pub(crate) always: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) of: String,
    #[serde(default)]
    pub(crate) best_effort: bool,
    pub(crate) at_least: Option<u32>,
    pub(crate) critical: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) fail_fast: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) start_node: Option<String>,
    pub(crate) max_steps: Option<u64>,
}

/// What is expected of a plan and its run, and what is seen.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) edges: BTreeSet<String>,
    pub(crate) loops: BTreeSet<String>,
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) value: Option<Value>,
    pub(crate) states: BTreeMap<String, String>,
    pub(crate) values: BTreeMap<String, Value>,
    pub(crate) executions: BTreeMap<String, u32>,
    pub(crate) events: Vec<String>,
}
