//! A model as it is written: the attributes, read but not yet judged.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprPath, Ident, LitStr, Path, Type, Visibility};

/// What an error about a part of the input points at.
pub(crate) type Mark = TokenStream;

/// A value, and where it was written.
#[derive(Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) mark: Mark,
}

/// A struct with `#[derive(Repository)]`.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) container: Container,
    pub(crate) fields: Vec<Field>,
}

/// `#[repository(…)]`.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) krate: Option<Path>,
    pub(crate) name: Option<Name>,
    pub(crate) capacity: Capacity,
    pub(crate) indexes: Vec<Index>,
    /// The methods that are left out.
    pub(crate) skipped: Vec<Ident>,
    pub(crate) keep_unknown: Option<Mark>,
    pub(crate) stamp: Option<bool>,
}

/// The name of a table or an index.
#[derive(Clone)]
pub(crate) enum Name {
    /// `"users"`.
    Text(LitStr),
    /// A constant, or a macro such as `concat!`. What it says is known once the model is compiled.
    Constant(Expr),
}

impl Name {
    /// The same where `Self` is the model, outside its own `impl`.
    pub(crate) fn of_model(mut self, model: &Ident) -> Self {
        if let Self::Constant(Expr::Path(path)) = &mut self
            && let Some(first) = path.path.segments.first_mut()
            && first.ident == "Self"
        {
            first.ident = model.clone();
        }
        self
    }

    /// What it says, or for a constant how it is written: for docs and messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.value(),
            Self::Constant(expr) => expr.to_token_stream().to_string(),
        }
    }
}

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Text(text) => text.to_tokens(tokens),
            Self::Constant(expr) => expr.to_tokens(tokens),
        }
    }
}

/// `read_capacity = …, write_capacity = …`.
#[derive(Default)]
pub(crate) struct Capacity {
    pub(crate) read: Option<At<u64>>,
    pub(crate) write: Option<At<u64>>,
}

/// A field and its attributes.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) hash_key: Option<Mark>,
    pub(crate) auto: Option<Mark>,
    pub(crate) range_key: Option<Mark>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) ttl: Option<At<u64>>,
    pub(crate) version: Option<Mark>,
    pub(crate) created_at: Option<Mark>,
    pub(crate) updated_at: Option<Mark>,
    /// `#[stored(as = "…")]`.
    pub(crate) stored_as: Option<At<TimeForm>>,
    pub(crate) serde: SerdeField,
}

impl Field {
    /// Its name without `r#`.
    pub(crate) fn bare_name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Its name as the user wrote it.
    pub(crate) fn written_name(&self) -> String {
        self.ident.to_token_stream().to_string()
    }
}

/// A form of an instant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeForm {
    Seconds,
    Milliseconds,
    Rfc3339,
    /// The backend's own: the form of an instant of which nothing is said.
    Date,
}

impl TimeForm {
    /// The runtime's name of it; none of the backend's own.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Seconds => Some("Seconds"),
            Self::Milliseconds => Some("Milliseconds"),
            Self::Rfc3339 => Some("Rfc3339"),
            Self::Date => None,
        }
    }
}

/// `#[index(…)]` on a field, or `index(…)` in `#[repository(…)]`.
pub(crate) struct Index {
    pub(crate) mark: Mark,
    pub(crate) name: Option<Name>,
    /// The name of the finder, without `find_`.
    pub(crate) finder: Option<LitStr>,
    pub(crate) hash: Vec<LitStr>,
    /// A hash was given that is none, which was reported.
    pub(crate) hash_refused: bool,
    pub(crate) ranges: Vec<LitStr>,
    pub(crate) unique: Option<Mark>,
    pub(crate) local: Option<Mark>,
    pub(crate) projection: Option<At<Projection>>,
    pub(crate) capacity: Capacity,
}

/// Which fields an index holds beside its keys.
#[derive(Clone)]
pub(crate) enum Projection {
    All,
    KeysOnly,
    Include(Vec<LitStr>),
}

/// What serde's attributes say about a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    /// The name it is written under.
    pub(crate) written: String,
    /// The name it is read under.
    pub(crate) read: String,
    /// Where the name comes from, when it is not the field itself.
    pub(crate) rename: Option<Mark>,
    /// Other names it is read under.
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) serialize_with: Option<ExprPath>,
    pub(crate) deserialize_with: Option<ExprPath>,
    /// The attribute of the two above.
    pub(crate) with: Option<Mark>,
    pub(crate) skip_serializing: Option<Mark>,
    pub(crate) skip_deserializing: Option<Mark>,
    pub(crate) skip_serializing_if: Option<Mark>,
    pub(crate) flatten: Option<Mark>,
    pub(crate) default: Option<Default>,
}

/// What serde reads a missing field as.
#[derive(Clone)]
pub(crate) enum Default {
    /// The default of its type.
    Type,
    /// What this function gives.
    Function(ExprPath),
    /// That field of the struct's default.
    Struct,
}
