//! Indexes of several parts: models, and what both files of cases do with them.

pub(crate) mod given;
pub(crate) mod hash;

use reposit::operation::Page;
use reposit::{Cursor, Repository, Result};
use serde::{Deserialize, Serialize};

use crate::test::START;

/// No record.
pub(crate) const NONE: [u64; 0] = [];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "places",
    index(hash = ["tenant", "state"], range = "city"),
    index(name = "by_code", hash = ["tenant", "code"], unique),
    index(name = "by_door", hash = ["tenant", "state"], range = "door", projection = "keys_only"),
    index(name = "by_area", hash = ["area", "tenant"], range = ["state", "city", "door"])
)]
pub(crate) struct Place {
    #[hash_key]
    pub(crate) id: u64,
    pub(crate) tenant: String,
    pub(crate) state: String,
    pub(crate) city: String,
    pub(crate) code: u32,
    pub(crate) door: Vec<u8>,
    pub(crate) area: Option<Vec<u8>>,
    #[ttl]
    pub(crate) until: i64,
}

pub(crate) fn place(id: u64, tenant: &str, state: &str, city: &str) -> Place {
    Place {
        id,
        tenant: tenant.into(),
        state: state.into(),
        city: city.into(),
        code: id as u32,
        door: vec![id as u8; 1 + id as usize % 3],
        area: Some(vec![7]),
        until: START + 1000,
    }
}

pub(crate) fn ids(places: Result<Vec<Place>>) -> Vec<u64> {
    let mut ids: Vec<_> = places.unwrap().iter().map(|place| place.id).collect();
    ids.sort();
    ids
}

pub(crate) async fn pages<T, F>(all: &[T], mut page: impl FnMut(Option<Cursor>) -> F) -> Vec<T>
where
    T: Clone,
    F: Future<Output = Result<Page<T>>>,
{
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let next = page(cursor.take()).await.unwrap();
        found.extend(next.items);
        assert!(found.len() <= all.len() + 1, "pages without end");
        let Some(next) = next.next else { return found };
        cursor = Some(next);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(
    name = "shifts",
    index(name = "by_kind", hash = ["worker", "kind"], range = "day"),
    index(name = "by_day", hash = ["kind", "day"], range = ["worker", "note"])
)]
pub(crate) struct Shift {
    #[hash_key]
    pub(crate) worker: String,
    #[range_key]
    pub(crate) day: u32,
    pub(crate) kind: String,
    #[index(local)]
    pub(crate) note: String,
}

pub(crate) fn shift(worker: &str, day: u32, kind: &str) -> Shift {
    Shift { worker: worker.into(), day, kind: kind.into(), note: format!("n{}", day % 3) }
}

pub(crate) fn days(shifts: Result<Vec<Shift>>) -> Vec<(String, u32)> {
    shifts.unwrap().into_iter().map(|shift| (shift.worker, shift.day)).collect()
}
