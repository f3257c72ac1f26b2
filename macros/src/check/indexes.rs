//! Secondary indexes: their fields, names and limits.

use std::collections::HashSet;

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::LitStr;
use syn::spanned::Spanned;

use super::capacity::check_capacity;
use super::keys::Roles;
use crate::ast::{self, Input, Mark, Name};
use crate::ctxt::Ctxt;
use crate::model::{Field, Index, Projection, Storage};
use crate::spell;

/// DynamoDB's limits for one table.
const MOST_GLOBAL: usize = 20;
const MOST_LOCAL: usize = 5;
const MOST_INCLUDED: usize = 100;
/// "Global secondary indexes: multi-attribute keys".
const MOST_PARTS: usize = 4;

/// Checks every index: those on fields in the fields' order, then those on the struct.
pub(super) fn check_indexes(cx: &Ctxt, input: &Input, roles: &Roles, fields: &[Field]) -> Vec<Index> {
    let on_fields = input
        .fields
        .iter()
        .enumerate()
        .flat_map(|(at, field)| field.indexes.iter().map(move |index| (Some(at), index)));
    let on_struct = input.container.indexes.iter().map(|index| (None, index));
    let (mut names, mut finders) = (HashSet::new(), HashSet::new());
    let mut indexes = Vec::new();
    for (at, written) in on_fields.chain(on_struct) {
        let checked = Checker { cx, input, roles, fields, written };
        let Some(index) = checked.index(at) else {
            continue;
        };
        let second_of_finder = !finders.insert(index.finder.to_string());
        if !names.insert(index.name.shown()) {
            let mark = written.name.as_ref().map_or_else(|| written.mark.clone(), ToTokens::to_token_stream);
            let (name, finder) = (index.name.shown(), &index.finder);
            let message = match second_of_finder {
                true => format!(
                    "a second index named `{name}`: its finder would be `{finder}` again; give it another name with `name = \"...\"`"
                ),
                false => format!("a second index named `{name}`: give it another name with `name = \"...\"`"),
            };
            cx.error(mark, message);
            continue;
        }
        if second_of_finder {
            let mark = written.finder.as_ref().map_or_else(|| written.mark.clone(), ToTokens::to_token_stream);
            let finder = &index.finder;
            cx.error(mark, format!("a second finder `{finder}`: give it another name with `finder = \"...\"`"));
            continue;
        }
        indexes.push(index);
    }
    check_counts(cx, input, &indexes);
    indexes
}

/// How many indexes, and fields included in them, a table may have.
fn check_counts(cx: &Ctxt, input: &Input, indexes: &[Index]) {
    let local = indexes.iter().filter(|index| index.local).count();
    let global = indexes.len() - local;
    let included: usize = indexes
        .iter()
        .map(|index| match &index.projection {
            Projection::Include(names) => names.len(),
            _ => 0,
        })
        .sum();
    for (count, most, what) in [
        (global, MOST_GLOBAL, "indexes"),
        (local, MOST_LOCAL, "local indexes"),
        (included, MOST_INCLUDED, "fields named by projections"),
    ] {
        if count > most {
            cx.error(
                &input.ident,
                format!("`{}` has {count} {what}: DynamoDB takes at most {most} a table", input.ident),
            );
        }
    }
}

/// One index with all it is checked against.
struct Checker<'a> {
    cx: &'a Ctxt,
    input: &'a Input,
    roles: &'a Roles,
    fields: &'a [Field],
    written: &'a ast::Index,
}

