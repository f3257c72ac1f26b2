//! Reads random values as serde's derive does. The types take no more than they ask for: an unsigned integer no
//! signed one, a text no bytes.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{Data, Field, NAMES, Type};

#[derive(Clone, Copy)]
struct Seed<'a>(&'a Type);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Data, D::Error> {
        match self.0 {
            Type::Bool => d.deserialize_bool(self),
            Type::Signed(8) => d.deserialize_i8(self),
            Type::Signed(16) => d.deserialize_i16(self),
            Type::Signed(32) => d.deserialize_i32(self),
            Type::Signed(64) => d.deserialize_i64(self),
            Type::Signed(_) => d.deserialize_i128(self),
            Type::Unsigned(8) => d.deserialize_u8(self),
            Type::Unsigned(16) => d.deserialize_u16(self),
            Type::Unsigned(32) => d.deserialize_u32(self),
            Type::Unsigned(64) => d.deserialize_u64(self),
            Type::Unsigned(_) => d.deserialize_u128(self),
            Type::Float => d.deserialize_f64(self),
            Type::Char => d.deserialize_char(self),
            Type::Text => d.deserialize_string(self),
            Type::Bytes => d.deserialize_byte_buf(self),
            Type::Unit => d.deserialize_unit(self),
            Type::Leaf(leaf) => leaf.read(d).map(Data::Leaf),
            Type::Option(_) => d.deserialize_option(self),
            Type::Newtype(_) => d.deserialize_newtype_struct("N", self),
            Type::List(_) | Type::Set(_) => d.deserialize_seq(self),
            Type::Tuple(types) => d.deserialize_tuple(types.len(), self),
            Type::Map(..) => d.deserialize_map(self),
            Type::Struct(fields) => d.deserialize_struct("S", &NAMES[..fields.len()], self),
            Type::Enum(types) => d.deserialize_enum("E", &NAMES[..types.len()], self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }

    fn visit_bool<E: de::Error>(self, b: bool) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Bool), Data::Bool(b))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Data, E> {
        match self.0 {
            Type::Float if IS_LENIENT.get() => Ok(Data::Float(n as f64)),
            ty => self.only(matches!(ty, Type::Signed(_)) || IS_LENIENT.get(), Data::Int(n.into())),
        }
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Data, E> {
        match self.0 {
            Type::Float => self.only(IS_LENIENT.get(), Data::Float(n as f64)),
            ty => self.only(matches!(ty, Type::Unsigned(_)) || IS_LENIENT.get(), Data::Int(n.into())),
        }
    }

    fn visit_i128<E: de::Error>(self, n: i128) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Signed(128)), Data::Int(n))
    }

    fn visit_u128<E: de::Error>(self, n: u128) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Unsigned(128)), Data::Int(n as i128))
    }

    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Float), Data::Float(x))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Data, E> {
        match (self.0, text.chars().next()) {
            (Type::Char, Some(c)) => Ok(Data::Char(c)),
            (ty, _) => self.only(matches!(ty, Type::Text), Data::Text(text.to_owned())),
        }
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Bytes), Data::Bytes(bytes.to_vec()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Unit), Data::Nothing)
    }

    fn visit_none<E: de::Error>(self) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Option(_)), Data::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Data, D::Error> {
        match self.0 {
            Type::Option(inner) => Ok(Data::Some(Box::new(Seed(inner).deserialize(d)?))),
            _ => Err(de::Error::custom("no option")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Data, D::Error> {
        match self.0 {
            Type::Newtype(inner) => Seed(inner).deserialize(d),
            _ => Err(de::Error::custom("no newtype")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        match self.0 {
            Type::List(inner) | Type::Set(inner) => {
                while let Some(item) = seq.next_element_seed(Seed(inner))? {
                    items.push(item);
                }
            }
            Type::Tuple(types) => {
                for ty in types {
                    let item = seq.next_element_seed(Seed(ty))?;
                    items.push(item.ok_or_else(|| de::Error::custom("a tuple is too short"))?);
                }
            }
            // JSON has no bytes.
            Type::Bytes if IS_LENIENT.get() => {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                return Ok(Data::Bytes(bytes));
            }
            _ => return Err(de::Error::custom("no list")),
        }
        Ok(Data::Many(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        match self.0 {
            Type::Map(key, inner) => {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry_seed(Seed(key), Seed(inner))? {
                    entries.push(entry);
                }
                Ok(Data::Entries(entries))
            }
            Type::Struct(fields) => read_fields(fields, map),
            _ => Err(de::Error::custom("no map")),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Data, A::Error> {
        let Type::Enum(types) = self.0 else { return Err(de::Error::custom("no enum")) };
        let (name, content) = data.variant::<String>()?;
        let at = NAMES[..types.len()].iter().position(|known| *known == name);
        let at = at.ok_or_else(|| de::Error::unknown_variant(&name, &NAMES))?;
        let read = match &types[at] {
            Type::Unit => content.unit_variant().map(|()| Data::Nothing),
            ty @ Type::Tuple(types) => content.tuple_variant(types.len(), Seed(ty)),
            ty @ Type::Struct(fields) => content.struct_variant(&NAMES[..fields.len()], Seed(ty)),
            ty => content.newtype_variant_seed(Seed(ty)),
        };
        Ok(Data::Variant(at, Box::new(read?)))
    }
}

impl Seed<'_> {
    fn only<E: de::Error>(self, fits: bool, data: Data) -> Result<Data, E> {
        if fits { Ok(data) } else { Err(E::custom(format!("{data:?} for {:?}", self.0))) }
    }
}

/// Reads a struct as serde's derive does: what is missing is its default, or a `None`.
fn read_fields<'de, A: MapAccess<'de>>(fields: &[Field], mut map: A) -> Result<Data, A::Error> {
    let mut read: Vec<Option<Data>> = fields.iter().map(|_| None).collect();
    while let Some(name) = map.next_key::<String>()? {
        match NAMES[..fields.len()].iter().position(|known| *known == name) {
            Some(at) => read[at] = Some(map.next_value_seed(Seed(&fields[at].ty))?),
            None => drop(map.next_value::<de::IgnoredAny>()?),
        }
    }
    let missing = |(at, (field, read)): (usize, (&Field, Option<Data>))| match (read, &field.default, &field.ty) {
        (Some(read), _, _) => Ok(read),
        (None, Some(default), _) => Ok(default.clone()),
        (None, None, Type::Option(_)) => Ok(Data::Nothing),
        (None, None, _) => Err(de::Error::missing_field(NAMES[at])),
    };
    fields.iter().zip(read).enumerate().map(missing).collect::<Result<_, _>>().map(Data::Many)
}

thread_local! {
    static TYPE: Cell<&'static Type> = const { Cell::new(&Type::Unit) };
    static IS_LENIENT: Cell<bool> = const { Cell::new(false) };
}

/// Whose codec a type is read through.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Codec {
    /// The library's, which gives each type what it asks for.
    Own,
    /// Another one, which may give another integer, and a list for bytes.
    Other,
}

/// A value of the type that is being read.
pub(crate) struct Read(Data);

impl Read {
    /// Reads a value of a type.
    pub(crate) fn through<E>(
        codec: Codec,
        ty: &'static Type,
        read: impl FnOnce() -> Result<Self, E>,
    ) -> Result<Data, E> {
        TYPE.set(ty);
        IS_LENIENT.set(codec == Codec::Other);
        read().map(|read| read.0)
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Seed(TYPE.get()).deserialize(d).map(Self)
    }
}
