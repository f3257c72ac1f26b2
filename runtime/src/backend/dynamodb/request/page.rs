//! Pages: queries of tables and indexes, and scans.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::types::Select;
use serde_json::{Map, Value as Json};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::placeholders::Used;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::request::read::{ReadRequest, send_read};
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Item;
use crate::error::Result;
use crate::request::Call;

/// What a page always has.
const ITEMS: &str = "items, or not as many as it says";

/// `Query` or `Scan`: what stays the same from page to page.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) table: String,
    /// The index that is queried, if it is not the table.
    pub(crate) index: Option<&'static str>,
    /// The condition on the key of a query; none if this is a scan.
    pub(crate) key: Option<String>,
    /// Which part of how many a scan reads.
    pub(crate) segment: Option<(u32, u32)>,
    pub(crate) filter: Option<String>,
    pub(crate) fields: Option<String>,
    pub(crate) used: Used,
    pub(crate) descending: bool,
    pub(crate) consistent: bool,
    pub(crate) select: Option<Select>,
}

/// A page as DynamoDB returns it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) count: u64,
    /// The key that the next page starts after, if there may be one.
    pub(crate) last: Option<Item>,
}

impl Page {
    fn new(items: Option<Vec<Item>>, count: i32, last: Option<Item>) -> Self {
        Self { items: items.unwrap_or_default(), count: u64::try_from(count).unwrap_or(0), last }
    }
}

/// One page of a request.
#[derive(Debug)]
struct OnePage<'a> {
    request: &'a PageRequest,
    start: Option<Item>,
    limit: Option<i32>,
}

impl PageRequest {
    /// A scan of the whole of a table.
    pub(crate) fn scan(table: impl Into<String>) -> Self {
        Self { table: table.into(), consistent: true, ..Self::default() }
    }

    /// Reads the page after `start`, of `limit` items at most before the filter.
    pub(crate) async fn read_page(
        &self,
        db: &Context,
        call: &Call,
        start: Option<Item>,
        limit: Option<i32>,
    ) -> Result<Page> {
        send_read(db, call, &OnePage { request: self, start, limit }).await
    }

    /// The page after `start` as text.
    pub(crate) fn to_text(&self, start: Option<&Item>, limit: Option<i32>) -> String {
        let mut body = Map::new();
        let mut add = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        add("TableName", Some(self.table.clone().into()));
        add("IndexName", self.index.map(Into::into));
        add("Segment", self.segment.map(|(segment, _)| segment.into()));
        add("TotalSegments", self.segment.map(|(_, of)| of.into()));
        add("ScanIndexForward", self.descending.then_some(false.into()));
        add("ConsistentRead", self.consistent.then_some(true.into()));
        add("Limit", limit.map(Into::into));
        add("Select", self.select.as_ref().map(|select| select.as_str().into()));
        add("ExclusiveStartKey", start.map(json::item));
        json::add_expression(&mut body, "KeyConditionExpression", self.key.as_deref());
        json::add_expression(&mut body, "FilterExpression", self.filter.as_deref());
        json::add_expression(&mut body, "ProjectionExpression", self.fields.as_deref());
        json::add_placeholders(&mut body, &self.used);
        json::request(if self.key.is_some() { "Query" } else { "Scan" }, &body.into())
    }
}

impl OnePage<'_> {
    /// Whether a page has its items, and as many as it says.
    fn is_whole(&self, items: Option<&[Item]>, count: i32) -> bool {
        self.request.select == Some(Select::Count) || items.is_some_and(|items| i32::try_from(items.len()) == Ok(count))
    }

    async fn send_query(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Page, Failure> {
        let request = self.request;
        let query = client
            .query()
            .table_name(&request.table)
            .set_index_name(request.index.map(str::to_owned))
            .set_key_condition_expression(request.key.clone())
            .set_filter_expression(request.filter.clone())
            .set_projection_expression(request.fields.clone())
            .set_expression_attribute_names(request.used.names.clone())
            .set_expression_attribute_values(request.used.values.clone())
            .set_scan_index_forward(request.descending.then_some(false))
            .set_consistent_read(request.consistent.then_some(true))
            .set_select(request.select.clone())
            .set_exclusive_start_key(self.start.clone())
            .set_limit(self.limit);
        let has = |page: &QueryOutput| self.is_whole(page.items.as_deref(), page.count);
        let page = attempts.send_for("Query", query.send(), ITEMS, has).await?;
        Ok(Page::new(page.items, page.count, page.last_evaluated_key))
    }

    async fn send_scan(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Page, Failure> {
        let request = self.request;
        let (segment, of) = request.segment.unzip();
        let number = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok());
        let scan = client
            .scan()
            .table_name(&request.table)
            .set_filter_expression(request.filter.clone())
            .set_projection_expression(request.fields.clone())
            .set_expression_attribute_names(request.used.names.clone())
            .set_expression_attribute_values(request.used.values.clone())
            .set_segment(number(segment))
            .set_total_segments(number(of))
            .set_consistent_read(request.consistent.then_some(true))
            .set_select(request.select.clone())
            .set_exclusive_start_key(self.start.clone())
            .set_limit(self.limit);
        let has = |page: &ScanOutput| self.is_whole(page.items.as_deref(), page.count);
        let page = attempts.send_for("Scan", scan.send(), ITEMS, has).await?;
        Ok(Page::new(page.items, page.count, page.last_evaluated_key))
    }
}

impl ReadRequest for OnePage<'_> {
    type Answer = Page;

    async fn send(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Page, Failure> {
        match self.request.key {
            Some(_) => self.send_query(client, attempts).await,
            None => self.send_scan(client, attempts).await,
        }
    }
}
