use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::harness::{Test, kind};
use crate::models::{User, user};

const MODULE: &str = module_path!();

cases!(
    save_creates_at_version_zero,
    save_replaces_its_own_version_only,
    save_of_a_missing_record_is_not_found,
    update_moves_the_version,
    delete_checks_the_version,
    a_failed_save_leaves_the_struct_alone,
    create_stores_no_version_zero,
    a_version_stays_within_its_field,
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
    assert_eq!(kind(User::delete("u1").version(1u64).exec(db).await), ErrorKind::VersionConflict);
    assert!(User::delete("u1").version(2u64).exec(db).await.unwrap());
    assert!(!User::delete("u1").version(2u64).exec(db).await.unwrap(), "missing and stale are told apart");
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
