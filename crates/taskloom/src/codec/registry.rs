use std::{
    any::TypeId,
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, LazyLock},
};

use serde::{Deserialize, Serialize};
use taskloom_core::{Definition, Plan};

use super::Codec;
use crate::body::RustBody;

/// The codecs that a run knows, for values whose type is known only as they come: what a channel holds.
#[derive(Clone, Debug, Default)]
pub struct Codecs {
    by_type: HashMap<TypeId, Codec>,
    /// Without those names that several types have.
    by_name: HashMap<&'static str, Option<Codec>>,
}

/// Those of the standard types.
static STANDARD: LazyLock<Codecs> = LazyLock::new(|| {
    let mut codecs = Codecs::default();
    macro_rules! register {
        ($($type:ty),*) => {
            $(
                codecs.register::<$type>();
                codecs.register::<Option<$type>>();
                codecs.register::<Vec<$type>>();
            )*
        };
    }
    register!((), bool, char, String, serde_json::Value, f32, f64);
    register!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
    codecs
});

impl Codecs {
    /// Those of the parameters and outputs of a plan's tasks.
    pub fn of(plan: &Plan) -> Self {
        let mut codecs = Self::default();
        let mut seen = HashSet::new();
        for node in (0..).take(plan.task_count()) {
            let definition = plan.task(node).definition();
            if seen.insert(Arc::as_ptr(definition)) {
                codecs.define(definition);
            }
        }
        codecs
    }

    /// Adds those of the parameters and the output of a definition.
    pub fn define(&mut self, definition: &Definition) {
        let body: &dyn std::any::Any = definition.body();
        if let Some(body) = body.downcast_ref::<RustBody>() {
            body.codecs().for_each(|codec| self.add(codec));
        }
    }

    /// Adds the one of a type.
    pub fn register<T: Serialize + Deserialize<'static> + Send + Sync + 'static>(&mut self) {
        self.add(Codec::of::<T>());
    }

    /// Adds one.
    pub fn add(&mut self, codec: Codec) {
        if self.by_type.insert(codec.type_id(), codec).is_some() {
            return;
        }
        match self.by_name.entry(codec.type_name()) {
            Entry::Vacant(vacant) => _ = vacant.insert(Some(codec)),
            Entry::Occupied(mut taken) => _ = taken.insert(None),
        }
    }

    /// The one of a type.
    pub fn get(&self, type_id: TypeId) -> Option<Codec> {
        self.by_type.get(&type_id).or_else(|| STANDARD.by_type.get(&type_id)).copied()
    }

    /// The one of the type of this name, as [`Codec::type_name`] gave it in another process; none if several types have
    /// that name.
    pub fn named(&self, type_name: &str) -> Option<Codec> {
        self.by_name.get(type_name).or_else(|| STANDARD.by_name.get(type_name)).copied().flatten()
    }
}