impl Checker<'_> {
    fn index(&self, at: Option<usize>) -> Option<Index> {
        let local = self.written.local.is_some();
        let own = match at {
            Some(at) => Some(vec![at]),
            None => self.hash_on_struct(),
        };
        let ranges = self.parts("range", &self.written.ranges);
        let own = own?;
        let name = self.name(&own);
        let finder = name.as_ref().and_then(|name| self.finder(name, at, &own));
        let (hash, ranges) = if local {
            (vec![self.check_local(*own.first()?)?], own)
        } else {
            self.check_distinct(&own, &ranges);
            // Of one that stands twice the finder takes one value, so that there is no second error. A finder of a
            // unique index takes those of the range too.
            let mut seen = HashSet::new();
            let hash = own.into_iter().filter(|at| seen.insert(*at)).collect();
            (hash, ranges.into_iter().filter(|at| seen.insert(*at) || self.written.unique.is_none()).collect())
        };
        let name = name?;
        let (read_capacity, write_capacity) = self.capacity(local);
        Some(Index {
            finder: finder?,
            name,
            projection: self.projection(&hash, &ranges),
            hash,
            ranges,
            unique: self.written.unique.is_some() && !local,
            local,
            read_capacity,
            write_capacity,
        })
    }

    /// The hash fields; none if one is missing.
    fn hash_on_struct(&self) -> Option<Vec<usize>> {
        let written = &self.written.hash;
        if written.is_empty() {
            if !self.written.hash_refused {
                self.cx.error(&self.written.mark, "this index has no hash: write `index(hash = \"field\", ...)`");
            }
            return None;
        }
        Some(self.parts("hash", written)).filter(|found| found.len() == written.len())
    }

    /// The field of a name; a missing one is an error with the nearest name.
    fn field(&self, name: &LitStr) -> Option<usize> {
        let text = name.value();
        let wanted = text.strip_prefix("r#").unwrap_or(&text);
        let names: Vec<String> = self.input.fields.iter().map(ast::Field::bare_name).collect();
        if let Some(at) = names.iter().position(|name| name == wanted) {
            return Some(at);
        }
        let renamed = self.fields.iter().zip(&names).find(|(field, _)| field.stored == wanted);
        let hint = match renamed {
            Some((_, name)) => format!("; fields are named as in the struct: write `{name}`"),
            None => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                spell::hint(wanted, &names)
            }
        };
        self.cx.error(name, format!("`{}` has no field `{text}`{hint}", self.input.ident));
        None
    }

    /// The fields that are named by `hash` or `range`.
    fn parts(&self, word: &str, names: &[LitStr]) -> Vec<usize> {
        let count = names.len();
        if count > MOST_PARTS {
            let beyond = names.iter().skip(MOST_PARTS).map(ToTokens::to_token_stream);
            let message = format!("an index of {count} {word} fields: DynamoDB takes at most {MOST_PARTS}");
            self.cx.error(beyond.collect::<Mark>(), message);
        }
        names.iter().filter_map(|name| self.field(name)).collect()
    }

    /// A local index: the table's hash key, and this field as range.
    fn check_local(&self, own: usize) -> Option<usize> {
        let (cx, written) = (self.cx, self.written);
        if let Some(unique) = &written.unique {
            cx.error(
                unique,
                "a local index cannot be unique: write `#[index(unique)]` alone for a value that is unique in the table",
            );
        }
        if !written.ranges.is_empty() {
            let range = written.ranges.iter().map(ToTokens::to_token_stream);
            cx.error(
                range.collect::<Mark>(),
                "the range of a local index is the field it stands on: leave `range` out",
            );
        }
        if self.roles.range.is_none() {
            cx.error(
                &written.local,
                "a local index needs a model with a `#[range_key]`: without one each hash key has a single record",
            );
        }
        for (role, word) in [(self.roles.hash, "hash key"), (self.roles.range, "range key")] {
            if role == Some(own) {
                cx.error(
                    &written.local,
                    format!("the {word} orders the table itself: put `#[index(local)]` on another field"),
                );
                return None;
            }
        }
        self.roles.hash
    }

    /// No field stands twice in an index.
    fn check_distinct(&self, hash: &[usize], ranges: &[usize]) {
        let refuse = |written: Option<&LitStr>, at: usize, word: &str| {
            let mark = written.map_or_else(|| self.written.mark.clone(), ToTokens::to_token_stream);
            let field = self.input.fields[at].bare_name();
            self.cx.error(mark, format!("`{field}` stands twice in this index: leave it out of `{word}`"));
        };
        for (i, at) in hash.iter().enumerate().filter(|(i, at)| hash[..*i].contains(at)) {
            refuse(self.written.hash.get(i), *at, "hash");
        }
        for (i, at) in ranges.iter().enumerate() {
            if hash.contains(at) || ranges[..i].contains(at) {
                refuse(self.written.ranges.get(i), *at, "range");
            }
        }
    }

    /// `by_tenant_and_state`.
    fn name_of(&self, own: &[usize]) -> String {
        let names: Vec<String> = own.iter().map(|at| self.input.fields[*at].bare_name()).collect();
        format!("by_{}", names.join("_and_"))
    }

    /// The name, given or made from the fields. A constant is checked when the model is compiled.
    fn name(&self, own: &[usize]) -> Option<Name> {
        if let Some(name) = &self.written.name {
            let Name::Text(text) = name else { return Some(name.clone().of_model(&self.input.ident)) };
            let value = text.value();
            let rule = match self.written.finder.is_some() {
                true if is_index_name(&value) => return Some(name.clone()),
                true => "it takes 3 to 255 letters, digits, `_`, `-` and `.`".to_owned(),
                false if is_finder_name(&value) => return Some(name.clone()),
                false if is_index_name(&value) => {
                    format!("{NAMED_RULE}; name the finder by itself with `finder = \"{}\"`", self.name_of(own))
                }
                false => NAMED_RULE.to_owned(),
            };
            self.cx.error(text, format!("`{value}` cannot be an index's name: {rule}"));
            return None;
        }
        let name = self.name_of(own);
        if !is_finder_name(&name) {
            let message = format!("`{name}` cannot be an index's name: {NAMED_RULE}; write `name = \"...\"`");
            self.cx.error(&self.written.mark, message);
            return None;
        }
        Some(Name::Text(LitStr::new(&name, Span::call_site())))
    }

    /// The finder, which points at the field or the name it comes from.
    fn finder(&self, name: &Name, at: Option<usize>, own: &[usize]) -> Option<syn::Ident> {
        if let Some(finder) = &self.written.finder {
            let value = finder.value();
            if let Some(rest) = value.strip_prefix("find_") {
                let message = format!("the finder's name begins with `find_` anyway: write `finder = \"{rest}\"`");
                self.cx.error(finder, message);
                return None;
            }
            if !is_identifier(&value) {
                let message = format!("`find_{value}` cannot be a method's name: write `finder = \"by_email\"`");
                self.cx.error(finder, message);
                return None;
            }
            return Some(spanned_finder(&value, finder.span()));
        }
        let place = match (at, &self.written.name) {
            (Some(at), _) => self.input.fields[at].ident.span(),
            (None, Some(name)) => name.span(),
            (None, None) => Span::call_site(),
        };
        Some(match name {
            Name::Text(text) => spanned_finder(&text.value(), place),
            Name::Constant(_) => spanned_finder(&self.name_of(own), place),
        })
    }

    fn projection(&self, hash: &[usize], ranges: &[usize]) -> Projection {
        let Some(projection) = &self.written.projection else {
            return Projection::All;
        };
        if self.written.unique.is_some() && !matches!(projection.value, ast::Projection::All) {
            self.cx.error(
                &projection.mark,
                "a unique index finds whole records, so it holds all fields: leave `projection` out",
            );
            return Projection::All;
        }
        match &projection.value {
            ast::Projection::All => Projection::All,
            ast::Projection::KeysOnly => Projection::KeysOnly,
            ast::Projection::Include(names) => self.include(names, hash, ranges),
        }
    }

    /// The stored names of included fields; keys are held anyway.
    fn include(&self, names: &[LitStr], hash: &[usize], ranges: &[usize]) -> Projection {
        let mut included = Vec::new();
        for name in names {
            let Some(at) = self.field(name) else { continue };
            let field = &self.fields[at];
            if !matches!(field.storage, Storage::Own { .. }) {
                self.cx.error(
                    name,
                    format!("`{}` is not stored under a name of its own, so an index cannot hold it", name.value()),
                );
                continue;
            }
            if included.contains(&field.stored) {
                self.cx.error(name, format!("`{}` stands twice in this projection", name.value()));
                continue;
            }
            if let Some(alias) = field.aliases.first() {
                self.cx.error(
                    name,
                    format!(
                        "an index holds a field under one name, and `{}` may be stored as `{alias}`: \
                         leave it out of the projection, or keep the stored name with `#[serde(rename = \"{alias}\")]`",
                        name.value()
                    ),
                );
            }
            let held = hash.contains(&at)
                || ranges.contains(&at)
                || self.roles.hash == Some(at)
                || self.roles.range == Some(at);
            if !held {
                included.push(field.stored.clone());
            }
        }
        if included.is_empty() { Projection::KeysOnly } else { Projection::Include(included) }
    }

    fn capacity(&self, local: bool) -> (Option<u64>, Option<u64>) {
        let capacity = &self.written.capacity;
        let given = capacity.read.as_ref().or(capacity.write.as_ref());
        if let Some(at) = given {
            let table = &self.input.container.capacity;
            if local {
                self.cx.error(&at.mark, "a local index uses the table's capacity: leave it out here");
                return (None, None);
            }
            if table.read.is_none() && table.write.is_none() {
                self.cx.error(
                    &at.mark,
                    "an index cannot have a capacity where the table has none: \
                     write `read_capacity` and `write_capacity` in `#[repository(...)]` too",
                );
            }
        }
        check_capacity(self.cx, capacity)
    }
}

/// The rule of names that finders are named by.
const NAMED_RULE: &str = "it takes 3 to 255 letters, digits and `_`, since its finder is `find_<name>`";

fn spanned_finder(name: &str, place: Span) -> syn::Ident {
    format_ident!("find_{name}", span = Span::call_site().located_at(place))
}

/// Whether `find_<name>` is an identifier and DynamoDB takes the name.
fn is_finder_name(name: &str) -> bool {
    is_index_name(name) && is_identifier(name)
}

/// Whether `find_<name>` is an identifier.
fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether DynamoDB and MongoDB take the name.
fn is_index_name(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        && !name.starts_with("_reposit")
        && name != "_id_"
}
