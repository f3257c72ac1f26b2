//! Queries: a page, or a number, of the rows between two keys of an index.

use std::ops::Bound;

use super::link::Link;
use super::param::Param;
use super::pushdown;
use super::read::{Statement, read};
use super::table::{Column, Table, bind};
use crate::error::{Error, Result};
use crate::request::{Call, Position, Query, RecordPage, SourceKind};
use crate::value::{Record, Value};

/// How many rows are read at once at least where the filter is not the server's.
const CHUNK: usize = 100;

/// What a query reads: which rows, in which order.
struct Rows {
    wanted: Vec<String>,
    order: Vec<Column>,
    params: Vec<Param>,
    /// Whether rows may come that do not pass the filter.
    is_wider: bool,
}

impl Rows {
    /// Nothing if no row can be wanted.
    fn new(table: &Table, query: &Query, after: Option<&Position>, call: &Call) -> Result<Option<Self>> {
        if query.range.is_empty() {
            return Ok(None);
        }
        let mut rows = Self { wanted: Vec::new(), order: Vec::new(), params: Vec::new(), is_wider: false };
        match query.source.kind() {
            SourceKind::Primary { hash } => rows.of_key(table, hash, query, after),
            SourceKind::Index { index, hash } => {
                let parts = table.parts(index);
                let given: Vec<_> = hash.iter().chain(&query.leading).collect();
                rows.wanted.push(Table::is_in(&parts));
                for (part, value) in parts.iter().zip(&given) {
                    rows.compare(part, "=", value);
                }
                let ranges: Vec<_> = parts.iter().skip(given.len()).cloned().collect();
                rows.between(ranges.first(), query);
                rows.order = ranges.into_iter().chain(table.ties(index)).collect();
                if let Some(after) = after {
                    let own = after.ranges().iter().skip(query.leading.len());
                    let expected = index.ranges().len();
                    if after.ranges().len() != expected {
                        return Err(Error::invalid("the position belongs to another index"));
                    }
                    rows.go_on(own.chain(after.key().parts()), query.descending);
                }
            }
            SourceKind::Scan { segment } => {
                rows.order = table.key().to_vec();
                if let Some((segment, total)) = segment {
                    rows.in_segment(table, segment, total);
                }
                if let Some(after) = after {
                    rows.go_on(after.key().parts(), query.descending);
                }
            }
        }
        if let Some(expired) = table.expired(call, "doc", &mut rows.params) {
            rows.wanted.push(format!("NOT ({expired})"));
        }
        if let Some(filter) = &query.filter {
            match pushdown::condition(filter, "doc", &mut rows.params) {
                Some(filter) => rows.wanted.push(filter),
                None => rows.is_wider = true,
            }
        }
        Ok(Some(rows))
    }

    fn of_key(&mut self, table: &Table, hash: &Value, query: &Query, after: Option<&Position>) {
        let mut columns = table.key().iter();
        if let Some(column) = columns.next() {
            self.compare(column, "=", hash);
        }
        match columns.next() {
            Some(range) => {
                self.between(Some(range), query);
                self.order.push(range.clone());
                if let Some(after) = after.and_then(|after| after.key().range()) {
                    self.go_on(std::iter::once(after), query.descending);
                }
            }
            // After the one record there is none.
            None if after.is_some() => self.wanted.push("false".to_owned()),
            None => {}
        }
    }

    fn compare(&mut self, column: &Column, operator: &str, value: &Value) {
        let place = bind(&mut self.params, column.param(value));
        self.wanted.push(format!("{} {operator} {place}", column.sql));
    }

    fn between(&mut self, column: Option<&Column>, query: &Query) {
        let Some(column) = column else { return };
        let (low, high) = query.range.ends();
        match &low {
            Bound::Included(value) => self.compare(column, ">=", value),
            Bound::Excluded(value) => self.compare(column, ">", value),
            Bound::Unbounded => {}
        }
        match &high {
            Bound::Included(value) => self.compare(column, "<=", value),
            Bound::Excluded(value) => self.compare(column, "<", value),
            Bound::Unbounded => {}
        }
    }

