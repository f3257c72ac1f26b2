//! Random types of serde's data model, and values of them.

use super::leaf::Leaf;
use crate::definition::{FieldDef, Lowering};
use crate::fuzz::Dice;
use crate::value::Value;

#[derive(Debug, Clone)]
pub(crate) enum Type {
    Bool,
    Signed(u32),
    Unsigned(u32),
    Float,
    Char,
    Text,
    Bytes,
    Unit,
    /// Of a field type.
    Leaf(Leaf),
    Option(Box<Type>),
    Newtype(Box<Type>),
    List(Box<Type>),
    /// Of a type that keys are of.
    Set(Box<Type>),
    Tuple(Vec<Type>),
    Map(Box<Type>, Box<Type>),
    Struct(Vec<Field>),
    Enum(Vec<Type>),
}

/// A field of a struct, and what it is read as if it is missing.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) ty: Type,
    pub(crate) default: Option<Data>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    Bool(bool),
    Int(i128),
    Float(f64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Nothing,
    /// As JSON.
    Leaf(String),
    Some(Box<Data>),
    Many(Vec<Data>),
    Entries(Vec<(Data, Data)>),
    Variant(usize, Box<Data>),
}

pub(crate) const NAMES: [&str; 5] = ["a", "b.c", "$d", "größe", "_reposit"];

