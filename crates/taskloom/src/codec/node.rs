//! A value that was read, before anybody knows its type.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{CodecError, DEEPEST, tags};

/// A value as text says, with its tags understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    /// What is something, though it is written as nothing.
    Some(Box<Self>),
    Bool(bool),
    Int(i128),
    /// Above what an `i128` holds.
    Large(u128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Node {
    /// The elements of a list.
    pub(super) fn into_list(self) -> Result<Vec<Self>, CodecError> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(CodecError::reading("it is no list")),
        }
    }
}

/// Levels of text that a value may have: each of its own is up to three, for maps whose keys are no texts.
const DEEPEST_TEXT: usize = 4 * DEEPEST;

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Node, CodecError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // Its own limit is lower than ours.
    reader.disable_recursion_limit();
    let node = Reader { left: DEEPEST_TEXT }.deserialize(&mut reader);
    let node = node.and_then(|node| reader.end().map(|()| node));
    node.map_err(|error| CodecError::reading(error.to_string()))
}

/// Makes nodes.
#[derive(Clone, Copy)]
struct Reader {
    /// How many levels there may still be.
    left: usize,
}

impl Reader {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1);
        left.map(|left| Self { left }).ok_or_else(|| E::custom("it has more levels than any value that is stored"))
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Int(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let inner = self.inner()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(inner)?));
        }
        match entries.first() {
            Some((key, _)) if key.starts_with('$') => tags::understand(entries).map_err(A::Error::custom),
            _ => Ok(Node::Map(entries.into_iter().map(|(key, value)| (Node::Text(key), value)).collect())),
        }
    }
}
