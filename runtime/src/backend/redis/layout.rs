//! Under which keys a repository's data stand: see `docs/redis.md`.

use std::collections::HashMap;

use crate::backend::keyspace::encoding;
use crate::backend::keyspace::layout::{push_index_values, push_key};
use crate::backend::keyspace::schema::{IndexSchema, Schema};
use crate::backend::plan::{Mismatch, Plan};
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::RecordKey;
use crate::value::Record;

/// The format of keys, scripts and schemas together.
const FORMAT: &str = "1";

const GENERATION: &str = "generation";
const FORMAT_FIELD: &str = "format";
const SCHEMA: &str = "schema";
const BUILDING: &str = "building";

/// What is being built when the records that are there get their expiry. No index has no name.
pub(super) const EXPIRY: &str = "";

/// A repository that was defined.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// What all its keys begin with.
    base: String,
    /// Changes whenever the schema does. A script that was made by another changes nothing.
    pub(super) generation: String,
    pub(super) schema: Schema,
    /// The indexes that do not hold all records yet.
    pub(super) building: Vec<String>,
}

/// A record's entries: the field of each in the record's hash, and the values.
pub(super) type Entries = Vec<(String, Vec<u8>)>;

impl Layout {
    pub(super) fn new(base: String, generation: String, schema: Schema) -> Self {
        Self { base, generation, schema, building: Vec::new() }
    }

    /// What the keys of a repository begin with. What stands in braces decides on the server of a cluster, so that all of
    /// them are on one.
    pub(super) fn base(prefix: &str, repository: &str) -> String {
        format!("{prefix}{{{repository}}}:")
    }

    /// The key of the schema.
    pub(super) fn schema_key(&self) -> String {
        self.key("schema")
    }

    /// A key of the repository by what it ends in.
    pub(super) fn key(&self, end: &str) -> String {
        format!("{}{end}", self.base)
    }

    /// The key of a record.
    pub(super) fn record_key(&self, primary: &[u8]) -> Vec<u8> {
        [self.base.as_bytes(), b"r:", primary].concat()
    }

    /// The layout that the fields of a schema's key say; nothing if there are none.
    pub(super) fn from_fields(base: String, mut fields: HashMap<String, Vec<u8>>) -> Result<Option<Self>> {
        if fields.is_empty() {
            return Ok(None);
        }
        let mut text = |name| fields.remove(name).and_then(|bytes| String::from_utf8(bytes).ok());
        match text(FORMAT_FIELD) {
            Some(format) if format == FORMAT => {}
            Some(format) => {
                let message = format!(
                    "the repository is of format {format}, and this release of the library works with format {FORMAT}: \
                     use it with the release that made it, or a later one"
                );
                return Err(Error::new(ErrorKind::SchemaMismatch, message));
            }
            None => return Err(broken_schema()),
        }
        let (generation, building) = (text(GENERATION).ok_or_else(broken_schema)?, text(BUILDING));
        let record = fields.remove(SCHEMA).and_then(|bytes| Record::from_bytes(bytes).ok());
        let (_, schema) = record.as_ref().and_then(Schema::from_record).ok_or_else(broken_schema)?;
        let building = building.ok_or_else(broken_schema)?.split_terminator('\n').map(str::to_owned).collect();
        Ok(Some(Self { base, generation, schema, building }))
    }

    /// The fields of the schema's key.
    pub(super) fn to_fields(&self) -> [(&'static str, Vec<u8>); 4] {
        let building: String = self.building.iter().map(|name| format!("{name}\n")).collect();
        [
            (FORMAT_FIELD, FORMAT.as_bytes().to_vec()),
            (GENERATION, self.generation.clone().into_bytes()),
            (SCHEMA, self.schema.to_record(0).as_bytes().to_vec()),
            (BUILDING, building.into_bytes()),
        ]
    }

    /// Refuses a definition that does not fit what was defined.
    pub(super) fn check_fits(&self, definition: &Definition) -> Result<()> {
        let wanted = Schema::from_definition(definition);
        let mut plan = Plan::new(definition.repository());
        self.schema.compare(&wanted, &mut plan);
        let missing = wanted.indexes.iter().filter(|index| !self.is_ready(&index.name));
        missing.for_each(|index| plan.add_mismatch(Mismatch::MissingIndex(index.name.clone())));
        if wanted.expires && !self.schema.expires {
            plan.add_mismatch(Mismatch::Other("the time to live is off; call define first".to_owned()));
        }
        plan.refusal().map_or(Ok(()), Err)
    }

    /// Whether there is an index of this name that holds all records.
    pub(super) fn is_ready(&self, name: &str) -> bool {
        self.index(name).is_some() && !self.building.iter().any(|building| building == name)
    }

    pub(super) fn index(&self, name: &str) -> Option<&IndexSchema> {
        self.schema.indexes.iter().find(|index| index.name == name)
    }

    /// A record's entries in the indexes that it is part of.
    pub(super) fn entries(&self, record: &Record) -> Result<Entries> {
        let mut entries = Entries::with_capacity(self.schema.indexes.len());
        for index in &self.schema.indexes {
            let mut values = Vec::new();
            if push_index_values(&mut values, index, record)? {
                entries.push((field(index), values));
            }
        }
        Ok(entries)
    }

    /// A record's entries in the unique indexes that it is part of.
    pub(super) fn unique_entries(&self, record: &Record) -> Result<Entries> {
        Ok(self.entries(record)?.into_iter().filter(|(field, _)| field.starts_with("u:")).collect())
    }

    /// The sorted sets of the indexes.
    pub(super) fn sorted_sets(&self) -> impl Iterator<Item = String> {
        self.schema.indexes.iter().filter(|index| !index.unique).map(field)
    }

    /// The name that a model has for a unique index that is stored under this one.
    pub(super) fn name_in(&self, definition: &Definition, stored: &str) -> String {
        let Some(index) = self.index(stored) else { return stored.to_owned() };
        let same = |own: &&'static IndexDef| {
            own.name == index.name || IndexSchema::from_definition(definition, own).is_same(index)
        };
        definition.unique_indexes().find(same).map_or(stored, |own| own.name).to_owned()
    }
}

/// The field of a record's hash that holds its entry in an index, which is also how the index's own keys go on.
pub(super) fn field(index: &IndexSchema) -> String {
    format!("{}:{}", if index.unique { 'u' } else { 'i' }, index.name)
}

/// A primary key in order-preserving bytes.
pub(super) fn primary(key: &RecordKey) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(32);
    push_key(&mut out, key)?;
    Ok(out)
}

/// The values of an index in order-preserving bytes.
pub(super) fn values<'a>(values: impl IntoIterator<Item = &'a crate::Value>) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(32);
    encoding::push_values(&mut out, values)?;
    Ok(out)
}

fn broken_schema() -> Error {
    Error::codec("the schema in the store is not what the library writes")
}
