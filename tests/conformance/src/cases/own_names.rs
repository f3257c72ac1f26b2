use reposit::{Database, ErrorKind, IntoKey, Repository, Result, Versioned};
use serde::{Deserialize, Serialize};

use crate::test::Test;

cases!(
    names_may_be_constants,
    a_finder_has_a_name_of_its_own,
    a_method_of_the_models_own_stands_before_the_derives,
    the_trait_has_every_operation,
    the_trait_saves_what_has_a_version
);

const TABLE: &str = "people";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = TABLE, index(name = concat!("CITY", "-index.v2"), hash = "city", range = "age"))]
struct Person {
    #[hash_key]
    id: String,
    #[index(name = "EMAIL-index", finder = "by_mail", unique)]
    email: String,
    #[index(name = Self::TEAM_INDEX)]
    team: String,
    city: String,
    age: u32,
}

impl Person {
    const TEAM_INDEX: &'static str = "TEAM-index";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = concat!("people", "_of_old"), skip(create, get, put, update, upsert, delete, check, scan, query))]
#[repository(skip(get_many, put_many, delete_many))]
struct Old {
    #[hash_key]
    id: String,
    #[range_key]
    year: u16,
    age: u32,
}

impl Old {
    /// The only way in is the model's own.
    async fn create(db: &Database, id: &str) -> Result<Self> {
        let old = Self { id: id.to_lowercase(), year: 1815, age: 36 };
        <Self as Repository>::create(&old).exec(db).await?;
        Ok(old)
    }
}

fn ada() -> Person {
    Person { id: "p1".into(), email: "ada@example.com".into(), team: "engine".into(), city: "London".into(), age: 36 }
}

async fn names_may_be_constants(test: Test) {
    let db = test.with::<Person>().await;
    let definition = Person::definition();
    let names: Vec<_> = definition.indexes().iter().map(|index| index.name).collect();
    assert_eq!((definition.name(), names.as_slice()), ("people", &["EMAIL-index", "TEAM-index", "CITY-index.v2"][..]));
    Person::create(&ada()).exec(db).await.unwrap();
    assert_eq!(Person::find_by_team("engine").all(db).await.unwrap(), [ada()]);
    assert_eq!(Person::find_by_city("London").range(30..40).all(db).await.unwrap(), [ada()]);
    assert_eq!(Person::find_by_city("Paris").all(db).await.unwrap(), []);
    // It stands in the database under this name: another process finds nothing to do.
    assert!(db.plan::<Person>().await.unwrap().iter().all(|plan| plan.is_empty()));
}

async fn a_finder_has_a_name_of_its_own(test: Test) {
    let db = test.with::<Person>().await;
    Person::create(&ada()).exec(db).await.unwrap();
    assert_eq!(Person::find_by_mail("ada@example.com").exec(db).await.unwrap(), Some(ada()));
    let twin = Person { id: "p2".into(), ..ada() };
    let error = Person::create(&twin).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("EMAIL-index")));
}

async fn a_method_of_the_models_own_stands_before_the_derives(test: Test) {
    let db = test.with::<Old>().await;
    let old = Old::create(db, "Ada").await.unwrap();
    assert_eq!(<Old as Repository>::get(("ada", 1815)).exec(db).await.unwrap(), Some(old));
}

async fn the_trait_has_every_operation(test: Test) {
    let db = test.with::<Old>().await;
    round_trip(db, Old { id: "ada".into(), year: 1815, age: 36 }, ("ada", 1815)).await;
    assert_eq!(Old::definition().name(), "people_of_old");
}

/// Every operation in code that does not know the model.
async fn round_trip<M, K>(db: &Database, record: M, key: K)
where
    M: Repository + reposit::Unversioned + Clone + PartialEq + std::fmt::Debug,
    K: IntoKey<M::Key> + Copy,
{
    M::create(&record).exec(db).await.unwrap();
    assert_eq!(M::create(&record).exec(db).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    M::put(&record).exec(db).await.unwrap();
    M::put_many(std::slice::from_ref(&record)).exec(db).await.unwrap();
    assert_eq!(M::get(key).exec(db).await.unwrap().as_ref(), Some(&record));
    assert_eq!(M::get_many([key, key]).exec(db).await.unwrap(), [Some(record.clone()), Some(record.clone())]);
    assert_eq!(M::update(key).exec(db).await.unwrap(), record);
    assert_eq!(M::upsert(key).exec(db).await.unwrap_err().kind(), ErrorKind::InvalidInput, "no whole record");
    assert_eq!(M::scan().all(db).await.unwrap(), std::slice::from_ref(&record));
    db.transaction().add(M::check(key)).commit().await.unwrap();
    assert!(M::delete(key).exec(db).await.unwrap());
    M::delete_many([record.key()]).exec(db).await.unwrap();
    assert_eq!(M::get(record.key()).exec(db).await.unwrap(), None);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "paged", skip(save))]
struct Page {
    #[hash_key]
    path: String,
    #[version]
    revision: u32,
}

async fn the_trait_saves_what_has_a_version(test: Test) {
    async fn saved<M: Versioned + Repository>(db: &Database, mut record: M) -> u64 {
        M::save(&mut record).exec(db).await.unwrap();
        record.version()
    }
    let db = test.with::<Page>().await;
    assert_eq!(saved(db, Page { path: "/".into(), revision: 0 }).await, 1);
}
