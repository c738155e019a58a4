use std::{any::Any, sync::Arc};

use pyo3::{intern, prelude::*};
use taskloom::engine::durable::{BoxError, Values};
use taskloom_core::{
    Definition, Instance, NodeId, RunPlan, Value,
    channel::{Content, Item},
};

use crate::{
    body::PyBody,
    content,
    value::{unwrap, wrap},
};

/// Values of Python, as a codec of the program's writes them.
#[derive(Debug)]
pub(super) struct PyValues {
    codec: Py<PyAny>,
}

impl PyValues {
    pub(super) fn new(codec: Py<PyAny>) -> Self {
        Self { codec }
    }

    pub(super) fn learn(&self, annotation: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = annotation.py();
        self.codec.bind(py).call_method1(intern!(py, "learn"), (annotation,)).map(drop)
    }

    fn write(&self, value: &Value) -> Result<String, BoxError> {
        Python::attach(|py| {
            let text = self.codec.bind(py).call_method1(intern!(py, "encode"), (unwrap(py, value),));
            text.and_then(|text| text.extract()).map_err(|error| raised(py, error))
        })
    }

    fn read(&self, text: &str) -> Result<Value, BoxError> {
        Python::attach(|py| {
            let value = self.codec.bind(py).call_method1(intern!(py, "decode"), (text,));
            value.map(wrap).map_err(|error| raised(py, error))
        })
    }

    /// Asks the codec, which knows the program's modules, too.
    fn ask<'py, R>(
        &self,
        py: Python<'py>,
        method: &str,
        argument: impl IntoPyObject<'py>,
        read: impl FnOnce(Bound<'py, PyAny>) -> PyResult<R>,
    ) -> Result<R, BoxError> {
        let answer = self.codec.bind(py).call_method1(method, (argument,)).and_then(read);
        answer.map_err(|error| raised(py, error))
    }
}

fn raised(py: Python<'_>, error: PyErr) -> BoxError {
    Box::new(super::PyFailure(error.into_value(py).into_any()))
}

impl Values for PyValues {
    fn write_result(&self, _task: &Instance, value: &Value) -> Result<String, BoxError> {
        self.write(value)
    }

    fn read_result(&self, _task: &Instance, text: &str) -> Result<Value, BoxError> {
        self.read(text)
    }

    fn write_argument(&self, _definition: &Definition, _parameter: usize, value: &Value) -> Result<String, BoxError> {
        self.write(value)
    }

    fn read_argument(&self, _definition: &Definition, _parameter: usize, text: &str) -> Result<Value, BoxError> {
        self.read(text)
    }

    fn write_item(&self, item: &Item) -> Result<String, BoxError> {
        self.write(&item.value)
    }

    fn read_item(&self, _kind: &str, text: &Arc<str>) -> Result<Item, BoxError> {
        Ok(Item { value: self.read(text)?, kind: "object".into(), text: Some(text.clone()) })
    }

    fn argument(&self, content: Content) -> Option<Value> {
        Python::attach(|py| content::argument(py, content))
    }

    fn name_definition(&self, plan: &RunPlan, _by: NodeId, definition: &Arc<Definition>) -> Result<String, BoxError> {
        if let Some(found) = find(plan, definition.id())? {
            return if same(&found, definition) {
                Ok(definition.id().to_owned())
            } else {
                Err(ambiguous(definition.id()))
            };
        }
        let body: &dyn Any = definition.body();
        let Some(body) = body.downcast_ref::<PyBody>() else { return Err(foreign()) };
        Python::attach(|py| self.ask(py, "name_function", &body.function, |name| name.extract()))
    }

    fn find_definition(&self, plan: &RunPlan, name: &str) -> Result<Arc<Definition>, BoxError> {
        if let Some(found) = find(plan, name)? {
            return Ok(found);
        }
        Python::attach(|py| {
            self.ask(py, "find_definition", name, |found| {
                Ok(found.cast::<crate::definition::Definition>()?.get().core().clone())
            })
        })
    }
}

/// The definition of this id among those of the workflow.
fn find(plan: &RunPlan, id: &str) -> Result<Option<Arc<Definition>>, BoxError> {
    let planned = (0_u32..).take(plan.plan().task_count()).map(|node| plan.plan().task(node));
    let mut found: Option<Arc<Definition>> = None;
    for task in planned.chain(plan.plan().templates()).filter(|task| task.definition().id() == id) {
        match &found {
            Some(other) if !same(other, task.definition()) => return Err(ambiguous(id)),
            Some(_) => {}
            None => found = Some(task.definition().clone()),
        }
    }
    Ok(found)
}

/// Whether two definitions call one function.
fn same(one: &Arc<Definition>, other: &Arc<Definition>) -> bool {
    let function = |definition: &Arc<Definition>| {
        let body: &dyn Any = definition.body();
        body.downcast_ref::<PyBody>().map(|body| body.function.as_ptr())
    };
    Arc::ptr_eq(one, other) || function(one) == function(other)
}

fn ambiguous(id: &str) -> BoxError {
    format!("the workflow has two definitions called `{id}`\n  hint: give one of them another id, `@task(\"…\")`")
        .into()
}

fn foreign() -> BoxError {
    "the task was made by another language's front end".into()
}
