//! What reads that may be stale send: no more than others.

use std::collections::BTreeMap;

use reposit::StaleReads;
use reposit_tests::models::{Event, Note, User};

use crate::counted::{Counted, sends};

/// Of records that are there or not: `get`, `find` and `query` are the names of the requests.
pub(crate) async fn on(c: &Counted, [get, many, find, query, count]: [&str; 5]) {
    let near = c.db.stale_reads(StaleReads::secondary_preferred()).unwrap();
    sends!(c, "stale get", Note::get("n").stale().exec(&near), [(get, 1)]);
    let ids: Vec<_> = (0..50).map(|n| n.to_string()).collect();
    sends!(c, "stale get of many", Note::get_many(&ids).stale().exec(&near), [(many, 1)]);
    sends!(c, "stale find", User::find_by_email("nobody@example.com").stale().exec(&near), [(find, 1)]);
    sends!(c, "stale page", User::find_by_team("none").limit(10).stale().exec(&near), [(query, 1)]);
    sends!(c, "stale count", Event::query("none").stale().count(&near), [(count, 1)]);
    sends!(c, "stale first", Event::query("none").stale().first(&near), [(query, 1)]);
}
