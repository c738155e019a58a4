use fixedbitset::FixedBitSet;

use super::{Outcome, State, maps::Elements};
use crate::{NodeId, hash::Map};

/// How every node of a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    pub(super) states: Box<[State]>,
    pub(super) ran: FixedBitSet,
    pub(super) elements: Elements,
    pub(super) iterations: Map<NodeId, u32>,
    pub(super) attempts: Map<NodeId, u32>,
    pub(super) outcome: Outcome,
}

impl Ending {
    /// How a node ended. [`State::Waiting`] is left for what a run from a start node did not include.
    pub fn state(&self, node: NodeId) -> State {
        match self.states.get(node as usize) {
            Some(&state) => state,
            None => self.elements.state(node),
        }
    }

    /// The elements of maps that did not succeed.
    pub fn unsuccessful_elements(&self) -> impl Iterator<Item = NodeId> {
        self.elements.unsuccessful()
    }

    /// How many executions of a node have started.
    pub fn executions(&self, node: NodeId) -> u32 {
        let has_run = match self.states.get(node as usize) {
            Some(_) => self.ran.contains(node as usize),
            None => self.elements.has_run(node),
        };
        if has_run { self.iterations.get(&node).copied().unwrap_or(1) } else { 0 }
    }

    /// The last attempt of a node; the first is 1.
    pub fn attempt(&self, node: NodeId) -> u32 {
        self.attempts.get(&node).copied().unwrap_or(1)
    }

    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}
