use reposit::{DropForGood, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    a_dropped_repository_is_gone_and_can_be_another: DropRepository,
    dropping_what_is_not_there_does_nothing: DropRepository,
    a_truncated_repository_is_empty_and_goes_on: Truncate,
    truncating_what_is_not_there_is_refused: Truncate,
    others_keep_theirs: Truncate DropRepository,
    tuples_may_be_nested_and_definitions_gathered,
    locks_are_defined_before_they_are_asked_for
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "guests")]
struct Guest {
    #[hash_key]
    id: u32,
    #[index(unique)]
    email: String,
    #[index]
    room: String,
    #[ttl]
    leaves: i64,
}

/// The same repository with other keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "guests")]
struct Named {
    #[hash_key]
    id: String,
    #[range_key]
    night: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "guests_of_honour")]
struct Honoured {
    #[hash_key]
    id: u32,
    #[index(unique)]
    email: String,
}

fn guest(id: u32) -> Guest {
    let leaves = crate::test::START + 100;
    Guest { id, email: format!("g{id}@example.com"), room: "1".into(), leaves }
}

async fn a_dropped_repository_is_gone_and_can_be_another(test: Test) {
    let db = test.with::<Guest>().await;
    Guest::create(&guest(1)).exec(db).await.unwrap();
    assert_eq!(kind(db.define::<Named>().await), ErrorKind::SchemaMismatch);
    db.drop_repository::<Guest>(DropForGood).await.unwrap();
    assert_eq!(kind(Guest::get(1).exec(db).await), ErrorKind::SchemaMismatch);
    assert_eq!(kind(Guest::create(&guest(1)).exec(db).await), ErrorKind::SchemaMismatch);
    db.define::<Named>().await.unwrap();
    let named = Named { id: "ada".into(), night: 1 };
    Named::create(&named).exec(db).await.unwrap();
    assert_eq!(Named::scan().all(db).await.unwrap(), [named], "nothing is left of the first");
    db.drop_repository::<Named>(DropForGood).await.unwrap();
    db.define::<Guest>().await.unwrap();
    // Its values are free again, and its indexes empty.
    Guest::create(&Guest { id: 2, ..guest(1) }).exec(db).await.unwrap();
    assert_eq!(Guest::find_by_room("1").count(db).await.unwrap(), 1);
    test.is_sound::<Guest>().await;
}

async fn dropping_what_is_not_there_does_nothing(test: Test) {
    test.db.drop_repository::<Guest>(DropForGood).await.unwrap();
    let db = test.with::<Guest>().await;
    db.drop_repository::<Guest>(DropForGood).await.unwrap();
    db.drop_repository::<Guest>(DropForGood).await.unwrap();
}

async fn a_truncated_repository_is_empty_and_goes_on(test: Test) {
    let db = test.with::<Guest>().await;
    let guests: Vec<_> = (0..60).map(guest).collect();
    Guest::put_many(&guests).exec(db).await.unwrap();
    test.advance(200);
    // One that has expired is in the way of nothing either.
    Guest::create(&Guest { leaves: guest(0).leaves + 1000, ..guest(70) }).exec(db).await.unwrap();
    db.truncate::<Guest>(DropForGood).await.unwrap();
    assert_eq!(Guest::scan().count(db).await.unwrap(), 0);
    assert_eq!(Guest::find_by_room("1").count(db).await.unwrap(), 0);
    assert_eq!(Guest::find_by_email("g70@example.com").exec(db).await.unwrap(), None);
    let again = Guest { id: 99, leaves: guest(0).leaves + 1000, ..guest(70) };
    Guest::create(&again).exec(db).await.unwrap();
    assert_eq!(Guest::find_by_email("g70@example.com").exec(db).await.unwrap(), Some(again));
    test.is_sound::<Guest>().await;
    assert!(db.plan::<Guest>().await.unwrap().iter().all(|plan| plan.is_empty()));
}

async fn truncating_what_is_not_there_is_refused(test: Test) {
    let error = test.db.truncate::<Guest>(DropForGood).await.unwrap_err();
    assert_eq!((error.kind(), error.repository()), (ErrorKind::SchemaMismatch, Some("guests")));
    assert_eq!(error.operation(), Some("truncate"));
}

async fn others_keep_theirs(test: Test) {
    let db = &test.db;
    db.define::<(Guest, Honoured)>().await.unwrap();
    let ada = Honoured { id: 1, email: "ada@example.com".into() };
    Honoured::create(&ada).exec(db).await.unwrap();
    Guest::create(&guest(1)).exec(db).await.unwrap();
    db.truncate::<Guest>(DropForGood).await.unwrap();
    db.drop_repository::<Guest>(DropForGood).await.unwrap();
    assert_eq!(Honoured::find_by_email("ada@example.com").exec(db).await.unwrap(), Some(ada));
    test.is_sound::<Honoured>().await;
}

async fn tuples_may_be_nested_and_definitions_gathered(test: Test) {
    #[derive(Debug, Serialize, Deserialize, Repository)]
    struct Tale {
        #[hash_key]
        id: u32,
    }
    type Inn = (Guest, Honoured);
    let db = &test.db;
    let names: Vec<_> = db.plan::<(Inn, (Tale, (Guest,)))>().await.unwrap();
    let names: Vec<_> = names.iter().map(|plan| plan.repository()).collect();
    assert_eq!(names, ["guests", "guests_of_honour", "tale", "guests"]);
    db.define::<(Inn, Tale)>().await.unwrap();
    let gathered = [Guest::definition(), Tale::definition()];
    db.define_all(&gathered).await.unwrap();
    assert!(db.plan_all(&gathered).await.unwrap().iter().all(|plan| plan.is_empty()));
    let error = db.define_all(&[Tale::definition(), Named::definition()]).await.unwrap_err();
    assert_eq!((error.kind(), error.repository()), (ErrorKind::SchemaMismatch, Some("guests")));
}

async fn locks_are_defined_before_they_are_asked_for(test: Test) {
    test.db.define_locks().await.unwrap();
    test.db.lock("inn").try_acquire().await.unwrap().expect("free").release().await.unwrap();
}
