//! Finds by many values of a unique index: one `find` for a thousand.

use std::cmp::Ordering;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use mongodb::bson::{Document, RawDocument};

use super::document::{columns, index_key};
use super::encode::DocumentWriter;
use super::find::Find;
use super::handle::Handle;
use super::read::{KEYS, PARALLEL};
use super::stored::from_document;
use crate::backend::support::dedup::{Distinct, values_ident};
use crate::error::Result;
use crate::request::{Call, FindMany, index_values};
use crate::value::{Record, Value};

/// The finds of many values, each value once.
pub(super) struct ValueFinds<'a> {
    wanted: &'a FindMany,
    distinct: Distinct<&'a Vec<Value>>,
    finds: Vec<(usize, Find)>,
}

impl<'a> ValueFinds<'a> {
    pub(super) fn new(wanted: &'a FindMany) -> Result<Self> {
        let distinct = Distinct::new(wanted.values.iter().enumerate(), |values| values_ident(values));
        let find = |chunk: &[&Vec<Value>]| {
            let hint = Some(index_key(wanted.definition, wanted.index));
            let batch_size = Some(u32::try_from(chunk.len()).unwrap_or(u32::MAX).saturating_add(1));
            let all = Find::all(wanted.definition.name(), with_values(wanted, chunk)?);
            Ok((chunk.len(), Find { hint, batch_size, ..all }))
        };
        let finds = distinct.items().chunks(KEYS).map(find).collect::<Result<_>>()?;
        Ok(Self { wanted, distinct, finds })
    }

    /// The commands, to be read by people.
    pub(super) fn to_documents(&self) -> Result<Vec<Document>> {
        self.finds.iter().map(|(_, find)| find.to_document()).collect()
    }

    /// The positions that asked for the values of a record. One that another program stored may have them as numbers of
    /// another type, which are equal to the server.
    fn positions(&self, values: &[Value]) -> &[usize] {
        let are_keys = self.wanted.index.parts().zip(values).all(|(part, value)| part.kind.holds(value.view()));
        if are_keys {
            return self.distinct.positions_of(&values_ident(values));
        }
        let same = |asked: &&Vec<Value>| {
            asked.iter().zip(values).all(|(asked, value)| asked.compare(value) == Some(Ordering::Equal))
        };
        let place = self.distinct.items().iter().position(same);
        place.map_or(&[], |place| self.distinct.positions_at(place))
    }
}

/// The filter of the documents with one of these values.
fn with_values(wanted: &FindMany, chunk: &[&Vec<Value>]) -> Result<mongodb::bson::RawDocumentBuf> {
    let columns = columns(wanted.definition, wanted.index);
    let mut filter = DocumentWriter::with_capacity(64 + chunk.len() * 48);
    if let [column] = columns.as_slice() {
        let field = filter.begin_document(&column.path)?;
        let list = filter.begin_array("$in")?;
        for (at, value) in chunk.iter().filter_map(|values| values.first()).enumerate() {
            column.write(&mut filter, &at.to_string(), value)?;
        }
        filter.end(list)?;
        filter.end(field)?;
        return filter.finish();
    }
    let list = filter.begin_array("$or")?;
    for (at, values) in chunk.iter().enumerate() {
        let one = filter.begin_document(&at.to_string())?;
        for (column, value) in columns.iter().zip(*values) {
            let same = filter.begin_document(&column.path)?;
            column.write(&mut filter, "$eq", value)?;
            filter.end(same)?;
        }
        filter.end(one)?;
    }
    filter.end(list)?;
    filter.finish()
}

pub(super) async fn find_many(database: &Handle, call: &Call, wanted: &FindMany) -> Result<Vec<Option<Record>>> {
    let definition = wanted.definition;
    let all = ValueFinds::new(wanted)?;
    let sent = all.finds.iter().map(|(count, find)| async move {
        let decode = |document: &RawDocument| from_document(definition, document);
        find.send(database, call, None, *count, decode).await
    });
    let sent: Vec<_> = sent.collect();
    let found: Vec<Vec<Record>> = stream::iter(sent).buffered(PARALLEL).try_collect().await?;
    let mut results = vec![None; wanted.values.len()];
    for record in found.into_iter().flatten().filter(|record| record.is_live(definition, call)) {
        let values = index_values(definition, wanted.index, &record).unwrap_or_default();
        for position in all.positions(&values) {
            if let Some(result) = results.get_mut(*position) {
                *result = Some(record.clone());
            }
        }
    }
    Ok(results)
}
