use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use smallvec::SmallVec;

use crate::{BuildError, Definition, Digest, Fragment, Options, Over, Place, Value, fragment, task_id};

/// What fills one parameter of an instance.
#[derive(Clone)]
pub enum Argument {
    /// Nothing yet: the run looks for a value (rule R-3).
    Open,
    /// A value.
    Value(Value),
    /// The output of another instance; it makes an edge.
    Output(Instance),
    /// The outputs of several instances, as a list in this order; it makes an edge from each.
    Outputs(Arc<Vec<Instance>>),
    /// The value of a group; it makes an edge from the group.
    Group(Fragment),
}

impl Argument {
    /// The value of a group.
    ///
    /// # Errors
    ///
    /// [`BuildErrorKind::NotAGroup`](crate::BuildErrorKind::NotAGroup).
    pub fn group(fragment: Fragment) -> Result<Self, BuildError> {
        if fragment.is_group() {
            return Ok(Self::Group(fragment));
        }
        let message = "a chain is bound as an argument, and only instances, lists of these and groups have a value";
        Err(BuildError::new(crate::BuildErrorKind::NotAGroup, message).hint("bind the chain's last task"))
    }
}

/// A definition plus bound arguments, under a task id. Immutable and cheap to clone; clones are the
/// same instance.
#[derive(Clone)]
pub struct Instance(Arc<Inner>);

struct Inner {
    definition: Arc<Definition>,
    id: Id,
    arguments: SmallVec<[Argument; 1]>,
    options: Option<Box<Options>>,
    place: Place,
    joined: AtomicBool,
}

enum Id {
    Given(Box<str>),
    Automatic(OnceLock<Box<str>>),
}

impl Inner {
    fn takes_outputs(&self) -> bool {
        self.arguments.iter().any(|argument| !matches!(argument, Argument::Open | Argument::Value(_)))
    }

    /// The same with an identity of its own.
    fn copy(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            id: match &self.id {
                Id::Given(id) => Id::Given(id.clone()),
                Id::Automatic(_) => Id::Automatic(OnceLock::new()),
            },
            arguments: self.arguments.clone(),
            options: self.options.clone(),
            place: self.place.clone(),
            joined: AtomicBool::new(false),
        }
    }
}

impl Instance {
    /// An instance with every parameter open and no given id.
    pub fn new(definition: Arc<Definition>, place: Place) -> Self {
        let arguments = smallvec::smallvec![Argument::Open; definition.parameters().len()];
        Self::bound(definition, None, arguments, place)
    }

    /// The one instance that a definition stands for as an operand: without arguments, under the
    /// definition's id, made where the definition was (rule C-1).
    pub fn alone(definition: Arc<Definition>) -> Self {
        let (id, place) = (definition.id().into(), definition.place().clone());
        let mut instance = Self::new(definition, place);
        instance.change().id = Id::Given(id);
        instance
    }

    /// An instance with all of its arguments at once.
    ///
    /// # Panics
    ///
    /// If there is not one argument for each parameter: front ends make them from the definition.
    pub fn bound(
        definition: Arc<Definition>,
        task_id: Option<Box<str>>,
        arguments: SmallVec<[Argument; 1]>,
        place: Place,
    ) -> Self {
        assert_eq!(arguments.len(), definition.parameters().len(), "one argument for each parameter");
        let id = task_id.map_or_else(|| Id::Automatic(OnceLock::new()), Id::Given);
        Self(Arc::new(Inner { definition, id, arguments, options: None, place, joined: AtomicBool::new(false) }))
    }

    /// Refuses a given id that breaks rule I-8.
    pub fn validate_id(&self) -> Result<(), BuildError> {
        match &self.0.id {
            Id::Given(id) => task_id::validate(id, &self.0.place),
            Id::Automatic(_) => Ok(()),
        }
    }

    /// Names the instance. Clones made before keep their own id.
    pub fn set_task_id(&mut self, id: impl Into<Box<str>>) {
        self.change().id = Id::Given(id.into());
    }

    /// Forgets the id: the instance is now another one, derived from what it was (rule I-7).
    pub fn derive(&mut self) {
        self.change().id = Id::Automatic(OnceLock::new());
    }

    /// Binds parameter number `parameter`.
    ///
    /// # Panics
    ///
    /// If there is no such parameter.
    pub fn bind(&mut self, parameter: usize, argument: Argument) {
        self.change().arguments[parameter] = argument;
    }

    /// Replaces the options of this instance alone. It keeps its id, also an automatic one that is fixed
    /// (rule I-7).
    pub fn set_options(&mut self, options: Options) {
        let fixed = self.fixed_id().map(Box::from);
        let inner = self.change();
        inner.options = Some(Box::new(options));
        if let (Id::Automatic(cell), Some(id)) = (&inner.id, fixed) {
            cell.get_or_init(|| id);
        }
    }

    /// A copy under an id of its own, with arguments of its own.
    pub(crate) fn copied(&self, id: String, arguments: SmallVec<[Argument; 1]>) -> Self {
        let mut inner = self.0.copy();
        inner.id = Id::Given(id.into_boxed_str());
        inner.arguments = arguments;
        Self(Arc::new(inner))
    }

