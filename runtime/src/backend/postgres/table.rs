//! A repository's table: its names, its columns, and records in its rows.
//!
//! ```text
//! CREATE TABLE "public"."users" (
//!     h     text COLLATE "C" NOT NULL,   -- the hash key, of its own type
//!     r     numeric NOT NULL,            -- the range key, if there is one
//!     doc   jsonb NOT NULL,              -- the record, its keys too
//!     stamp uuid,                        -- the call that wrote it last
//!     expires timestamptz GENERATED ALWAYS AS (…) STORED,  -- if there is a ttl
//!     PRIMARY KEY (h, r)
//! );
//! CREATE UNIQUE INDEX "users:by_email" ON "public"."users" (((doc->>'email') COLLATE "C"))
//!     WHERE ((doc->>'email') COLLATE "C") IS NOT NULL;
//! ```

use std::error::Error as StdError;
use std::sync::{PoisonError, RwLock};

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::failure::Failure;
use super::json::{Readers, hex, read_record, stored_text};
use super::names::{identifier, index_name, literal, shortened};
use super::param::Param;
use crate::definition::{Definition, IndexDef, KeyDef, KeyKind};
use crate::error::{Error, Result};
use crate::request::liveness::latest_expired;
use crate::request::{Call, RecordKey};
use crate::value::{EXPIRES, Record, Value, object_id_text};

/// A repository's table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) definition: &'static Definition,
    /// Its name without the schema, as PostgreSQL has it.
    pub(super) plain: String,
    /// Its name with the schema, quoted.
    pub(super) name: String,
    readers: Readers,
    /// The columns of the primary key.
    key: Vec<Column>,
    /// Unique indexes that another release made under other names, as PostgreSQL has them, each with the model's own name.
    renamed: RwLock<Vec<(String, String)>>,
}

/// A column, or an expression that is indexed like one.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) sql: String,
    pub(super) kind: KeyKind,
    /// Whether it is a part of the document, where bytes are hex text.
    is_within: bool,
}

impl Column {
    /// A value of it, to be bound.
    pub(super) fn param(&self, value: &Value) -> Param {
        match (self.kind, value) {
            (KeyKind::String, Value::String(text)) => Param::Text(stored_text(text).into_owned()),
            (KeyKind::Bytes, Value::Bytes(bytes)) if self.is_within => Param::Text(hex(bytes)),
            (KeyKind::Bytes, Value::Bytes(bytes)) => Param::Bytes(bytes.clone()),
            (KeyKind::ObjectId, Value::ObjectId(id)) => Param::Text(object_id_text(*id)),
            (_, Value::Instant(millis)) => Param::Integer((*millis).into()),
            // Values were checked to be of the kind.
            (_, other) => Param::Integer(other.as_int().unwrap_or_default()),
        }
    }

