use std::time::Duration;

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{User, user};
use crate::test::{START, Test, kind};

cases!(
    save_creates_at_version_zero,
    save_replaces_its_own_version_only,
    save_of_a_missing_record_is_not_found,
    update_moves_the_version,
    delete_checks_the_version,
    a_failed_save_leaves_the_struct_alone,
    create_stores_no_version_zero,
    a_version_stays_within_its_field,
    versions_above_what_is_signed_are_exact,
    every_write_moves_the_version,
    an_expired_record_has_no_version,
);

async fn save_creates_at_version_zero(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    assert_eq!(ada.revision, 1);
    assert_eq!(User::get("u1").exec(db).await.unwrap(), Some(ada));
    let mut fresh = user("u1", "core", 1);
    assert_eq!(kind(User::save(&mut fresh).exec(db).await), ErrorKind::AlreadyExists);
    assert_eq!(fresh.revision, 0);
}

async fn save_replaces_its_own_version_only(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    let mut stale = ada.clone();
    ada.age = 37;
    User::save(&mut ada).exec(db).await.unwrap();
    assert_eq!(ada.revision, 2);
    stale.age = 99;
    let error = User::save(&mut stale).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VersionConflict);
    assert_eq!(stale.revision, 1);
    assert_eq!(User::get("u1").exec(db).await.unwrap(), Some(ada));
}

async fn save_of_a_missing_record_is_not_found(t: Test) {
    let db = t.with::<User>().await;
    let mut ghost = User { revision: 3, ..user("u1", "core", 1) };
    assert_eq!(kind(User::save(&mut ghost).exec(db).await), ErrorKind::NotFound);
    assert_eq!(ghost.revision, 3);
    assert_eq!(User::get("u1").exec(db).await.unwrap(), None);
}

async fn update_moves_the_version(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    let changed = User::update("u1").set(User::AGE, 40).exec(db).await.unwrap();
    assert_eq!((changed.revision, changed.age), (2, 40));
    assert_eq!(kind(User::save(&mut ada).exec(db).await), ErrorKind::VersionConflict);
    let moved = User::update("u1").set(User::EMAIL, "new@example.com").exec(db).await.unwrap();
    assert_eq!(moved.revision, 3);
}

async fn delete_checks_the_version(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    User::update("u1").set(User::AGE, 40).exec(db).await.unwrap();
    assert_eq!(kind(User::delete("u1").version(1).exec(db).await), ErrorKind::VersionConflict);
    assert!(User::delete("u1").version(2).exec(db).await.unwrap());
    assert!(!User::delete("u1").version(2).exec(db).await.unwrap(), "missing and stale are told apart");
}

