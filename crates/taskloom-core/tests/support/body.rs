//! A front end that is just enough to make tasks of.

use std::{any::TypeId, sync::Arc};

use taskloom_core::{Body, Definition, Digest, Instance, Lookup, Parameter, Place, Value};

/// A body that nobody calls.
pub(crate) struct Uncalled;

impl Body for Uncalled {
    fn is_async(&self) -> bool {
        false
    }

    fn digest(&self, value: &Value, digest: &mut Digest) {
        match value.downcast_ref::<i64>() {
            Some(number) => digest.add("i64", &number.to_le_bytes()),
            None => digest.add("opaque", b""),
        }
    }

    fn mapping(&self, entries: Vec<(&str, Value)>) -> Value {
        let entries: Vec<(String, Value)> = entries.into_iter().map(|(id, value)| (id.to_owned(), value)).collect();
        Arc::new(entries)
    }

    fn list(&self, _parameter: usize, values: Vec<Value>) -> Value {
        Arc::new(values)
    }
}

/// A definition whose results are of type `i64`.
pub(crate) fn definition(id: &'static str, parameters: Vec<Parameter>, lookup: Lookup) -> Arc<Definition> {
    let definition = Definition::new(id, parameters, lookup, Place::caller(), Uncalled);
    Arc::new(definition.with_output(TypeId::of::<i64>(), "i64"))
}

/// An instance of a definition under a task id.
#[track_caller]
pub(crate) fn instance(definition: &Arc<Definition>, id: &str) -> Instance {
    let mut instance = Instance::new(definition.clone(), Place::caller());
    instance.set_task_id(id);
    instance
}
