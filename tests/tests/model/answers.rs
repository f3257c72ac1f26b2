//! What a step must answer, what it did answer, and whether the two agree.

use std::fmt;

use reposit::{Cursor, ErrorKind};
use serde_json::Value as Json;

use crate::models::Model;
use crate::ops::{End, Way};
use crate::order::Group;
use crate::rules::Row;
use crate::semantics::same;

#[derive(Clone)]
pub enum Expected {
    /// The step does not apply.
    Nothing,
    Done,
    Bool(bool),
    /// How many there are of these.
    Count(Wanted),
    One(Option<Row>),
    Many(Vec<Option<Row>>),
    /// What each operation of a transaction came to.
    Each(Vec<Expected>),
    /// A batch: what was not done, by item.
    Failures(Vec<(usize, Refusal)>),
    /// How many were done, and why the others were not, in any order.
    Bulk(usize, Vec<ErrorKind>),
    Rows(Wanted),
    Page(Wanted),
    Pages(Wanted),
    Refused(Refusal),
}

#[derive(Debug, Clone)]
pub struct Refusal {
    pub kind: ErrorKind,
    /// Of a unique violation: the indexes whose values are taken. Any of them may be named.
    pub indexes: Vec<&'static str>,
    /// In a transaction: which operation, of which model.
    pub position: Option<(usize, Model)>,
}

impl Refusal {
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, indexes: Vec::new(), position: None }
    }

    pub fn at(self, position: usize, model: Model) -> Self {
        Self { position: Some((position, model)), ..self }
    }
}

#[derive(Clone)]
pub struct Wanted {
    /// In the order in which they are read.
    pub groups: Vec<Group>,
    pub limit: Option<usize>,
    /// From where: nothing for the first page.
    pub from: Option<Way>,
}

impl Wanted {
    /// Records in the order in which they are read, which is the other one on the way back.
    fn as_read(&self, got: &[Row]) -> Vec<Row> {
        match self.from {
            Some(Way::Back) => got.iter().rev().cloned().collect(),
            _ => got.to_vec(),
        }
    }
}

/// What a page has at its ends: cursors, or whether there are some.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ends<T> {
    pub next: T,
    pub previous: T,
}

impl<T> Ends<T> {
    /// That at the end to which was read.
    pub fn far(&self, way: Way) -> &T {
        if way == Way::On { &self.next } else { &self.previous }
    }
}

/// The records of a page, and its cursors.
pub struct Cut {
    pub items: Vec<Row>,
    pub cursors: Ends<Option<Cursor>>,
}

pub enum Answer {
    Nothing,
    Done,
    Bool(bool),
    Count(u64),
    One(Option<Row>),
    Many(Vec<Option<Row>>),
    Each(Vec<Answer>),
    Bulk(usize, Vec<ErrorKind>),
    Rows(Vec<Row>),
    /// A page as it was read.
    Cut(Cut),
    /// The records, and whether there are cursors.
    Page(Vec<Row>, Ends<bool>),
    /// As they were read: on the way back the last one first.
    Pages(Vec<Vec<Row>>),
    Error(reposit::Error),
    /// What is wrong in itself.
    Wrong(String),
}

type Verdict = Result<(), String>;

/// Whether an answer is as expected. `exact_end`: whether the last page says that it is.
pub fn agree(expected: &Expected, answer: &Answer, exact_end: bool) -> Verdict {
    match (expected, answer) {
        (_, Answer::Wrong(why)) => Err(why.clone()),
        (Expected::Nothing, Answer::Nothing) | (Expected::Done, Answer::Done) => Ok(()),
        (Expected::Bool(expected), Answer::Bool(got)) => equal(expected, got),
        (Expected::Count(wanted), Answer::Count(got)) => counted(wanted, *got),
        (Expected::One(expected), Answer::One(got)) => rows(std::slice::from_ref(expected), std::slice::from_ref(got)),
        (Expected::Many(expected), Answer::Many(got)) => rows(expected, got),
        (Expected::Each(expected), Answer::Each(got)) if expected.len() == got.len() => {
            expected.iter().zip(got).try_for_each(|(expected, got)| agree(expected, got, exact_end))
        }
        (Expected::Rows(wanted), Answer::Rows(got)) => in_order(wanted, &wanted.as_read(got)).map(drop),
        (Expected::Page(wanted), Answer::Page(got, ends)) => page(wanted, got, *ends, exact_end),
        (Expected::Pages(wanted), Answer::Pages(got)) => pages(wanted, got, exact_end),
        (Expected::Refused(refusal), Answer::Error(error)) => refused(refusal, error),
        (Expected::Failures(expected), Answer::Done) if expected.is_empty() => Ok(()),
        (Expected::Failures(expected), Answer::Error(error)) => failures(expected, error),
        (Expected::Bulk(done, refused), Answer::Bulk(got, failed)) => {
            let sorted = |kinds: &[ErrorKind]| {
                let mut names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
                names.sort_unstable();
                names
            };
            equal(&(*done, sorted(refused)), &(*got, sorted(failed)))
        }
        _ => Err("an answer of another kind".to_owned()),
    }
}

