//! BSON with one thing in it that is not as it was.

use fastrand::Rng;
use mongodb::bson::{Bson, Document, doc};

/// How deep what is put into it nests. The driver reads some answers by descending into them; how deep it may
/// be let is a matter of its own test.
const DEEP: usize = 60;

/// What the server tells a command's outcome by.
const TOLD: [&str; 12] = [
    "ok",
    "n",
    "nModified",
    "upserted",
    "writeErrors",
    "writeConcernError",
    "value",
    "lastErrorObject",
    "cursor",
    "errorLabels",
    "operationTime",
    "$clusterTime",
];

fn hostile(rng: &mut Rng) -> Bson {
    match rng.u8(..15) {
        0 => Bson::Null,
        1 => Bson::Boolean(rng.bool()),
        2 => Bson::Int32(rng.i32(..)),
        3 => Bson::Int64(rng.i64(..)),
        4 => Bson::Double(f64::NAN),
        5 => Bson::Double(0.0),
        6 => Bson::String("yes".to_owned()),
        7 => Bson::String("\u{1F980}".repeat(1000)),
        8 => Bson::Array(Vec::new()),
        9 => Bson::Array(vec![Bson::Null, Bson::Int32(1), doc! { "index": -1, "code": "x" }.into()]),
        10 => doc! {}.into(),
        11 => doc! { "id": "x", "ns": 1, "firstBatch": 7, "nextBatch": {} }.into(),
        12 => nested(DEEP),
        13 => Bson::Undefined,
        _ => Bson::MaxKey,
    }
}

/// The document with an entry more, of so many levels: written out, since who descends to write it needs a stack.
pub(super) fn deep(body: &[u8], levels: usize) -> Vec<u8> {
    const EMPTY: usize = 5;
    const LEVEL: usize = 8;
    let mut entry = b"\x03deep\0".to_vec();
    for level in (1..=levels).rev() {
        let length = i32::try_from(EMPTY + level * LEVEL).unwrap_or(i32::MAX);
        entry.extend_from_slice(&length.to_le_bytes());
        entry.extend_from_slice(b"\x03a\0");
    }
    entry.extend_from_slice(&[5, 0, 0, 0, 0]);
    entry.resize(entry.len() + levels, 0);
    let Some((0, fields)) = body.split_last().map(|(end, fields)| (*end, fields)) else { return body.to_vec() };
    let length = i32::try_from(body.len() + entry.len()).unwrap_or(i32::MAX);
    [&length.to_le_bytes(), &fields[4..], &entry, &[0]].concat()
}

/// A document of so many levels.
fn nested(levels: usize) -> Bson {
    (0..levels).fold(Bson::Int32(1), |inner, _| doc! { "a": inner }.into())
}

/// The document with an entry changed; bytes that are no document stay.
pub(super) fn forged(body: &[u8], rng: &mut Rng) -> Vec<u8> {
    let Ok(mut document) = Document::from_reader(body) else { return body.to_vec() };
    match rng.u8(..3) {
        0 => {
            // What tells the outcome is another, or comes beside what told it.
            let name = TOLD[rng.usize(..TOLD.len())];
            document.insert(name, hostile(rng));
        }
        _ => change(&mut document, rng),
    }
    document.to_vec().unwrap_or_else(|_| body.to_vec())
}

fn change(document: &mut Document, rng: &mut Rng) {
    if document.is_empty() {
        return;
    }
    let at = rng.usize(..document.len());
    let Some(name) = document.keys().nth(at).cloned() else { return };
    match (rng.u8(..4), document.get_mut(&name)) {
        (0, _) => drop(document.remove(&name)),
        (1 | 2, Some(Bson::Document(inner))) => change(inner, rng),
        (1 | 2, Some(Bson::Array(items))) if !items.is_empty() => {
            let at = rng.usize(..items.len());
            match &mut items[at] {
                Bson::Document(inner) => change(inner, rng),
                item => *item = hostile(rng),
            }
        }
        (_, Some(value)) => *value = hostile(rng),
        (_, None) => {}
    }
}
