//! What a condition means: the same as a filter and as the condition of a write.

pub(crate) mod collections;
pub(crate) mod comparisons;
pub(crate) mod composition;
pub(crate) mod text;

use std::collections::BTreeMap;

use reposit::{Condition, ErrorKind};

use crate::models::{Address, Note, note};
use crate::test::Test;

pub(crate) fn sample() -> Note {
    Note {
        count: -7,
        big: u64::MAX,
        small: 200,
        ratio: 0.1,
        done: true,
        tags: vec!["red".into(), "blue".into()],
        data: vec![0, 1, 255],
        nickname: Some("Zoë".into()),
        address: Some(Address { city: "Graz".into(), zip: None, number: 12 }),
        labels: BTreeMap::from([("a".into(), "1".into())]),
        ..note("n")
    }
}

/// Says of each condition whether it is true of the sample: through a filter, and through a write.
pub(crate) async fn assert_all(t: &Test, conditions: Vec<(Condition<Note>, bool)>) {
    let db = t.with::<Note>().await;
    Note::put(&sample()).exec(db).await.unwrap();
    for (condition, expected) in conditions {
        let found = Note::scan().filter(condition.clone()).all(db).await;
        let found = found.unwrap_or_else(|e| panic!("{condition:?}: {e:?}"));
        assert_eq!(!found.is_empty(), expected, "as a filter: {condition:?}");
        let written = Note::update("n").set(Note::TITLE, "note n").only_if(condition.clone()).exec(db).await;
        match written {
            Ok(_) => assert!(expected, "as a condition: {condition:?}"),
            Err(e) if e.kind() == ErrorKind::ConditionFailed => assert!(!expected, "as a condition: {condition:?}"),
            Err(e) => panic!("{condition:?}: {e:?}"),
        }
    }
}
