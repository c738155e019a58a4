//! The pure core of Taskloom.
//!
//! Users depend on the crate `taskloom`, or on the Python package of the same name; both are front
//! ends of what is decided here. This crate has no clock, no random numbers, no threads and no I/O.
//!
//! | kind | what it is | identity | lives |
//! |---|---|---|---|
//! | [`Definition`] | a function and its options | its id, by default the function's name | as long as somebody holds it; immutable |
//! | [`Instance`] | a definition plus bound arguments | a task id, unique within a workflow | immutable; usable in any number of workflows |
//! | execution | one attempt to run an instance in a run | (run, task id, iteration, attempt) | recorded by the run |
//!
//! How data walks through: instances are composed into a [`Fragment`], a value without effects. A
//! [`Workflow`] is a set of instances and edges that fragments join. [`Plan::compile`] makes it an
//! immutable [`Plan`] with dense node numbers, and a [`Scheduler`] decides over that plan, event by
//! event, what runs next. A driver, which lives elsewhere, calls the functions.

#![warn(missing_docs, clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod backend;
pub mod channel;
mod definition;
mod digest;
mod error;
mod fragment;
mod hash;
mod instance;
mod mapping;
mod place;
mod plan;
mod policy;
mod retry;
mod run_plan;
mod scheduler;
mod suggest;
mod task_id;
mod task_kind;
mod value;
mod workflow;

pub use arguments::{Gathered, Inputs, Unresolved, resolve};
pub use backend::Backend;
pub use definition::{Body, Definition, Lookup, Options, Parameter};
pub use digest::Digest;
pub use error::{BuildError, BuildErrorKind};
pub use fragment::{Fragment, GroupSettings, chain, parallel};
pub use instance::{Argument, Instance};
pub use mapping::{Elements, Lists, Mapping, Over};
pub use place::{Describe, Place};
pub use plan::{Difference, Fill, Group, GroupBranch, Kind, Link, Mark, NodeId, Outline, Plan, Source};
pub use policy::{OwnPolicy, Policy};
pub use retry::{RetryOn, RetryPolicy};
pub use run_plan::{Addition, Expansion, MapResults, RunPlan};
pub use scheduler::{Command, Control, Ending, Event, Limits, Outcome, Retry, Scheduler, State};
pub use suggest::nearest;
pub use task_id::validate_group_name;
pub use task_kind::{TaskKind, TaskKinds};
pub use value::Value;
pub use workflow::{Workflow, conflict};
