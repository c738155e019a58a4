//! The libraries beside which Taskloom is measured, each used as its own documentation says is fast. Tasks have no
//! ids where none are asked for.

#[cfg(feature = "peers")]
mod async_dag;
#[cfg(feature = "peers")]
mod dag_exec;
#[cfg(feature = "peers")]
mod dagrs;
#[cfg(feature = "peers")]
mod dagx;
mod flow_graph;
#[cfg(feature = "peers")]
mod rayon;
#[cfg(feature = "peers")]
mod sayiir;
mod tokio;

use std::{path::PathBuf, rc::Rc};

use ::tokio::runtime::Runtime;

use crate::graphs::Subject;

/// Who can run which shape. Without the feature `peers` there are tokio and oneTBB alone.
pub(crate) struct Peers {
    pub(crate) runtime: Rc<Runtime>,
    /// The compiled `flow_graph.cpp`, where that was possible.
    pub(crate) flow_graph: Option<PathBuf>,
}

impl Peers {
    /// Not rayon, which has nothing to run in a chain.
    pub(crate) fn chain(&self) -> Vec<Subject> {
        let mut peers = self.any_graph();
        #[cfg(feature = "peers")]
        peers.push(sayiir::chain(&self.runtime));
        peers.push(tokio::chain(&self.runtime));
        peers
    }

    pub(crate) fn sync_fan_out(&self) -> Vec<Subject> {
        vec![
            #[cfg(feature = "peers")]
            dag_exec::any_graph(),
            #[cfg(feature = "peers")]
            rayon::fan_out(),
            flow_graph::any_graph(self.flow_graph.as_deref()),
        ]
    }

    pub(crate) fn async_fan_out(&self) -> Vec<Subject> {
        vec![
            #[cfg(feature = "peers")]
            async_dag::any_graph(&self.runtime),
            #[cfg(feature = "peers")]
            dagx::any_graph(&self.runtime),
            #[cfg(feature = "peers")]
            dagrs::any_graph(&self.runtime),
            #[cfg(feature = "peers")]
            sayiir::fan_out(&self.runtime),
            tokio::fan_out(&self.runtime),
        ]
    }

    /// Not sayiir, whose branches meet in one join.
    pub(crate) fn tree(&self) -> Vec<Subject> {
        let mut peers = self.any_graph();
        #[cfg(feature = "peers")]
        peers.push(rayon::tree());
        peers.push(tokio::tree(&self.runtime));
        peers
    }

    /// Those that are given a graph: not tokio and rayon, where a task has one parent.
    pub(crate) fn any_graph(&self) -> Vec<Subject> {
        vec![
            #[cfg(feature = "peers")]
            async_dag::any_graph(&self.runtime),
            #[cfg(feature = "peers")]
            dag_exec::any_graph(),
            #[cfg(feature = "peers")]
            dagx::any_graph(&self.runtime),
            #[cfg(feature = "peers")]
            dagrs::any_graph(&self.runtime),
            flow_graph::any_graph(self.flow_graph.as_deref()),
        ]
    }
}
