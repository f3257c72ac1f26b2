//! A query or scan as a request: what the server judges, and what is left to judge here.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanError, ScanOutput};
use aws_sdk_dynamodb::types::Select;
use serde_json::{Map, Value as Json};

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::key_condition::{self, Wanted};
use crate::backend::dynamodb::expression::placeholders::{Placeholders, Used};
use crate::backend::dynamodb::key::to_start;
use crate::backend::dynamodb::read::coverage::{held, judged_there, local_held, parts};
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::retry;
use crate::backend::dynamodb::value::Item;
use crate::backend::dynamodb::write::build;
use crate::condition::Expr;
use crate::definition::Projection;
use crate::error::{Error, Result};
use crate::request::{Call, Query, SourceKind, liveness};
use crate::value::EXPIRES;

/// What a page always has.
pub(crate) const PAGE: &str = "items, or not as many as it says";

/// The request of a query, but for where a page starts and how much is read.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    query: &'a Query,
    /// Whether nothing can be found, so that nothing need be sent.
    pub(crate) nothing: bool,
    key: Option<String>,
    filter: Option<String>,
    fields: Option<String>,
    placeholders: Placeholders,
    /// What the server cannot judge: conditions on key attributes, and on what the index does not hold.
    pub(crate) local: Vec<Expr>,
    /// The fields of the records to be read by their keys, where the index does not hold what is wanted.
    pub(crate) fetch: Option<Option<Vec<&'a str>>>,
    /// Whether the server cannot judge the expiry of records without the mark, and whether the index
    /// does not even hold what it is judged by.
    pub(crate) unmarked: bool,
    pub(crate) unmarked_elsewhere: bool,
}

/// One page as DynamoDB gives it.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) items: Vec<Item>,
    pub(crate) count: u64,
    pub(crate) last: Option<Item>,
}

impl<'a> Reading<'a> {
    /// The request for records.
    pub(crate) fn records(query: &'a Query, call: &Call) -> Result<Self> {
        let mut reading = Self::new(query, call)?;
        let definition = query.definition;
        let wanted = reading.wanted_fields();
        let held = held(definition, &query.source);
        let holds = |names: &[&str]| held.as_ref().is_none_or(|held| names.iter().all(|name| held.contains(name)));
        match wanted {
            // All fields: only an index of all fields holds them.
            None if held.is_some() => {
                reading.local = query.filter.iter().cloned().chain(reading.local).collect();
                reading.fetch = Some(None);
            }
            None => {}
            // Of what a local index does not hold, all is read: not every server fetches single fields for it.
            Some(names) if holds(&names) => {
                let there = local_held(definition, &query.source);
                if there.is_none_or(|held| names.iter().all(|name| held.contains(name))) {
                    reading.project(&names);
                }
            }
            Some(mut names) => {
                let source = parts(definition, &query.source);
                names.extend(source);
                names.extend(definition.ttl_name());
                reading.local = query.filter.iter().cloned().chain(reading.local).collect();
                query.filter.iter().for_each(|filter| filter.paths(&mut |path| names.push(path.root())));
                names.sort_unstable();
                names.dedup();
                reading.fetch = Some(Some(names));
            }
        }
        Ok(reading)
    }

    /// The request for a count: the records themselves only where the server cannot judge them.
    pub(crate) fn count(query: &'a Query, call: &Call) -> Result<Self> {
        let reading = Self::new(query, call)?;
        if reading.is_counted_there() { Ok(reading) } else { Self::records(query, call) }
    }

    fn new(query: &'a Query, call: &Call) -> Result<Self> {
        let definition = query.definition;
        if query.consistent && query.source.index_read().is_some_and(|index| !index.local) {
            return Err(Error::unsupported("DynamoDB reads no global index consistently"));
        }
        let mut placeholders = Placeholders::default();
        let mut local = Vec::new();
        let (key, nothing) = key_condition(query, &mut placeholders, &mut local);
        let mut filters = Vec::new();
        let by_field = liveness::expired_by_field(definition, call);
        let unmarked = by_field.as_ref().is_some_and(|expired| !judged_there(query, expired));
        if unmarked {
            filters.push(condition::write(&liveness::expired_by_mark(call), &mut placeholders).not(&mut placeholders));
        } else if by_field.is_some() {
            filters.push(build::live(definition, call, &mut placeholders));
        }
        let given = held(definition, &query.source);
        let holds = |name: &str| given.as_ref().is_none_or(|held| held.contains(&name));
        let unmarked_elsewhere = definition.ttl_name().is_some_and(|name| !holds(name));
        for part in conjuncts(query.filter.as_ref()) {
            if judged_there(query, part) {
                filters.push(condition::write(part, &mut placeholders));
            } else {
                local.push(part.clone());
            }
        }
        let filter = condition::all(filters, &mut placeholders);
        let nothing = nothing || filter == Text::False;
        let filter = filter.into_expression(&mut placeholders);
        if let Some(filter) = &filter {
            placeholders.check(filter)?;
        }
        Ok(Self {
            query,
            nothing,
            key,
            filter,
            fields: None,
            placeholders,
            local,
            fetch: None,
            unmarked,
            unmarked_elsewhere,
        })
    }

