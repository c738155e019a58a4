//! Values of their types from what was read.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
        value::SeqDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{CodecError, kept, node::Node, tags};

type Result<T, E = CodecError> = std::result::Result<T, E>;

/// Nothing of it is borrowed, so it may be asked for types that borrow for ever.
impl Deserializer<'static> for Node {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Some(inner) => visitor.visit_some(*inner),
            Self::Bool(value) => visitor.visit_bool(value),
            // As serde_json does it: there are types that look only for one of these.
            Self::Int(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Self::Large(value) => visitor.visit_u128(value),
            Self::Float(value) => visitor.visit_f64(value),
            Self::Text(value) => visitor.visit_string(value),
            Self::Bytes(value) => visitor.visit_byte_buf(value),
            Self::List(elements) => {
                let length = elements.len();
                let mut access = Elements { elements: elements.into_iter(), count: 0 };
                let value = visitor.visit_seq(&mut access)?;
                match access.elements.len() {
                    0 => Ok(value),
                    left => Err(Error::invalid_length(length, &&*format!("{} elements", length - left))),
                }
            }
            Self::Map(entries) => visitor.visit_map(Entries { entries: entries.into_iter(), value: None }),
        }
    }

    fn deserialize_str<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Text(text) if kept::borrows::<V::Value>() => visitor.visit_borrowed_str(kept::text(text)),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value> {
        if kept::borrows::<V::Value>() {
            return visitor.visit_borrowed_bytes(kept::bytes(Vec::deserialize(self)?));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Null => visitor.visit_none(),
            Self::Some(inner) => visitor.visit_some(*inner),
            node => visitor.visit_some(node),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            tags::RAW => self.deserialize_any(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    /// Bytes are a list of numbers for types that know no bytes.
    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            node => node.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let (name, content) = match self {
            Self::Map(mut entries) if entries.len() == 1 => {
                let (name, content) = entries.remove(0);
                (name, Some(content))
            }
            node => (node, None),
        };
        visitor.visit_enum(Variant { name, content })
    }

    forward_to_deserialize_any! {
        <V: Visitor<'static>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string byte_buf unit unit_struct
        tuple_struct map struct identifier ignored_any
    }
}

struct Elements {
    elements: std::vec::IntoIter<Node>,
    count: usize,
}

impl SeqAccess<'static> for Elements {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(node) = self.elements.next() else { return Ok(None) };
        let value = seed.deserialize(node).map_err(|error| error.in_element(self.count))?;
        self.count += 1;
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

struct Entries {
    entries: std::vec::IntoIter<(Node, Node)>,
    /// What belongs to the last key.
    value: Option<(String, Node)>,
}

impl MapAccess<'static> for Entries {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let shown = match &key {
            Node::Text(text) => format!("\"{text}\""),
            Node::Int(int) => int.to_string(),
            _ => "…".to_owned(),
        };
        self.value = Some((shown, value));
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value> {
        let Some((key, value)) = self.value.take() else {
            return Err(CodecError::reading("its `Deserialize` asks for a value before its key"));
        };
        seed.deserialize(value).map_err(|error| error.in_entry(key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

struct Variant {
    name: Node,
    content: Option<Node>,
}

impl EnumAccess<'static> for Variant {
    type Error = CodecError;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Content)> {
        Ok((seed.deserialize(self.name)?, Content(self.content)))
    }
}

/// What a variant holds.
struct Content(Option<Node>);

impl Content {
    fn some(self, expected: &str) -> Result<Node> {
        self.0.ok_or_else(|| Error::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl VariantAccess<'static> for Content {
    type Error = CodecError;

    fn unit_variant(self) -> Result<()> {
        self.0.map_or(Ok(()), Deserialize::deserialize)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.some("a variant with a value")?)
    }

    fn tuple_variant<V: Visitor<'static>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.some("a variant with values")?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'static>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.some("a variant with fields")?.deserialize_any(visitor)
    }
}
