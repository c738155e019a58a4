use std::any::TypeId;

use taskloom_core::Parameter;

/// A parameter of type `i64`.
pub(crate) fn parameter(name: &'static str, has_default: bool) -> Parameter {
    Parameter {
        name: name.into(),
        type_name: "i64".into(),
        type_id: Some(TypeId::of::<i64>()),
        has_default,
        collects: false,
    }
}
