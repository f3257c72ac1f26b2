//! Records as JSON and back, straight from and into their bytes.
//!
//! | value | JSON |
//! |---|---|
//! | text, truth value, null, list, map | the same |
//! | integer | a number without a fraction |
//! | float | a number with a fraction; without one if it is beyond every integer that is kept |
//! | instant | the integer of its milliseconds |
//! | ObjectId | the text of 24 hex digits |
//! | bytes | `{"$bytes": "00ff"}`: hex text sorts as the bytes do |
//! | set | `{"$set": [members in order]}` |
//!
//! A name of a map that begins with `$` is written with one `$` more. In text, U+0001 U+0002 stands for a NUL, which PostgreSQL
//! keeps none of, and U+0001 U+0003 for U+0001: so texts sort as they are. Instants and ObjectIds are read where the model
//! has them.

mod form;
mod read;
mod write;

pub(super) use form::{BYTES, SET, hex};
pub(super) use read::{Readers, read_record};
pub(super) use write::{stored_text, value_json, write_record};
