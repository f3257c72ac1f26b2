//! What may cross threads: every public value, and the future of every operation.

use std::pin::pin;

use serde::{Deserialize, Serialize};

use crate::lock::{Lease, LockRequest};
use crate::operation::{
    Check, Create, Delete, DeleteMany, FindUnique, Get, GetMany, Page, Primary, Put, PutMany, Query, RecordStream,
    Save, Scan, Secondary, Transaction, Update, Upsert,
};
use crate::{
    Builder, Condition, Config, Cursor, Database, Definition, Error, Expr, Field, Progress, Record, Result, Value,
};

#[derive(Clone, Serialize, Deserialize, reposit_macros::Repository)]
#[repository(crate = "crate", name = "crossings")]
struct Crossing {
    #[hash_key]
    place: String,
    #[range_key]
    at: u64,
    #[index(unique)]
    ship: String,
    #[index]
    master: String,
}

#[derive(Clone, Serialize, Deserialize, reposit_macros::Repository)]
#[repository(crate = "crate", name = "voyages")]
struct Voyage {
    #[hash_key]
    ship: String,
    miles: u64,
    #[version]
    revision: u64,
}

const fn send<T: Send>() {}
const fn sync<T: Send + Sync>() {}

const _: () = {
    sync::<Database>();
    sync::<Config>();
    sync::<Cursor>();
    sync::<Error>();
    sync::<Progress>();
    sync::<Record>();
    sync::<Value>();
    sync::<Definition>();
    sync::<Condition<Crossing>>();
    sync::<Expr>();
    sync::<Field<Crossing, String>>();
    sync::<Page<Crossing>>();
    sync::<Lease>();
    sync::<LockRequest<'_>>();
};

const _: () = {
    sync::<Create<'_, Crossing>>();
    sync::<Put<'_, Crossing>>();
    sync::<PutMany<'_, Crossing>>();
    sync::<Get<Crossing>>();
    sync::<GetMany<Crossing>>();
    sync::<FindUnique<Crossing>>();
    sync::<Query<Crossing, u64, Primary>>();
    sync::<Query<Crossing, u64, Secondary<1>>>();
    sync::<Scan<Crossing>>();
    sync::<Update<Crossing>>();
    sync::<Upsert<Crossing>>();
    sync::<Delete<Crossing>>();
    sync::<DeleteMany<Crossing>>();
    sync::<Check<Crossing>>();
    sync::<Save<'_, Voyage>>();
    sync::<Transaction<'_>>();
    sync::<RecordStream<Crossing, Crossing>>();
    // It holds layers that are called once, and one task puts it together.
    send::<Builder>();
};

/// Runs a future that any runtime may move to another thread.
async fn spawned<T>(future: impl Future<Output = T> + Send) -> T {
    pin!(future).await
}

#[tokio::test]
async fn the_future_of_every_operation_is_send() -> Result<()> {
    let db = Database::open("memory:").await?;
    spawned(db.define::<(Crossing, Voyage)>()).await?;
    spawned(db.plan::<Crossing>()).await?;
    spawned(db.ping()).await?;
    let crossing = Crossing { place: "Dover".into(), at: 1, ship: "Bessemer".into(), master: "Ada".into() };
    spawned(Crossing::create(&crossing).exec(&db)).await?;
    spawned(Crossing::put(&crossing).exec(&db)).await?;
    spawned(Crossing::put_many(std::slice::from_ref(&crossing)).exec(&db)).await?;
    assert!(spawned(Crossing::get("Dover", 1).exec(&db)).await?.is_some());
    assert_eq!(spawned(Crossing::get_many([("Dover", 1)]).exec(&db)).await?.len(), 1);
    assert!(spawned(Crossing::find_by_ship("Bessemer").exec(&db)).await?.is_some());
    assert_eq!(spawned(Crossing::query("Dover").exec(&db)).await?.items.len(), 1);
    assert_eq!(spawned(Crossing::query("Dover").range(1..).all(&db)).await?.len(), 1);
    assert_eq!(spawned(Crossing::find_by_master("Ada").count(&db)).await?, 1);
    assert!(spawned(Crossing::find_by_master("Ada").first(&db)).await?.is_some());
    assert_eq!(spawned(Crossing::scan().exec(&db)).await?.items.len(), 1);
    assert_eq!(spawned(Crossing::scan().all(&db)).await?.len(), 1);
    let moved = Crossing::update("Dover", 1).set(Crossing::MASTER, "Bob").only_if(Crossing::MASTER.eq("Ada"));
    assert_eq!(spawned(moved.exec(&db)).await?.master, "Bob");
    let mut voyage = Voyage { ship: "Bessemer".into(), miles: 0, revision: 0 };
    spawned(Voyage::save(&mut voyage).exec(&db)).await?;
    spawned(Voyage::upsert("Bessemer").add(Voyage::MILES, 21).exec(&db)).await?;
    spawned(db.transaction().add(Crossing::check("Dover", 1)).add(Voyage::delete("Bessemer")).commit()).await?;
    let (here, _) = spawned(db.snapshot((Crossing::get("Dover", 1), Voyage::get("Bessemer")))).await?;
    assert!(here.is_some());
    assert!(spawned(db.verify::<Crossing>()).await?.is_empty());
    assert!(spawned(db.repair::<Crossing>()).await?.is_empty());
    let lease = spawned(db.lock("harbour").acquire()).await?;
    assert!(spawned(lease.release()).await?);
    assert!(spawned(Crossing::delete("Dover", 1).exec(&db)).await?);
    spawned(Crossing::delete_many([("Dover", 1)]).exec(&db)).await
}
