//! Typed fields: what a model's constants are, and what their types may do.

mod instants;
mod interval;
mod lowering;
mod probe;
mod role;
mod sealed;
mod traits;
mod types;

#[doc(hidden)]
pub use interval::Interval;
#[doc(hidden)]
pub use lowering::{NoLowering, Probe, embedded_lowering};
#[doc(hidden)]
pub use probe::NotKey;
pub use role::{InKey, InVersion, Plain, Settable};
#[doc(hidden)]
pub use traits::EmbeddedFields;
pub use traits::{
    AutoKey, Contain, Countable, Dictionary, Element, Embedded, FieldType, IndexKey, Instant, Key, List, Nested,
    Numeric, Optional, Ordered, Text, Timestamp, TtlField, Version,
};

use std::fmt;
use std::marker::PhantomData;

use crate::codec::{located, to_lowered};
use crate::definition::{Definition, FieldDef, WrittenDefault};
use crate::error::{Error, Result};
use crate::path::{Path, Step};
use crate::value::Value;

/// A model's field, with its type: what `User::AGE` is.
///
/// Conditions and updates are made of them, so a field of another model, or a value of another
/// type, does not compile.
///
/// ```
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32 }
/// let adult = User::AGE.ge(18).and(User::ID.ne("root"));
/// # let _ = adult;
/// ```
pub struct Field<M, T, Role = Plain> {
    steps: Steps,
    encode: Option<fn(&T) -> Result<Value>>,
    nothing: Nothing,
    marker: Types<(M, T, Role)>,
}

/// What becomes of a field that is set to nothing.
#[derive(Debug, Clone, Copy)]
enum Nothing {
    /// The definition of the struct that it is a field of says it.
    AsDefined,
    /// It is taken away, unless this default is something else.
    Field(Option<WrittenDefault>),
    /// It is an entry or an item, whose nulls are data.
    Data,
}

/// Types that a value is of but does not hold.
pub(crate) type Types<T> = PhantomData<fn() -> T>;

/// The steps of a field that is a constant cannot be allocated; those of a nested one are.
#[derive(Clone)]
enum Steps {
    Flattened,
    One(&'static str),
    Many(Path),
    /// In a flattened map, whose names stand beside those of the model's own fields.
    Beside(Path),
}

impl<M, T, Role> Field<M, T, Role> {
    /// The field stored under `name`.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self { steps: Steps::One(name), encode: None, nothing: Nothing::AsDefined, marker: PhantomData }
    }

    /// The field stored under `name` as `encode` writes it (`serde(with)`).
    #[doc(hidden)]
    pub const fn encoded_by(name: &'static str, encode: fn(&T) -> Result<Value>) -> Self {
        Self { steps: Steps::One(name), encode: Some(encode), nothing: Nothing::AsDefined, marker: PhantomData }
    }

    /// A field whose own fields are stored beside it (`serde(flatten)`).
    #[doc(hidden)]
    pub const fn flattened() -> Self {
        Self { steps: Steps::Flattened, encode: None, nothing: Nothing::AsDefined, marker: PhantomData }
    }

    /// How `serde(with)` writes it.
    pub(crate) fn encoder(&self) -> Option<fn(&T) -> Result<Value>> {
        self.encode
    }

    /// Whether the field is stored under this name in the record itself.
    #[doc(hidden)]
    pub const fn stored_as(self, name: &str) -> bool {
        let same = match &self.steps {
            Steps::One(own) => crate::definition::same(own, name),
            _ => false,
        };
        // A destructor cannot run while compiling; a constant field has nothing to free.
        std::mem::forget(self);
        same
    }

    /// The path this field is stored at.
    pub fn path(&self) -> Path {
        match &self.steps {
            Steps::Flattened => Path::new(Vec::new()),
            Steps::One(name) => Path::field(*name),
            Steps::Many(path) | Steps::Beside(path) => path.clone(),
        }
    }

    /// Where a change of it is made.
    pub(crate) fn changed(&self, definition: &Definition) -> Result<Path> {
        let path = self.path();
        let is_own = |path: &Path| definition.field(path.root()).is_some();
        match &self.steps {
            Steps::Beside(path) if is_own(path) => Err(Error::invalid(format!(
                "{path} is a field of its own, and no entry of the map that is flattened beside it"
            ))),
            _ => Ok(path),
        }
    }

    /// Whether a null that is written is stored here.
    pub(crate) fn keeps_null(&self, definition: &Definition) -> Result<bool> {
        Ok(matches!(self.nothing, Nothing::Data) || self.reads_otherwise(definition)?)
    }

