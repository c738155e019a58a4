//! Taskloom: a typed, fast workflow engine.
//!
//! A task is defined once. *Instances* of it, each with its own bound arguments and id, are composed
//! with `>>`, `|`, [`chain()`] and [`parallel()`] into a [`Workflow`] that runs in the process.
//!
//! ```
//! use taskloom::prelude::*;
//!
//! #[task]
//! fn fetch_weather(city: String) -> String {
//!     format!("Weather for {city}")
//! }
//!
//! # fn main() -> taskloom::Result<()> {
//! let tokyo = fetch_weather::task().task_id("tokyo").city("Tokyo");
//! let paris = fetch_weather::task().task_id("paris").city("Paris");
//!
//! let run = Workflow::new("weather").add(&tokyo >> &paris).execute().blocking()?;
//!
//! assert_eq!(run.output::<String>("tokyo")?, "Weather for Tokyo");
//! assert_eq!(run.output_of(&paris)?, "Weather for Paris");
//! # Ok(())
//! # }
//! ```
//!
//! # Which thing is which
//!
//! | kind | what it is | identity | lives |
//! |---|---|---|---|
//! | definition, [`Definition`] | a function and its options | its id, by default the function's name | for the process; immutable |
//! | instance, [`Instance`] | a definition plus bound arguments | its task id, unique in a workflow | immutable; usable in any number of workflows |
//! | execution | one attempt to run an instance in a [`Run`] | (run, task id, iteration, attempt) | recorded by the run |
//!
//! `#[task]` leaves the function what it is, and adds a type of the same name: `fetch_weather("Oslo".into())`
//! calls the function, `fetch_weather::task()` begins an instance.

#![warn(missing_docs, clippy::print_stdout, clippy::print_stderr)]

pub mod prelude;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod body;
mod channel;
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub mod codec;
mod coding;
mod compose;
mod context;
mod direct;
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub mod durable;
#[doc(hidden)]
pub mod engine;
mod error;
mod events;
mod execute;
#[cfg(feature = "sqlite")]
mod feedback;
mod next_task;
mod policy;
mod run;
mod secret;
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub mod store;
mod task;
pub mod testing;
mod workflow;

pub use channel::{Amount, Channel, ChannelLock, Key, TypedChannel};
pub use compose::{Fragment, IntoFragment, chain, parallel};
#[cfg(feature = "sqlite")]
pub use context::Request;
pub use context::{Context, StepValue};
#[cfg(feature = "sqlite")]
pub use durable::{Fork, OnChange};
#[cfg(feature = "sqlite")]
pub use engine::waiting::{FeedbackType, Question as OpenQuestion};
pub use error::{Error, ErrorKind};
pub use events::{BlockingEvents, Event, EventKind, Events};
pub use execute::{Execute, RunHandle};
pub use next_task::NextTask;
pub use policy::{BranchRecord, GroupPolicy, IntoPolicy};
pub use run::{FinalChannel, GroupOutput, Run, Status, TaskRecord};
pub use secret::Secret;
#[cfg(feature = "sqlite")]
pub use store::{
    Due, DueReason, Durability, OnBusy, Owner, Question, RunInfo, RunStatus, Store, StoredEvent, StoredRun, StoredTask,
};
pub use task::{Arg, Definition, Each, HasOutput, Instance, MapInstance, MapTask, RunWhen, TaskOptions};
pub use taskloom_core::{BuildError, BuildErrorKind, Policy, RetryPolicy, State};
pub use taskloom_macros::task;
pub use workflow::Workflow;

/// What a workflow's execution gives: by default with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
