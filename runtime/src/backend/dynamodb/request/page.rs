//! Pages: queries of tables and indexes, and scans.

use bytes::Bytes;

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::placeholders::Used;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::read::{ReadRequest, send_read};
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::{Found, read_answer};
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::FieldDef;
use crate::error::Result;
use crate::request::Call;

/// What a page always has.
const ITEMS: &str = "items, or not as many as it says";

/// What of the items a page returns, if it is not told by their attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Select {
    AllAttributes,
    Count,
}

impl Select {
    fn as_str(self) -> &'static str {
        match self {
            Self::AllAttributes => "ALL_ATTRIBUTES",
            Self::Count => "COUNT",
        }
    }
}

/// `Query` or `Scan`: what stays the same from page to page.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) table: String,
    /// The fields of the records that are in it.
    pub(crate) model: &'static [FieldDef],
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
    pub(crate) items: Vec<Found>,
    pub(crate) count: u64,
    /// The key that the next page starts after, if there may be one.
    pub(crate) last: Option<Item>,
}

/// One page of a request.
#[derive(Debug)]
struct OnePage<'a> {
    request: &'a PageRequest,
    start: Option<&'a Item>,
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
        send_read(db, call, &OnePage { request: self, start: start.as_ref(), limit }).await
    }

    /// The page after `start` as text.
    pub(crate) fn to_text(&self, start: Option<&Item>, limit: Option<i32>) -> String {
        OnePage { request: self, start, limit }.to_text()
    }
}

impl ReadRequest for OnePage<'_> {
    type Answer = Page;

    fn target(&self) -> Target {
        if self.request.key.is_some() { Target::Query } else { Target::Scan }
    }

    fn body(&self) -> Bytes {
        let request = self.request;
        let mut body = Body::new(256);
        body.text("TableName", &request.table);
        body.text_if("IndexName", request.index);
        body.number_if("Segment", request.segment.map(|(segment, _)| segment));
        body.number_if("TotalSegments", request.segment.map(|(_, of)| of));
        if request.descending {
            body.flag("ScanIndexForward", false);
        }
        if request.consistent {
            body.flag("ConsistentRead", true);
        }
        body.number_if("Limit", self.limit);
        body.text_if("Select", request.select.map(Select::as_str));
        if let Some(start) = self.start {
            body.json("ExclusiveStartKey", start.json());
        }
        body.text_if("KeyConditionExpression", request.key.as_deref());
        body.text_if("FilterExpression", request.filter.as_deref());
        body.text_if("ProjectionExpression", request.fields.as_deref());
        request.used.write(&mut body);
        body.finish()
    }

    fn read(&self, answer: &Bytes) -> Result<Page, Failure> {
        let (mut items, mut count, mut last) = (None, None, None);
        let read = read_answer(answer, |name, answer| {
            match name {
                "Items" => items = answer.maybe(|answer| answer.list(|answer| answer.found(self.request.model, 3)))?,
                "Count" => count = answer.maybe(|answer| answer.count())?,
                "LastEvaluatedKey" => last = answer.maybe(|answer| answer.item(2))?,
                _ => return Ok(false),
            }
            Ok(true)
        });
        read.map_err(Failure::malformed)?;
        let count = count.unwrap_or_default();
        // A page has its items, and as many as it says.
        let is_count = self.request.select == Some(Select::Count);
        if !is_count && items.as_ref().map(|items: &Vec<_>| items.len() as u64) != Some(count) {
            return Err(Failure::incomplete(ITEMS));
        }
        Ok(Page { items: items.unwrap_or_default(), count, last })
    }
}
