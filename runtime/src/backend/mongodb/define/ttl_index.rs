//! The TTL index by which the server deletes what has expired: of the model's own date, or of the mark beside it.

use mongodb::bson::{Document, doc};

use super::super::expiry::own_date;
use super::index_document::{fields, name_of, number};
use crate::backend::Mismatch;
use crate::definition::Definition;
use crate::value::EXPIRES;

/// The name of the index of a model's own date. That of the marks is called as they are.
const OWN: &str = "_reposit_ttl";
const SECONDS: &str = "expireAfterSeconds";

/// The TTL index that there should be, if the model has a ttl.
pub(super) fn wanted_ttl_index(definition: &Definition) -> Option<Document> {
    let ttl = definition.ttl()?;
    Some(match own_date(definition) {
        Some(field) => {
            // A number of seconds that is no `i32` has no own date.
            let seconds = i32::try_from(ttl.seconds).unwrap_or(i32::MAX);
            doc! { "key": { field: 1 }, "name": OWN, SECONDS: seconds }
        }
        None => doc! { "key": { EXPIRES: 1 }, "name": EXPIRES, SECONDS: 0 },
    })
}

/// Whether an index is one by which the server deletes records.
pub(super) fn is_ttl_index(index: &Document) -> bool {
    index.contains_key(SECONDS)
}

/// Whether a wanted index is that of the model's own date.
pub(super) fn is_of_own_date(wanted: &Document) -> bool {
    is_ttl_index(wanted) && name_of(wanted) != EXPIRES
}

fn seconds(index: &Document) -> Option<i64> {
    index.get(SECONDS).and_then(number)
}

/// The index that stands for the wanted one of the model's own date: under whatever name, and in either direction.
pub(super) fn find_own<'a>(wanted: &Document, existing: &'a [Document]) -> Option<&'a Document> {
    let field = |index: &Document| match &*fields(index) {
        [(name, Some(direction))] => Some((name.clone(), *direction)),
        _ => None,
    };
    let wanted_field = field(wanted);
    let is_in_place = |index: &&Document| match (field(index), &wanted_field) {
        // Of an index the other way that expires nothing there can be a second one.
        (Some((name, direction)), Some((wanted, _))) => name == *wanted && (direction == 1 || is_ttl_index(index)),
        _ => false,
    };
    let serves = |index: &&Document| is_in_place(index) && is_the_same(wanted, index);
    let ttl = |index: &&Document| is_in_place(index) && is_ttl_index(index);
    let found = existing.iter().find(serves).or_else(|| existing.iter().find(ttl));
    found.or_else(|| existing.iter().find(is_in_place)).or_else(|| existing.iter().find(|index| name_of(index) == OWN))
}

/// Whether an index of the same field expires the same records at the same time.
pub(super) fn is_the_same(wanted: &Document, index: &Document) -> bool {
    let names = |index: &Document| fields(index).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    names(index) == names(wanted) && seconds(index) == seconds(wanted) && !index.contains_key("partialFilterExpression")
}

/// What stands in the place of the wanted index, and how to mend it.
pub(super) fn mismatch(definition: &Definition, wanted: &Document, index: &Document) -> Mismatch {
    let (name, field) = (name_of(index), definition.ttl_name().unwrap_or_default());
    let wanted_seconds = seconds(wanted).unwrap_or_default();
    let told = fields(index).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    if told != field || index.contains_key("partialFilterExpression") {
        let all = if told == field { ", but not of all records" } else { "" };
        return Mismatch::Other(format!(
            "the index {name} is on {told}{all}, and the model has its ttl on {field}: drop it there first"
        ));
    }
    let does = match seconds(index) {
        Some(seconds) => format!("expires records {seconds} seconds after {field}"),
        None => format!("expires no records, and MongoDB takes no second index of {field} alone"),
    };
    let command = doc! {
        "collMod": definition.name(),
        "index": { "name": name, SECONDS: wanted_seconds },
    };
    Mismatch::Other(format!(
        "the index {name} {does}, and the model's ttl is {wanted_seconds} seconds after it: an index that is there is \
         never changed, so run {command} there first"
    ))
}

/// What to do about an index of the library's that the model does not have.
pub(super) fn unwanted(definition: &Definition, name: &str) -> Option<Mismatch> {
    let off = || format!("drop the index {name} of the collection");
    match (name, definition.ttl_name()) {
        (EXPIRES | OWN, None) => Some(Mismatch::Expiry { off: off() }),
        (OWN, Some(field)) => Some(Mismatch::Other(format!(
            "the store deletes records by the ttl of another model, and this one's is {field}: first {}",
            off()
        ))),
        _ => None,
    }
}

/// Whether the collection is an older release's, which marked what it wrote and has the server expire records by the
/// marks: then it serves as it is, until `define` adds the index of the model's own date. `found` is in the place of
/// the wanted index.
pub(super) fn serves_by_marks(wanted: &Document, found: Option<&Document>, existing: &[Document]) -> bool {
    let has_marks = || existing.iter().any(|index| name_of(index) == EXPIRES && is_ttl_index(index));
    is_of_own_date(wanted) && !found.is_some_and(is_ttl_index) && has_marks()
}
