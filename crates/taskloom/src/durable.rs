//! Runs of the engine in a store: how one is opened, and what the store keeps of it.
//!
//! | file | what it does |
//! |---|---|
//! | `open` | opens a run, and compares what began it with what is there now |
//! | `settings` | what a call of `execute()` says, as it is kept |
//! | `text`, `change`, `options` | entries of the engine as columns and JSON, and back |
//! | `journal` | the store's journal as the engine's |
//! | `rust_values` | values of Rust, by their codecs |
//! | `keep` | what holds of a run that is to be run again in part |
//! | `fork`, `overrides` | a new run that keeps a part of another, and arguments of its own |
//! | `reading`, `fold`, `naming`, `maps` | what the entries of a run say, without its program |

mod change;
mod fold;
mod fork;
mod journal;
mod keep;
mod maps;
mod naming;
mod open;
mod options;
mod overrides;
mod reading;
mod rust_values;
mod settings;
mod text;

pub use crate::feedback::answer;
pub use fork::Fork;
pub use open::{OnChange, Opened, Opening};
pub use rust_values::RustValues;
pub use settings::Settings;