    /// The fields to read: those asked for, and those that are needed here; none for all.
    fn wanted_fields(&self) -> Option<Vec<&'a str>> {
        let definition = self.query.definition;
        let mut names: Vec<&'a str> = self.query.projection?.to_vec();
        names.extend(parts(definition, &self.query.source));
        names.push(definition.hash_name());
        names.extend(definition.range_name());
        names.extend(definition.ttl().map(|_| EXPIRES));
        names.extend(definition.ttl_name().filter(|_| !self.unmarked_elsewhere));
        for name in self.query.projection? {
            definition.aliases_of(name).for_each(|alias| names.push(alias));
        }
        if !self.local.is_empty() {
            // The local conditions are of the filter and of the range field.
            self.query.filter.iter().for_each(|filter| filter.paths(&mut |path| names.push(path.root())));
        }
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    fn project(&mut self, names: &[&str]) {
        let names: Vec<_> = names.iter().map(|name| self.placeholders.name(name)).collect();
        self.fields = Some(names.join(", "));
    }

    /// Whether records are left out of what is read, for more than their expiry.
    pub(crate) fn leaves_out(&self) -> bool {
        self.query.filter.is_some() || !self.local.is_empty()
    }

    /// Whether the server can count what is wanted.
    pub(crate) fn is_counted_there(&self) -> bool {
        self.local.is_empty() && !self.unmarked
    }

    /// Whether the server gives all that is wanted in one request.
    pub(crate) fn is_given_there(&self) -> bool {
        self.local.is_empty() && self.fetch.is_none() && !self.unmarked_elsewhere
    }

    /// Where the query is to start.
    pub(crate) fn start(&self) -> Option<Item> {
        let position = self.query.after.as_ref()?;
        Some(to_start(self.query.definition, &self.query.source, position))
    }

    fn used(&self) -> Used {
        self.placeholders.used([&self.key, &self.filter, &self.fields].into_iter().flatten().map(String::as_str))
    }

    fn select(&self) -> Option<Select> {
        let local =
            self.query.source.index_read().is_some_and(|index| index.local && index.projection != Projection::All);
        (local && self.fields.is_none()).then_some(Select::AllAttributes)
    }

