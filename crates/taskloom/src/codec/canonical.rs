use serde::{Serialize, Serializer, ser::Error};

use super::{
    CodecError, encode,
    node::{self, Node},
};

/// The text of a value with the entries of its maps in the order of their keys' texts, for comparing: a `HashMap` gives
/// them in another order in each process. Of a set serde says only that it is a list, so a `HashSet` stays as it came.
///
/// # Errors
///
/// If the text is none that a codec gave.
pub fn canonical(text: &str) -> Result<String, CodecError> {
    encode::text(&node::parse(text)?)
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Some(inner) => serializer.serialize_some(inner),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i128(*value),
            Self::Large(value) => serializer.serialize_u128(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Map(entries) => {
                let texts = entries.iter().map(|(key, value)| encode::text(key).map(|text| (text, key, value)));
                let mut entries = texts.collect::<Result<Vec<_>, _>>().map_err(S::Error::custom)?;
                entries.sort_by(|(one, ..), (other, ..)| one.cmp(other));
                serializer.collect_map(entries.into_iter().map(|(_, key, value)| (key, value)))
            }
        }
    }
}
