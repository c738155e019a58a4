//! Drawings of a plan: as text that other programs lay out, as a listing, and as a picture.

mod ascii;
mod dot;
mod layout;
mod mermaid;
mod svg;

pub use svg::Mark;

use super::{NodeId, Plan};

impl Plan {
    /// The plan as a [Mermaid](https://mermaid.js.org) flowchart.
    ///
    /// Tasks are boxes with their id, and the id of their definition where that differs. A group is a
    /// `subgraph` with its name, and its policy if it is not strict; edges into the group end at it and edges
    /// out of it begin at it. Edges that close a loop are dashed. All is in the order of composition.
    ///
    /// A group that cannot be a box of its own is drawn as two round nodes, one where it begins and one where
    /// it ends: one that shares tasks with another, that an edge from inside of it leads to, or that is nested
    /// more than 50 levels deep.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use taskloom_core::{Body, Definition, Digest, Fragment, Instance, Lookup, Place, Plan, Value, Workflow};
    /// # struct Nothing;
    /// # impl Body for Nothing {
    /// #     fn is_async(&self) -> bool { false }
    /// #     fn digest(&self, _: &Value, _: &mut Digest) {}
    /// #     fn mapping(&self, _: Vec<(&str, Value)>) -> Value { Arc::new(()) }
    /// #     fn list(&self, _: usize, _: Vec<Value>) -> Value { Arc::new(()) }
    /// # }
    /// # let task = |id| {
    /// #     let definition = Definition::new(id, vec![], Lookup::ByName, Place::caller(), Nothing);
    /// #     Fragment::from(Instance::alone(Arc::new(definition)))
    /// # };
    /// let mut workflow = Workflow::new("weather");
    /// workflow.join(&task("fetch").then(task("report")))?;
    /// let plan = Plan::compile(&workflow, None)?;
    ///
    /// let lines = ["flowchart TD", r#"    n0["fetch"]"#, r#"    n1["report"]"#, "    n0 --> n1", ""];
    /// assert_eq!(plan.to_mermaid(), lines.join("\n"));
    /// # Ok::<(), taskloom_core::BuildError>(())
    /// ```
    pub fn to_mermaid(&self) -> String {
        mermaid::draw(self)
    }

    /// The plan in the language of [Graphviz](https://graphviz.org), for `dot -Tsvg`.
    ///
    /// It shows what [`to_mermaid`](Self::to_mermaid) shows; groups are clusters.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use taskloom_core::{Body, Definition, Digest, Fragment, Instance, Lookup, Place, Plan, Value, Workflow};
    /// # struct Nothing;
    /// # impl Body for Nothing {
    /// #     fn is_async(&self) -> bool { false }
    /// #     fn digest(&self, _: &Value, _: &mut Digest) {}
    /// #     fn mapping(&self, _: Vec<(&str, Value)>) -> Value { Arc::new(()) }
    /// #     fn list(&self, _: usize, _: Vec<Value>) -> Value { Arc::new(()) }
    /// # }
    /// # let task = |id| {
    /// #     let definition = Definition::new(id, vec![], Lookup::ByName, Place::caller(), Nothing);
    /// #     Fragment::from(Instance::alone(Arc::new(definition)))
    /// # };
    /// let mut workflow = Workflow::new("weather");
    /// workflow.join(&task("fetch").then(task("report")))?;
    /// let dot = Plan::compile(&workflow, None)?.to_dot();
    ///
    /// assert!(dot.starts_with(r#"digraph "weather" {"#));
    /// assert!(dot.contains(r#"n0 [label="fetch"];"#) && dot.contains("n0 -> n1;"));
    /// # Ok::<(), taskloom_core::BuildError>(())
    /// ```
    pub fn to_dot(&self) -> String {
        dot::draw(self)
    }

    /// The plan as a listing for a terminal: a line for each task, with what follows it.
    ///
    /// Tasks are in topological order, those of a group below its name. `↺` marks an edge that closes a loop.
    /// A group that cannot be a block of its own (see [`to_mermaid`](Self::to_mermaid)) is a line with its
    /// members. After 200 lines the listing is cut, with the number of those left out.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use taskloom_core::{Body, Definition, Digest, Fragment, Instance, Lookup, Place, Plan, Value, Workflow};
    /// # struct Nothing;
    /// # impl Body for Nothing {
    /// #     fn is_async(&self) -> bool { false }
    /// #     fn digest(&self, _: &Value, _: &mut Digest) {}
    /// #     fn mapping(&self, _: Vec<(&str, Value)>) -> Value { Arc::new(()) }
    /// #     fn list(&self, _: usize, _: Vec<Value>) -> Value { Arc::new(()) }
    /// # }
    /// # let task = |id| {
    /// #     let definition = Definition::new(id, vec![], Lookup::ByName, Place::caller(), Nothing);
    /// #     Fragment::from(Instance::alone(Arc::new(definition)))
    /// # };
    /// let mut workflow = Workflow::new("weather");
    /// workflow.join(&task("fetch").then(task("report")))?;
    /// let plan = Plan::compile(&workflow, None)?;
    ///
    /// let lines = ["workflow `weather`: 2 tasks, 0 groups", "├─ fetch ─▶ report", "└─ report", ""];
    /// assert_eq!(plan.to_ascii(), lines.join("\n"));
    /// # Ok::<(), taskloom_core::BuildError>(())
    /// ```
    pub fn to_ascii(&self) -> String {
        ascii::draw(self)
    }

    /// The plan as a picture in SVG, laid out by itself and without references to anything outside of it.
    ///
    /// It shows what [`to_mermaid`](Self::to_mermaid) shows, from top to bottom: each task as a box, groups as
    /// boxes around what is in them, edges that close a loop dashed. A longer text is cut; a pointer on it shows
    /// the whole. A plan with more than 300 tasks and groups, or 1,000 edges, fewer if they are long, gets a summary:
    /// how many tasks there are of each definition.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use taskloom_core::{Body, Definition, Digest, Fragment, Instance, Lookup, Place, Plan, Value, Workflow};
    /// # struct Nothing;
    /// # impl Body for Nothing {
    /// #     fn is_async(&self) -> bool { false }
    /// #     fn digest(&self, _: &Value, _: &mut Digest) {}
    /// #     fn mapping(&self, _: Vec<(&str, Value)>) -> Value { Arc::new(()) }
    /// #     fn list(&self, _: usize, _: Vec<Value>) -> Value { Arc::new(()) }
    /// # }
    /// # let task = |id| {
    /// #     let definition = Definition::new(id, vec![], Lookup::ByName, Place::caller(), Nothing);
    /// #     Fragment::from(Instance::alone(Arc::new(definition)))
    /// # };
    /// let mut workflow = Workflow::new("weather");
    /// workflow.join(&task("fetch").then(task("report")))?;
    /// let svg = Plan::compile(&workflow, None)?.to_svg();
    ///
    /// assert!(svg.starts_with("<svg xmlns=") && svg.contains(">fetch</text>") && svg.contains(">report</text>"));
    /// # Ok::<(), taskloom_core::BuildError>(())
    /// ```
    pub fn to_svg(&self) -> String {
        svg::draw(self, &self.heading(), None)
    }

    /// A run of the plan as a picture: as [`to_svg`](Self::to_svg), with what `mark` says of each task, and of each
    /// group by its exit. A plan that is too large to draw gets the number of tasks in each state.
    ///
    /// The caption stands above it.
    pub fn to_svg_of_run(&self, caption: &str, mark: impl Fn(NodeId) -> Mark) -> String {
        svg::draw(self, caption, Some(&mark))
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"    ".repeat(depth));
}
