//! Collections and their indexes: what there should be, what there is, and making the one of the other.
//!
//! MongoDB keeps no types of fields, so the keys of each repository are written down too.

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, RawBsonRef, RawDocumentBuf, doc};
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Collection, Database};

use super::convert::{from_raw, hex};
use super::errors::{DUPLICATE_KEY, Trouble};
use super::expression::{field_of, literal};
use super::indexes::{Standing, described, fields, name_of};
use super::lifetime;
use super::patience::{Backoff, read, within};
use super::read::collection;
use super::shape::shadows;
use super::{indexes, schema, shallow};
use crate::backend::Plan;
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

pub(super) async fn define(database: &Database, call: &Call, definition: &'static Definition) -> Result<()> {
    let existing = existing(database, call, definition).await?;
    let (plan, missing) = compare(database, call, definition, &existing).await?;
    if let Some(refusal) = plan.refusal() {
        return Err(refusal);
    }
    // First what says whose keys these are: of two that define different ones at once, one is refused here.
    schema::write(database, call, definition).await?;
    if existing.collection.is_none() {
        let create = |_| database.run_command(doc! { "create": definition.name() }).into_future();
        tolerate(command(call, create).await.map(drop), NAMESPACE_EXISTS)?;
    } else {
        let filling = "records were being given the text that an index orders their bytes by";
        fill_shadows(database, call, definition).await.map_err(|error| error.timed_out_while(filling))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    if existing.collection.is_some() && missing.iter().any(|index| name_of(index) == EXPIRES) {
        lifetime::mark(database, call, definition).await?;
    }
    // All indexes in one command: it makes all of them or none, and returns when they are ready.
    let create =
        |_| database.run_command(doc! { "createIndexes": definition.name(), "indexes": missing.clone() }).into_future();
    command(call, create).await.map(drop).map_err(|trouble| refused(definition, trouble, call, &missing))
}

/// Unique indexes that are missing or not as the model has them, a line each. Asked to, makes what is
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
        let message = "the repository is not defined; call define first";
        return Err(Error::new(ErrorKind::SchemaMismatch, message));
    }
    let (plan, missing) = compare(database, call, definition, &existing).await?;
    let unique = missing.iter().filter(|index| index.get_bool("unique").unwrap_or(false));
    let unique = unique.map(|index| format!("{}: the unique index is missing", name_of(index)));
    let found: Vec<_> = unique.chain(plan.mismatches.iter().cloned()).collect();
    if repair && !found.is_empty() && plan.mismatches.is_empty() {
        define(database, call, definition).await?;
    }
    Ok(found)
}

/// Refuses a repository that was not defined as the model says: without its indexes, unique values would
/// not be.
pub(super) async fn check(database: &Database, call: &Call, definition: &'static Definition) -> Result<()> {
    let existing = match existing(database, call, definition).await {
        // Who may not look at indexes has to be believed.
        Err(error) if error.kind() == ErrorKind::Config => return Ok(()),
        existing => existing?,
    };
    let (Some(collection), Some(schema)) = (&existing.collection, &existing.schema) else {
        let message = "the repository is not defined; call define first";
        return Err(Error::new(ErrorKind::SchemaMismatch, message).in_repository(definition.name()));
    };
    let mut plan = Plan::new(definition.name());
    plan.mismatches.extend(collection_differs(collection));
    plan.mismatches.extend(schema::differences(definition, schema));
    for wanted in indexes::wanted(definition) {
        let missing = || format!("the index {} is missing; call define first", name_of(&wanted));
        match indexes::compare(&wanted, &existing.indexes) {
            Standing::Missing => plan.mismatches.push(missing()),
            Standing::Right(_) => {}
            Standing::Different(index) => refuse_index(&mut plan, &wanted, index),
        }
    }
    plan.refusal().map_or(Ok(()), Err)
}

fn refused(definition: &Definition, trouble: Trouble, call: &Call, missing: &[Document]) -> Error {
    let Trouble::Driver(error) = &trouble else {
        let names: Vec<_> = missing.iter().map(name_of).collect();
        let message = format!(
            "the deadline passed while the indexes {} of the collection {} were being built; the server may go on with it",
            names.join(", "),
            definition.name()
        );
        return Error::new(ErrorKind::Timeout, message);
    };
    let code = super::errors::code(error);
    if code == Some(DUPLICATE_KEY) {
        let index = trouble.clash().and_then(|clash| clash.index).unwrap_or_default();
        let message = format!("the unique index {index} cannot be made: records share its values");
        return Error::new(ErrorKind::SchemaMismatch, message).on_index(&index).with_source(error.clone());
    }
    if code.is_some_and(|code| INDEX_CONFLICTS.contains(&code)) {
        let message = format!("an index of {} exists with another shape", definition.name());
        return Error::new(ErrorKind::SchemaMismatch, message).with_source(error.clone());
    }
    trouble.into_error(call.operation)
}

/// Sends a command that may be sent again, until the deadline.
async fn command<T, F, W>(call: &Call, mut work: F) -> Result<T, Trouble>
where
    F: FnMut(()) -> W,
    W: Future<Output = mongodb::error::Result<T>>,
{
    let mut backoff = Backoff::new();
    loop {
        match within(call.left(), work(())).await {
            Ok(answer) => return Ok(answer),
            Err(trouble) if trouble.is_passing() && backoff.pause(call).await => {}
            Err(trouble) => return Err(trouble),
        }
    }
}

