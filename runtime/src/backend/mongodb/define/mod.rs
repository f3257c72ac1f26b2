//! Collections and their indexes: what there should be, what there is, and making the one of the other.
//!
//! MongoDB keeps no types of fields, so the keys of each repository are written down too.

mod adopted;
mod index_document;
mod indexes;
mod lifetime;
mod listing;
mod removal;
mod schema;
mod settings;
mod ttl_index;

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocumentBuf, doc};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Collection, Database};

use self::index_document::{fields, name_of, shape_of};
use self::indexes::Found;
pub(super) use self::listing::repositories;
pub(super) use self::removal::{drop_repository, truncate};
use super::decode::is_readable;
use super::document::sort_columns;
use super::failure::{DUPLICATE_KEY, DriverFailure, code};
use super::find::FIND;
use super::hints::Hints;
use super::predicate::{field_of, literal};
use super::read::collection;
use super::retry::{attempt_within, backoff, read};
use super::shallow;
use super::value::hex;
use crate::backend::support::outcome;
use crate::backend::{Creation, Mismatch, Plan};
use crate::definition::{Definition, KeyKind};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, Verify};
use crate::value::EXPIRES;

const NAMESPACE_NOT_FOUND: i32 = 26;
const NAMESPACE_EXISTS: i32 = 48;
/// An index of another shape was made in between.
const INDEX_CONFLICTS: [i32; 2] = [85, 86];

/// What there is already.
#[derive(Debug, Default)]
struct Existing {
    collection: Option<Document>,
    schema: Option<Document>,
    indexes: Vec<Document>,
}

pub(super) async fn plan(database: &Database, call: &Call, definition: &'static Definition) -> Result<Plan> {
    let existing = existing(database, call, definition).await?;
    compare(database, call, definition, &existing).await.map(|(plan, _)| plan)
}

/// Makes what is missing. Returns how the indexes are named that another program made.
pub(super) async fn define(database: &Database, call: &Call, definition: &'static Definition) -> Result<Hints> {
    let existing = existing(database, call, definition).await?;
    let (plan, missing) = compare(database, call, definition, &existing).await?;
    if let Some(refusal) = plan.refusal() {
        return Err(refusal);
    }
    // The keys are written down first: of two processes that define different ones at once, one is refused here.
    schema::store(database, call, definition).await?;
    if existing.collection.is_none() {
        let create = |_| database.run_command(doc! { "create": definition.name() }).into_future();
        tolerate(command(call, "create", create).await.map(drop), NAMESPACE_EXISTS)?;
    } else {
        let filling = "records were being given the text that an index orders their bytes by";
        fill_sort_columns(database, call, definition).await.map_err(|error| error.timed_out_while(filling))?;
    }
    let hints = indexes::hints(definition, &existing.indexes);
    if missing.is_empty() {
        return Ok(hints);
    }
    if existing.collection.is_some() && missing.iter().any(|index| name_of(index) == EXPIRES) {
        lifetime::mark_expiry(database, call, definition).await?;
    }
    // All indexes in one command: it makes all of them or none, and returns when they are ready.
    let create =
        |_| database.run_command(doc! { "createIndexes": definition.name(), "indexes": missing.clone() }).into_future();
    command(call, "createIndexes", create)
        .await
        .map(|_| hints)
        .map_err(|failure| refused_indexes(definition, failure, call, &missing))
}

/// Unique indexes that are missing or not as the model has them, a line each. If asked to, creates what is
/// missing, unless something stands in its way.
pub(super) async fn verify(
    database: &Database,
    call: &Call,
    Verify { definition, repair }: Verify,
) -> Result<Vec<String>> {
    if definition.unique_indexes().next().is_none() {
        return Ok(Vec::new());
    }
    let existing = existing(database, call, definition).await?;
    if existing.collection.is_none() {
        return Err(outcome::undefined());
    }
    let (plan, missing) = compare(database, call, definition, &existing).await?;
    let unique = missing.iter().filter(|index| index.get_bool("unique").unwrap_or(false));
    let unique = unique.map(|index| format!("{}: the unique index is missing", name_of(index)));
    let found: Vec<_> = unique.chain(plan.mismatches().iter().map(Mismatch::to_string)).collect();
    if repair && !found.is_empty() && plan.mismatches().is_empty() {
        define(database, call, definition).await?;
    }
    Ok(found)
}

