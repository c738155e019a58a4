use std::{any::Any, error::Error, sync::Arc};

use taskloom_core::{
    Definition, Instance, NodeId, RunPlan, Value,
    channel::{Content, Item},
};

/// Any error.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// How a front end writes values as text, and reads them (rule D-3). All of this may call the user's code, so it is
/// asked while no lock is held.
pub trait Values: Any + Send + Sync {
    /// The result of a task, or of an element of a map, as text.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or could not be read again.
    fn write_result(&self, task: &Instance, value: &Value) -> Result<String, BoxError>;

    /// A result from its text.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn read_result(&self, task: &Instance, text: &str) -> Result<Value, BoxError>;

    /// A value for a parameter as text.
    ///
    /// # Errors
    ///
    /// As [`write_result`](Self::write_result).
    fn write_argument(&self, definition: &Definition, parameter: usize, value: &Value) -> Result<String, BoxError>;

    /// A value for a parameter from its text.
    ///
    /// # Errors
    ///
    /// As [`read_result`](Self::read_result).
    fn read_argument(&self, definition: &Definition, parameter: usize, text: &str) -> Result<Value, BoxError>;

    /// A value in the channel as text.
    ///
    /// # Errors
    ///
    /// As [`write_result`](Self::write_result).
    fn write_item(&self, item: &Item) -> Result<String, BoxError>;

    /// A value in the channel from its text and what [`Item::kind`] was.
    ///
    /// # Errors
    ///
    /// As [`read_result`](Self::read_result).
    fn read_item(&self, kind: &str, text: &Arc<str>) -> Result<Item, BoxError>;

    /// What a parameter takes that is looked up in the channel (rule R-3).
    fn argument(&self, content: Content) -> Option<Value>;

    /// How a definition is found again that a task of `plan` adds to its run (rule D-7).
    ///
    /// # Errors
    ///
    /// If it could not be.
    fn name_definition(&self, plan: &RunPlan, by: NodeId, definition: &Arc<Definition>) -> Result<String, BoxError>;

    /// The definition of that name.
    ///
    /// # Errors
    ///
    /// If this program does not have it.
    fn find_definition(&self, plan: &RunPlan, name: &str) -> Result<Arc<Definition>, BoxError>;
}
