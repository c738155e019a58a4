//! Arguments that a function's `**kwargs` collects, where outputs are among them (rule I-10).
//!
//! The core knows one argument for each parameter of a definition. So an instance with such outputs gets a definition
//! of its own, which has a parameter for each of these arguments behind the function's; all else is the definition's.

use std::{any::Any, sync::Arc};

use pyo3::{
    prelude::*,
    types::{PyDict, PyString},
};
use taskloom_core::{Argument, Definition, Instance, Parameter};

use crate::{
    body::PyBody,
    instance::argument,
    value::{unwrap, wrap},
};

/// The arguments by name, in the order in which they were given.
#[derive(Default)]
pub(crate) struct Further(Vec<(Py<PyString>, Argument)>);

impl Further {
    /// Those of an instance, whose function declares so many parameters and collects in the one with this number.
    pub(crate) fn of(py: Python<'_>, instance: &Instance, declared: usize, collecting: usize) -> PyResult<Self> {
        let mut further = Self::default();
        further.collect(py, &instance.arguments()[collecting])?;
        let names = body(instance.definition()).names[declared..].iter().map(|name| name.clone_ref(py));
        further.0.extend(names.zip(instance.arguments()[declared..].iter().cloned()));
        Ok(further)
    }

    /// Adds what was given for the parameter that collects: a dict, if it is not open. A name that is there already
    /// keeps its place.
    pub(crate) fn collect(&mut self, py: Python<'_>, given: &Argument) -> PyResult<()> {
        let Argument::Value(collected) = given else { return Ok(()) };
        for (name, object) in unwrap(py, collected).cast::<PyDict>()? {
            let (name, argument) = (name.cast_into::<PyString>()?, argument(object)?);
            let mut same = None;
            for (number, (own, _)) in self.0.iter().enumerate() {
                if own.bind(py).as_any().eq(&name)? {
                    same = Some(number);
                }
            }
            match same {
                Some(number) => self.0[number].1 = argument,
                None => self.0.push((name.unbind(), argument)),
            }
        }
        Ok(())
    }

    /// The name of one that is an output.
    pub(crate) fn output(&self) -> Option<&Py<PyString>> {
        self.0.iter().find(|(_, argument)| !matches!(argument, Argument::Value(_))).map(|(name, _)| name)
    }

    /// What the parameter that collects is bound to if none of them is an output; those that are left are further
    /// arguments.
    pub(crate) fn take_values(&mut self, py: Python<'_>) -> PyResult<Argument> {
        if self.0.is_empty() || self.output().is_some() {
            return Ok(Argument::Open);
        }
        let collected = PyDict::new(py);
        for (name, argument) in self.0.drain(..) {
            if let Argument::Value(value) = argument {
                collected.set_item(name, unwrap(py, &value))?;
            }
        }
        Ok(Argument::Value(wrap(collected.into_any())))
    }

    /// The definition with a parameter for each, and what these are bound to.
    pub(crate) fn apply(
        self,
        py: Python<'_>,
        definition: &Arc<Definition>,
    ) -> PyResult<(Arc<Definition>, impl Iterator<Item = Argument>)> {
        let (names, arguments): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        if names.is_empty() {
            return Ok((definition.clone(), arguments.into_iter()));
        }
        let mut parameters = definition.parameters().to_vec();
        for name in &names {
            parameters.push(Parameter {
                name: name.bind(py).to_str()?.to_owned().into(),
                type_name: "".into(),
                type_id: None,
                has_default: false,
                collects: false,
            });
        }
        let (lookup, place) = (definition.lookup(), definition.place().clone());
        let body = body(definition).with_names(py, names);
        let own = Definition::new(definition.id().to_owned(), parameters, lookup, place, body);
        Ok((Arc::new(own.with_options(definition.options().clone())), arguments.into_iter()))
    }
}

fn body(definition: &Definition) -> &PyBody {
    let body: &dyn Any = definition.body();
    body.downcast_ref().expect("a definition that was made in Python has a function of Python's")
}
