use std::sync::Arc;

use pyo3::{
    prelude::*,
    types::{PyList, PyString, PyTuple},
};
use smallvec::SmallVec;
use taskloom_core::{Argument, Options, Place};

use crate::{
    compose::{Group, Operand},
    definition::Definition,
    errors,
    further::Further,
    id, live_ids,
    maps::Settings,
    options::TaskOptions,
    place::PyPlace,
    value::{unwrap, wrap},
    workflow::Workflow,
};

/// Stands for a parameter that is left open.
#[pyclass(frozen, module = "taskloom._native")]
pub(crate) struct Open;

#[pymethods]
impl Open {
    fn __repr__(&self) -> &'static str {
        "OPEN"
    }
}

/// A task instance. The class `taskloom.Instance` derives from it.
#[pyclass(frozen, extends = Operand, subclass, weakref, module = "taskloom._native")]
pub(crate) struct Instance {
    pub(crate) core: taskloom_core::Instance,
    definition: Py<Definition>,
    place: Arc<PyPlace>,
    /// Its own options, as the front end gave them.
    options: Option<Py<PyAny>>,
    /// Whether another instance with the same given id was alive when this one was made.
    repeats: bool,
}

#[pymethods]
impl Instance {
    #[new]
    #[pyo3(signature = (definition, task_id, arguments, code, instruction, base=None, options=None, mapping=None))]
    fn new(
        definition: Bound<'_, Definition>,
        task_id: Option<&Bound<'_, PyString>>,
        arguments: &Bound<'_, PyList>,
        code: Py<PyAny>,
        instruction: i32,
        base: Option<&Bound<'_, Self>>,
        options: Option<Bound<'_, PyAny>>,
        mapping: Option<Settings>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let py = definition.py();
        let mut arguments = arguments.iter().map(argument).collect::<PyResult<SmallVec<[Argument; 1]>>>()?;
        let declared = definition.get().core();
        let collects_keywords = definition.get().collects_keywords;
        if let Some(base) = base {
            for (number, (argument, inherited)) in arguments.iter_mut().zip(base.get().core.arguments()).enumerate() {
                if matches!(argument, Argument::Open) && collects_keywords != Some(number) {
                    *argument = inherited.clone();
                }
            }
        }
        let mut further = Further::default();
        if let Some(number) = collects_keywords {
            if let Some(base) = base {
                further = Further::of(py, &base.get().core, declared.parameters().len(), number)?;
            }
            further.collect(py, &arguments[number])?;
            arguments[number] = further.take_values(py)?;
        }
        let place = Arc::new(PyPlace { code, instruction });
        let task_id = task_id.map(|id| id::text(id, "task_id", Some(&place))).transpose()?;
        let (core_definition, outputs) = further.apply(py, declared)?;
        arguments.extend(outputs);
        let mut core = taskloom_core::Instance::bound(
            core_definition,
            task_id.map(Into::into),
            arguments,
            Place::Host(place.clone()),
        );
        let options = match (options, base) {
            (Some(options), _) => {
                let mut own: Options = options.extract::<TaskOptions>()?.into();
                own.map = base.and_then(|base| base.get().core.options().map.clone());
                core.set_options(own);
                Some(options.unbind())
            }
            (None, Some(base)) => {
                core.set_options(base.get().core.options().clone());
                base.get().options.as_ref().map(|options| options.clone_ref(py))
            }
            (None, None) => None,
        };
        if let Some(mapping) = mapping {
            core.set_options(mapping.apply(core.options()));
        }
        core.validate_id().map_err(|error| errors::raise(py, &error))?;
        let repeats = task_id.is_some_and(live_ids::add);
        let instance = Self { core, definition: definition.unbind(), place, options, repeats };
        Ok(PyClassInitializer::from(Operand).add_subclass(instance))
    }

    /// The task id. An automatic one is fixed by reading it.
    #[getter]
    fn task_id(&self) -> &str {
        self.core.id()
    }

    /// The task id, or `None` if it is automatic and nobody has needed it.
    #[getter]
    fn fixed_task_id(&self) -> Option<&str> {
        self.core.fixed_id()
    }

    /// Whether the id was given.
    #[getter]
    fn has_given_id(&self) -> bool {
        self.core.has_given_id()
    }

    /// Its own options, as they were given, or `None`.
    #[getter]
    fn own_options(&self) -> Option<&Py<PyAny>> {
        self.options.as_ref()
    }

    /// The definition.
    #[getter]
    fn definition(&self) -> &Py<Definition> {
        &self.definition
    }