    /// Reads a page; `counting` gives no records.
    pub(crate) async fn send(
        &self,
        client: &Client,
        call: &Call,
        start: Option<Item>,
        limit: Option<i32>,
        counting: bool,
    ) -> Result<Given> {
        let definition = self.query.definition;
        let select = if counting { Some(Select::Count) } else { self.select() };
        let consistent = self.query.consistent.then_some(true);
        let used = self.used();
        if let SourceKind::Scan { segment } = self.query.source.kind() {
            let (segment, of) = segment.unzip();
            let number = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok());
            let request = || {
                let scan = client.scan().table_name(definition.name()).set_select(select.clone());
                scan.set_filter_expression(self.filter.clone())
                    .set_projection_expression(self.fields.clone())
                    .set_expression_attribute_names(used.names.clone())
                    .set_expression_attribute_values(used.values.clone())
                    .set_segment(number(segment))
                    .set_total_segments(number(of))
                    .set_consistent_read(consistent)
                    .set_exclusive_start_key(start.clone())
                    .set_limit(limit)
                    .send()
            };
            let has = |page: &ScanOutput| counting || is_page(page.items.as_deref(), page.count);
            let given = retry::read_for::<_, ScanError, _>(call, request, PAGE, has).await?;
            return Ok(Given {
                count: number_of(given.count),
                items: given.items.unwrap_or_default(),
                last: given.last_evaluated_key,
            });
        }
        let index = match self.query.source.kind() {
            SourceKind::Index { index, .. } => Some(index.name.to_owned()),
            _ => None,
        };
        let request = || {
            let query =
                client.query().table_name(definition.name()).set_index_name(index.clone()).set_select(select.clone());
            query
                .set_key_condition_expression(self.key.clone())
                .set_filter_expression(self.filter.clone())
                .set_projection_expression(self.fields.clone())
                .set_expression_attribute_names(used.names.clone())
                .set_expression_attribute_values(used.values.clone())
                .set_scan_index_forward(self.query.descending.then_some(false))
                .set_consistent_read(consistent)
                .set_exclusive_start_key(start.clone())
                .set_limit(limit)
                .send()
        };
        let has = |page: &QueryOutput| counting || is_page(page.items.as_deref(), page.count);
        let given = retry::read_for::<_, QueryError, _>(call, request, PAGE, has).await?;
        Ok(Given {
            count: number_of(given.count),
            items: given.items.unwrap_or_default(),
            last: given.last_evaluated_key,
        })
    }

    /// The first request, as text.
    pub(crate) fn explain(&self, limit: Option<i32>) -> String {
        let mut body = Map::new();
        let mut add = |name: &str, value: Json| drop(body.insert(name.to_owned(), value));
        add("TableName", self.query.definition.name().into());
        let operation = match self.query.source.kind() {
            SourceKind::Scan { segment } => {
                if let Some((segment, of)) = segment {
                    add("Segment", segment.into());
                    add("TotalSegments", of.into());
                }
                "Scan"
            }
            SourceKind::Index { index, .. } => {
                add("IndexName", index.name.into());
                "Query"
            }
            SourceKind::Primary { .. } => "Query",
        };
        if self.query.descending {
            add("ScanIndexForward", false.into());
        }
        if self.query.consistent {
            add("ConsistentRead", true.into());
        }
        if let Some(limit) = limit {
            add("Limit", limit.into());
        }
        if let Some(select) = self.select() {
            add("Select", select.as_str().into());
        }
        if let Some(start) = self.start() {
            add("ExclusiveStartKey", json::item(&start));
        }
        json::expression(&mut body, "KeyConditionExpression", self.key.as_deref());
        json::expression(&mut body, "FilterExpression", self.filter.as_deref());
        json::expression(&mut body, "ProjectionExpression", self.fields.as_deref());
        json::placeholders(&mut body, &self.used());
        let mut text = json::text(operation, &body.into());
        if self.fetch.is_some() {
            text.push_str("\nthen BatchGetItem of the records found, which the index does not hold whole");
        }
        if !self.local.is_empty() {
            text.push_str(&format!("\nthen, in this process: {}", Expr::And(self.local.clone())));
        }
        text
    }
}

/// Whether a page has its items, and as many as it says.
pub(crate) fn is_page(items: Option<&[Item]>, count: i32) -> bool {
    items.is_some_and(|items| i32::try_from(items.len()) == Ok(count))
}

fn number_of(count: i32) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The key condition; what it takes in too much is added to `local`. True where nothing can be found.
fn key_condition(query: &Query, placeholders: &mut Placeholders, local: &mut Vec<Expr>) -> (Option<String>, bool) {
    let definition = query.definition;
    let hash_parts = query.source.hash_parts(definition);
    if hash_parts.is_empty() {
        return (None, false);
    }
    let mut parts = Vec::with_capacity(hash_parts.len() + 1);
    for (part, value) in hash_parts {
        let (name, placeholder) = (placeholders.name(definition.part_name(part)), placeholders.value(value));
        parts.push(Text::One(format!("{name} = {placeholder}")));
    }
    if let Some(range) = query.range_names().first() {
        match key_condition::wanted(&query.range, range) {
            Wanted::All => {}
            Wanted::Nothing => return (None, true),
            Wanted::Exactly(key) => parts.push(key.write(range, placeholders)),
            Wanted::Within(key, exact) => {
                parts.push(key.write(range, placeholders));
                local.push(exact);
            }
        }
    }
    (condition::all(parts, placeholders).into_expression(placeholders), false)
}

/// The conditions that all have to be true.
fn conjuncts(filter: Option<&Expr>) -> Vec<&Expr> {
    match filter {
        None => Vec::new(),
        Some(Expr::And(parts)) => parts.iter().flat_map(|part| conjuncts(Some(part))).collect(),
        Some(other) => vec![other],
    }
}
