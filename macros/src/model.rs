//! A checked model: what the expansion is made from. Positions point into [`Model::fields`].

use proc_macro2::TokenStream;
use syn::{ExprPath, Ident, Path, Type, Visibility};

use crate::ast::{Name, TimeForm};

/// A model that keeps the rules, or the part of it that could be understood.
pub(crate) struct Model {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) krate: Path,
    pub(crate) name: Name,
    pub(crate) read_capacity: Option<u64>,
    pub(crate) write_capacity: Option<u64>,
    pub(crate) fields: Vec<Field>,
    /// Missing only in a model with errors.
    pub(crate) hash: Option<usize>,
    pub(crate) range: Option<usize>,
    pub(crate) auto_hash: bool,
    pub(crate) auto_range: bool,
    pub(crate) indexes: Vec<Index>,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) version: Option<usize>,
    pub(crate) created_at: Option<usize>,
    pub(crate) updated_at: Option<usize>,
    /// The methods that are left out.
    pub(crate) skipped: Vec<Ident>,
    /// Whether a write of a whole record keeps what is stored beside the fields.
    pub(crate) keep_unknown: bool,
    /// Whether records hold attributes of the library's own.
    pub(crate) stamp: bool,
}

/// A field.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The name it is stored under.
    pub(crate) stored: String,
    /// Other names it may be stored under.
    pub(crate) aliases: Vec<String>,
    /// The name of its constant.
    pub(crate) constant: Ident,
    pub(crate) storage: Storage,
    pub(crate) role: Role,
    /// Whether a record may lack it though its type is no `Option`.
    pub(crate) skippable: bool,
    /// The value that a record without it is read with, where that may be something else than nothing.
    pub(crate) default: Option<TokenStream>,
}

/// How a field is stored.
pub(crate) enum Storage {
    /// Under its name, at this position among the stored fields.
    Own { position: usize, codec: Codec },
    /// Its own fields stand beside the others.
    Flattened,
    /// Not at all.
    Skipped,
}

/// Who writes a field.
pub(crate) enum Codec {
    /// Its type.
    Plain,
    /// A function of `serde(with)`.
    With(ExprPath),
    /// Its type, an instant, in this form.
    As(TimeForm),
    /// Its type, which is said to be an instant.
    Date,
    /// Its type as serde writes it, since only reading has a function of its own.
    Serde,
}

/// What may be done to a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    Key,
    Version,
}

/// A secondary index.
pub(crate) struct Index {
    pub(crate) name: Name,
    pub(crate) finder: Ident,
    /// One, or several; the table's hash key in a local index.
    pub(crate) hash: Vec<usize>,
    pub(crate) ranges: Vec<usize>,
    pub(crate) unique: bool,
    pub(crate) local: bool,
    pub(crate) projection: Projection,
    pub(crate) read_capacity: Option<u64>,
    pub(crate) write_capacity: Option<u64>,
}

impl Index {
    /// The fields that its finder takes a value of.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = usize> {
        let ranges: &[usize] = if self.unique { &self.ranges } else { &[] };
        self.hash.iter().chain(ranges).copied()
    }

    /// All its fields, in its order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = usize> {
        self.hash.iter().chain(&self.ranges).copied()
    }
}

/// What an index holds beside its keys.
pub(crate) enum Projection {
    All,
    KeysOnly,
    /// These stored names.
    Include(Vec<String>),
}

/// The expiry.
pub(crate) struct Ttl {
    pub(crate) field: usize,
    pub(crate) seconds: u64,
}

impl Model {
    /// The fields of the primary key, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Field> {
        self.hash.into_iter().chain(self.range).map(|at| &self.fields[at])
    }
}

impl Field {
    /// Its position among the stored fields.
    pub(crate) fn position(&self) -> usize {
        match self.storage {
            Storage::Own { position, .. } => position,
            // Keys, index fields and the like are checked to be stored, so no expansion asks for this.
            Storage::Flattened | Storage::Skipped => 0,
        }
    }

    /// The form of an instant that is stored otherwise than its type says.
    pub(crate) fn time_form(&self) -> Option<proc_macro2::Ident> {
        match self.storage {
            Storage::Own { codec: Codec::As(form), .. } => form.name().map(|name| Ident::new(name, self.ident.span())),
            _ => None,
        }
    }

    /// Whether it is said to be an instant, in whatever form.
    pub(crate) fn is_said_instant(&self) -> bool {
        matches!(self.storage, Storage::Own { codec: Codec::As(_) | Codec::Date, .. })
    }

    /// Whether `serde(with)` or the like says how it is written, and not its type.
    pub(crate) fn is_written_otherwise(&self) -> bool {
        matches!(self.storage, Storage::Own { codec: Codec::With(_) | Codec::As(_) | Codec::Serde, .. })
    }
}