    /// The value for each parameter: the one given, or else the one bound, or else `OPEN`.
    fn arguments<'py>(
        &self,
        py: Python<'py>,
        given: Vec<Bound<'py, PyAny>>,
        open: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let bound = self.core.arguments().iter().zip(self.core.definition().parameters());
        let (collects_keywords, declared) = (self.definition.get().collects_keywords, given.len());
        for (number, ((argument, parameter), given)) in bound.zip(given).enumerate() {
            if collects_keywords == Some(number) {
                let mut further = Further::of(py, &self.core, declared, number)?;
                if !given.is(open) {
                    further.collect(py, &Argument::Value(wrap(given)))?;
                }
                if let Some(name) = further.output() {
                    return Err(needs_a_run(name.bind(py).to_str()?, "other tasks", py));
                }
                match further.take_values(py)? {
                    Argument::Value(all) => list.append(unwrap(py, &all))?,
                    _ => list.append(open)?,
                }
                continue;
            }
            match argument {
                _ if !given.is(open) => list.append(given)?,
                Argument::Open => list.append(open)?,
                Argument::Value(value) => list.append(unwrap(py, value))?,
                Argument::Output(_) | Argument::Outputs(_) | Argument::Group(_) => {
                    let of = if matches!(argument, Argument::Output(_)) { "another instance" } else { "other tasks" };
                    return Err(needs_a_run(&parameter.name, of, py));
                }
            }
        }
        Ok(list)
    }

    /// Raises `DuplicateTaskError` if the other is a different instance with the same id.
    fn refuse_conflict(&self, py: Python<'_>, again: &Bound<'_, Self>) -> PyResult<()> {
        match taskloom_core::conflict(&self.core, &again.get().core) {
            Some(error) => Err(errors::raise(py, &error)),
            None => Ok(()),
        }
    }

    /// Whether another instance with the same given id was alive when this one was made.
    #[getter]
    fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether it has joined a workflow.
    #[getter]
    fn has_joined(&self) -> bool {
        self.core.has_joined()
    }

    /// The code object in which it was made.
    #[getter]
    fn code(&self) -> &Py<PyAny> {
        &self.place.code
    }

    /// The line on which it was made.
    #[getter]
    fn line<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.place.line(py)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.core.has_given_id() {
            live_ids::remove(self.core.id());
        }
    }
}

/// An instance is called without a run, which it takes an argument from.
fn needs_a_run(parameter: &str, of: &str, py: Python<'_>) -> PyErr {
    let message =
        format!("`{parameter}` is bound to the output of {of}, which only a run has; pass a value: run({parameter}=…)");
    errors::binding(py, &message)
}

/// An argument as the core knows it: instances are their outputs.
pub(crate) fn argument(object: Bound<'_, PyAny>) -> PyResult<Argument> {
    if object.cast::<Open>().is_ok() {
        return Ok(Argument::Open);
    }
    if let Some(instance) = as_instance(&object) {
        return Ok(Argument::Output(instance));
    }
    if let Ok(group) = object.cast::<Group>() {
        return Argument::group(group.get().fragment.clone()).map_err(|error| errors::raise(object.py(), &error));
    }
    if let Ok(workflow) = object.cast::<Workflow>() {
        let name = workflow.get().name(object.py());
        let message = format!("workflow `{name}` is no argument\n  hint: bind an instance of it, or a group");
        return Err(errors::binding(object.py(), &message));
    }
    if object.cast::<Operand>().is_ok() {
        let message =
            "a chain is no argument: instances, lists of these and groups are\n  hint: bind the chain's last task";
        return Err(errors::binding(object.py(), message));
    }
    let outputs: Option<Vec<_>> = match (object.cast_exact::<PyList>(), object.cast_exact::<PyTuple>()) {
        (Ok(list), _) if first_is_instance(list.get_item(0)) => Some(list.iter().collect()),
        (_, Ok(tuple)) if first_is_instance(tuple.get_item(0)) => Some(tuple.iter().collect()),
        _ => None,
    };
    let Some(outputs) = outputs else { return Ok(Argument::Value(wrap(object))) };
    let instances: Option<Vec<_>> = outputs.iter().map(as_instance).collect();
    match instances {
        Some(instances) => Ok(Argument::Outputs(Arc::new(instances))),
        None => Err(errors::binding(
            object.py(),
            "a list that begins with an instance binds the outputs of instances, so it holds nothing else",
        )),
    }
}

fn first_is_instance(first: PyResult<Bound<'_, PyAny>>) -> bool {
    first.is_ok_and(|first| as_instance(&first).is_some())
}

/// The instance that an object is, or stands for.
pub(crate) fn as_instance(object: &Bound<'_, PyAny>) -> Option<taskloom_core::Instance> {
    if let Ok(instance) = object.cast::<Instance>() {
        return Some(instance.get().core.clone());
    }
    object.cast::<Definition>().ok().map(|definition| definition.get().alone.clone())
}