    // In place while nobody else holds it, else on a copy with an identity of its own.
    fn change(&mut self) -> &mut Inner {
        if Arc::get_mut(&mut self.0).is_none() {
            self.0 = Arc::new(self.0.copy());
        }
        Arc::get_mut(&mut self.0).expect("it was just made, or found to be, the only one")
    }

    /// The task id. An automatic one is fixed by reading it, or by joining a workflow before that.
    pub fn id(&self) -> &str {
        match &self.0.id {
            Id::Given(id) => id,
            Id::Automatic(cell) => cell.get_or_init(|| task_id::early(self.0.definition.id())),
        }
    }

    /// The task id if it is given, or automatic and already fixed.
    pub fn fixed_id(&self) -> Option<&str> {
        match &self.0.id {
            Id::Given(id) => Some(id),
            Id::Automatic(cell) => cell.get().map(|id| &**id),
        }
    }

    /// The task id if the user chose it.
    pub fn given_id(&self) -> Option<&str> {
        match &self.0.id {
            Id::Given(id) => Some(id),
            Id::Automatic(_) => None,
        }
    }

    /// Whether the user chose the id.
    pub fn has_given_id(&self) -> bool {
        matches!(self.0.id, Id::Given(_))
    }

    /// Fixes an automatic id, unless another thread was faster; gives the one that holds.
    pub(crate) fn fix_id(&self, id: String) -> &str {
        match &self.0.id {
            Id::Given(given) => given,
            Id::Automatic(cell) => cell.get_or_init(|| id.into_boxed_str()),
        }
    }

    /// The definition that it is an instance of.
    pub fn definition(&self) -> &Arc<Definition> {
        &self.0.definition
    }

    /// One argument for each parameter of the definition.
    pub fn arguments(&self) -> &[Argument] {
        &self.0.arguments
    }

    /// Its own options, or the definition's.
    pub fn options(&self) -> &Options {
        self.0.options.as_deref().unwrap_or_else(|| self.0.definition.options())
    }

    /// The type of its value, where it is known while planning.
    pub fn output(&self) -> Option<std::any::TypeId> {
        match &self.options().map {
            Some(mapping) => mapping.front_end.output(),
            None => self.0.definition.output(),
        }
    }

    /// Where it was made.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// Whether it has ever joined a workflow.
    pub fn has_joined(&self) -> bool {
        self.0.joined.load(Ordering::Relaxed)
    }

    pub(crate) fn joins(&self) {
        self.0.joined.store(true, Ordering::Relaxed);
    }

    /// Whether any of its arguments is what something else gives in the run.
    pub(crate) fn takes_outputs(&self) -> bool {
        self.0.takes_outputs()
    }

    /// Its arguments, if nobody else holds it.
    pub(crate) fn into_arguments(self) -> Option<SmallVec<[Argument; 1]>> {
        Arc::into_inner(self.0).map(|mut inner| std::mem::take(&mut inner.arguments))
    }

    /// Whether both are one instance, not just equal ones.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Where it lies in memory: the same for all clones, and nobody else's while one of them is there.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Identifies definition and bound arguments (rule I-4).
    ///
    /// An instance bound as an argument counts by its id if that is fixed, and else by its definition:
    /// it joins a workflow before the instance that it is bound to, so there its id is fixed.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        digest.add("definition", self.0.definition.id().as_bytes());
        if let Some(mapping) = &self.options().map {
            let over: &[u8] = match mapping.over {
                Over::Each => b"each",
                Over::Product => b"product",
                Over::Zip => b"zip",
            };
            digest.add("map", over);
        }
        for argument in &self.0.arguments {
            match argument {
                Argument::Open => digest.add("open", b""),
                Argument::Value(value) => self.0.definition.body().digest(value, &mut digest),
                Argument::Output(instance) => digest.add_instance(instance),
                Argument::Outputs(instances) => {
                    for instance in instances.iter() {
                        digest.add_instance(instance);
                    }
                    digest.add("outputs", &(instances.len() as u64).to_le_bytes());
                }
                Argument::Group(group) => {
                    let count = group.instances().map(|instance| digest.add_instance(instance)).count();
                    digest.add("group", &(count as u64).to_le_bytes());
                }
            }
        }
        digest.finish()
    }
}

impl Digest {
    fn add_instance(&mut self, instance: &Instance) {
        self.add("output", instance.fixed_id().unwrap_or_else(|| instance.definition().id()).as_bytes());
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Value(_) => f.write_str("Value(..)"),
            Self::Output(instance) => f.debug_tuple("Output").field(instance).finish(),
            Self::Outputs(instances) => f.debug_tuple("Outputs").field(&instances.len()).finish(),
            Self::Group(group) => f.debug_tuple("Group").field(group).finish(),
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fixed_id() {
            Some(id) => write!(f, "Instance({id})"),
            None => write!(f, "Instance({}, unnamed)", self.0.definition.id()),
        }
    }
}

// Instances hold the instances whose outputs they take. A long chain of these would be dropped by
// recursion and overflow the stack, so it is taken apart in a loop.
impl Drop for Inner {
    fn drop(&mut self) {
        if self.takes_outputs() {
            fragment::take_apart(fragment::held_by(std::mem::take(&mut self.arguments)).collect());
        }
    }
}