    /// Whether a missing value is read as something else than a `None`.
    pub(crate) fn reads_otherwise(&self, definition: &Definition) -> Result<bool> {
        match self.nothing {
            Nothing::Data | Nothing::Field(None) => Ok(false),
            Nothing::Field(Some(default)) => Ok(!matches!(default()?, Value::Null)),
            Nothing::AsDefined => {
                let path = self.path();
                definition.field(path.root()).map_or(Ok(false), |field| definition.keeps_null(field))
            }
        }
    }

    fn into_path(self) -> Path {
        match self.steps {
            Steps::Many(path) | Steps::Beside(path) => path,
            steps => Field::<M, T, Role> { steps, encode: None, nothing: self.nothing, marker: PhantomData }.path(),
        }
    }

    fn further(self, rest: Path) -> Steps {
        let is_beside = matches!(self.steps, Steps::Beside(_));
        let path = self.into_path().join(rest);
        if is_beside { Steps::Beside(path) } else { Steps::Many(path) }
    }

    /// A field of the nested struct in this field: `User::ADDRESS.at(Address::CITY)`. The struct derives
    /// [`Embedded`](derive@crate::Embedded), and may be in an `Option`.
    ///
    /// ```
    /// # use reposit::{Embedded, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Clone, Serialize, Deserialize, Embedded)] struct Address { city: String }
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, address: Option<Address> }
    /// assert_eq!(User::ADDRESS.at(Address::CITY).path().to_string(), "address.city");
    /// ```
    pub fn at<U, R>(self, inner: Field<T::Inner, U, R>) -> Field<M, U>
    where
        T: Nested,
    {
        let encode = inner.encode;
        let nothing = match inner.nothing {
            Nothing::AsDefined => {
                let fields = T::Inner::FIELDS;
                let field = fields.iter().find(|field| inner.path().is_field() && field.name == inner.path().root());
                Nothing::Field(field.and_then(FieldDef::default))
            }
            known => known,
        };
        Field { steps: self.further(inner.into_path()), encode, nothing, marker: PhantomData }
    }
}

impl<M, T: FieldType, Role> Field<M, T, Role> {
    /// The item at a position of the list in this field, counted from 0: `User::TAGS.nth(0)`.
    // The item is a parameter: of a `T::Item` that is not there the compiler would say that there is no such method.
    pub fn nth<Item>(self, position: usize) -> Field<M, Item>
    where
        T: List<Item = Item>,
    {
        let step = Path::new(vec![Step::Position(position)]);
        Field { steps: self.further(step), encode: None, nothing: Nothing::Data, marker: PhantomData }
    }

    /// The value under a key of the map in this field: `User::LABELS.entry("colour")`. The key may be any
    /// text.
    pub fn entry<Entry>(self, key: &str) -> Field<M, Entry>
    where
        T: Dictionary<Value = Entry>,
    {
        let is_flattened = matches!(self.steps, Steps::Flattened);
        let steps = match self.further(Path::field(key.to_owned())) {
            Steps::Many(path) if is_flattened => Steps::Beside(path),
            steps => steps,
        };
        Field { steps, encode: None, nothing: Nothing::Data, marker: PhantomData }
    }

    /// Which stored numbers are read as a value of this field, if there are several. `serde(with)` reads them
    /// its own way.
    pub(crate) fn interval(&self) -> Option<Interval> {
        T::INTERVAL.filter(|_| self.encode.is_none())
    }

    /// The stored form of a value of this field.
    pub(crate) fn encode(&self, value: T::Arg<'_>) -> Result<Value> {
        let encoded = match self.encode {
            Some(encode) => T::with_value(value, encode),
            None => T::encode(value),
        };
        encoded.map_err(|e| Error::new(e.kind(), located(&self.path().to_string(), e.message())))
    }

    /// A value of this field as a part of a key.
    #[doc(hidden)]
    pub fn key(&self, value: T::Arg<'_>) -> Result<Value> {
        self.encode(value)
    }
}

impl<M, T, Role> Clone for Field<M, T, Role> {
    fn clone(&self) -> Self {
        Self { steps: self.steps.clone(), encode: self.encode, nothing: self.nothing, marker: PhantomData }
    }
}

impl<M, T, Role> fmt::Debug for Field<M, T, Role> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.path())
    }
}

/// The stored form of a value: what serde writes, lowered if the type says so.
#[doc(hidden)]
pub fn encode<T: FieldType>(value: &T) -> Result<Value> {
    to_lowered(value, T::LOWERING)
}
