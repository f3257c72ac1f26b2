//! A query or a scan as a request: what the server judges, and what is left to judge here.

use crate::backend::dynamodb::expression::condition::{self, Text};
use crate::backend::dynamodb::expression::key_condition::{KeyCondition, key_condition};
use crate::backend::dynamodb::expression::liveness as expiry;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::key::to_start;
use crate::backend::dynamodb::read::coverage::{can_push_down, key_attributes, projected, projected_by_local};
use crate::backend::dynamodb::request::page::{PageRequest, Select};
use crate::backend::dynamodb::wire::item::Item;
use crate::condition::Expr;
use crate::definition::Projection;
use crate::error::{Error, Result};
use crate::request::{Call, Query, SourceKind, liveness};
use crate::value::EXPIRES;

/// A query, as what the server is asked and what is done with its pages.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    query: &'a Query,
    /// Whether nothing can be found, so that nothing is sent.
    pub(crate) is_empty: bool,
    key: Option<String>,
    filter: Option<String>,
    fields: Option<String>,
    placeholders: Placeholders,
    /// What the server cannot judge: conditions on key attributes, and on what the index does not hold.
    pub(crate) residual: Vec<Expr>,
    /// The fields that are read by the records' keys, if the index does not hold what is wanted: these, or all.
    pub(crate) load: Option<Option<Vec<&'a str>>>,
    /// Whether the server cannot judge the expiry of records without the mark, and whether the index
    /// does not even hold what it is judged by.
    pub(crate) unmarked: bool,
    pub(crate) unmarked_elsewhere: bool,
}

impl<'a> Reading<'a> {
    /// The request for records.
    pub(crate) fn records(query: &'a Query, call: &Call) -> Result<Self> {
        let mut reading = Self::new(query, call)?;
        let definition = query.definition;
        let wanted = reading.wanted_fields();
        let held = projected(definition, &query.source);
        let holds = |names: &[&str]| held.as_ref().is_none_or(|held| names.iter().all(|name| held.contains(name)));
        match wanted {
            // All fields: only an index of all fields holds them.
            None if held.is_some() => {
                reading.residual = query.filter.iter().cloned().chain(reading.residual).collect();
                reading.load = Some(None);
            }
            None => {}
            // Of what a local index does not hold, all is read: not every server fetches single fields for it.
            Some(names) if holds(&names) => {
                let there = projected_by_local(definition, &query.source);
                if there.is_none_or(|held| names.iter().all(|name| held.contains(name))) {
                    reading.project(&names);
                }
            }
            Some(mut names) => {
                let source = key_attributes(definition, &query.source);
                names.extend(source);
                names.extend(definition.ttl_name());
                reading.residual = query.filter.iter().cloned().chain(reading.residual).collect();
                query.filter.iter().for_each(|filter| filter.paths(&mut |path| names.push(path.root())));
                names.sort_unstable();
                names.dedup();
                reading.load = Some(Some(names));
            }
        }
        Ok(reading)
    }

    /// The request for a count. The records themselves are read only if the server cannot judge them.
    pub(crate) fn count(query: &'a Query, call: &Call) -> Result<Self> {
        let reading = Self::new(query, call)?;
        if reading.is_counted_there() { Ok(reading) } else { Self::records(query, call) }
    }

    fn new(query: &'a Query, call: &Call) -> Result<Self> {
        let definition = query.definition;
        if query.consistent && query.source.index_read().is_some_and(|index| !index.local) {
            return Err(Error::unsupported("DynamoDB reads no global index consistently"));
        }
        if query.descending && matches!(query.source.kind(), SourceKind::Scan { .. }) {
            return Err(Error::unsupported(
                "DynamoDB reads a whole table in one direction only, so no page of a scan is read backwards",
            ));
        }
        let mut placeholders = Placeholders::default();
        let mut residual = Vec::new();
        let (key, is_empty) = key_of_query(query, &mut placeholders, &mut residual);
        let mut filters = Vec::new();
        let by_field = liveness::expired_by_field(definition, call);
        let unmarked = by_field.as_ref().is_some_and(|expired| !can_push_down(query, expired));
        // Where there are no marks, what has expired is left out here.
        if unmarked && !definition.expires_by_seconds() {
            filters.push(
                condition::write_expr(&liveness::expired_by_mark(call), &mut placeholders).not(&mut placeholders),
            );
        } else if by_field.is_some() && !unmarked {
            filters.push(expiry::live(definition, call, &mut placeholders));
        }
        let given = projected(definition, &query.source);
        let holds = |name: &str| given.as_ref().is_none_or(|held| held.contains(&name));
        let unmarked_elsewhere = definition.ttl_name().is_some_and(|name| !holds(name));
        for part in conjuncts(query.filter.as_ref()) {
            if can_push_down(query, part) {
                filters.push(condition::write_expr(part, &mut placeholders));
            } else {
                residual.push(part.clone());
            }
        }
        let filter = condition::all(filters, &mut placeholders);
        let is_empty = is_empty || filter == Text::False;
        let filter = filter.into_expression(&mut placeholders);
        if let Some(filter) = &filter {
            placeholders.check_limits(filter)?;
        }
        Ok(Self {
            query,
            is_empty,
            key,
            filter,
            fields: None,
            placeholders,
            residual,
            load: None,
            unmarked,
            unmarked_elsewhere,
        })
    }