impl Type {
    pub(crate) fn random(dice: &mut Dice<'_>, depth: u32) -> Self {
        let inner = |dice: &mut Dice<'_>| Box::new(Self::random(dice, depth - 1));
        let several = |dice: &mut Dice<'_>| {
            let count = 1 + dice.below(NAMES.len());
            (0..count).map(|_| Self::random(dice, depth - 1)).collect::<Vec<_>>()
        };
        match dice.below(if depth == 0 { 9 } else { 18 }) {
            0 => Self::Bool,
            1 => Self::Signed(8 << dice.below(5)),
            2 => Self::Unsigned(8 << dice.below(5)),
            3 => Self::Float,
            4 => Self::Char,
            5 => Self::Text,
            6 => Self::Bytes,
            7 => Self::Unit,
            8 => Self::Leaf(Leaf::ALL[dice.below(Leaf::ALL.len())]),
            9 => match *inner(dice) {
                // Two nothings in one are one.
                nullable if nullable.may_be_null() => nullable,
                ty => Self::Option(Box::new(ty)),
            },
            10 => Self::Newtype(inner(dice)),
            11 => Self::List(inner(dice)),
            12 => Self::Tuple(several(dice)),
            13 => {
                let keys = [Self::Text, Self::Char, Self::Bool, Self::Signed(64), Self::Unsigned(8)];
                let keys = with_leaves(&keys, Leaf::is_map_key);
                Self::Map(Box::new(keys[dice.below(keys.len())].clone()), inner(dice))
            }
            14 | 15 => {
                let field = |ty: Self, dice: &mut Dice<'_>| {
                    let default = dice.flag().then(|| ty.value(dice));
                    Field { ty, default }
                };
                Self::Struct(several(dice).into_iter().map(|ty| field(ty, dice)).collect())
            }
            16 => {
                let members = [Self::Text, Self::Signed(64), Self::Unsigned(64), Self::Unsigned(8), Self::Bytes];
                let members = with_leaves(&members, Leaf::is_member);
                Self::Set(Box::new(members[dice.below(members.len())].clone()))
            }
            _ => Self::Enum(several(dice)),
        }
    }

    /// A random type that stays for the rest of the run, as those that serde reads do.
    pub(crate) fn random_kept(dice: &mut Dice<'_>, depth: u32) -> &'static Self {
        Box::leak(Box::new(Self::random(dice, depth)))
    }

    /// Whether something is true of the type, or of a type in it.
    pub(crate) fn has(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::Option(inner) | Self::Newtype(inner) | Self::List(inner) | Self::Set(inner) => inner.has(is),
                Self::Map(key, inner) => key.has(is) || inner.has(is),
                Self::Tuple(types) | Self::Enum(types) => types.iter().any(|ty| ty.has(is)),
                Self::Struct(fields) => fields.iter().any(|field| field.ty.has(is)),
                _ => false,
            }
    }

    /// How a field of the type is stored, as the derive says it.
    pub(crate) fn lowering(&self) -> Option<&'static Lowering> {
        let lowering = match self {
            Self::Option(inner) | Self::Newtype(inner) => return inner.lowering(),
            Self::Leaf(leaf) => return leaf.lowering(),
            Self::Bytes => Lowering::Bytes,
            Self::List(inner) if matches!(**inner, Self::Unsigned(8)) => Lowering::Bytes,
            Self::List(inner) => Lowering::List(inner.lowering()),
            Self::Set(inner) => Lowering::Set(inner.lowering()),
            Self::Map(_, inner) => Lowering::Each(inner.lowering()?),
            Self::Struct(fields) => Lowering::Fields(stored_fields(fields)),
            _ => return None,
        };
        Some(Box::leak(Box::new(lowering)))
    }

    pub(crate) fn may_be_null(&self) -> bool {
        match self {
            // Of an empty set nothing is stored.
            Self::Unit | Self::Option(_) | Self::Set(_) => true,
            Self::Newtype(inner) => inner.may_be_null(),
            _ => false,
        }
    }

    pub(crate) fn value(&self, dice: &mut Dice<'_>) -> Data {
        let count = dice.below(4);
        match self {
            Self::Bool => Data::Bool(dice.flag()),
            Self::Signed(bits) => {
                let wide = [0, 1, -1, i64::MIN, i64::MAX, dice.word() as i64][dice.below(6)];
                Data::Int(i128::from(wide) >> (64 - (*bits).min(64)))
            }
            Self::Unsigned(bits) => {
                let wide = [0, 1, u64::MAX, dice.word()][dice.below(4)];
                Data::Int((u128::from(wide) >> (64 - (*bits).min(64))) as i128)
            }
            Self::Float => Data::Float([0.1, -2.5e-10, 1e100, dice.word() as i32 as f64 / 8.0][dice.below(4)]),
            Self::Char => Data::Char(dice.char()),
            Self::Text => Data::Text((0..count).map(|_| dice.char()).collect()),
            Self::Bytes => Data::Bytes((0..count).map(|_| dice.byte()).collect()),
            Self::Unit => Data::Nothing,
            Self::Leaf(leaf) => Data::Leaf(leaf.value(dice)),
            Self::Option(_) if dice.flag() => Data::Nothing,
            Self::Option(inner) => Data::Some(Box::new(inner.value(dice))),
            Self::Newtype(inner) => inner.value(dice),
            Self::List(inner) => Data::Many((0..count).map(|_| inner.value(dice)).collect()),
            Self::Set(inner) => Data::Many(Self::members((0..count).map(|_| inner.value(dice)))),
            Self::Tuple(types) => Data::Many(types.iter().map(|ty| ty.value(dice)).collect()),
            Self::Struct(fields) => Data::Many(fields.iter().map(|field| field.ty.value(dice)).collect()),
            Self::Map(key, inner) => {
                let mut entries: Vec<(Data, Data)> = Vec::new();
                for _ in 0..count {
                    let key = key.value(dice);
                    // An empty key, or one with a NUL in it, is refused.
                    let unusable = matches!(&key, Data::Text(text) if text.is_empty() || text.contains('\0'))
                        || key == Data::Char('\0');
                    if !unusable && entries.iter().all(|(other, _)| *other != key) {
                        entries.push((key, inner.value(dice)));
                    }
                }
                Data::Entries(entries)
            }
            Self::Enum(types) => {
                let at = dice.below(types.len());
                Data::Variant(at, Box::new(types[at].value(dice)))
            }
        }
    }

    /// Values as the members of a set: each once, in the order in which they are kept. Bytes are not empty.
    fn members(values: impl Iterator<Item = Data>) -> Vec<Data> {
        let mut members: Vec<_> =
            values.filter(|value| !matches!(value, Data::Bytes(bytes) if bytes.is_empty())).collect();
        let place = |member: &Data| match member {
            Data::Int(n) => (*n, Vec::new()),
            Data::Text(text) => (0, text.as_bytes().to_vec()),
            Data::Leaf(json) => place_of_json(json),
            Data::Bytes(bytes) => (bytes.len() as i128, bytes.clone()),
            other => unreachable!("{other:?} in a set"),
        };
        members.sort_by_key(place);
        members.dedup();
        members
    }

    /// The same value however its maps are ordered.
    pub(crate) fn sorted(data: Data) -> Data {
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

/// These types, and the field types of which something is so.
fn with_leaves(types: &[Type], is: impl Fn(&Leaf) -> bool) -> Vec<Type> {
    types.iter().cloned().chain(Leaf::ALL.iter().copied().filter(is).map(Type::Leaf)).collect()
}

/// Where a number, a text or a day of a year stands in a set.
fn place_of_json(json: &str) -> (i128, Vec<u8>) {
    match serde_json::from_str(json).unwrap() {
        serde_json::Value::Number(n) => (n.as_i64().unwrap().into(), Vec::new()),
        serde_json::Value::String(text) => match Leaf::millis(&text) {
            Some(millis) => (millis.into(), Vec::new()),
            None => (0, text.into_bytes()),
        },
        serde_json::Value::Array(day) => {
            (day.iter().fold(0, |at, n| at * 1000 + i128::from(n.as_i64().unwrap())), Vec::new())
        }
        // An ObjectId.
        serde_json::Value::Object(id) => (0, id["$oid"].as_str().unwrap().as_bytes().to_vec()),
        other => unreachable!("{other:?} in a set"),
    }
}

/// The fields of a struct, as the derive writes them down.
pub(crate) fn stored_fields(fields: &[Field]) -> &'static [FieldDef] {
    let stored = fields.iter().zip(NAMES).map(|(field, name)| {
        let stored = FieldDef::new(name, name).lowered(field.ty.lowering());
        match &field.default {
            // Whatever it is, it is no null.
            Some(default) if *default != Data::Nothing => stored.defaulted(|| Ok(Value::Bool(true))),
            _ => stored,
        }
    });
    Vec::leak(stored.collect())
}

