//! Values as text.

mod compound;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer, ser::SerializeSeq as _};

use super::{CodecError, DEEPEST};
use compound::{Entries, List};

type Result<T, E = CodecError> = std::result::Result<T, E>;

pub(super) fn text<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let mut encoder = Encoder::default();
    value.serialize(&mut encoder)?;
    encoder.finish()
}

/// A list, without the code for lists of this type.
pub(super) fn list<T: Serialize>(values: &[T]) -> Result<String> {
    let mut encoder = Encoder::default();
    let mut list = encoder.serialize_seq(None)?;
    values.iter().try_for_each(|value| list.element(value))?;
    list.end()?;
    encoder.finish()
}

pub(super) fn bytes(bytes: &[u8]) -> String {
    format!(r#"{{"$bytes":"{}"}}"#, STANDARD.encode(bytes))
}

/// Writes JSON as the table in `codec` says.
#[derive(Default)]
struct Encoder {
    out: Vec<u8>,
    depth: usize,
}

impl Encoder {
    fn finish(self) -> Result<String> {
        String::from_utf8(self.out).map_err(|error| CodecError::writing(error.to_string()))
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// What is the same in JSON.
    fn plain<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(|error| CodecError::writing(error.to_string()))
    }

    /// An integer, as the `i64` that it is, or else by its sign and magnitude.
    fn int(&mut self, small: Option<i64>, negative: bool, magnitude: u128) -> Result<()> {
        if let Some(small) = small {
            return self.plain(&small);
        }
        let sign = if negative { "-" } else { "" };
        self.push(&format!(r#"{{"$int":"{sign}{magnitude:#x}"}}"#));
        Ok(())
    }

    /// Opens a list, a map or a variant.
    fn enter(&mut self, open: &str) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(CodecError::too_deep());
        }
        self.push(open);
        Ok(())
    }

    fn leave(&mut self, close: &str) {
        self.depth -= 1;
        self.push(close);
    }

    /// Opens the object of a variant that has content; gives what closes it.
    fn variant(&mut self, name: &'static str) -> Result<&'static str> {
        let (open, colon, close) = if name.starts_with('$') { (r#"{"$dict":[["#, ",", "]]}") } else { ("{", ":", "}") };
        self.enter(open)?;
        self.plain(name)?;
        self.push(colon);
        Ok(close)
    }

    fn list(&mut self, variant: Option<&'static str>) -> Result<List<'_>> {
        let around = variant.map(|name| self.variant(name)).transpose()?;
        self.enter("[")?;
        Ok(List::new(self, around))
    }

    fn entries(&mut self, variant: Option<&'static str>) -> Result<Entries<'_>> {
        let around = variant.map(|name| self.variant(name)).transpose()?;
        self.enter("")?;
        Ok(Entries::new(self, around))
    }
}

/// What is the same in JSON.
macro_rules! plain {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<()> {
            self.plain(&value)
        })*
    };
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    plain!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_char: char, serialize_str: &str
    );

    fn serialize_u64(self, value: u64) -> Result<()> {
        self.serialize_u128(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result<()> {
        self.int(i64::try_from(value).ok(), value < 0, value.unsigned_abs())
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        self.int(i64::try_from(value).ok(), false, value)
    }

    /// As the `f64` that it is, since other readers know no `f32`.
    fn serialize_f32(self, value: f32) -> Result<()> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        if value.is_finite() {
            return self.plain(&value);
        }
        let name = match (value.is_nan(), value > 0.0) {
            (true, _) => "nan",
            (_, true) => "inf",
            (_, false) => "-inf",
        };
        self.push(&format!(r#"{{"$float":"{name}"}}"#));
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.push(&bytes(value));
        Ok(())
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        const SOME: &[u8] = br#"{"$some":"#;
        let start = self.out.len();
        value.serialize(&mut *self)?;
        let written = &self.out[start..];
        if written == b"null" || written.starts_with(SOME) {
            self.out.splice(start..start, SOME.iter().copied());
            self.push("}");
        }
        Ok(())
    }

    fn serialize_unit(self) -> Result<()> {
        self.push("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let close = self.variant(variant)?;
        value.serialize(&mut *self).map_err(|error| error.in_field(variant))?;
        self.leave(close);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>> {
        self.list(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>> {
        self.list(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>> {
        self.list(None)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<List<'a>> {
        self.list(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>> {
        self.entries(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>> {
        self.entries(None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Entries<'a>> {
        self.entries(Some(variant))
    }
}
