//! The lowerings of the field types: how to go between what serde writes and what is stored.

use std::marker::PhantomData;

use super::traits::{Embedded, FieldType, Instant};
use crate::codec::{self, from_value, located, to_value};
use crate::definition::{Convert, FieldDef, Lowering, has_instant};
use crate::error::{Error, Result};
use crate::value::Value;

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

/// What serde writes of an instant is stored as the instant it is.
pub(crate) const fn instant<T: Instant>() -> Option<Lowering> {
    let (lower, raise) = (lower_instant::<T>, raise_instant::<T>);
    Some(Lowering { lower, raise, restore: |value| Ok(value.into_instant()), has_instant: true })
}

fn lower_instant<T: Instant>(value: Value) -> Result<Value> {
    match value {
        Value::Null => Ok(Value::Null),
        written => from_value::<T>(written)?.to_millis().map(Value::Instant),
    }
}

fn raise_instant<T: Instant>(value: Value) -> Result<Value> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Instant(millis) => {
            let outside = |_| Error::codec("is stored as an instant that is outside what its type holds");
            to_value(&T::from_millis(millis).map_err(outside)?)
        }
        other => Err(Error::codec(format!("is stored as {}, not as an instant", other.noun()))),
    }
}

/// The lowering of a `Vec<T>`: bytes of `u8` alone, and a list of what only looks like it, such as a
/// transparent newtype over it, so that its items can be found and added to.
pub(crate) const fn list<T: FieldType>() -> Option<Lowering> {
    if T::IS_BYTE {
        return bytes();
    }
    Some(Lowering {
        lower: |list| match list {
            Value::Bytes(bytes) => Ok(Value::List(bytes.into_iter().map(|byte| Value::Int(byte.into())).collect())),
            list => items::<T>(list, |lowering| lowering.lower),
        },
        raise: |list| match list {
            Value::Bytes(_) => Err(Error::codec("is stored as bytes, not as a list")),
            list => items::<T>(list, |lowering| lowering.raise),
        },
        restore: |list| items::<T>(list, |lowering| lowering.restore),
        has_instant: has_instant(T::LOWERING),
    })
}

/// Bytes are stored as serde writes them, and read from nothing else: no filter finds a list of numbers
/// by the bytes that it would be read as.
pub(crate) const fn bytes() -> Option<Lowering> {
    Some(Lowering {
        lower: Ok,
        raise: |stored| match stored {
            Value::List(items) if !items.is_empty() => Err(Error::codec("is stored as a list, not as bytes")),
            stored => Ok(stored),
        },
        restore: Ok,
        has_instant: false,
    })
}

/// The lowering of the items of a list of `T`.
pub(crate) const fn each_item<T: FieldType>() -> Option<Lowering> {
    match T::LOWERING {
        Some(_) => Some(Lowering {
            lower: |list| items::<T>(list, |lowering| lowering.lower),
            raise: |list| items::<T>(list, |lowering| lowering.raise),
            restore: |list| items::<T>(list, |lowering| lowering.restore),
            has_instant: has_instant(T::LOWERING),
        }),
        None => None,
    }
}

/// The lowering of a map to `T`.
pub(crate) const fn each_value<T: FieldType>() -> Option<Lowering> {
    match T::LOWERING {
        Some(_) => Some(Lowering {
            lower: |map| items::<T>(map, |lowering| lowering.lower),
            raise: |map| items::<T>(map, |lowering| lowering.raise),
            restore: |map| items::<T>(map, |lowering| lowering.restore),
            has_instant: has_instant(T::LOWERING),
        }),
        None => None,
    }
}

fn items<T: FieldType>(mut value: Value, direction: fn(&Lowering) -> Convert) -> Result<Value> {
    let Some(lowering) = T::LOWERING else { return Ok(value) };
    let convert = direction(&lowering);
    let apply = |item: &mut Value, step: &dyn Fn() -> String| -> Result<()> {
        let converted = convert(std::mem::replace(item, Value::Null));
        *item = converted.map_err(|e| Error::new(e.kind(), located(&step(), e.message())))?;
        Ok(())
    };
    match &mut value {
        Value::List(list) => {
            list.iter_mut().enumerate().try_for_each(|(at, item)| apply(item, &|| format!("[{at}]")))?;
        }
        Value::Map(map) => map.iter_mut().try_for_each(|(name, item)| apply(item, &|| format!(".{name}")))?,
        _ => {}
    }
    Ok(value)
}

/// The lowering of a nested struct: that of its fields, without those that are nothing.
pub const fn embedded_lowering<T: Embedded>() -> Option<Lowering> {
    let (mut at, mut found) = (0, false);
    while at < T::FIELDS.len() {
        found |= has_instant(T::FIELDS[at].lowering());
        at += 1;
    }
    Some(Lowering {
        lower: |mut value| {
            if let Value::Map(map) = &mut value {
                codec::lower(map, T::FIELDS)?;
                codec::drop_nulls(map, T::FIELDS, FieldDef::keeps_null)?;
            }
            Ok(value)
        },
        raise: |mut value| {
            if let Value::Map(map) = &mut value {
                codec::raise(map, T::FIELDS)?;
            }
            Ok(value)
        },
        restore: |mut value| {
            if let Value::Map(map) = &mut value {
                codec::restore_instants(map, T::FIELDS)?;
            }
            Ok(value)
        },
        has_instant: found,
    })
}
