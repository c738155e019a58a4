use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
        SerializeTupleVariant,
    },
};

use super::{Encoder, Result};
use crate::codec::{CodecError, tags};

/// A list under way.
pub(super) struct List<'a> {
    encoder: &'a mut Encoder,
    count: usize,
    /// What closes the variant around it.
    around: Option<&'static str>,
}

impl<'a> List<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, around: Option<&'static str>) -> Self {
        Self { encoder, count: 0, around }
    }

    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if self.count > 0 {
            self.encoder.push(",");
        }
        value.serialize(&mut *self.encoder).map_err(|error| error.in_element(self.count))?;
        self.count += 1;
        Ok(())
    }

    fn close(self) {
        self.encoder.leave("]");
        if let Some(around) = self.around {
            self.encoder.leave(around);
        }
    }
}

/// A map or struct under way: written with its keys in front of colons, and anew once it has turned out that not all
/// of them can be such.
pub(super) struct Entries<'a> {
    encoder: &'a mut Encoder,
    /// Where it begins.
    start: usize,
    /// Where each key and each value begins.
    places: Vec<(usize, usize)>,
    /// Whether all keys are texts that do not begin with `$`.
    plain: bool,
    around: Option<&'static str>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, around: Option<&'static str>) -> Self {
        let start = encoder.out.len();
        encoder.push("{");
        Self { encoder, start, places: Vec::new(), plain: true, around }
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        if !self.places.is_empty() {
            self.encoder.push(",");
        }
        let start = self.encoder.out.len();
        key.serialize(&mut *self.encoder)?;
        self.plain &= matches!(self.encoder.out[start..], [b'"', first, ..] if first != b'$');
        self.encoder.push(":");
        self.places.push((start, self.encoder.out.len()));
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.encoder)
    }

    /// The text of the last key.
    fn last_key(&self) -> String {
        let key = self.places.last().map_or(&[][..], |&(key, value)| &self.encoder.out[key..value - 1]);
        String::from_utf8_lossy(key).into_owned()
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.key(name)?;
        self.value(value).map_err(|error| error.in_field(name))
    }

    /// The number that this stands for, if it is one of `serde_json`'s with all digits and a float has them all too.
    fn number(&self) -> Option<String> {
        let [(_, value)] = self.places[..] else { return None };
        if self.last_key() != format!("\"{}\"", tags::NUMBER) {
            return None;
        }
        let digits = serde_json::from_slice::<String>(&self.encoder.out[value..]).ok()?;
        let number = match digits.parse::<i128>() {
            Ok(int) => super::text(&int),
            Err(_) => super::text(&digits.parse::<f64>().ok()?),
        };
        number.ok().filter(|number| *number == digits || number.starts_with('{'))
    }

    fn close(self) {
        let number = if self.plain { None } else { self.number() };
        let Self { encoder, start, places, plain, around } = self;
        if let Some(number) = number {
            encoder.out.truncate(start);
            encoder.push(&number);
            return encoder.leave("");
        }
        if !plain {
            let written = encoder.out.split_off(start);
            encoder.push(r#"{"$dict":["#);
            for (number, &(key, value)) in places.iter().enumerate() {
                // Up to the comma before the next key.
                let end = places.get(number + 1).map_or(written.len(), |(next, _)| next - 1 - start);
                encoder.push(if number == 0 { "[" } else { ",[" });
                encoder.out.extend_from_slice(&written[key - start..value - 1 - start]);
                encoder.push(",");
                encoder.out.extend_from_slice(&written[value - start..end]);
                encoder.push("]");
            }
            encoder.push("]");
        }
        encoder.leave("}");
        if let Some(around) = around {
            encoder.leave(around);
        }
    }
}

macro_rules! lists {
    ($($interface:ident::$method:ident),*) => {
        $(impl $interface for List<'_> {
            type Ok = ();
            type Error = CodecError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<()> {
                self.close();
                Ok(())
            }
        })*
    };
}

lists!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! structs {
    ($($interface:ident),*) => {
        $(impl $interface for Entries<'_> {
            type Ok = ();
            type Error = CodecError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
                self.field(name, value)
            }

            fn end(self) -> Result<()> {
                self.close();
                Ok(())
            }
        })*
    };
}

structs!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value).map_err(|error| error.in_entry(self.last_key()))
    }

    fn end(self) -> Result<()> {
        self.close();
        Ok(())
    }
}
