use std::{any::Any, sync::Arc};

use taskloom_core::{
    Definition, Instance, NodeId, Plan, RunPlan, Value,
    channel::{Content, Item},
};

use crate::{
    Error, ErrorKind, Result,
    body::RustBody,
    codec::{Codec, Codecs},
    engine::durable::{BoxError, Values},
};

/// Values of Rust, as serde writes them.
#[derive(Debug)]
pub struct RustValues {
    codecs: Codecs,
}

impl RustValues {
    /// Those of a plan's tasks, and further ones.
    ///
    /// # Errors
    ///
    /// If a task has results that cannot be written.
    pub(crate) fn new(plan: &Plan, further: &[Codec]) -> Result<Self> {
        let mut codecs = Codecs::of(plan);
        for codec in further {
            codecs.add(*codec);
        }
        for node in (0_u32..).take(plan.task_count()).filter(|&node| plan.includes(node)) {
            let task = plan.task(node);
            if output(task.definition()).is_none() {
                return Err(unwritable(plan.id(node), task));
            }
        }
        Ok(Self { codecs })
    }
}

fn body(definition: &Definition) -> Option<&RustBody> {
    let body: &dyn Any = definition.body();
    body.downcast_ref()
}

fn output(definition: &Definition) -> Option<Codec> {
    body(definition)?.output.codec()
}

fn parameter(definition: &Definition, parameter: usize) -> Option<Codec> {
    body(definition)?.parameters.get(parameter)?.codec()
}

fn no_codec(what: &str) -> BoxError {
    format!(
        "{what} cannot be written to a store\n  hint: derive serde's `Serialize` and `Deserialize` for its type, or \
         return what it can be made from again"
    )
    .into()
}

fn unwritable(id: &str, task: &Instance) -> Error {
    let definition = task.definition();
    let name = definition.output_name().unwrap_or("a type that is not known");
    let message = format!(
        "the results of `{id}` cannot be written to a store: `{}`, at {}, returns `{name}`\n  hint: derive serde's \
         `Serialize` and `Deserialize` for it, or return what it can be made from again",
        definition.id(),
        definition.place(),
    );
    Error::new(ErrorKind::Encoding, message).task(id)
}

impl Values for RustValues {
    fn write_result(&self, task: &Instance, value: &Value) -> std::result::Result<String, BoxError> {
        let codec = output(task.definition()).ok_or_else(|| no_codec("the result"))?;
        Ok(codec.encode(&**value)?)
    }

    fn read_result(&self, task: &Instance, text: &str) -> std::result::Result<Value, BoxError> {
        let codec = output(task.definition()).ok_or_else(|| no_codec("the result"))?;
        Ok(codec.decode(text)?)
    }

    fn write_argument(
        &self,
        definition: &Definition,
        number: usize,
        value: &Value,
    ) -> std::result::Result<String, BoxError> {
        let name = || definition.parameters().get(number).map_or("", |parameter| &*parameter.name).to_owned();
        let codec = parameter(definition, number).ok_or_else(|| no_codec(&format!("the argument `{}`", name())))?;
        // A map's list is no value of the parameter's own type.
        let text =
            if (**value).type_id() == codec.type_id() { codec.encode(&**value) } else { codec.encode_list(&**value) };
        Ok(text?)
    }

    fn read_argument(
        &self,
        definition: &Definition,
        number: usize,
        text: &str,
    ) -> std::result::Result<Value, BoxError> {
        let codec = parameter(definition, number).ok_or_else(|| no_codec("the argument"))?;
        Ok(codec.decode(text)?)
    }

    fn write_item(&self, item: &Item) -> std::result::Result<String, BoxError> {
        let codec = self.codecs.get((*item.value).type_id()).ok_or_else(|| unknown_type(&item.kind))?;
        Ok(codec.encode(&*item.value)?)
    }

    fn read_item(&self, kind: &str, text: &Arc<str>) -> std::result::Result<Item, BoxError> {
        let codec = self.codecs.named(kind).ok_or_else(|| unknown_type(kind))?;
        Ok(Item { value: codec.decode(text)?, kind: codec.type_name().into(), text: Some(text.clone()) })
    }

    fn argument(&self, _content: Content) -> Option<Value> {
        // In Rust nothing is looked up by name.
        None
    }

    fn name_definition(
        &self,
        plan: &RunPlan,
        _by: NodeId,
        definition: &Arc<Definition>,
    ) -> std::result::Result<String, BoxError> {
        let found = find(plan, definition.id())?;
        if Arc::ptr_eq(&found, definition) || found.place().to_string() == definition.place().to_string() {
            return Ok(definition.id().to_owned());
        }
        Err(ambiguous(definition.id()))
    }

    fn find_definition(&self, plan: &RunPlan, name: &str) -> std::result::Result<Arc<Definition>, BoxError> {
        find(plan, name)
    }
}

fn unknown_type(name: &str) -> BoxError {
    format!("`{name}` is no type that the run can write\n  hint: make it known with `execute().codec::<T>()`").into()
}

/// The definition of this id among those of the workflow.
fn find(plan: &RunPlan, id: &str) -> std::result::Result<Arc<Definition>, BoxError> {
    let planned = (0_u32..).take(plan.plan().task_count()).map(|node| plan.plan().task(node));
    let mut found: Option<Arc<Definition>> = None;
    for task in planned.chain(plan.plan().templates()).filter(|task| task.definition().id() == id) {
        match &found {
            Some(other) if other.place().to_string() != task.definition().place().to_string() => {
                return Err(ambiguous(id));
            }
            Some(_) => {}
            None => found = Some(task.definition().clone()),
        }
    }
    found.ok_or_else(|| {
        format!(
            "a durable run finds a task that it adds by its definition, and the workflow has none called `{id}`\n  hint: \
             put it among the workflow's templates, `Workflow::template({id}::definition())`"
        )
        .into()
    })
}

fn ambiguous(id: &str) -> BoxError {
    format!(
        "the workflow has two definitions called `{id}`\n  hint: give one of them another id, `#[task(id = \"…\")]`"
    )
    .into()
}
