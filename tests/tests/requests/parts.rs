//! What queries of several parts, pages back and conditions by name send.

use std::collections::BTreeMap;

use reposit::{Op, Repository};
use serde::{Deserialize, Serialize};

use crate::counted::{Counted, sends};
use crate::pages::listings;
use reposit_tests::proxy::Names;
use reposit_tests::report;
use reposit_tests::servers::Target;

/// Queries of several parts, and pages back: each is one request, as a page is.
pub(super) async fn parts_and_pages_back_send_the_least(target: Target) {
    let (request, _) = listings(target);
    let count = Names::of(target).count;
    let (c, label) = Counted::on(target).await;
    let db = c.db.clone();
    db.define::<Shop>().await.unwrap();
    let shop = |id: u64| Shop { id, tenant: "t".into(), state: "CA".into(), city: format!("c{}", id % 3), code: id };
    Shop::put_many(&(0..20).map(shop).collect::<Vec<_>>()).exec(&db).await.unwrap();
    let q = || Shop::find_by_tenant_and_state("t", "CA");
    sends!(c, "a hash of two parts", q().exec(&db), [(request, 1)]);
    sends!(c, "and a given part", q().then("c1").range(3..).limit(2).exec(&db), [(request, 1)]);
    sends!(c, "and its count", q().then("c1").count(&db), [(count, 1)]);
    sends!(c, "an erased query", q().erased().limit(3).all(&db), [(request, 1)]);
    sends!(c, "a condition by name", q().filter(Shop::condition("id", Op::Ge, 0).unwrap()).exec(&db), [(request, 1)]);
    let first = q().limit(4).exec(&db).await.unwrap();
    let second = q().limit(4).after(&first.next).exec(&db).await.unwrap();
    sends!(c, "a page back", q().limit(4).before(&second.previous).exec(&db), [(request, 1)]);
    sends!(c, "the first before it", q().before(&second.previous).first(&db), [(request, 1)]);
    sends!(c, "all before it", q().before(&second.previous).all(&db), [(request, 1)]);
    report::ran("requests::parts_and_pages_back_send_the_least", &label);
}

#[derive(Debug, Clone, Serialize, Deserialize, Repository)]
#[repository(name = "shops", index(hash = ["tenant", "state"], range = ["city", "code"]))]
struct Shop {
    #[hash_key]
    id: u64,
    tenant: String,
    state: String,
    city: String,
    code: u64,
}
