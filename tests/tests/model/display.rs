//! A program in words, for who reads why it failed.

use std::fmt;
use std::ops::Bound;

use serde_json::Value as Json;

use crate::ops::{Change, Cond, End, How, Is, Op, Program, Query, Source, Span, Step, Told, Version, Way};
use crate::rules::Row;

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", n + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advance { millis } => write!(f, "the clock goes on by {millis} ms"),
            Self::Do(model, op) => write!(f, "{model:?}::{op}"),
            Self::Together(items) | Self::Told(items) => {
                let told = if matches!(self, Self::Told(_)) { ", giving what each came to" } else { "" };
                write!(f, "transaction{told}")?;
                items.iter().try_for_each(|(model, op)| write!(f, "\n       + {model:?}::{op}"))
            }
            Self::Read(keys) => {
                f.write_str("read at one moment")?;
                keys.iter().try_for_each(|(model, key)| write!(f, "\n       + {model:?}::get({})", list(key)))
            }
            Self::Next { slot, limit, turned, end, way, crossed } => {
                let turned = if *turned { ", direction turned" } else { "" };
                let way = if *way == Way::On { "after" } else { "before" };
                let place = if *crossed { "the other end of " } else { "" };
                write!(f, "what comes {way} {place}the page in slot {slot}, limit {limit}{turned}")?;
                if matches!(end, End::Page { .. }) { Ok(()) } else { write!(f, "{end}") }
            }
        }
    }
}

/// JSON values between commas.
fn list(values: &[Json]) -> String {
    values.iter().map(Json::to_string).collect::<Vec<_>>().join(", ")
}

fn row(row: &Row) -> String {
    Json::Object(row.clone()).to_string()
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let only_if = |f: &mut fmt::Formatter<'_>, only_if: &Option<Cond>| match only_if {
            Some(cond) => write!(f, ".only_if({cond})"),
            None => Ok(()),
        };
        let changed = |f: &mut fmt::Formatter<'_>, changes: &[Change]| {
            changes.iter().try_for_each(|change| write!(f, ".{change}"))
        };
        let at_version = |f: &mut fmt::Formatter<'_>, version: &Option<Version>| match version {
            Some(version) => write!(f, ".version({version:?})"),
            None => Ok(()),
        };
        let consistently = |yes: &bool| if *yes { ".consistent()" } else { "" };
        match self {
            Self::Create { row: new, returning } => {
                write!(f, "create({}){}", row(new), if *returning { ", giving what was stored" } else { "" })
            }
            Self::Put { row: new, only_if: cond } => {
                write!(f, "put({})", row(new))?;
                only_if(f, cond)
            }
            Self::Replace { row: new, only_if: cond } => {
                write!(f, "replace({})", row(new))?;
                only_if(f, cond)
            }
            Self::Older { row: new } => write!(f, "put({}) by the older release", row(new)),
            Self::Save { row: new, version } => write!(f, "save({} at version {version:?})", row(new)),
            Self::Get { key, consistent } => write!(f, "get({}){}", list(key), consistently(consistent)),
            Self::GetMany { keys, consistent } => {
                let keys: Vec<_> = keys.iter().map(|key| format!("({})", list(key))).collect();
                write!(f, "get_many([{}]){}", keys.join(", "), consistently(consistent))
            }
            Self::Find { index, values, consistent } => {
                write!(f, "find_{index}({}){}", list(values), consistently(consistent))
            }
            Self::FindMany { index, values, consistent } => {
                let values: Vec<_> = values.iter().map(|values| format!("({})", list(values))).collect();
                write!(f, "find_many_{index}([{}]){}", values.join(", "), consistently(consistent))
            }
            Self::Query(query) => write!(f, "{query}"),
            Self::Update { key, changes, only_if: cond, version, told } => {
                write!(f, "update({})", list(key))?;
                changed(f, changes)?;
                at_version(f, version)?;
                only_if(f, cond)?;
                write!(f, "{told}")
            }
            Self::Upsert { key, changes, only_if: cond, told } => {
                write!(f, "upsert({})", list(key))?;
                changed(f, changes)?;
                only_if(f, cond)?;
                write!(f, "{told}")
            }
            Self::Delete { key, only_if: cond, version, returning } => {
                write!(f, "delete({})", list(key))?;
                at_version(f, version)?;
                only_if(f, cond)?;
                f.write_str(if *returning { ", giving the record" } else { "" })
            }
            Self::Check { key, only_if: cond } => {
                write!(f, "check({})", list(key))?;
                only_if(f, cond)
            }
            Self::PutMany { rows } => {
                let rows: Vec<_> = rows.iter().map(row).collect();
                write!(f, "put_many([{}])", rows.join(", "))
            }
            Self::CreateMany { rows } => {
                let rows: Vec<_> = rows.iter().map(row).collect();
                write!(f, "create_many([{}])", rows.join(", "))
            }
            Self::SaveMany { rows } => {
                let rows: Vec<_> = rows.iter().map(|(new, version)| format!("{} at {version:?}", row(new))).collect();
                write!(f, "save_many([{}])", rows.join(", "))
            }
            Self::DeleteMany { keys } => {
                let keys: Vec<_> = keys.iter().map(|key| format!("({})", list(key))).collect();
                write!(f, "delete_many([{}])", keys.join(", "))
            }
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::After => "",
            Self::Before => ", giving the record before",
            Self::Nothing => ", giving nothing",
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Primary { hash } => write!(f, "query({hash})")?,
            Source::Index { name, hash, also: None } => write!(f, "find_{name}({hash})")?,
            Source::Index { name, hash, also: Some(also) } => write!(f, "find_{name}({hash}) with {also}")?,
            Source::Scan { segments: 1 } => f.write_str("scan()")?,
            Source::Scan { segments } => write!(f, "scan().segments({segments})")?,
        }
        match &self.span {
            Span::All => {}
            Span::Between(low, high) => write!(f, ".range({}, {})", bound(low), bound(high))?,
            Span::Prefix(prefix) => write!(f, ".begins_with({prefix:?})")?,
        }
        if let Some(filter) = &self.filter {
            write!(f, ".filter({filter})")?;
        }
        if self.descending {
            f.write_str(".descending()")?;
        }
        if let Some(limit) = self.limit {
            write!(f, ".limit({limit})")?;
        }
        if self.consistent {
            f.write_str(".consistent()")?;
        }
        if self.select {
            f.write_str(".select()")?;
        }
        write!(f, "{}", self.end)?;
        self.changes.iter().try_for_each(|change| write!(f, ".{change}"))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { slot } => write!(f, ", a page, cursor to slot {slot}"),
            Self::Walk => f.write_str(", page after page"),
            Self::All => f.write_str(", all"),
            Self::First => f.write_str(", the first"),
            Self::Count => f.write_str(", the count"),
            Self::Stream => f.write_str(", as a stream"),
            Self::DeleteAll => f.write_str(", all deleted"),
            Self::UpdateAll => f.write_str(", all updated"),
        }
    }
}

