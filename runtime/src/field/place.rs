//! Where a field is stored: its path, and what becomes of it if it is set to nothing. Without the model and the
//! field's type, so that it is compiled once for all of them.

use crate::codec::located;
use crate::definition::{Definition, FieldDef, same};
use crate::error::{Error, Result};
use crate::path::{Path, Step};

/// Where a field is stored.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    steps: Steps,
    nothing: Nothing,
}

/// The steps of a field that is a constant cannot be allocated; those of a nested one are.
#[derive(Debug, Clone)]
enum Steps {
    Flattened,
    One(&'static str),
    Many(Path),
    /// In a flattened map, whose names stand beside those of the model's own fields.
    Beside(Path),
}

/// What becomes of a field that is set to nothing.
#[derive(Debug, Clone, Copy)]
enum Nothing {
    /// The definition of the struct that it is a field of says it.
    AsDefined,
    /// It is taken away, unless the default of this field is something else.
    Field(Option<&'static FieldDef>),
    /// It is an entry or an item, whose nulls are data.
    Data,
}

impl Place {
    /// Of a field stored under `name`.
    pub(super) const fn named(name: &'static str) -> Self {
        Self { steps: Steps::One(name), nothing: Nothing::AsDefined }
    }

    /// Of a field whose own fields are stored beside it.
    pub(super) const fn flattened() -> Self {
        Self { steps: Steps::Flattened, nothing: Nothing::AsDefined }
    }

    /// Whether this is the record's own field of this name.
    pub(super) const fn is_named(&self, name: &str) -> bool {
        match &self.steps {
            Steps::One(own) => same(own, name),
            _ => false,
        }
    }

    pub(crate) fn path(&self) -> Path {
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
            Nothing::Data => Ok(false),
            Nothing::Field(field) => field.map_or(Ok(false), FieldDef::keeps_null),
            Nothing::AsDefined => {
                let path = self.path();
                definition.field(path.root()).map_or(Ok(false), |field| definition.keeps_null(field))
            }
        }
    }

    /// Says of what was encoded where it is, if that failed.
    pub(super) fn located<T>(&self, encoded: Result<T>) -> Result<T> {
        encoded.map_err(|e| Error::new(e.kind(), located(&self.path().to_string(), e.message())))
    }

    /// Of a field of the nested struct here, which has these fields.
    pub(super) fn at(self, inner: Self, fields: &'static [FieldDef]) -> Self {
        let nothing = match inner.nothing {
            Nothing::AsDefined => {
                let field = fields.iter().find(|field| inner.path().is_field() && field.name == inner.path().root());
                Nothing::Field(field)
            }
            known => known,
        };
        Self { steps: self.further(inner.into_path()), nothing }
    }

    /// Of an item of the list here.
    pub(crate) fn nth(self, position: usize) -> Self {
        Self { steps: self.further(Path::new(vec![Step::Position(position)])), nothing: Nothing::Data }
    }

    /// Of an entry of the map here.
    pub(super) fn entry(self, key: &str) -> Self {
        let is_flattened = matches!(self.steps, Steps::Flattened);
        let steps = match self.further(Path::field(key.to_owned())) {
            Steps::Many(path) if is_flattened => Steps::Beside(path),
            steps => steps,
        };
        Self { steps, nothing: Nothing::Data }
    }

    fn into_path(self) -> Path {
        match self.steps {
            Steps::Many(path) | Steps::Beside(path) => path,
            _ => self.path(),
        }
    }

    fn further(self, rest: Path) -> Steps {
        let is_beside = matches!(self.steps, Steps::Beside(_));
        let path = self.into_path().join(rest);
        if is_beside { Steps::Beside(path) } else { Steps::Many(path) }
    }
}
