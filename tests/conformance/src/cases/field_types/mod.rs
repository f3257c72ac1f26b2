//! Types of fields that are no strings, integers or instants: what is found by `eq`, set, and reached into.

pub(crate) mod containers;
pub(crate) mod days;
pub(crate) mod other_forms;
pub(crate) mod singles;
pub mod spellings;

use reposit::{Condition, Database, Model};

/// The ids of the records that a filter finds, by scans that count and by those that read.
async fn found<M: Model<Key = u64>>(db: &Database, filter: Condition<M>) -> Vec<u64> {
    let all = reposit::operation::Scan::<M>::new().filter(filter.clone()).all(db).await.unwrap();
    let count = reposit::operation::Scan::<M>::new().filter(filter).count(db).await.unwrap();
    assert_eq!(all.len() as u64, count);
    let mut ids: Vec<u64> = all.iter().map(M::own_key).collect();
    ids.sort_unstable();
    ids
}
