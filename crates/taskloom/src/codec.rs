//! How values become text in a store, and come back (rule D-3).
//!
//! The text is JSON. What JSON has no form for is an object whose first key begins with `$`; both languages know the
//! same ones:
//!
//! | value | text |
//! |---|---|
//! | `()`, `None`, a unit struct | `null` |
//! | `Some(value)` | the value; `{"$some": value}` if that would come back as `None` |
//! | integers that fit an `i64` | `7` |
//! | other integers | `{"$int": "0xffffffffffffffff"}`, with the sign before the `0x` |
//! | finite floats | `1.0`, always with a point or an exponent |
//! | other floats | `{"$float": "nan"}`, `"inf"`, `"-inf"` |
//! | texts, characters | `"text"` |
//! | bytes, and a `Vec<u8>` that is the whole value | `{"$bytes": "<base64>"}` |
//! | sequences, tuples | `[1, 2]` |
//! | structs, maps with texts as keys, none of which begins with `$` | `{"key": 1}` |
//! | other maps | `{"$dict": [[1, "one"]]}` |
//! | enums | `"Unit"`, `{"Newtype": 1}`, `{"Tuple": [1, 2]}`, `{"Struct": {"field": 1}}` |
//!
//! Values are written in one pass. They are read by way of a tree (`node`), so that tags are known to deserializers
//! that look ahead (untagged enums, `flatten`), and so that the code for each type stays small.

mod canonical;
mod decode;
mod encode;
mod error;
mod kept;
mod node;
mod registry;
mod tags;

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use taskloom_core::Value;

pub use canonical::canonical;
pub use error::CodecError;
pub use registry::Codecs;

use node::Node;

/// How many levels of lists, maps and structs a value may have.
const DEEPEST: usize = 128;

/// How values of one type become text and come back.
#[derive(Clone, Copy)]
pub struct Codec(&'static Functions);

struct Functions {
    type_id: TypeId,
    type_name: fn() -> &'static str,
    encode: fn(&(dyn Any + Send + Sync)) -> Result<String, CodecError>,
    decode: fn(Node) -> Result<Value, CodecError>,
    encode_list: fn(&(dyn Any + Send + Sync)) -> Result<String, CodecError>,
    decode_list: fn(Vec<Node>) -> Result<Value, CodecError>,
}

impl Codec {
    /// The one of a type that serde knows.
    pub const fn of<T: Serialize + Deserialize<'static> + Send + Sync + 'static>() -> Self {
        Self(
            const {
                &Functions {
                    type_id: TypeId::of::<T>(),
                    type_name: type_name::<T>,
                    encode: encode::<T>,
                    decode: decode::<T>,
                    encode_list: encode_list::<T>,
                    decode_list: decode_list::<T>,
                }
            },
        )
    }

    /// The type whose values it knows.
    pub fn type_id(self) -> TypeId {
        self.0.type_id
    }

    /// What the type is called: the same in each process of one program.
    pub fn type_name(self) -> &'static str {
        (self.0.type_name)()
    }

    /// The text of a value.
    ///
    /// # Errors
    ///
    /// The value's `Serialize` may fail, and values nested too deeply are refused. The error says where in the value.
    pub fn encode(self, value: &(dyn Any + Send + Sync)) -> Result<String, CodecError> {
        (self.0.encode)(value).map_err(|error| error.of(self.type_name()))
    }

    /// The value of a text that [`encode`](Self::encode) gave, perhaps in the other language.
    ///
    /// # Errors
    ///
    /// If the text is no JSON, or no value of the type. The error says where in the value.
    pub fn decode(self, text: &str) -> Result<Value, CodecError> {
        node::parse(text).and_then(self.0.decode).map_err(|error| error.of(self.type_name()))
    }

    /// The text of a `Vec` of values of the type, as a map's list is one.
    ///
    /// # Errors
    ///
    /// As of [`encode`](Self::encode).
    pub fn encode_list(self, list: &(dyn Any + Send + Sync)) -> Result<String, CodecError> {
        (self.0.encode_list)(list).map_err(|error| error.of_list(self.type_name()))
    }

    /// The `Vec` of a text that [`encode_list`](Self::encode_list) gave.
    ///
    /// # Errors
    ///
    /// As of [`decode`](Self::decode).
    pub fn decode_list(self, text: &str) -> Result<Value, CodecError> {
        let list = node::parse(text).and_then(Node::into_list);
        list.and_then(self.0.decode_list).map_err(|error| error.of_list(self.type_name()))
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec({})", self.type_name())
    }
}

/// The text of a value whose type is known.
pub(crate) fn write<T: Serialize + Clone + Send + Sync + 'static>(value: &T) -> Result<String, CodecError> {
    encode::<T>(value).map_err(|error| error.of(type_name::<T>()))
}

/// The value of a text whose type is known.
pub(crate) fn read<T: Deserialize<'static>>(text: &str) -> Result<T, CodecError> {
    node::parse(text).and_then(T::deserialize).map_err(|error| error.of(type_name::<T>()))
}

fn encode<T: Serialize + 'static>(value: &(dyn Any + Send + Sync)) -> Result<String, CodecError> {
    // To serde a `Vec<u8>` is a list of numbers, some four times as long.
    if let Some(bytes) = value.downcast_ref::<Vec<u8>>() {
        return Ok(encode::bytes(bytes));
    }
    encode::text(value.downcast_ref::<T>().ok_or_else(CodecError::other_type)?)
}

fn decode<T: Deserialize<'static> + Send + Sync + 'static>(node: Node) -> Result<Value, CodecError> {
    Ok(Arc::new(T::deserialize(node)?))
}

fn encode_list<T: Serialize + 'static>(list: &(dyn Any + Send + Sync)) -> Result<String, CodecError> {
    encode::list(list.downcast_ref::<Vec<T>>().ok_or_else(CodecError::other_type)?)
}

fn decode_list<T: Deserialize<'static> + Send + Sync + 'static>(list: Vec<Node>) -> Result<Value, CodecError> {
    let elements = list.into_iter().enumerate();
    let elements = elements.map(|(index, node)| T::deserialize(node).map_err(|error| error.in_element(index)));
    Ok(Arc::new(elements.collect::<Result<Vec<T>, _>>()?))
}
