//! Writes random values as serde's derive does.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple};
use serde::ser::{SerializeTupleVariant, Serializer};

use super::{Data, NAMES, Type};

/// A value with its type, which serde writes.
pub(crate) struct Typed<'a>(pub(crate) &'a Type, pub(crate) &'a Data);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Type::Bool, Data::Bool(b)) => s.serialize_bool(*b),
            (Type::Signed(8), Data::Int(n)) => s.serialize_i8(*n as i8),
            (Type::Signed(16), Data::Int(n)) => s.serialize_i16(*n as i16),
            (Type::Signed(32), Data::Int(n)) => s.serialize_i32(*n as i32),
            (Type::Signed(64), Data::Int(n)) => s.serialize_i64(*n as i64),
            (Type::Signed(_), Data::Int(n)) => s.serialize_i128(*n),
            (Type::Unsigned(8), Data::Int(n)) => s.serialize_u8(*n as u8),
            (Type::Unsigned(16), Data::Int(n)) => s.serialize_u16(*n as u16),
            (Type::Unsigned(32), Data::Int(n)) => s.serialize_u32(*n as u32),
            (Type::Unsigned(64), Data::Int(n)) => s.serialize_u64(*n as u64),
            (Type::Unsigned(_), Data::Int(n)) => s.serialize_u128(*n as u128),
            (Type::Float, Data::Float(x)) => s.serialize_f64(*x),
            (Type::Char, Data::Char(c)) => s.serialize_char(*c),
            (Type::Text, Data::Text(text)) => s.serialize_str(text),
            (Type::Bytes, Data::Bytes(bytes)) => s.serialize_bytes(bytes),
            (Type::Unit, Data::Nothing) => s.serialize_unit(),
            (Type::Leaf(leaf), Data::Leaf(json)) => leaf.write(json, s),
            (Type::Option(_), Data::Nothing) => s.serialize_none(),
            (Type::Option(inner), Data::Some(data)) => s.serialize_some(&Typed(inner, data)),
            (Type::Newtype(inner), data) => s.serialize_newtype_struct("N", &Typed(inner, data)),
            (Type::List(inner) | Type::Set(inner), Data::Many(items)) => {
                let mut seq = s.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(&Typed(inner, item)))?;
                seq.end()
            }
            (Type::Tuple(types), Data::Many(items)) => {
                let mut tuple = s.serialize_tuple(types.len())?;
                types.iter().zip(items).try_for_each(|(ty, item)| tuple.serialize_element(&Typed(ty, item)))?;
                tuple.end()
            }
            (Type::Map(key_type, inner), Data::Entries(entries)) => {
                // Some maps tell no length.
                let mut map = s.serialize_map((entries.len() % 2 == 0).then_some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(&Typed(key_type, key), &Typed(inner, value))?;
                }
                map.end()
            }
            (Type::Struct(fields), Data::Many(items)) => {
                let mut out = s.serialize_struct("S", fields.len())?;
                for ((field, item), name) in fields.iter().zip(items).zip(NAMES) {
                    out.serialize_field(name, &Typed(&field.ty, item))?;
                }
                out.end()
            }
            (Type::Enum(types), Data::Variant(at, data)) => write_variant(s, *at, &types[*at], data),
            (ty, data) => Err(serde::ser::Error::custom(format!("{data:?} is no {ty:?}"))),
        }
    }
}

/// A variant of a unit is one without data, of a tuple or struct one with several.
fn write_variant<S: Serializer>(s: S, at: usize, ty: &Type, data: &Data) -> Result<S::Ok, S::Error> {
    match (ty, data) {
        (Type::Unit, _) => s.serialize_unit_variant("E", at as u32, NAMES[at]),
        (Type::Tuple(types), Data::Many(items)) => {
            let mut out = s.serialize_tuple_variant("E", at as u32, NAMES[at], types.len())?;
            types.iter().zip(items).try_for_each(|(ty, item)| out.serialize_field(&Typed(ty, item)))?;
            out.end()
        }
        (Type::Struct(fields), Data::Many(items)) => {
            let mut out = s.serialize_struct_variant("E", at as u32, NAMES[at], fields.len())?;
            for ((field, item), name) in fields.iter().zip(items).zip(NAMES) {
                out.serialize_field(name, &Typed(&field.ty, item))?;
            }
            out.end()
        }
        (ty, data) => s.serialize_newtype_variant("E", at as u32, NAMES[at], &Typed(ty, data)),
    }
}