/// Refuses a repository that was not defined as the model says: without its indexes, unique values would
/// not be unique. Returns how the indexes are named that another program made.
pub(super) async fn check_defined(database: &Database, call: &Call, definition: &'static Definition) -> Result<Hints> {
    let existing = match existing(database, call, definition).await {
        // A user without the right to list indexes cannot be refused for them.
        Err(error) if error.kind() == ErrorKind::Config => return Ok(Hints::default()),
        existing => existing?,
    };
    let (Some(collection), Some(schema)) = (&existing.collection, &existing.schema) else {
        return Err(outcome::undefined().in_repository(definition.repository()));
    };
    let mut plan = Plan::new(definition.repository());
    collection_differs(collection).into_iter().for_each(|line| plan.add_mismatch(Mismatch::Other(line)));
    schema::differences(definition, schema).into_iter().for_each(|mismatch| plan.add_mismatch(mismatch));
    for wanted in indexes::wanted_indexes(definition) {
        match indexes::find(definition, &wanted, &existing.indexes) {
            Found::Nothing if ttl_index::serves_by_marks(&wanted, None, &existing.indexes) => {}
            Found::Nothing => plan.add_mismatch(Mismatch::MissingIndex(name_of(&wanted).to_owned())),
            Found::Same(_) => {}
            Found::Other(index) if ttl_index::serves_by_marks(&wanted, Some(index), &existing.indexes) => {}
            Found::Other(index) => refuse_index(definition, &mut plan, &wanted, index),
        }
    }
    plan.refusal().map_or_else(|| Ok(indexes::hints(definition, &existing.indexes)), Err)
}

fn refused_indexes(definition: &Definition, failure: DriverFailure, call: &Call, missing: &[Document]) -> Error {
    let DriverFailure::Driver(error) = &failure else {
        let names: Vec<_> = missing.iter().map(name_of).collect();
        let message = format!(
            "the deadline passed while the indexes {} of the collection {} were being built; the server may go on with it",
            names.join(", "),
            definition.name()
        );
        return Error::new(ErrorKind::Timeout, message);
    };
    let code = code(error);
    if code == Some(DUPLICATE_KEY) {
        let index = failure.duplicate_key().and_then(|duplicate| duplicate.index).unwrap_or_default();
        let message = format!("the unique index {index} cannot be made: records share its values");
        return Error::new(ErrorKind::SchemaMismatch, message).on_index(&index).with_source(error.clone());
    }
    if code.is_some_and(|code| INDEX_CONFLICTS.contains(&code)) {
        let message = format!("an index of {} exists with another shape", definition.name());
        return Error::new(ErrorKind::SchemaMismatch, message).with_source(error.clone());
    }
    failure.into_error(call.operation)
}

/// Sends a command that may be sent again, until the deadline.
async fn command<T, F, W>(call: &Call, name: &str, mut work: F) -> Result<T, DriverFailure>
where
    F: FnMut(()) -> W,
    W: Future<Output = mongodb::error::Result<T>>,
{
    let mut backoff = backoff();
    loop {
        match attempt_within(call, call.left(), name, work(())).await {
            Ok(answer) => return Ok(answer),
            Err(failure) if failure.is_transient() && backoff.pause(call.left()).await => {}
            Err(failure) => return Err(failure),
        }
    }
}

fn tolerate<T: Default>(result: Result<T, DriverFailure>, tolerated: i32) -> Result<T> {
    match result {
        Err(DriverFailure::Driver(error)) if code(&error) == Some(tolerated) => Ok(T::default()),
        other => other.map_err(|failure| failure.into_error("define")),
    }
}

/// The documents of a cursor's first batch, which holds all: a collection has 64 indexes at most.
async fn first_batch(mut cursor: RawBatchCursor) -> mongodb::error::Result<Option<RawBatch>> {
    cursor.try_next().await
}