impl Type {
    /// Whether another codec writes and reads this value of the type as the library's does. They keep a sequence
    /// of `u8` as a list of numbers, which is bytes here; and bytes of which there are none, which are an empty
    /// list here.
    pub(crate) fn is_stored_alike(&self, data: &Data) -> bool {
        let is_byte = |ty: &Self| matches!(ty, Self::Unsigned(8) | Self::Leaf(Leaf::Small));
        let each = |types: &mut dyn Iterator<Item = &Self>, items: &[Data]| {
            types.zip(items).all(|(ty, item)| ty.is_stored_alike(item))
        };
        match (self, data) {
            (Self::Bytes, Data::Bytes(bytes)) => !bytes.is_empty(),
            (Self::List(inner) | Self::Set(inner), Data::Many(items)) if is_byte(inner) => items.is_empty(),
            (Self::List(inner) | Self::Set(inner), Data::Many(items)) => {
                items.iter().all(|item| inner.is_stored_alike(item))
            }
            (Self::Tuple(types), Data::Many(items)) => !types.iter().all(is_byte) && each(&mut types.iter(), items),
            (Self::Struct(fields), Data::Many(items)) => each(&mut fields.iter().map(|field| &field.ty), items),
            (Self::Map(_, inner), Data::Entries(entries)) => {
                entries.iter().all(|(_, item)| inner.is_stored_alike(item))
            }
            (Self::Enum(types), Data::Variant(at, content)) => types[*at].is_stored_alike(content),
            (Self::Option(inner), Data::Some(content)) => inner.is_stored_alike(content),
            (Self::Newtype(inner), content) => inner.is_stored_alike(content),
            _ => true,
        }
    }
}
