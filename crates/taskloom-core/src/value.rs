use std::{any::Any, sync::Arc};

/// A value that flows between tasks: an argument, a result.
///
/// It is shared, never copied and never serialized in a local run. A front end knows the concrete
/// type behind it; the core only passes it on.
pub type Value = Arc<dyn Any + Send + Sync>;