fn bound(bound: &Bound<Json>) -> String {
    match bound {
        Bound::Included(value) => format!("including {value}"),
        Bound::Excluded(value) => format!("excluding {value}"),
        Bound::Unbounded => "open".to_owned(),
    }
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path, is) => write!(f, "{path} {is}"),
            Self::And(a, b) => write!(f, "({a} & {b})"),
            Self::Or(a, b) => write!(f, "({a} | {b})"),
            Self::Not(inner) => write!(f, "!({inner})"),
        }
    }
}

impl fmt::Display for Is {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eq(value) => write!(f, "= {value}"),
            Self::Ne(value) => write!(f, "<> {value}"),
            Self::Lt(value) => write!(f, "< {value}"),
            Self::Le(value) => write!(f, "<= {value}"),
            Self::Gt(value) => write!(f, "> {value}"),
            Self::Ge(value) => write!(f, ">= {value}"),
            Self::Between(low, high) => write!(f, "between {low} and {high}"),
            Self::In(values) => write!(f, "in [{}]", list(values)),
            Self::BeginsWith(prefix) => write!(f, "begins with {prefix:?}"),
            Self::Contains(part) => write!(f, "contains {part:?}"),
            Self::Has(member) => write!(f, "has {member}"),
            Self::Exists => f.write_str("exists"),
            Self::Missing => f.write_str("is missing"),
            Self::SizeEq(count) => write!(f, "has {count}"),
            Self::SizeNe(count) => write!(f, "has not {count}"),
            Self::SizeLt(count) => write!(f, "has fewer than {count}"),
            Self::SizeLe(count) => write!(f, "has at most {count}"),
            Self::SizeGt(count) => write!(f, "has more than {count}"),
            Self::SizeGe(count) => write!(f, "has at least {count}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.how {
            How::Set(value) => write!(f, "set({path}, {value})"),
            How::Default(value) => write!(f, "default({path}, {value})"),
            How::Add(delta) => write!(f, "add({path}, {delta})"),
            How::Remove => write!(f, "remove({path})"),
            How::Append(items) => write!(f, "append({path}, {items:?})"),
            How::Prepend(items) => write!(f, "prepend({path}, {items:?})"),
            How::Insert(members) => write!(f, "insert({path}, [{}])", list(members)),
            How::Discard(members) => write!(f, "discard({path}, [{}])", list(members)),
            How::TakeOut(at) => write!(f, "remove_at({path}, {at})"),
        }
    }
}
