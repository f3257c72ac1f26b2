//! Random types of serde's data model, written and read as serde's derive does it, through this codec and
//! through serde_json: both must give what was written. The types take no more than they ask for: an
//! unsigned integer no signed one, a text no bytes.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple};
use serde::ser::{SerializeTupleVariant, Serializer};
use serde::{Deserialize, Serialize};

use super::{from_value, to_value};

#[derive(Debug, Clone)]
enum Type {
    Bool,
    Signed(u32),
    Unsigned(u32),
    Float,
    Char,
    Text,
    Bytes,
    Unit,
    Option(Box<Type>),
    Newtype(Box<Type>),
    List(Box<Type>),
    Tuple(Vec<Type>),
    Map(Box<Type>, Box<Type>),
    Struct(Vec<Field>),
    Enum(Vec<Type>),
}

/// A field of a struct, and what it is read as if it is missing.
#[derive(Debug, Clone)]
struct Field {
    ty: Type,
    default: Option<Data>,
}

#[derive(Debug, Clone, PartialEq)]
enum Data {
    Bool(bool),
    Int(i128),
    Float(f64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Nothing,
    Some(Box<Data>),
    Many(Vec<Data>),
    Entries(Vec<(Data, Data)>),
    Variant(usize, Box<Data>),
}

const NAMES: [&str; 5] = ["a", "b.c", "$d", "größe", "_reposit"];

impl Type {
    fn random(rng: &mut fastrand::Rng, depth: u32) -> Self {
        let inner = |rng: &mut fastrand::Rng| Box::new(Self::random(rng, depth - 1));
        let several = |rng: &mut fastrand::Rng| {
            let count = rng.usize(1..=NAMES.len());
            (0..count).map(|_| Self::random(rng, depth - 1)).collect::<Vec<_>>()
        };
        match rng.u32(0..if depth == 0 { 8 } else { 16 }) {
            0 => Self::Bool,
            1 => Self::Signed(8 << rng.u32(0..5)),
            2 => Self::Unsigned(8 << rng.u32(0..5)),
            3 => Self::Float,
            4 => Self::Char,
            5 => Self::Text,
            6 => Self::Bytes,
            7 => Self::Unit,
            8 => match *inner(rng) {
                // Two nothings in one are one.
                nullable if nullable.may_be_null() => nullable,
                ty => Self::Option(Box::new(ty)),
            },
            9 => Self::Newtype(inner(rng)),
            10 => Self::List(inner(rng)),
            11 => Self::Tuple(several(rng)),
            12 => {
                let keys = [Self::Text, Self::Char, Self::Bool, Self::Signed(64), Self::Unsigned(8)];
                Self::Map(Box::new(keys[rng.usize(0..keys.len())].clone()), inner(rng))
            }
            13 | 14 => {
                let field = |ty: Self, rng: &mut fastrand::Rng| {
                    let default = rng.bool().then(|| ty.value(rng));
                    Field { ty, default }
                };
                Self::Struct(several(rng).into_iter().map(|ty| field(ty, rng)).collect())
            }
            _ => Self::Enum(several(rng)),
        }
    }

    fn may_be_null(&self) -> bool {
        match self {
            Self::Unit | Self::Option(_) => true,
            Self::Newtype(inner) => inner.may_be_null(),
            _ => false,
        }
    }