fn tolerate<T: Default>(result: Result<T, Trouble>, code: i32) -> Result<T> {
    match result {
        Err(Trouble::Driver(error)) if super::errors::code(&error) == Some(code) => Ok(T::default()),
        other => other.map_err(|trouble| trouble.into_error("define")),
    }
}

/// The documents of a cursor's first batch, which holds all: a collection has 64 indexes at most.
async fn first_batch(mut cursor: RawBatchCursor) -> mongodb::error::Result<Option<RawBatch>> {
    cursor.try_next().await
}

fn batch(first: Option<RawBatch>, call: &Call) -> Result<Vec<Document>> {
    let Some(first) = first else { return Ok(Vec::new()) };
    let items = first.doc_slices().map_err(|error| Trouble::Driver(error).into_error(call.operation))?;
    shallow::documents(items)
}

async fn existing(database: &Database, call: &Call, definition: &Definition) -> Result<Existing> {
    let named = doc! { "name": definition.name() };
    let records = collection(database, definition);
    let list = |_| async { first_batch(database.list_collections().filter(named.clone()).batch().await?).await };
    let Some(collection) = batch(read(call, list).await?, call)?.into_iter().next() else {
        let schema = schema::stored(database, call, definition).await?;
        return Ok(Existing { schema, ..Existing::default() });
    };
    let list = |()| async { first_batch(records.list_indexes().batch().await?).await };
    let indexes = batch(tolerate(command(call, list).await, NAMESPACE_NOT_FOUND)?, call)?;
    let schema = schema::stored(database, call, definition).await?;
    Ok(Existing { collection: Some(collection), schema, indexes })
}

/// What is missing and what does not match; with the indexes that are missing.
async fn compare(
    database: &Database,
    call: &Call,
    definition: &'static Definition,
    existing: &Existing,
) -> Result<(Plan, Vec<Document>)> {
    let mut plan = Plan::new(definition.name());
    match &existing.collection {
        None => plan.create.push(format!("collection {}", definition.name())),
        Some(collection) => plan.mismatches.extend(collection_differs(collection)),
    }
    match &existing.schema {
        Some(schema) => plan.mismatches.extend(schema::differences(definition, schema)),
        None if existing.collection.is_some() => {
            plan.mismatches.extend(foreign_keys(database, call, definition).await?)
        }
        None => {}
    }
    let mut missing = Vec::new();
    for wanted in indexes::wanted(definition) {
        match indexes::compare(&wanted, &existing.indexes) {
            Standing::Different(index) => refuse_index(&mut plan, &wanted, index),
            Standing::Right(_) => {}
            Standing::Missing if name_of(&wanted) == EXPIRES && existing.collection.is_some() => {
                plan.begin_expiry(definition.ttl_name().unwrap_or_default());
                missing.push(wanted);
            }
            Standing::Missing => {
                if existing.collection.is_some() {
                    plan.mismatches.extend(duplicates(database, call, definition, &wanted).await?);
                }
                plan.create.push(described(&wanted));
                missing.push(wanted);
            }
        }
    }
    indexes::compare_left(definition, &existing.indexes, &mut plan);
    Ok((plan, missing))
}

fn refuse_index(plan: &mut Plan, wanted: &Document, index: &Document) {
    plan.refuse_index(name_of(wanted), &described(index), &described(wanted));
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
    let found = read(call, |_| collection.find_one(filter.clone()).into_future()).await?;
    Ok(found.map(|_| format!("the collection has records whose _id is not a {expected}")))
}

/// Whether records share the values of a unique index that is to be made.
async fn duplicates(
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
    let shared = read(call, first).await.map_err(|error| error.timed_out_while(&looking))?;
    Ok(shared.then(|| format!("the unique index {} cannot be made: records share its values", name_of(wanted))))
}

/// Gives records that were stored before an index ordered by bytes was declared their text.
async fn fill_shadows(database: &Database, call: &Call, definition: &'static Definition) -> Result<()> {
    let collection = &collection(database, definition);
    for (name, shadow) in &shadows(definition) {
        // Begun again, it goes on with those that have none yet.
        read(call, |_| fill_shadow(collection, name, shadow)).await?;
    }
    Ok(())
}

async fn fill_shadow(collection: &Collection<RawDocumentBuf>, name: &str, shadow: &str) -> mongodb::error::Result<()> {
    let stored = field_of("$$ROOT".into(), name);
    // Of a list, a filter by type looks at the items.
    let is_bytes = doc! { "$eq": [{ "$type": stored.clone() }, "binData"] };
    let filter = doc! { "$expr": is_bytes, shadow: { "$exists": false } };
    let mut cursor = collection.find(filter).projection(doc! { name: 1 }).await?;
    while cursor.advance().await? {
        let record = cursor.current();
        let (Some(id), Some(RawBsonRef::Binary(bytes))) = (record.get("_id")?, record.get(name)?) else { continue };
        // No key of the model's is nested at all.
        if from_raw(id).is_err() {
            continue;
        }
        let text = hex(bytes.bytes);
        let still = doc! { "$eq": [stored.clone(), literal(bytes.to_binary())] };
        // Where it is not so any more, another has changed it, and has given it its text.
        let same = doc! { "_id": { "$eq": Bson::try_from(id)? }, "$expr": still };
        collection.update_one(same, doc! { "$set": { shadow: text } }).await?;
    }
    Ok(())
}
