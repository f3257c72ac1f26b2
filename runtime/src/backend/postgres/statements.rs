//! The statements that change the row of one record, whatever is in it.

use super::json::write_record;
use super::param::Param;
use super::table::{Table, bind};
use crate::definition::IndexDef;
use crate::error::Result;
use crate::request::{Call, RecordKey};
use crate::value::Record;

/// A statement of a write.
#[derive(Debug)]
pub(super) struct Step {
    /// The position of the write.
    pub(super) at: usize,
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
    /// How many rows it has to meet, if that is not known.
    pub(super) expected: Option<u64>,
    /// Whether a unique index may refuse it.
    pub(super) may_be_taken: bool,
}

impl Step {
    fn new(sql: String, params: Vec<Param>) -> Self {
        Self { at: 0, sql, params, expected: None, may_be_taken: false }
    }
}

/// The values of a row with its key first: then the record and the stamp.
pub(super) fn row_params(table: &Table, key: &RecordKey, record: &Record, stamp: [u8; 16]) -> Result<Vec<Param>> {
    let mut params = table.key_params(key);
    params.push(Param::Json(write_record(record)?));
    params.push(Param::Stamp(stamp));
    Ok(params)
}

/// The places of the record and of the stamp among them.
pub(super) fn row_places(table: &Table) -> (String, String) {
    let count = table.key_count();
    (format!("${}", count + 1), format!("${}", count + 2))
}

/// The beginning of a statement that stores a new row, with the table under the name `t`.
pub(super) fn insert_sql(table: &Table) -> String {
    let places: Vec<_> = (1..=table.key_count() + 2).map(|place| format!("${place}")).collect();
    format!("INSERT INTO {} AS t ({}, doc, stamp) VALUES ({})", table.name, table.key_names(), places.join(", "))
}

/// The beginning of a statement that stores a record in a row that is there.
pub(super) fn update_sql(table: &Table) -> String {
    let (doc, stamp) = row_places(table);
    format!("UPDATE {} AS t SET doc = {doc}, stamp = {stamp} WHERE {}", table.name, table.is_key())
}

pub(super) fn insert(table: &Table, key: &RecordKey, record: &Record, stamp: [u8; 16]) -> Result<Step> {
    let step = Step::new(insert_sql(table), row_params(table, key, record, stamp)?);
    Ok(Step { may_be_taken: true, ..step })
}

pub(super) fn update(table: &Table, key: &RecordKey, record: &Record, stamp: [u8; 16]) -> Result<Step> {
    let step = Step::new(update_sql(table), row_params(table, key, record, stamp)?);
    Ok(Step { may_be_taken: true, ..step })
}

/// Stores a record in the row of an expired one, which may have been taken away since it was locked.
pub(super) fn replace_expired(table: &Table, key: &RecordKey, record: &Record, stamp: [u8; 16]) -> Result<Step> {
    let (doc, place) = row_places(table);
    let names = table.key_names();
    let sql = format!("{} ON CONFLICT ({names}) DO UPDATE SET doc = {doc}, stamp = {place}", insert_sql(table));
    let step = Step::new(sql, row_params(table, key, record, stamp)?);
    Ok(Step { may_be_taken: true, ..step })
}

/// Takes a row away, which has to be there or must not.
pub(super) fn delete(table: &Table, key: &RecordKey, is_there: bool) -> Step {
    let sql = format!("DELETE FROM {} WHERE {}", table.name, table.is_key());
    Step { expected: (!is_there).then_some(0), ..Step::new(sql, table.key_params(key)) }
}

/// Takes away who holds the values of a record in a unique index, if it has expired; nothing if none can.
pub(super) fn free_values(
    table: &Table,
    key: &RecordKey,
    record: &Record,
    index: &IndexDef,
    call: &Call,
) -> Option<Step> {
    let values = crate::request::index_values(table.definition, index, record)?;
    let mut params = table.key_params(key);
    let other = format!("NOT ({})", table.is_key());
    let expired = table.expired(call, "doc", &mut params)?;
    let same: Vec<_> = table
        .parts(index)
        .iter()
        .zip(&values)
        .map(|(part, value)| format!("{} = {}", part.sql, bind(&mut params, part.param(value))))
        .collect();
    let sql = format!("DELETE FROM {} WHERE {} AND {other} AND {expired}", table.name, same.join(" AND "));
    Some(Step::new(sql, params))
}
