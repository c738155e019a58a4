use std::time::Duration;

use taskloom_core::{Gathered, Inputs, NodeId, Plan, Value, resolve};

use super::Failure;

/// One attempt to run one task, to be ended with [`super::Engine::end`].
#[derive(Debug)]
pub struct Job {
    /// The task's node.
    pub node: NodeId,
    /// The attempt; the first is 1.
    pub attempt: u32,
    /// Since the run began.
    pub(super) started: Duration,
    /// The results that open parameters may need.
    pub(super) gathered: Option<Box<Gathered>>,
}

impl Job {
    /// Decides what fills the parameters that have no value of their own (rule R-3).
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says which parameter has no value and where it was looked for.
    pub fn inputs(&self, plan: &Plan, channel: impl Fn(&str) -> Option<Value>) -> Result<Inputs, Failure> {
        match &self.gathered {
            None => Ok(Inputs::new()),
            Some(gathered) => resolve(plan, self.node, gathered, channel)
                .map_err(|missing| Failure::lasting(Unfilled(missing.message))),
        }
    }
}

/// An argument that nothing gave.
#[derive(Debug)]
pub(super) struct Unfilled(String);

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfilled {}