fn documents_of(first: Option<RawBatch>, call: &Call) -> Result<Vec<Document>> {
    let Some(first) = first else { return Ok(Vec::new()) };
    let items = first.doc_slices().map_err(|error| DriverFailure::Driver(error).into_error(call.operation))?;
    shallow::documents(items)
}

async fn existing(database: &Database, call: &Call, definition: &Definition) -> Result<Existing> {
    let named = doc! { "name": definition.name() };
    let records = collection(database, definition);
    let list = |_| async { first_batch(database.list_collections().filter(named.clone()).batch().await?).await };
    let Some(collection) = documents_of(read(call, "listCollections", list).await?, call)?.into_iter().next() else {
        let schema = schema::read_stored(database, call, definition).await?;
        return Ok(Existing { schema, ..Existing::default() });
    };
    let list = |()| async { first_batch(records.list_indexes().batch().await?).await };
    let indexes = documents_of(tolerate(command(call, "listIndexes", list).await, NAMESPACE_NOT_FOUND)?, call)?;
    let schema = schema::read_stored(database, call, definition).await?;
    Ok(Existing { collection: Some(collection), schema, indexes })
}

/// What is missing and what does not match; with the indexes that are missing.
async fn compare(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
    existing: &Existing,
) -> Result<(Plan, Vec<Document>)> {
    let mut plan = Plan::new(definition.repository());
    match &existing.collection {
        None => plan.add_creation(Creation::Repository(definition.repository().to_owned())),
        Some(collection) => {
            collection_differs(collection).into_iter().for_each(|line| plan.add_mismatch(Mismatch::Other(line)));
            settings::compare(collection, &mut plan);
        }
    }
    match &existing.schema {
        Some(schema) => {
            schema::differences(definition, schema).into_iter().for_each(|mismatch| plan.add_mismatch(mismatch));
        }
        None if existing.collection.is_some() => {
            let foreign = foreign_keys(database, call, definition).await?;
            foreign.into_iter().for_each(|line| plan.add_mismatch(Mismatch::Other(line)));
        }
        None => {}
    }
    let mut missing = Vec::new();
    for wanted in indexes::wanted_indexes(definition) {
        match indexes::find(definition, &wanted, &existing.indexes) {
            Found::Other(index) => refuse_index(definition, &mut plan, &wanted, index),
            Found::Same(_) => {}
            Found::Nothing if ttl_index::is_ttl_index(&wanted) && existing.collection.is_some() => {
                plan.add_creation(Creation::Expiry(definition.ttl_name().unwrap_or_default().to_owned()));
                missing.push(wanted);
            }
            Found::Nothing => {
                if existing.collection.is_some() {
                    let shared = find_duplicates(database, call, definition, &wanted).await?;
                    shared.into_iter().for_each(|line| plan.add_mismatch(Mismatch::Other(line)));
                }
                plan.add_creation(Creation::Index(shape_of(&wanted)));
                missing.push(wanted);
            }
        }
    }
    indexes::compare_unused(definition, &existing.indexes, &mut plan);
    Ok((plan, missing))
}

fn refuse_index(definition: &Definition, plan: &mut Plan, wanted: &Document, index: &Document) {
    plan.add_mismatch(match ttl_index::is_of_own_date(wanted) {
        true => ttl_index::mismatch(definition, wanted, index),
        false => Mismatch::Index { stored: shape_of(index), wanted: shape_of(wanted) },
    });
}

fn collection_differs(collection: &Document) -> Option<String> {
    let kind = collection.get_str("type").unwrap_or("collection");
    let options = collection.get_document("options").ok();
    let has = |name: &str| options.is_some_and(|options| options.contains_key(name));
    if kind != "collection" {
        Some(format!("it is a {kind}, not a collection"))
    } else if has("capped") {
        Some("the collection is capped".to_owned())
    } else if has("collation") {
        Some("the collection has a collation, under which different texts can be equal".to_owned())
    } else {
        None
    }
}