async fn a_failed_save_leaves_the_struct_alone(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    let mut bob = User { id: "u2".into(), ..user("u1", "core", 1) };
    let before = bob.clone();
    assert_eq!(kind(User::save(&mut bob).exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(bob, before);
}

async fn create_stores_no_version_zero(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    let mut got = User::get("u1").exec(db).await.unwrap().unwrap();
    assert_eq!(got.revision, 1);
    got.age = 50;
    User::save(&mut got).exec(db).await.unwrap();
    assert_eq!(got.revision, 2);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Narrow {
    #[hash_key]
    id: String,
    count: u32,
    #[version]
    revision: u8,
}

async fn a_version_stays_within_its_field(t: Test) {
    let db = t.with::<Narrow>().await;
    let mut last = Narrow { id: "n".into(), count: 0, revision: 254 };
    Narrow::create(&last).exec(db).await.unwrap();
    Narrow::save(&mut last).exec(db).await.unwrap();
    assert_eq!(last.revision, u8::MAX);
    // There is none after it: every path refuses, and what is stored stays as it is.
    assert_eq!(kind(Narrow::save(&mut last).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Narrow::update("n").add(Narrow::COUNT, 1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Narrow::upsert("n").set(Narrow::COUNT, 1).exec(db).await), ErrorKind::InvalidInput);
    let add = db.transaction().add(Narrow::update("n").add(Narrow::COUNT, 1));
    assert_eq!(kind(add.commit().await), ErrorKind::InvalidInput);
    assert_eq!(Narrow::get("n").exec(db).await.unwrap(), Some(last));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Wide {
    #[hash_key]
    id: String,
    count: u32,
    #[version]
    revision: u64,
}

async fn versions_above_what_is_signed_are_exact(t: Test) {
    let db = t.with::<Wide>().await;
    for start in [(1 << 53) - 1, i64::MAX as u64 - 1, i64::MAX as u64, u64::MAX - 3] {
        let id = start.to_string();
        let mut wide = Wide { id: id.clone(), count: 0, revision: start };
        Wide::create(&wide).exec(db).await.unwrap();
        let mut stale = Wide { revision: start - 1, ..wide.clone() };
        assert_eq!(kind(Wide::save(&mut stale).exec(db).await), ErrorKind::VersionConflict, "{start}");
        Wide::save(&mut wide).exec(db).await.unwrap();
        assert_eq!(wide.revision, start + 1);
        let updated =
            Wide::update(&id).add(Wide::COUNT, 1).only_if(Wide::REVISION.eq(start + 1)).exec(db).await.unwrap();
        assert_eq!(updated.revision, start + 2);
        assert_eq!(kind(Wide::save(&mut wide).exec(db).await), ErrorKind::VersionConflict, "{start}");
        db.transaction().add(Wide::upsert(&id).add(Wide::COUNT, 1)).commit().await.unwrap();
        assert_eq!(Wide::get(&id).exec(db).await.unwrap().unwrap().revision, start + 3);
        assert_eq!(kind(Wide::delete(&id).version(start + 2).exec(db).await), ErrorKind::VersionConflict, "{start}");
    }
    // The last one has none after it.
    let mut last = Wide::get(&(u64::MAX - 3).to_string()).exec(db).await.unwrap().unwrap();
    assert_eq!(last.revision, u64::MAX);
    assert_eq!(kind(Wide::save(&mut last).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(kind(Wide::update(&last.id).add(Wide::COUNT, 1).exec(db).await), ErrorKind::InvalidInput);
    assert_eq!(Wide::get(&last.id).exec(db).await.unwrap(), Some(last.clone()));
    assert!(Wide::delete(&last.id).version(u64::MAX).exec(db).await.unwrap());
}

async fn every_write_moves_the_version(t: Test) {
    let db = t.with::<Wide>().await;
    assert_eq!(Wide::upsert("w").set(Wide::COUNT, 1).exec(db).await.unwrap().revision, 1);
    assert_eq!(Wide::upsert("w").set(Wide::COUNT, 1).exec(db).await.unwrap().revision, 2);
    assert_eq!(Wide::update("w").exec(db).await.unwrap().revision, 2, "an update without changes is no write");
    assert_eq!(
        Wide::update("w").set(Wide::COUNT, 1).exec(db).await.unwrap().revision,
        3,
        "what it sets is there already"
    );
    let refused = Wide::update("w").set(Wide::COUNT, 9).only_if(Wide::COUNT.eq(7)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    let mut wide = Wide::get("w").exec(db).await.unwrap().unwrap();
    assert_eq!(wide.revision, 3);
    db.transaction().add(Wide::check("w").only_if(Wide::REVISION.eq(3))).commit().await.unwrap();
    Wide::save(&mut wide).exec(db).await.unwrap();
    assert_eq!(wide.revision, 4, "a check has not moved it");
    let stored = Wide::create(&Wide { id: "x".into(), count: 0, revision: 5 }).exec_returning(db).await.unwrap();
    assert_eq!(stored.revision, 5);
    assert!(Wide::delete("w").exec(db).await.unwrap());
    assert_eq!(kind(Wide::save(&mut wide).exec(db).await), ErrorKind::NotFound);
    wide.revision = 0;
    Wide::save(&mut wide).exec(db).await.unwrap();
    assert_eq!(wide.revision, 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Lasting {
    #[hash_key]
    id: String,
    #[ttl]
    until: i64,
    #[version]
    revision: u32,
}

async fn an_expired_record_has_no_version(t: Test) {
    let db = t.with::<Lasting>().await;
    let mut lasting = Lasting { id: "l".into(), until: START + 10, revision: 0 };
    Lasting::save(&mut lasting).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(10));
    lasting.until = START + 100;
    assert_eq!(kind(Lasting::save(&mut lasting).exec(db).await), ErrorKind::NotFound);
    assert!(!Lasting::delete("l").version(7u32).exec(db).await.unwrap());
    db.transaction().add(Lasting::delete("l").version(7u32)).commit().await.unwrap();
    lasting.revision = 0;
    Lasting::save(&mut lasting).exec(db).await.unwrap();
    assert_eq!(Lasting::get("l").exec(db).await.unwrap(), Some(lasting.clone()));
    assert_eq!(lasting.revision, 1);
}
