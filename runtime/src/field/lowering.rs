//! Where the stored form of a type differs from what serde writes, and how to go between them.

use std::marker::PhantomData;

use super::traits::{Embedded, FieldType, Instant};
use crate::codec::{self, from_value, to_value};
use crate::error::{Error, Result};
use crate::value::Value;

/// From what serde writes to what is stored, and back.
#[derive(Debug, Clone, Copy)]
pub struct Lowering {
    pub(crate) lower: Convert,
    pub(crate) revive: Convert,
}

/// One way between two forms.
pub(crate) type Convert = fn(Value) -> Result<Value>;

/// Finds a type's lowering without asking that it has one: the inherent constant is taken where
/// the type is a field type, that of [`NoLowering`] elsewhere.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

/// The fallback of [`Probe`].
pub trait NoLowering {
    /// No field type, so stored as serde writes it.
    const LOWERING: Option<Lowering> = None;
}

impl<T> NoLowering for Probe<T> {}

impl<T: FieldType> Probe<T> {
    /// The type's own.
    pub const LOWERING: Option<Lowering> = T::LOWERING;
}

/// An instant is stored as milliseconds.
pub(crate) const fn instant<T: Instant>() -> Option<Lowering> {
    Some(Lowering { lower: lower_instant::<T>, revive: revive_instant::<T> })
}

fn lower_instant<T: Instant>(value: Value) -> Result<Value> {
    match value {
        Value::Null => Ok(Value::Null),
        written => Ok(Value::Int(from_value::<T>(written)?.to_millis()?.into())),
    }
}

fn revive_instant<T: Instant>(value: Value) -> Result<Value> {
    match value {
        Value::Null => Ok(Value::Null),
        stored => {
            let millis = stored.as_int().and_then(|n| i64::try_from(n).ok());
            let millis = millis.ok_or_else(|| Error::codec("an instant is not stored as milliseconds"))?;
            to_value(&T::from_millis(millis)?)
        }
    }
}

/// The lowering of a list of `T`.
pub(crate) const fn each_item<T: FieldType>() -> Option<Lowering> {
    match T::LOWERING {
        Some(_) => Some(Lowering {
            lower: |list| items::<T>(list, |lowering| lowering.lower),
            revive: |list| items::<T>(list, |lowering| lowering.revive),
        }),
        None => None,
    }
}

/// The lowering of a map to `T`.
pub(crate) const fn each_value<T: FieldType>() -> Option<Lowering> {
    match T::LOWERING {
        Some(_) => Some(Lowering {
            lower: |map| items::<T>(map, |lowering| lowering.lower),
            revive: |map| items::<T>(map, |lowering| lowering.revive),
        }),
        None => None,
    }
}

fn items<T: FieldType>(mut value: Value, direction: fn(&Lowering) -> Convert) -> Result<Value> {
    let Some(lowering) = T::LOWERING else { return Ok(value) };
    let convert = direction(&lowering);
    let apply = |item: &mut Value| -> Result<()> {
        *item = convert(std::mem::replace(item, Value::Null))?;
        Ok(())
    };
    match &mut value {
        Value::List(list) => list.iter_mut().try_for_each(apply)?,
        Value::Map(map) => map.values_mut().try_for_each(apply)?,
        _ => {}
    }
    Ok(value)
}

/// The lowering of a nested struct: that of its fields, where any has one.
pub const fn embedded_lowering<T: Embedded>() -> Option<Lowering> {
    let mut at = 0;
    while at < T::FIELDS.len() {
        if T::FIELDS[at].lowering.is_some() {
            return Some(Lowering {
                lower: |mut value| {
                    if let Value::Map(map) = &mut value {
                        codec::lower(map, T::FIELDS)?;
                    }
                    Ok(value)
                },
                revive: |mut value| {
                    if let Value::Map(map) = &mut value {
                        codec::revive(map, T::FIELDS)?;
                    }
                    Ok(value)
                },
            });
        }
        at += 1;
    }
    None
}