/// Of a collection that was never defined, whether the keys in it are of the model's kind.
async fn foreign_keys(database: &Database, call: &Call, definition: &Definition) -> Result<Option<String>> {
    let kind = |kind: KeyKind, bytes: &'static str| match kind {
        KeyKind::String => "string",
        KeyKind::Integer => "number",
        KeyKind::Instant => "date",
        KeyKind::ObjectId => "objectId",
        KeyKind::Bytes => bytes,
    };
    let other = |path: &str, kind: &str| doc! { path: { "$not": { "$type": kind } } };
    let hash = kind(definition.hash().kind, "binData");
    let (filter, expected) = match definition.range() {
        None => (other("_id", hash), definition.hash().kind.as_str().to_owned()),
        Some(range) => {
            let filter = doc! { "$or": [other("_id.h", hash), other("_id.r", kind(range.kind, "string"))] };
            (filter, format!("document {{h, r}} of {} and {}", definition.hash().kind.as_str(), range.kind.as_str()))
        }
    };
    let collection = collection(database, definition);
    let found = read(call, FIND, |_| collection.find_one(filter.clone()).into_future()).await?;
    Ok(found.map(|_| format!("the collection has records whose _id is not a {expected}")))
}

/// Whether records share the values of a unique index that is to be made.
async fn find_duplicates(
    database: &Database,
    call: &Call,
    definition: &Definition,
    wanted: &Document,
) -> Result<Option<String>> {
    if !wanted.get_bool("unique").unwrap_or(false) {
        return Ok(None);
    }
    let paths: Vec<_> = fields(wanted).into_iter().map(|(path, _)| path).collect();
    let group: Document =
        paths.iter().enumerate().map(|(at, path)| (format!("f{at}"), format!("${path}").into())).collect();
    let filter = wanted.get_document("partialFilterExpression").cloned().unwrap_or_default();
    let pipeline = [
        doc! { "$match": filter },
        doc! { "$group": { "_id": group, "n": { "$sum": 1 } } },
        doc! { "$match": { "n": { "$gt": 1 } } },
        doc! { "$limit": 1 },
    ];
    let collection = collection(database, definition);
    let (pipeline, collection) = (&pipeline, &collection);
    let first = |_| async move { collection.aggregate(pipeline.clone()).allow_disk_use(true).await?.advance().await };
    let looking = format!("records that share a value of the unique index {} were looked for", name_of(wanted));
    let shared = read(call, "aggregate", first).await.map_err(|error| error.timed_out_while(&looking))?;
    Ok(shared.then(|| format!("the unique index {} cannot be made: records share its values", name_of(wanted))))
}

/// Fills the sort columns of records that were stored before an index ordered by those bytes was declared.
async fn fill_sort_columns(database: &Database, call: &Call, definition: &'static Definition) -> Result<()> {
    let collection = &collection(database, definition);
    for (name, sort_column) in &sort_columns(definition) {
        // If it is begun again, it goes on with the records that have none yet.
        read(call, FIND, |_| fill_sort_column(collection, name, sort_column)).await?;
    }
    Ok(())
}

async fn fill_sort_column(
    collection: &Collection<RawDocumentBuf>,
    name: &str,
    sort_column: &str,
) -> mongodb::error::Result<()> {
    let stored = field_of("$$ROOT".into(), name);
    // A filter by type would look at the items of a list.
    let is_bytes = doc! { "$eq": [{ "$type": stored.clone() }, "binData"] };
    let filter = doc! { "$expr": is_bytes, sort_column: { "$exists": false } };
    let mut cursor = collection.find(filter).projection(doc! { name: 1 }).await?;
    while cursor.advance().await? {
        let record = cursor.current();
        let (Some(id), Some(RawBsonRef::Binary(bytes))) = (record.get("_id")?, record.get(name)?) else { continue };
        // A key that cannot be read is not the model's.
        if !is_readable(record, "_id").is_ok_and(|readable| readable) {
            continue;
        }
        let text = hex(bytes.bytes);
        let still = doc! { "$eq": [stored.clone(), literal(bytes.to_binary())] };
        // If the bytes are not the same any more, another writer has changed them, and filled the column itself.
        let same = doc! { "_id": { "$eq": Bson::try_from(id)? }, "$expr": still };
        collection.update_one(same, doc! { "$set": { sort_column: text } }).await?;
    }
    Ok(())
}
