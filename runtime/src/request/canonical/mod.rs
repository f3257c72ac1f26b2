//! The canonical encoding: values, and what a query reads, as bytes that depend on nothing but them.
//!
//! Everything is written as parts:
//!
//! ```text
//! kind (1 byte) · length (4 bytes, big end first) · content (as many bytes as the length says)
//! ```
//!
//! | kind | content | of |
//! |---|---|---|
//! | `n` | nothing | a null, and what no model can hold, which is written as a null |
//! | `o` | 1 byte, 0 or 1 | a truth value |
//! | `i` | 16 bytes, big end first, two's complement | an integer |
//! | `d` | 8 bytes, big end first, IEEE 754 | a float |
//! | `t` | 8 bytes, big end first, two's complement, of milliseconds | an instant |
//! | `s` | UTF-8 | text |
//! | `b` | the bytes | bytes |
//! | `l` | a value for each item | a list |
//! | `m` | an `s` and a value for each name, the names ascending | a map |
//! | `p` | an `s` for each name, an `a` for each position | a path |
//! | `a` | 8 bytes, big end first | a position in a list, a number of items, a segment |
//! | `A` | nothing | a range: all |
//! | `P` | an `s` | a range: text that begins so |
//! | `B` | two bounds, the low one first | a range: between bounds |
//! | `I`, `E`, `U` | a value, a value, nothing | a bound: included, excluded, none |
//! | `C` | `p`, `O`, a value | a condition: a comparison |
//! | `O` | the operator as text: `=`, `<>`, `<`, `<=`, `>`, `>=` | a comparison's operator |
//! | `N` | `p`, values | a condition: one of these |
//! | `G` | `p`, `s` | a condition: begins with |
//! | `H` | `p`, a value | a condition: contains |
//! | `Z` | `p`, `O`, `a` | a condition: the size |
//! | `Y`, `M` | `p` | a condition: exists, is missing |
//! | `&`, `\|`, `!` | conditions, conditions, one condition | a condition: all, any, not |
//! | `1` | values | a source: the primary key |
//! | `2` | `s`, the index's name, and values | a source: an index |
//! | `3` | nothing, or two `a` | a source: a scan, and which segment of how many |
//! | `q` | `s`, the repository's name; source; range; `o`, whether descending; `n` or a condition | a query |
//!
//! As each part says how long it is, no two things have the same bytes, and no part runs into the next. A
//! variant that comes later gets a kind of its own and changes no bytes that there are. What is stored (the
//! records of a store of bytes) and what travels (cursors) is made of these parts: a kind never changes its
//! meaning.

mod part;
mod query;
#[cfg(test)]
mod tests;
mod value;

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "postgres", feature = "redis"))]
pub(crate) use part::append_part;
pub(crate) use query::append_query;
#[cfg(feature = "keyspace")]
pub(crate) use value::read_attributes;
pub(crate) use value::{append_value, read_value};