    /// Only rows after one with these values of the order.
    fn go_on<'a>(&mut self, values: impl Iterator<Item = &'a Value>, descending: bool) {
        let (mut columns, mut places) = (Vec::new(), Vec::new());
        for (column, value) in self.order.iter().zip(values) {
            columns.push(column.sql.clone());
            places.push(bind(&mut self.params, column.param(value)));
        }
        let beyond = if descending { "<" } else { ">" };
        self.wanted.push(format!("({}) {beyond} ({})", columns.join(", "), places.join(", ")));
    }

    /// Only rows whose hash key falls into a part of so many.
    fn in_segment(&mut self, table: &Table, segment: u32, total: u32) {
        let key = match table.key().first().map(Column::sql_type) {
            Some("bytea") => "encode(h, 'hex')",
            _ => "h::text",
        };
        let total = bind(&mut self.params, Param::Int(total.max(1).into()));
        let segment = bind(&mut self.params, Param::Int(segment.into()));
        self.wanted.push(format!("(hashtextextended({key}, 0) & 9223372036854775807) % {total} = {segment}"));
    }

    /// The statement that reads so many of them.
    fn select(mut self, table: &Table, query: &Query, what: &str, limit: usize) -> Statement {
        let wanted = if self.wanted.is_empty() { "true".to_owned() } else { self.wanted.join(" AND ") };
        let direction = if query.descending { " DESC" } else { "" };
        let order: Vec<_> = self.order.iter().map(|column| format!("{}{direction}", column.sql)).collect();
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        let limit = bind(&mut self.params, Param::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!("SELECT {what} FROM {} WHERE {wanted}{order} LIMIT {limit}", table.name);
        Statement { sql, params: self.params }
    }
}

/// The statement of a query's first page; nothing if no row can be in it.
pub(super) fn page_statement(table: &Table, query: &Query, call: &Call) -> Result<Option<Statement>> {
    let Some(rows) = Rows::new(table, query, query.after.as_ref(), call)? else { return Ok(None) };
    let limit = query.limit.saturating_add(usize::from(query.wants_next));
    Ok(Some(rows.select(table, query, "doc", limit)))
}

pub(super) async fn query(link: &Link, call: &Call, table: &Table, query: &Query) -> Result<RecordPage> {
    let mut found: Vec<Record> = Vec::new();
    let mut after = query.after.clone();
    let most = query.limit.saturating_add(usize::from(query.wants_next));
    loop {
        let Some(rows) = Rows::new(table, query, after.as_ref(), call)? else { break };
        let missing = most.saturating_sub(found.len());
        let limit = if rows.is_wider { missing.max(CHUNK) } else { missing };
        let is_wider = rows.is_wider;
        let read = read(link, call, &rows.select(table, query, "doc", limit)).await?;
        let is_last = read.len() < limit || !is_wider;
        for row in &read {
            let record = table.record(row, 0).map_err(|failure| failure.into_error(call.operation))?;
            if is_wider {
                after = Some(query.position_of(&record)?);
            }
            let passes = query.filter.as_ref().is_none_or(|filter| record.satisfies(filter));
            if passes && record.is_live(query.definition, call) {
                found.push(record);
            }
            if found.len() == most {
                break;
            }
        }
        if is_last || found.len() >= most {
            break;
        }
    }
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| more).map(|last| query.position_of(last)).transpose()?;
    Ok(RecordPage::new(found, next))
}

pub(super) async fn count(link: &Link, call: &Call, table: &Table, query: &Query) -> Result<u64> {
    let Some(rows) = Rows::new(table, query, query.after.as_ref(), call)? else { return Ok(0) };
    if rows.is_wider {
        let all = Query { wants_next: false, ..query.clone() };
        let page = self::query(link, call, table, &all).await?;
        return Ok(u64::try_from(page.records.len()).unwrap_or(u64::MAX));
    }
    let inner = rows.select(table, query, "1", query.limit);
    let statement = Statement { sql: format!("SELECT count(*) FROM ({}) AS found", inner.sql), params: inner.params };
    let rows = read(link, call, &statement).await?;
    let count: Option<i64> = rows.first().and_then(|row| row.try_get(0).ok());
    count.and_then(|count| u64::try_from(count).ok()).ok_or_else(|| Error::codec("the answer has no number in it"))
}