    fn value(&self, rng: &mut fastrand::Rng) -> Data {
        let count = rng.usize(0..4);
        match self {
            Self::Bool => Data::Bool(rng.bool()),
            Self::Signed(bits) => {
                let wide = [0, 1, -1, i64::MIN, i64::MAX, rng.i64(..)][rng.usize(0..6)];
                Data::Int(i128::from(wide) >> (64 - (*bits).min(64)))
            }
            Self::Unsigned(bits) => {
                let wide = [0, 1, u64::MAX, rng.u64(..)][rng.usize(0..4)];
                Data::Int((u128::from(wide) >> (64 - (*bits).min(64))) as i128)
            }
            Self::Float => Data::Float(f64::from(rng.i32(-4000..4000)) / 8.0),
            Self::Char => Data::Char(rng.char(..)),
            Self::Text => Data::Text((0..count).map(|_| rng.char(..)).collect()),
            Self::Bytes => Data::Bytes((0..count).map(|_| rng.u8(..)).collect()),
            Self::Unit => Data::Nothing,
            Self::Option(_) if rng.bool() => Data::Nothing,
            Self::Option(inner) => Data::Some(Box::new(inner.value(rng))),
            Self::Newtype(inner) => inner.value(rng),
            Self::List(inner) => Data::Many((0..count).map(|_| inner.value(rng)).collect()),
            Self::Tuple(types) => Data::Many(types.iter().map(|ty| ty.value(rng)).collect()),
            Self::Struct(fields) => Data::Many(fields.iter().map(|field| field.ty.value(rng)).collect()),
            Self::Map(key, inner) => {
                let mut entries: Vec<(Data, Data)> = Vec::new();
                for _ in 0..count {
                    let key = key.value(rng);
                    // An empty key, or one with a NUL in it, is refused.
                    let unusable = matches!(&key, Data::Text(text) if text.is_empty() || text.contains('\0'))
                        || key == Data::Char('\0');
                    if !unusable && entries.iter().all(|(other, _)| *other != key) {
                        entries.push((key, inner.value(rng)));
                    }
                }
                Data::Entries(entries)
            }
            Self::Enum(types) => {
                let at = rng.usize(0..types.len());
                Data::Variant(at, Box::new(types[at].value(rng)))
            }
        }
    }

    /// The same value however its maps are ordered.
    fn sorted(data: Data) -> Data {
        match data {
            Data::Entries(entries) => {
                let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| (key, Self::sorted(value))).collect();
                entries.sort_by_key(|(key, _)| format!("{key:?}"));
                Data::Entries(entries)
            }
            Data::Some(inner) => Data::Some(Box::new(Self::sorted(*inner))),
            Data::Many(items) => Data::Many(items.into_iter().map(Self::sorted).collect()),
            Data::Variant(at, inner) => Data::Variant(at, Box::new(Self::sorted(*inner))),
            other => other,
        }
    }
}

/// A value with its type, which serde writes.
struct Typed<'a>(&'a Type, &'a Data);

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
            (Type::Option(_), Data::Nothing) => s.serialize_none(),
            (Type::Option(inner), Data::Some(data)) => s.serialize_some(&Typed(inner, data)),
            (Type::Newtype(inner), data) => s.serialize_newtype_struct("N", &Typed(inner, data)),
            (Type::List(inner), Data::Many(items)) => {
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
            Type::Option(_) => d.deserialize_option(self),
            Type::Newtype(_) => d.deserialize_newtype_struct("N", self),
            Type::List(_) => d.deserialize_seq(self),
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
        self.only(matches!(self.0, Type::Signed(_)), Data::Int(n.into()))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Data, E> {
        self.only(matches!(self.0, Type::Unsigned(_)) || IS_JSON.get(), Data::Int(n.into()))
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
            Type::List(inner) => {
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
            Type::Bytes if IS_JSON.get() => {
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
        let at = NAMES.iter().position(|known| *known == name);
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
    static IS_JSON: Cell<bool> = const { Cell::new(false) };
}

struct Read(Data);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Seed(TYPE.get()).deserialize(d).map(Self)
    }
}

#[test]
fn whatever_is_written_is_read_as_it_was() {
    for seed in 0..4000 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let ty: &'static Type = Box::leak(Box::new(Type::random(&mut rng, 4)));
        TYPE.set(ty);
        for _ in 0..5 {
            let data = ty.value(&mut rng);
            let typed = Typed(ty, &data);
            IS_JSON.set(true);
            let json = serde_json::from_str::<Read>(&serde_json::to_string(&typed).unwrap()).unwrap().0;
            IS_JSON.set(false);
            assert_eq!(Type::sorted(json), Type::sorted(data.clone()), "serde_json, {seed}: {ty:?}");
            let value = to_value(&typed).unwrap_or_else(|e| panic!("{seed}: {e}\n{ty:?}\n{data:?}"));
            let read = from_value::<Read>(value.view()).unwrap_or_else(|e| panic!("{seed}: {e}\n{ty:?}\n{data:?}"));
            assert_eq!(Type::sorted(read.0), Type::sorted(data), "{seed}: {ty:?}");
        }
    }
}