fn equal<T: PartialEq>(expected: &T, got: &T) -> Verdict {
    if expected == got { Ok(()) } else { Err("another answer".to_owned()) }
}

/// As many as have to come, and no more than may, up to the limit.
fn counted(wanted: &Wanted, got: u64) -> Verdict {
    let least: usize = wanted.groups.iter().map(|group| group.must.len()).sum();
    let most: usize = least + wanted.groups.iter().map(|group| group.may.len()).sum::<usize>();
    let limit = wanted.limit.unwrap_or(usize::MAX);
    let allowed = least.min(limit) as u64..=most.min(limit) as u64;
    if allowed.contains(&got) { Ok(()) } else { Err(format!("a count outside {allowed:?}")) }
}

fn rows(expected: &[Option<Row>], got: &[Option<Row>]) -> Verdict {
    let agrees = |(expected, got): (&Option<Row>, &Option<Row>)| match (expected, got) {
        (Some(expected), Some(got)) => same(expected, got),
        (None, None) => true,
        _ => false,
    };
    let all = expected.len() == got.len() && expected.iter().zip(got).all(agrees);
    if all { Ok(()) } else { Err("other records".to_owned()) }
}

/// What is left of the groups once the records were taken out of them in order.
fn in_order(wanted: &Wanted, got: &[Row]) -> Result<Vec<Group>, String> {
    if wanted.limit.is_some_and(|limit| got.len() > limit) {
        return Err("more records than the limit".to_owned());
    }
    let mut left = wanted.groups.clone();
    let mut at = 0;
    for row in got {
        while !left.get_mut(at).is_some_and(|group| take(group, row)) {
            match left.get(at) {
                None => return Err(format!("a record that does not belong there, or twice: {}", self::row(row))),
                Some(group) if !group.must.is_empty() => {
                    return Err(format!("skipped, or in another order: {}", lines(&group.must)));
                }
                Some(_) => at += 1,
            }
        }
    }
    let full = wanted.limit.is_some_and(|limit| got.len() == limit);
    let left = left.split_off(at.min(left.len()));
    match left.iter().flat_map(|group| &group.must).next() {
        Some(row) if !full => Err(format!("missing at the end: {}", self::row(row))),
        _ => Ok(left),
    }
}

fn take(group: &mut Group, row: &Row) -> bool {
    for rows in [&mut group.must, &mut group.may] {
        if let Some(at) = rows.iter().position(|other| same(other, row)) {
            rows.remove(at);
            return true;
        }
    }
    false
}

fn page(wanted: &Wanted, got: &[Row], ends: Ends<bool>, exact_end: bool) -> Verdict {
    let left = in_order(wanted, &wanted.as_read(got))?;
    let way = wanted.from.unwrap_or_default();
    let (more, near) = (*ends.far(way), *ends.far(way.turned()));
    // From the end at which it begins a page leads back to where it was read from.
    if near != (wanted.from.is_some() && !got.is_empty()) {
        return Err("a cursor at the near end of the first page or of an empty one, or of another none".to_owned());
    }
    let full = wanted.limit.is_some_and(|limit| got.len() == limit);
    let must_come = left.iter().any(|group| !group.must.is_empty());
    let may_come = must_come || left.iter().any(|group| !group.may.is_empty());
    match more {
        false if must_come => Err("no cursor, though records are left".to_owned()),
        true if !full => Err("a short page with a cursor".to_owned()),
        true if !may_come && exact_end => Err("a cursor, though nothing is left".to_owned()),
        _ => Ok(()),
    }
}

fn pages(wanted: &Wanted, got: &[Vec<Row>], exact_end: bool) -> Verdict {
    let all: Vec<Row> = got.iter().flat_map(|page| wanted.as_read(page)).collect();
    in_order(&Wanted { limit: None, ..wanted.clone() }, &all)?;
    let Some((last, full)) = got.split_last() else { return Err("no page at all".to_owned()) };
    if let Some(limit) = wanted.limit
        && (full.iter().any(|page| page.len() != limit) || last.len() > limit)
    {
        return Err("a page that is not the last and not full, or one too long".to_owned());
    }
    if exact_end && last.is_empty() && !full.is_empty() { Err("an empty last page".to_owned()) } else { Ok(()) }
}

