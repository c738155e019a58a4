use std::sync::Arc;

use pyo3::{prelude::*, types::PyString};
use taskloom_core::{Lookup, Parameter, Place};

use crate::{
    body::{Injection, PyBody},
    compose::Operand,
    errors, id,
    options::TaskOptions,
    place::PyPlace,
};

/// A task definition. The class `taskloom.Task` derives from it.
#[pyclass(frozen, extends = Operand, subclass, module = "taskloom._native")]
pub(crate) struct Definition {
    /// The one instance that the definition stands for as an operand.
    pub(crate) alone: taskloom_core::Instance,
    /// The number of the parameter that collects further keyword arguments.
    pub(crate) collects_keywords: Option<usize>,
}

/// What the front end has found out about a function's signature.
#[derive(FromPyObject)]
struct Signature {
    /// Name, annotation as text and whether there is a default, for each parameter that can be bound.
    parameters: Vec<(Py<PyString>, String, bool)>,
    positional: usize,
    collects_positional: Option<usize>,
    collects_keywords: Option<usize>,
    /// `True` for the first position, a name for a keyword, `None` for no context.
    context: Option<Py<PyAny>>,
    /// Whether open parameters are looked for in the run.
    looks_up: bool,
    fits: Py<PyAny>,
}

#[pymethods]
impl Definition {
    #[new]
    #[pyo3(signature = (id, function, is_async, signature, options, code, instruction))]
    fn new(
        py: Python<'_>,
        id: &Bound<'_, PyString>,
        function: Py<PyAny>,
        is_async: bool,
        signature: Signature,
        options: TaskOptions,
        code: Py<PyAny>,
        instruction: i32,
    ) -> PyResult<PyClassInitializer<Self>> {
        let parameters = signature
            .parameters
            .iter()
            .enumerate()
            .map(|(number, (name, annotation, has_default))| {
                Ok(Parameter {
                    name: name.bind(py).to_str()?.to_owned().into(),
                    type_name: annotation.clone().into(),
                    type_id: None,
                    has_default: *has_default,
                    collects: signature.collects_positional == Some(number)
                        || signature.collects_keywords == Some(number),
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let context = match signature.context {
            None => Injection::None,
            Some(name) => match name.bind(py).cast::<PyString>() {
                Ok(name) => Injection::Keyword(name.clone().unbind()),
                Err(_) => Injection::First,
            },
        };
        let body = PyBody {
            function,
            is_async,
            names: signature.parameters.into_iter().map(|(name, ..)| name).collect(),
            positional: signature.positional,
            collects_positional: signature.collects_positional,
            collects_keywords: signature.collects_keywords,
            context,
            fits: signature.fits,
        };
        let collects_keywords = body.collects_keywords;
        let place = Arc::new(PyPlace { code, instruction });
        let id = id::text(id, "the id of a definition", Some(&place))?.to_owned();
        let place = Place::Host(place);
        // Python's values have no type that could be looked for.
        let lookup = if signature.looks_up { Lookup::ByName } else { Lookup::ByType };
        let definition =
            taskloom_core::Definition::new(id, parameters, lookup, place, body).with_options(options.into());
        let alone = taskloom_core::Instance::alone(Arc::new(definition));
        alone.validate_id().map_err(|error| errors::raise(py, &error))?;
        Ok(PyClassInitializer::from(Operand).add_subclass(Self { alone, collects_keywords }))
    }

    /// The definition id.
    #[getter]
    fn id(&self) -> &str {
        self.alone.definition().id()
    }
}

impl Definition {
    pub(crate) fn core(&self) -> &Arc<taskloom_core::Definition> {
        self.alone.definition()
    }
}
