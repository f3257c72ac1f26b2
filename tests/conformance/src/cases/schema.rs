use futures_util::future::join_all;
use reposit::{Definition, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::models::{Account, Event, Note, Token, User, account, note, user};
use crate::test::{Test, kind};

cases!(
    define_is_idempotent_and_drops_nothing,
    define_from_many_at_once,
    another_shape_is_a_mismatch_that_changes_nothing,
    a_missing_index_is_added,
    a_unique_index_over_duplicates_is_refused,
    a_plan_says_what_define_would_do,
    the_definition_is_data,
);

async fn define_is_idempotent_and_drops_nothing(t: Test) {
    let db = t.with::<User>().await;
    User::create(&user("u1", "core", 1)).exec(db).await.unwrap();
    db.define::<User>().await.unwrap();
    db.define::<User>().await.unwrap();
    assert!(User::get("u1").exec(db).await.unwrap().is_some());
    assert_eq!(User::find_by_team("core").count(db).await.unwrap(), 1);
}

async fn define_from_many_at_once(t: Test) {
    let defines = (0..6).map(|_| {
        // Each from a handle of its own, as another process would.
        let handle = t.open(t.opening());
        async move { handle.await.unwrap().define::<Account>().await }
    });
    for result in join_all(defines).await {
        result.unwrap();
    }
    Account::create(&account("a")).exec(&t.db).await.unwrap();
    let clash = Account { login: "login-a".into(), ..account("b") };
    assert_eq!(kind(Account::create(&clash).exec(&t.db).await), ErrorKind::UniqueViolation);
}

mod other {
    use super::*;

    /// Another key field.
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "note")]
    pub(crate) struct OtherKey {
        #[hash_key]
        pub(crate) name: String,
    }

    /// The same key field of another kind.
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "note")]
    pub(crate) struct OtherKind {
        #[hash_key]
        pub(crate) id: u64,
    }

    /// A range key that is not there.
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "note")]
    pub(crate) struct WithRange {
        #[hash_key]
        pub(crate) id: String,
        #[range_key]
        pub(crate) seq: u64,
    }

    /// The index of another field.
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "users", index(name = "by_team", hash = "email", range = "joined_at"))]
    pub(crate) struct OtherIndex {
        #[hash_key]
        pub(crate) id: String,
        pub(crate) email: String,
        pub(crate) joined_at: i64,
    }

    /// The note with an index.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    #[repository(name = "note")]
    pub(crate) struct Indexed {
        #[hash_key]
        pub(crate) id: String,
        #[index]
        pub(crate) title: String,
    }

    /// The note with a unique index.
    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "note")]
    pub(crate) struct UniqueTitle {
        #[hash_key]
        pub(crate) id: String,
        #[index(unique)]
        pub(crate) title: String,
    }
}

async fn another_shape_is_a_mismatch_that_changes_nothing(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    t.with::<User>().await;
    for (what, result, named) in [
        ("key", db.define::<other::OtherKey>().await, "name"),
        ("kind", db.define::<other::OtherKind>().await, "id"),
        ("range", db.define::<other::WithRange>().await, "seq"),
        ("index", db.define::<other::OtherIndex>().await, "by_team"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{what}: {error:?}");
        assert!(error.message().contains(named), "{what}: {error}");
    }
    db.define::<Note>().await.unwrap();
    db.define::<User>().await.unwrap();
    assert!(Note::get("n").exec(db).await.unwrap().is_some());
}

async fn a_missing_index_is_added(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    db.define::<other::Indexed>().await.unwrap();
    let found = other::Indexed::find_by_title("note n").all(db).await.unwrap();
    assert_eq!(found, [other::Indexed { id: "n".into(), title: "note n".into() }]);
}

async fn a_unique_index_over_duplicates_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    for id in ["a", "b"] {
        Note::create(&Note { title: "same".into(), ..note(id) }).exec(db).await.unwrap();
    }
    let error = db.define::<other::UniqueTitle>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(error.message().contains("by_title"), "{error}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 2);
}

async fn a_plan_says_what_define_would_do(t: Test) {
    let plans = t.db.plan::<(User, Token)>().await.unwrap();
    assert_eq!(plans.iter().map(|p| p.repository()).collect::<Vec<_>>(), ["users", "tokens"]);
    assert!(plans.iter().all(|p| !p.creations().is_empty() && p.mismatches().is_empty()), "{plans:?}");
    assert_eq!(kind(User::get("u").exec(&t.db).await), ErrorKind::SchemaMismatch, "a plan changes nothing");
    t.with::<User>().await;
    let plans = t.db.plan::<(User, Token)>().await.unwrap();
    assert!(plans[0].is_empty(), "{}", plans[0]);
    assert!(!plans[1].is_empty());
    let plan = t.db.plan::<other::OtherIndex>().await.unwrap().remove(0);
    assert!(plan.mismatches().iter().any(|line| line.to_string().contains("by_team")), "{plan}");
    assert!(plan.refusal().is_some());
}

fn microkubes_map(definition: &Definition) -> serde_json::Value {
    serde_json::from_str(&definition.to_microkubes_json()).unwrap()
}

async fn the_definition_is_data(t: Test) {
    t.with::<Event>().await;
    let map = microkubes_map(User::definition());
    assert_eq!(map["name"], "users");
    assert_eq!(map["hashKey"], "id");
    assert_eq!(map["readCapacity"], 5);
    assert_eq!(map["GSI"]["email"]["writeCapacity"], 5);
    assert_eq!(map["enableTtl"], false);
    let map = microkubes_map(Token::definition());
    assert_eq!(
        (map["enableTtl"].clone(), map["ttlAttribute"].clone(), map["ttl"].clone()),
        (true.into(), "created_at".into(), 86400.into())
    );
    let map = microkubes_map(Event::definition());
    assert_eq!((&map["rangeKey"], &map["rangeKeyType"]), (&"seq".into(), &"N".into()));
    assert_eq!((map.get("hashKeyType"), map.get("GSI"), map.get("readCapacity")), (None, None, None));
    // The whole of it, as the services write it.
    let map = microkubes_map(other::Indexed::definition());
    let expected = serde_json::json!({
        "name": "note", "indexes": [{ "name": "by_title", "fields": ["title"], "unique": false }],
        "hashKey": "id", "GSI": { "title": {} }, "enableTtl": false,
    });
    assert_eq!(map, expected);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&other::Indexed::definition().to_string()).unwrap(), map);
}