fn refused(refusal: &Refusal, error: &reposit::Error) -> Verdict {
    if error.kind() != refusal.kind {
        return Err(format!("expected the kind {:?}", refusal.kind));
    }
    let position = refusal.position.map(|(position, _)| position);
    if error.position() != position {
        return Err(format!("expected the position {position:?}"));
    }
    if !refusal.indexes.is_empty() && !error.index().is_some_and(|index| refusal.indexes.contains(&index)) {
        return Err(format!("expected an index among {:?}", refusal.indexes));
    }
    let repository = refusal.position.map(|(_, model)| model.rules().name);
    if repository.is_some_and(|name| error.repository() != Some(name)) {
        return Err(format!("expected the repository {repository:?}"));
    }
    match (error.repository(), error.operation()) {
        (Some(_), Some(_)) => Ok(()),
        _ => Err("the error does not name its repository and operation".to_owned()),
    }
}

fn failures(expected: &[(usize, Refusal)], error: &reposit::Error) -> Verdict {
    let got = error.failures();
    let indexes = |expected: &[(usize, Refusal)]| expected.iter().map(|(index, _)| *index).collect::<Vec<_>>();
    if indexes(expected) != got.iter().map(|failure| failure.position).collect::<Vec<_>>() {
        return Err(format!("expected failures of the items {:?}", indexes(expected)));
    }
    for ((_, refusal), failure) in expected.iter().zip(got) {
        let named =
            refusal.indexes.is_empty() || failure.error.index().is_some_and(|index| refusal.indexes.contains(&index));
        if failure.error.kind() != refusal.kind || !named {
            return Err(format!("item {}: expected {refusal:?}", failure.position));
        }
    }
    Ok(())
}

fn row(row: &Row) -> String {
    Json::Object(row.clone()).to_string()
}

/// Records, one a line.
pub fn lines<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let lines: Vec<_> = rows.into_iter().map(|one| format!("\n         {}", row(one))).collect();
    if lines.is_empty() { "no records".to_owned() } else { lines.concat() }
}

fn optional(found: &Option<Row>) -> String {
    found.as_ref().map_or_else(|| "none".to_owned(), row)
}

fn each(found: &[Option<Row>]) -> String {
    found.iter().map(optional).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing | Self::Done => f.write_str("done"),
            Self::Bool(answer) => write!(f, "{answer}"),
            Self::One(found) => f.write_str(&optional(found)),
            Self::Many(found) => f.write_str(&each(found)),
            Self::Each(each) => each.iter().try_for_each(|one| write!(f, "\n       {one}")),
            Self::Failures(failures) => write!(f, "failures {failures:?}"),
            Self::Bulk(done, failed) => write!(f, "{done} done, failures {failed:?}"),
            Self::Refused(refusal) => write!(f, "{refusal:?}"),
            Self::Count(wanted) | Self::Rows(wanted) | Self::Page(wanted) | Self::Pages(wanted) => {
                let limit = wanted.limit.map_or_else(|| "all".to_owned(), |limit| format!("{limit}"));
                let way = if wanted.from == Some(Way::Back) { ", from the end" } else { "" };
                write!(f, "{limit} of{way}")?;
                wanted.groups.iter().enumerate().try_for_each(|(n, group)| {
                    write!(f, "\n       group {n}: {}", lines(&group.must))?;
                    if group.may.is_empty() { Ok(()) } else { write!(f, "\n       and perhaps {}", lines(&group.may)) }
                })
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing | Self::Done => f.write_str("done"),
            Self::Bool(answer) => write!(f, "{answer}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::One(found) => f.write_str(&optional(found)),
            Self::Many(found) => f.write_str(&each(found)),
            Self::Each(each) => each.iter().try_for_each(|one| write!(f, "\n       {one}")),
            Self::Bulk(done, failed) => write!(f, "{done} done, failures {failed:?}"),
            Self::Rows(rows) | Self::Cut(Cut { items: rows, .. }) => f.write_str(&lines(rows)),
            Self::Page(rows, Ends { next, previous }) => {
                let is = |there: &bool| if *there { "a" } else { "no" };
                write!(f, "{}\n       with {} next page, {} previous one", lines(rows), is(next), is(previous))
            }
            Self::Pages(pages) => {
                pages.iter().enumerate().try_for_each(|(n, page)| write!(f, "\n       page {n}: {}", lines(page)))
            }
            Self::Error(error) => write!(f, "{error:?}"),
            Self::Wrong(why) => f.write_str(why),
        }
    }
}

/// What an end makes of the records.
pub fn ended(end: End, wanted: Wanted) -> Expected {
    match end {
        End::Page { .. } => Expected::Page(wanted),
        End::Walk => Expected::Pages(wanted),
        End::All | End::Stream | End::First => Expected::Rows(wanted),
        End::Count => Expected::Count(wanted),
        End::DeleteAll | End::UpdateAll => panic!("nothing is read for a write of all"),
    }
}