    /// Values of it, to be bound as an array.
    pub(super) fn params<'a>(&self, values: impl Iterator<Item = &'a Value>) -> Param {
        let params: Vec<_> = values.map(|value| self.param(value)).collect();
        match self.sql_type() {
            "bytea" => Param::Blobs(
                params
                    .into_iter()
                    .filter_map(|param| match param {
                        Param::Bytes(bytes) => Some(bytes),
                        _ => None,
                    })
                    .collect(),
            ),
            "numeric" => Param::Integers(
                params
                    .into_iter()
                    .filter_map(|param| match param {
                        Param::Integer(n) => Some(n),
                        _ => None,
                    })
                    .collect(),
            ),
            _ => Param::Texts(
                params
                    .into_iter()
                    .filter_map(|param| match param {
                        Param::Text(text) => Some(text),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }

    /// The type of its values.
    pub(super) fn sql_type(&self) -> &'static str {
        match self.kind {
            KeyKind::String | KeyKind::ObjectId => "text",
            KeyKind::Bytes if self.is_within => "text",
            KeyKind::Bytes => "bytea",
            KeyKind::Integer | KeyKind::Instant => "numeric",
        }
    }

    /// What has to follow another value that it is compared with, so that the order is by bytes.
    pub(super) fn collation(&self) -> &'static str {
        if self.sql_type() == "text" { " COLLATE \"C\"" } else { "" }
    }
}

impl Table {
    pub(super) fn new(schema: &str, definition: &'static Definition) -> Self {
        let plain = shortened(definition.name());
        let name = format!("{}.{}", identifier(schema), identifier(&plain));
        let column = |sql: &str, part: KeyDef| Column { sql: sql.to_owned(), kind: part.kind, is_within: false };
        let range = definition.range().map(|range| column("r", range));
        let key = std::iter::once(column("h", definition.hash())).chain(range).collect();
        Self { definition, plain, name, readers: Readers::new(definition), key, renamed: RwLock::default() }
    }

    /// The columns of the primary key.
    pub(super) fn key(&self) -> &[Column] {
        &self.key
    }

    /// The values of a key, to be bound first.
    pub(super) fn key_params(&self, key: &RecordKey) -> Vec<Param> {
        self.key().iter().zip(key.parts()).map(|(column, value)| column.param(value)).collect()
    }

    /// The names of the key's columns.
    pub(super) fn key_names(&self) -> &'static str {
        if self.definition.range().is_some() { "h, r" } else { "h" }
    }

    /// That a row has the key that is bound first.
    pub(super) fn is_key(&self) -> &'static str {
        if self.definition.range().is_some() { "h = $1 AND r = $2" } else { "h = $1" }
    }

    /// How many values a key has.
    pub(super) fn key_count(&self) -> usize {
        if self.definition.range().is_some() { 2 } else { 1 }
    }

    /// A field of the document, as it is indexed.
    fn within(&self, part: KeyDef) -> Column {
        let field = self.definition.part_name(part);
        let sql = match part.kind {
            KeyKind::String | KeyKind::ObjectId => format!("((doc->>{}) COLLATE \"C\")", literal(field)),
            KeyKind::Bytes => format!("((doc->{}->>'$bytes') COLLATE \"C\")", literal(field)),
            KeyKind::Integer | KeyKind::Instant => format!("((doc->>{})::numeric)", literal(field)),
        };
        Column { sql, kind: part.kind, is_within: true }
    }

    /// The parts of an index: those it is looked up by, then those it is ordered by.
    pub(super) fn parts(&self, index: &IndexDef) -> Vec<Column> {
        index.parts().map(|part| self.within(part)).collect()
    }

    /// What an index is ordered by after its parts, so that the order is total.
    pub(super) fn ties(&self, index: &IndexDef) -> Vec<Column> {
        if index.unique && !index.ranges().is_empty() { Vec::new() } else { self.key.clone() }
    }

    /// That a record has all parts of an index, and so is in it.
    pub(super) fn is_in(parts: &[Column]) -> String {
        parts.iter().map(|part| format!("{} IS NOT NULL", part.sql)).collect::<Vec<_>>().join(" AND ")
    }

    /// The name of an index, as PostgreSQL has it.
    pub(super) fn index_name(&self, index: &str) -> String {
        index_name(self.definition.name(), index)
    }

    /// The name of the index of the primary key, which none of the model can have.
    pub(super) fn key_index_name(&self) -> String {
        index_name(self.definition.name(), ":key")
    }

    /// The error of a value that another row holds in the unique index that PostgreSQL names so; nothing if it is the key.
    pub(super) fn taken(&self, name: &str) -> Option<Error> {
        if name == self.key_index_name() {
            return None;
        }
        if let Some(own) = self.definition.unique_indexes().find(|index| self.index_name(index.name) == name) {
            return Some(Error::taken(own.name));
        }
        let renamed = self.renamed.read().unwrap_or_else(PoisonError::into_inner);
        let own = renamed.iter().find(|(stored, _)| stored == name).map(|(_, own)| own.as_str());
        Some(Error::taken(own.unwrap_or(name)))
    }

    /// Takes in under which other names the model's unique indexes are there.
    pub(super) fn note_renamed<'a>(&self, names: impl Iterator<Item = (&'a str, &'a str)>) {
        let names = names.map(|(stored, own)| (self.index_name(stored), own.to_owned())).collect();
        *self.renamed.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// The statement that makes an index.
    pub(super) fn create_index(&self, index: &IndexDef, concurrently: bool) -> String {
        let parts = self.parts(index);
        // The fields of a unique index are its own key: others follow only where they make the order total.
        let ties = if index.unique { Vec::new() } else { self.ties(index) };
        let columns: Vec<_> = parts.iter().chain(&ties).map(|column| column.sql.clone()).collect();
        format!(
            "CREATE {}INDEX {}{} ON {} ({}) WHERE {}",
            if index.unique { "UNIQUE " } else { "" },
            if concurrently { "CONCURRENTLY " } else { "" },
            identifier(&self.index_name(index.name)),
            self.name,
            columns.join(", "),
            Self::is_in(&parts)
        )
    }

    /// That the record in a column has expired, with the time bound; nothing if the model has no ttl.
    pub(super) fn expired(&self, call: &Call, doc: &str, params: &mut Vec<Param>) -> Option<String> {
        let field = literal(self.definition.ttl_name()?);
        let latest = latest_expired(self.definition, call)?;
        let latest = match latest {
            Value::Instant(millis) => millis.into(),
            other => other.as_int().unwrap_or(i64::MIN.into()),
        };
        let now = bind(params, Param::Integer(call.now_seconds().into()));
        let latest = bind(params, Param::Integer(latest));
        Some(format!(
            "CASE WHEN jsonb_typeof({doc}->'{EXPIRES}') = 'number' THEN ({doc}->>'{EXPIRES}')::numeric <= {now} \
             WHEN jsonb_typeof({doc}->{field}) = 'number' THEN ({doc}->>{field})::numeric <= {latest} ELSE false END"
        ))
    }

    /// The record of a row, at this column of it.
    pub(super) fn record(&self, row: &Row, at: usize) -> Result<Record, Failure> {
        let mut record = self.stored_record(row, at)?;
        self.definition.complete(&mut record);
        Ok(record)
    }

    /// The same, under the names under which it is stored.
    pub(super) fn stored_record(&self, row: &Row, at: usize) -> Result<Record, Failure> {
        let Json(json) = row.try_get(at)?;
        Ok(read_record(json, &self.readers).map_err(|error| error.in_repository(self.definition.repository()))?)
    }

    /// The record of a row, if it has the key that was asked for.
    pub(super) fn record_of(&self, row: &Row, at: usize, key: &RecordKey) -> Result<Record, Failure> {
        let record = self.record(row, at)?;
        match RecordKey::from_record(self.definition, &record)? == *key {
            true => Ok(record),
            false => Err(Error::codec("the record that came has another key than was asked for").into()),
        }
    }
}

/// Binds a value; returns its place.
pub(super) fn bind(params: &mut Vec<Param>, param: Param) -> String {
    params.push(param);
    format!("${}", params.len())
}

/// The text of a `jsonb`, where it is.
struct Json<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        match raw.split_first() {
            Some((1, text)) => Ok(Json(text)),
            _ => Err("a jsonb of an unknown version".into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
}