    /// The fields to read: those asked for, and those that are needed here; none for all.
    fn wanted_fields(&self) -> Option<Vec<&'a str>> {
        let definition = self.query.definition;
        let mut names: Vec<&'a str> = self.query.projection?.to_vec();
        names.extend(key_attributes(definition, &self.query.source));
        names.push(definition.hash_name());
        names.extend(definition.range_name());
        names.extend(definition.ttl().filter(|_| !definition.expires_by_seconds()).map(|_| EXPIRES));
        names.extend(definition.ttl_name().filter(|_| !self.unmarked_elsewhere));
        for name in self.query.projection? {
            definition.aliases_of(name).for_each(|alias| names.push(alias));
        }
        if !self.residual.is_empty() {
            // The residual conditions are of the filter and of the range field.
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
        self.query.filter.is_some() || !self.residual.is_empty()
    }

    /// Whether the server can count what is wanted.
    pub(crate) fn is_counted_there(&self) -> bool {
        self.residual.is_empty() && !self.unmarked
    }

    /// Whether the server gives all that is wanted in one request.
    pub(crate) fn is_given_there(&self) -> bool {
        self.residual.is_empty() && self.load.is_none() && !self.unmarked_elsewhere
    }

    /// Where the query is to start.
    pub(crate) fn start(&self) -> Option<Item> {
        let position = self.query.after.as_ref()?;
        Some(to_start(self.query.definition, &self.query.source, position))
    }

    /// The request for its pages.
    pub(crate) fn request(&self) -> PageRequest {
        let query = self.query;
        let texts = [&self.key, &self.filter, &self.fields].into_iter().flatten().map(String::as_str);
        PageRequest {
            table: query.definition.name().to_owned(),
            model: query.definition.fields(),
            index: query.source.index_read().map(|index| index.name),
            key: self.key.clone(),
            segment: match query.source.kind() {
                SourceKind::Scan { segment } => segment,
                _ => None,
            },
            filter: self.filter.clone(),
            fields: self.fields.clone(),
            used: self.placeholders.used(texts),
            descending: query.descending,
            consistent: query.consistent,
            select: self.select(),
        }
    }

    /// The request for pages of which only the count is wanted.
    pub(crate) fn count_request(&self) -> PageRequest {
        PageRequest { select: Some(Select::Count), ..self.request() }
    }

    /// A local index that does not hold all is asked for all, unless fields are named.
    fn select(&self) -> Option<Select> {
        self.reads_records_for_local().then_some(Select::AllAttributes)
    }

    /// Whether the server reads the records too, since a local index does not hold all that is wanted.
    pub(crate) fn reads_records_for_local(&self) -> bool {
        let local =
            self.query.source.index_read().is_some_and(|index| index.local && index.projection != Projection::All);
        local && self.fields.is_none()
    }

    /// The first request, and what is done with its page, as text.
    pub(crate) fn to_text(&self, limit: Option<i32>) -> String {
        let mut text = self.request().to_text(self.start().as_ref(), limit);
        if self.load.is_some() {
            text.push_str("\nthen BatchGetItem of the records found, which the index does not hold whole");
        }
        if !self.residual.is_empty() {
            text.push_str(&format!("\nthen, in this process: {}", Expr::And(self.residual.clone())));
        }
        text
    }
}

/// The key condition, and whether nothing can be found. If it takes in too much, what is wanted of that is
/// added to `residual`.
fn key_of_query(query: &Query, placeholders: &mut Placeholders, residual: &mut Vec<Expr>) -> (Option<String>, bool) {
    let definition = query.definition;
    let equal = query.source.hash_parts(definition);
    if equal.is_empty() {
        return (None, false);
    }
    let mut parts = Vec::with_capacity(equal.len() + query.leading.len() + 1);
    for (part, value) in equal.into_iter().chain(query.leading_parts()) {
        let (name, placeholder) = (placeholders.name(definition.part_name(part)), placeholders.value(value));
        parts.push(Text::One(format!("{name} = {placeholder}")));
    }
    if let Some(range) = query.range_name() {
        match key_condition(&query.range, range) {
            KeyCondition::All => {}
            KeyCondition::Nothing => return (None, true),
            KeyCondition::Exactly(key) => parts.push(key.to_text(range, placeholders)),
            KeyCondition::Within(key, exact) => {
                parts.push(key.to_text(range, placeholders));
                residual.push(exact);
            }
        }
    }
    (condition::all(parts, placeholders).into_expression(placeholders), false)
}

/// The parts of the filter that the server judges.
pub(crate) fn pushed_down(query: &Query) -> impl Iterator<Item = &Expr> {
    conjuncts(query.filter.as_ref()).into_iter().filter(|part| can_push_down(query, part))
}

/// The conditions that all have to be true.
fn conjuncts(filter: Option<&Expr>) -> Vec<&Expr> {
    match filter {
        None => Vec::new(),
        Some(Expr::And(parts)) => parts.iter().flat_map(|part| conjuncts(Some(part))).collect(),
        Some(other) => vec![other],
    }
}
