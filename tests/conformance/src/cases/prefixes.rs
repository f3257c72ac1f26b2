//! Table prefixes: two in one database, account or store, each with repositories of the same names.

use reposit::{Database, DropForGood, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::Capability;
use crate::test::{START, Test, kind};

cases!(
    two_prefixes_share_no_record_and_no_unique_value,
    each_prefix_is_defined_and_planned_for_itself,
    batches_and_transactions_stay_under_their_prefix,
    locks_of_two_prefixes_are_two,
    what_is_taken_away_under_one_prefix_stays_under_the_other: Truncate DropRepository ListRepositories,
    repositories_are_listed_without_their_prefix: ListRepositories,
    errors_and_plans_name_the_repository_by_its_own_name,
    a_prefix_that_no_name_can_begin_with_is_refused,
    a_name_that_a_prefix_makes_too_long_is_refused,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tenants")]
pub struct Tenant {
    #[hash_key]
    pub id: u32,
    #[index(unique)]
    pub email: String,
    #[index]
    pub house: String,
    #[ttl]
    pub leaves: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "rents")]
pub struct Rent {
    #[hash_key]
    pub tenant: u32,
    #[range_key]
    pub month: u32,
    #[index(unique)]
    pub receipt: String,
}

/// The repository of the same name with another key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "rents")]
struct Rental {
    #[hash_key]
    id: String,
}

pub fn tenant(id: u32, house: &str) -> Tenant {
    Tenant { id, email: format!("t{id}@example.com"), house: house.into(), leaves: START + 1000 }
}

fn rent(tenant: u32, month: u32) -> Rent {
    Rent { tenant, month, receipt: format!("r{tenant}-{month}") }
}

/// Two handles of one database, and its own.
async fn sides(test: &Test) -> [Database; 3] {
    let sides = [test.under("blue-").await, test.under("green.").await, test.under("").await];
    for db in &sides {
        db.define::<(Tenant, Rent)>().await.unwrap();
    }
    sides
}

async fn two_prefixes_share_no_record_and_no_unique_value(test: Test) {
    let sides = sides(&test).await;
    for (db, house) in sides.iter().zip(["blue", "green", "none"]) {
        // The same keys and unique values on each side.
        Tenant::create(&tenant(1, house)).exec(db).await.unwrap();
        assert_eq!(kind(Tenant::create(&tenant(1, house)).exec(db).await), ErrorKind::AlreadyExists);
        let taken = Tenant::create(&Tenant { id: 2, ..tenant(1, house) }).exec(db).await;
        assert_eq!(kind(taken), ErrorKind::UniqueViolation);
        Rent::put(&rent(1, 5)).exec(db).await.unwrap();
    }
    for (db, house) in sides.iter().zip(["blue", "green", "none"]) {
        let only = tenant(1, house);
        assert_eq!(Tenant::get(1).exec(db).await.unwrap(), Some(only.clone()));
        assert_eq!(Tenant::find_by_email("t1@example.com").consistent().exec(db).await.unwrap(), Some(only.clone()));
        let only = [only];
        assert_eq!(Tenant::find_by_house(house).all(db).await.unwrap(), only);
        assert_eq!(Tenant::scan().all(db).await.unwrap(), only);
        assert_eq!(Rent::query(1).count(db).await.unwrap(), 1);
    }
    let [blue, green, none] = &sides;
    assert!(Tenant::delete(1).exec(blue).await.unwrap());
    Tenant::create(&Tenant { id: 2, ..tenant(1, "blue") }).exec(blue).await.unwrap();
    let moved = Tenant::update(1).set(Tenant::EMAIL, "new@example.com").exec(green).await.unwrap();
    assert_eq!((moved.house.as_str(), moved.email.as_str()), ("green", "new@example.com"));
    assert_eq!(Tenant::get(1).exec(none).await.unwrap(), Some(tenant(1, "none")));
    test.advance(2000);
    for db in &sides {
        assert_eq!(Tenant::scan().count(db).await.unwrap(), 0, "all have expired");
        assert!(db.verify::<Tenant>().await.unwrap().is_empty() && db.verify::<Rent>().await.unwrap().is_empty());
    }
}

async fn each_prefix_is_defined_and_planned_for_itself(test: Test) {
    let (blue, green) = (test.under("blue-").await, test.under("green-").await);
    blue.define::<Rent>().await.unwrap();
    assert!(blue.plan::<Rent>().await.unwrap()[0].is_empty());
    assert!(!green.plan::<Rent>().await.unwrap()[0].is_empty(), "nothing is there under this one");
    assert_eq!(kind(Rent::get(1, 1).exec(&green).await), ErrorKind::SchemaMismatch);
    // A repository of this name may be another there.
    green.define::<Rental>().await.unwrap();
    assert_eq!(kind(green.define::<Rent>().await), ErrorKind::SchemaMismatch);
    assert_eq!(kind(blue.define::<Rental>().await), ErrorKind::SchemaMismatch);
    Rental::create(&Rental { id: "r".into() }).exec(&green).await.unwrap();
    Rent::create(&rent(1, 1)).exec(&blue).await.unwrap();
    // Another handle knows it from what is stored alone.
    let again = test.under("blue-").await;
    assert_eq!(Rent::get(1, 1).exec(&again).await.unwrap(), Some(rent(1, 1)));
    assert_eq!(kind(Rental::get("r").exec(&again).await), ErrorKind::SchemaMismatch);
}

async fn batches_and_transactions_stay_under_their_prefix(test: Test) {
    let [blue, green, none] = sides(&test).await;
    let tenants: Vec<_> = (0..30).map(|id| tenant(id, "blue")).collect();
    Tenant::put_many(&tenants).exec(&blue).await.unwrap();
    let found = Tenant::get_many(0..30).exec(&blue).await.unwrap();
    assert_eq!(found.into_iter().flatten().collect::<Vec<_>>(), tenants);
    assert!(Tenant::get_many(0..30).exec(&green).await.unwrap().iter().all(Option::is_none));
    let (first, rents) = (tenant(1, "green"), [rent(1, 1), rent(1, 2)]);
    let both = |of: usize| green.transaction().add(Tenant::create(&first)).add(Rent::create(&rents[of]));
    both(0).commit().await.unwrap();
    assert_eq!(kind(both(1).commit().await), ErrorKind::AlreadyExists);
    if test.can(Capability::Snapshot) {
        let read = green.snapshot((Tenant::get(1), Rent::get(1, 1))).await.unwrap();
        assert_eq!(read, (Some(tenant(1, "green")), Some(rent(1, 1))));
        assert_eq!(blue.snapshot((Tenant::get(1), Rent::get(1, 1))).await.unwrap(), (Some(tenant(1, "blue")), None));
    }
    Tenant::delete_many(0..30).exec(&blue).await.unwrap();
    assert_eq!(Tenant::scan().count(&blue).await.unwrap(), 0);
    let addresses = ["t1@example.com", "t2@example.com"];
    let found = Tenant::find_many_by_email(addresses).exec(&green).await.unwrap();
    assert_eq!(found, [Some(tenant(1, "green")), None]);
    assert_eq!(Tenant::scan().count(&none).await.unwrap(), 0);
}

async fn locks_of_two_prefixes_are_two(test: Test) {
    let (blue, green) = (test.under("blue-").await, test.under("green-").await);
    blue.define_locks().await.unwrap();
    let held = blue.lock("boiler").try_acquire().await.unwrap().expect("free");
    let other = green.lock("boiler").try_acquire().await.unwrap().expect("another's lock");
    assert!(test.under("blue-").await.lock("boiler").try_acquire().await.unwrap().is_none(), "held there");
    held.release().await.unwrap();
    other.release().await.unwrap();
}

async fn what_is_taken_away_under_one_prefix_stays_under_the_other(test: Test) {
    let [blue, green, none] = sides(&test).await;
    for db in [&blue, &green, &none] {
        Tenant::create(&tenant(1, "any")).exec(db).await.unwrap();
    }
    blue.truncate::<Tenant>(DropForGood).await.unwrap();
    none.drop_repository::<Tenant>(DropForGood).await.unwrap();
    assert_eq!(Tenant::scan().count(&blue).await.unwrap(), 0);
    assert_eq!(kind(Tenant::get(1).exec(&none).await), ErrorKind::SchemaMismatch);
    assert_eq!(Tenant::find_by_email("t1@example.com").exec(&green).await.unwrap(), Some(tenant(1, "any")));
    assert!(green.verify::<Tenant>().await.unwrap().is_empty());
    blue.drop_repository::<Tenant>(DropForGood).await.unwrap();
    assert_eq!(blue.repositories().await.unwrap(), ["rents"]);
    assert_eq!(green.repositories().await.unwrap(), ["rents", "tenants"]);
}

async fn repositories_are_listed_without_their_prefix(test: Test) {
    let (blue, green) = (test.under("blue-").await, test.under("green-").await);
    assert_eq!(blue.repositories().await.unwrap(), Vec::<String>::new());
    blue.define::<(Tenant, Rent)>().await.unwrap();
    blue.define_locks().await.unwrap();
    green.define::<Rental>().await.unwrap();
    assert_eq!(blue.repositories().await.unwrap(), ["rents", "tenants"], "no locks, guards or catalogue");
    assert_eq!(green.repositories().await.unwrap(), ["rents"]);
    assert_eq!(test.under("red-").await.repositories().await.unwrap(), Vec::<String>::new());
    let none = test.under("").await;
    none.define::<Rent>().await.unwrap();
    assert!(none.repositories().await.unwrap().contains(&"rents".to_owned()));
}

async fn errors_and_plans_name_the_repository_by_its_own_name(test: Test) {
    let db = test.under("blue-").await;
    let plan = db.plan::<Rent>().await.unwrap().remove(0);
    assert_eq!(plan.repository(), "rents");
    assert!(plan.to_string().starts_with("rents:") && !plan.to_string().contains("blue-"), "{plan}");
    let named = |error: reposit::Error| {
        assert_eq!(error.repository(), Some("rents"), "{error}");
        error.kind()
    };
    assert_eq!(named(Rent::get(1, 1).exec(&db).await.unwrap_err()), ErrorKind::SchemaMismatch);
    db.define::<Rent>().await.unwrap();
    assert_eq!(named(db.define::<Rental>().await.unwrap_err()), ErrorKind::SchemaMismatch);
    Rent::create(&rent(1, 1)).exec(&db).await.unwrap();
    assert_eq!(named(Rent::create(&rent(1, 1)).exec(&db).await.unwrap_err()), ErrorKind::AlreadyExists);
    assert_eq!(named(Rent::update(1, 2).set(Rent::RECEIPT, "x").exec(&db).await.unwrap_err()), ErrorKind::NotFound);
    let taken = Rent { month: 2, ..rent(1, 1) };
    assert_eq!(named(Rent::create(&taken).exec(&db).await.unwrap_err()), ErrorKind::UniqueViolation);
    let together = db.transaction().add(Rent::create(&rent(1, 3))).add(Rent::create(&taken)).commit().await;
    assert_eq!(named(together.unwrap_err()), ErrorKind::UniqueViolation);
    let failed = Rent::create_many(&[rent(1, 4), taken]).exec(&db).await.unwrap_err();
    assert_eq!(named(failed.failures()[0].error.clone()), ErrorKind::UniqueViolation);
}

async fn a_prefix_that_no_name_can_begin_with_is_refused(test: Test) {
    for (prefix, word) in
        [("a b", "letters, digits"), ("x/", "letters, digits"), ("system.", "MongoDB"), ("_reposit", "reposit keeps")]
    {
        let error = test.open(test.opening().prefix(prefix)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().starts_with("the table prefix") && error.message().contains(word), "{error}");
    }
}

async fn a_name_that_a_prefix_makes_too_long_is_refused(test: Test) {
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "repairs_of_pipes_and_drains")]
    struct Repair {
        #[hash_key]
        id: u32,
    }
    let db = test.under(&"x".repeat(240)).await;
    for error in [
        db.define::<Repair>().await.unwrap_err(),
        Repair::get(1).exec(&db).await.unwrap_err(),
        db.transaction().add(Repair::put(&Repair { id: 1 })).commit().await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.repository()), (ErrorKind::InvalidInput, Some("repairs_of_pipes_and_drains")));
        assert!(error.message().contains("at most 255 characters"), "{error}");
    }
}
