//! `dagrs`: nodes that are joined by channels, and wait for what comes through them.

use std::{rc::Rc, sync::Arc};

use dagrs::{
    Action, Content, DefaultNode, EnvVar, Graph as Dag, InChannels, Node, NodeId, NodeTable, OutChannels, Output,
    async_trait::async_trait,
};
use tokio::runtime::Runtime;

use crate::{
    graphs::{Subject, measured},
    shapes::{Before, Graph},
};

struct Add;

#[async_trait]
impl Action for Add {
    async fn run(&self, input: &mut InChannels, output: &mut OutChannels, _: Arc<EnvVar>) -> Output {
        let value = |content: dagrs::DagrsResult<Content>| {
            let content = content.expect("the sender is there");
            *content.get::<i64>().expect("every task gives a number")
        };
        let sum = input.map(value).await.into_iter().fold(1, i64::wrapping_add);
        output.broadcast(Content::new(sum)).await;
        Output::new(sum)
    }
}

/// It takes 4 to 5 KB per task, so a million would need more memory than many machines have.
pub(super) fn any_graph(runtime: &Rc<Runtime>) -> Subject {
    let runtime = runtime.clone();
    Subject::new("dagrs", move |graph| {
        measured(
            graph,
            build,
            |(dag, _)| runtime.block_on(dag.async_start()).expect("nothing fails"),
            |(dag, last), _| {
                let output = &dag.get_results::<i64>()[last];
                **output.as_ref().expect("the last task has run")
            },
        )
    })
    .up_to(100_000)
}

fn build(graph: &Graph) -> (Dag, NodeId) {
    let known = "the node is there";
    let mut table = NodeTable::new();
    let mut dag = Dag::new();
    let mut ids: Vec<NodeId> = Vec::with_capacity(graph.tasks.len());
    for i in 0..graph.tasks.len() {
        let node = DefaultNode::with_action(format!("t{i}"), Add, &mut table);
        ids.push(node.id());
        dag.add_node(node).expect("the names differ");
    }
    for (&id, before) in ids.iter().zip(&graph.tasks) {
        let (Before::One(a) | Before::Two(a, _)) = *before else { continue };
        dag.add_edge(ids[a as usize], [id]).expect(known);
        if let Before::Two(_, b) = *before {
            dag.add_edge(ids[b as usize], [id]).expect(known);
        }
    }
    let last = *ids.last().expect("a graph has tasks");
    (dag, last)
}
