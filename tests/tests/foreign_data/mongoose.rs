//! A collection as Mongoose makes it and goes on writing: its index names, its numbers and dates, `__v`, nulls and subdocuments. It is
//! read, found by Mongoose's own indexes, changed and written back, and what Mongoose asks for afterwards is there in its own types.

use chrono::{DateTime, Utc};
use mongodb::IndexModel;
use mongodb::bson::{self, Bson, Document, doc, oid::ObjectId};
use mongodb::options::IndexOptions;
use reposit::backend::Unused;
use reposit::{Database, Embedded, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

/// ```js
/// const device = new Schema({ kind: String, seen: Date })
/// const user = new Schema({
///   email: { type: String, unique: true }, team: String, logins: Number, visits: Number, score: Number, active: Boolean,
///   nickname: String, photo: Buffer, address: { city: String, zip: Number }, tags: [String], devices: [device], extra: Mixed,
///   forgetAt: { type: Date, expires: '30d' },
/// }, { timestamps: true })
/// user.index({ team: 1, createdAt: -1 })
/// user.index({ tenant: 1, slug: 1 }, { unique: true, partialFilterExpression: { active: true } })
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", keep_unknown, stamp = false)]
#[serde(rename_all = "camelCase")]
struct User {
    #[hash_key(auto)]
    #[serde(rename = "_id")]
    id: ObjectId,
    #[index(unique, name = "email_1", finder = "by_email")]
    email: String,
    #[index(name = "team_1_createdAt_-1", finder = "by_team", range = "created_at")]
    team: String,
    logins: u32,
    visits: i64,
    score: f64,
    active: bool,
    nickname: Option<String>,
    photo: Option<Vec<u8>>,
    address: Address,
    tags: Vec<String>,
    devices: Vec<Device>,
    extra: Option<serde_json::Value>,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
    zip: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Device {
    kind: String,
    seen: Option<DateTime<Utc>>,
    #[serde(rename = "_id")]
    id: ObjectId,
}

fn oid(n: u8) -> ObjectId {
    ObjectId::from_bytes([0x65, n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
}

fn date(millis: i64) -> bson::DateTime {
    bson::DateTime::from_millis(millis)
}

const T0: i64 = 1_709_208_000_123;

/// A document as Mongoose inserts it. The driver of Node.js writes a number that is whole and fits as an int, any other as a double.
fn document(n: u8) -> Document {
    doc! {
        "email": format!("{n}@example.com"), "team": "core", "logins": 5, "visits": 5_000_000_000_f64,
        "score": if n.is_multiple_of(2) { Bson::Double(4.5) } else { Bson::Int32(4) }, "active": true, "nickname": null,
        "photo": bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1, 2] },
        "address": { "city": "London", "zip": 1234 }, "tags": ["a", "b"],
        "devices": [{ "kind": "phone", "seen": date(T0), "_id": oid(100 + n) }],
        "extra": { "theme": "dark", "size": 12, "ratio": 0.5, "none": null, "list": [1, "x"] },
        "forgetAt": date(4_000_000_000_000), "tenant": 7, "slug": format!("s{n}"), "_id": oid(n),
        "createdAt": date(T0 + i64::from(n)), "updatedAt": date(T0 + i64::from(n)), "__v": 0,
    }
}

fn user(n: u8) -> User {
    let at = |millis| DateTime::from_timestamp_millis(millis).expect("an instant");
    User {
        id: oid(n),
        email: format!("{n}@example.com"),
        team: "core".into(),
        logins: 5,
        visits: 5_000_000_000,
        score: if n.is_multiple_of(2) { 4.5 } else { 4.0 },
        active: true,
        nickname: None,
        photo: Some(vec![1, 2]),
        address: Address { city: "London".into(), zip: Some(1234) },
        tags: vec!["a".into(), "b".into()],
        devices: vec![Device { kind: "phone".into(), seen: Some(at(T0)), id: oid(100 + n) }],
        extra: Some(serde_json::json!({ "theme": "dark", "size": 12, "ratio": 0.5, "none": null, "list": [1, "x"] })),
        created_at: at(T0 + i64::from(n)),
        updated_at: at(T0 + i64::from(n)),
    }
}

/// An index as `Model.createIndexes()` asks for it.
fn index(keys: Document, options: IndexOptions) -> IndexModel {
    let mut options = options;
    #[allow(deprecated, reason = "Mongoose sends it")]
    options.background.replace(true);
    IndexModel::builder().keys(keys).options(options).build()
}

async fn open() -> (Database, mongodb::Database, mongodb::Collection<Document>, String) {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let raw = db.raw::<mongodb::Database>().expect("MongoDB's").clone();
    let users = raw.collection::<Document>("users");
    let partial = IndexOptions::builder().unique(true).partial_filter_expression(doc! { "active": true }).build();
    let days = IndexOptions::builder().expire_after(std::time::Duration::from_secs(30 * 86_400)).build();
    let indexes = [
        index(doc! { "email": 1 }, IndexOptions::builder().unique(true).build()),
        index(doc! { "team": 1, "createdAt": -1 }, IndexOptions::default()),
        index(doc! { "tenant": 1, "slug": 1 }, partial),
        index(doc! { "forgetAt": 1 }, days),
    ];
    users.create_indexes(indexes).await.expect("Mongoose's indexes");
    users.insert_many((1..=4).map(document)).await.expect("what was there");
    (db, raw, users, label)
}

async fn stored(users: &mongodb::Collection<Document>, n: u8) -> Document {
    users.find_one(doc! { "_id": oid(n) }).await.expect("a find").expect("the document")
}

async fn index_names(users: &mongodb::Collection<Document>) -> Vec<String> {
    let mut names = users.list_index_names().await.expect("the indexes");
    names.sort();
    names
}

/// The document by its names, without those that were changed.
fn rest(document: &Document, changed: &[&str]) -> Vec<(String, Bson)> {
    let rest = document.iter().filter(|(name, _)| !changed.contains(&name.as_str()));
    let mut rest: Vec<_> = rest.map(|(name, value)| (name.clone(), value.clone())).collect();
    rest.sort_by(|one, other| one.0.cmp(&other.0));
    rest
}

#[tokio::test]
async fn a_collection_of_mongoose_keeps_its_indexes() {
    let (db, _, users, label) = open().await;
    let before = index_names(&users).await;
    let plan = db.plan::<User>().await.expect("a plan").remove(0);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.unused(), [Unused::Index("forgetAt_1".into())]);
    let told = [
        "the index team_1_createdAt_-1 is in another order than the library's would be: the server sorts what a query of it finds",
        "the unique index tenant_1_slug_1 unique on tenant, slug, only of records that match { \"active\": true }, which refuses writes of this model too",
        "the time to live of the index forgetAt_1: the server deletes records 2592000 seconds after forgetAt",
    ];
    assert_eq!(plan.left_alone(), told);
    assert_eq!(db.repositories().await.expect("the collections"), Vec::<String>::new(), "it is another program's");
    db.define::<User>().await.expect("nothing is missing");
    assert_eq!(db.repositories().await.expect("the collections"), ["users"]);
    assert_eq!(index_names(&users).await, before, "none is made beside them");
    let shown = User::find_by_team("core").explain(&db).expect("a command");
    assert!(shown.contains("\"createdAt\": -1"), "the query names the index that is there: {shown}");

    assert_eq!(User::find_by_email("2@example.com").exec(&db).await.expect("a find"), Some(user(2)));
    let by_team = || User::find_by_team("core");
    assert_eq!(by_team().all(&db).await.expect("a query"), [1, 2, 3, 4].map(user));
    assert_eq!(by_team().range(user(2).created_at..).count(&db).await.expect("a count"), 3);
    // Ties, and pages both ways, are in one order all the same.
    users.update_many(doc! {}, doc! { "$set": { "createdAt": date(T0) } }).await.expect("an update");
    let mut ids = Vec::new();
    let mut page = by_team().descending().limit(1).exec(&db).await.expect("a page");
    loop {
        ids.extend(page.items.iter().map(|user| user.id));
        let Some(next) = page.next else { break };
        page = by_team().descending().limit(1).after(next).exec(&db).await.expect("a page");
    }
    assert_eq!(ids, [4, 3, 2, 1].map(oid));
    // Another process, which defines nothing.
    let other = Database::with_backend(reposit::backend::mongodb::MongoDb::from_database(
        db.raw::<mongodb::Database>().expect("MongoDB's").clone(),
    ));
    assert_eq!(User::find_by_team("core").count(&other).await.expect("a count"), 4);
    report::ran("foreign_data::a_collection_of_mongoose_keeps_its_indexes", &label);
}

#[tokio::test]
async fn mongoose_finds_what_it_wrote_as_it_wrote_it() {
    let (db, _, users, label) = open().await;
    db.define::<User>().await.expect("nothing is missing");
    let (first, second) = (stored(&users, 1).await, stored(&users, 2).await);

    // One field of a document, and none other.
    let login = User::update(oid(1)).add(User::LOGINS, 1).exec(&db).await.expect("an update");
    assert_eq!(login.logins, 6);
    let after = stored(&users, 1).await;
    assert_eq!(rest(&after, &["logins", "updatedAt"]), rest(&first, &["logins", "updatedAt"]));
    assert!(matches!(after.get("updatedAt"), Some(Bson::DateTime(at)) if at.timestamp_millis() > T0 + 1));

    // A whole one, read and written back: the same in every name and type that Node.js tells apart. It reads a long as it reads an int
    // and a double, and what is whole is stored so.
    let whole = User { score: 8.0, ..user(2) };
    User::put(&whole).exec(&db).await.expect("a put");
    let after = stored(&users, 2).await;
    let names = |document: &Document| rest(document, &[]).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let mut expected = names(&second);
    expected.retain(|name| name != "nickname");
    assert_eq!(names(&after), expected, "a null and nothing are one to Mongoose and to the model");
    let changed = ["score", "logins", "visits", "address", "extra", "nickname", "updatedAt"];
    assert_eq!(rest(&after, &changed), rest(&second, &changed));
    for (name, number) in
        [("logins", Bson::Int64(5)), ("visits", Bson::Int64(5_000_000_000)), ("score", Bson::Int64(8))]
    {
        assert_eq!(after.get(name), Some(&number), "{name}");
    }

    // The queries of the other program, by its own indexes.
    for (filter, count) in [
        (doc! { "email": "1@example.com", "logins": 6 }, 1),
        (doc! { "logins": { "$in": [5.0, 6.0] } }, 4),
        (doc! { "visits": 5_000_000_000_f64, "score": { "$gte": 8 } }, 1),
        (doc! { "nickname": null }, 4),
        (doc! { "devices._id": oid(102), "__v": 0 }, 1),
        (doc! { "extra.size": 12, "extra.list": 1, "extra.none": null }, 4),
        (doc! { "tenant": 7, "slug": "s2" }, 1),
        (doc! { "photo": second.get("photo").expect("it"), "forgetAt": date(4_000_000_000_000) }, 4),
    ] {
        assert_eq!(users.count_documents(filter.clone()).await.expect("a count"), count, "{filter}");
    }
    // `doc.save()`, then the library again.
    let save =
        doc! { "$push": { "tags": "c" }, "$inc": { "__v": 1 }, "$set": { "updatedAt": date(T0 + 99), "score": 5 } };
    users.update_one(doc! { "_id": oid(2), "__v": 0 }, save).await.expect("an update");
    let read = User::get(oid(2)).exec(&db).await.expect("a get").expect("it");
    assert_eq!((read.tags.len(), read.score), (3, 5.0));
    report::ran("foreign_data::mongoose_finds_what_it_wrote_as_it_wrote_it", &label);
}

#[tokio::test]
async fn the_unique_indexes_of_mongoose_hold_for_both() {
    let (db, _, users, label) = open().await;
    db.define::<User>().await.expect("nothing is missing");
    let fresh =
        |email: &str| User { id: ObjectId::new(), active: false, email: email.into(), devices: vec![], ..user(9) };
    User::create(&fresh("new@example.com")).exec(&db).await.expect("a user");
    let moved = User::update(oid(3)).set(User::EMAIL, "3b@example.com").exec(&db).await.expect("an update");
    assert_eq!(moved.email, "3b@example.com");
    User::create(&fresh("3@example.com")).exec(&db).await.expect("the value before is free");
    for error in [
        User::create(&fresh("1@example.com")).exec(&db).await.err(),
        User::put(&fresh("1@example.com")).exec(&db).await.err(),
        User::update(oid(2)).set(User::EMAIL, "1@example.com").exec(&db).await.err(),
        User::put_many(&[fresh("1@example.com")]).exec(&db).await.err().map(|error| error.failures()[0].error.clone()),
        db.transaction().add(User::delete(oid(4))).add(User::create(&fresh("1@example.com"))).commit().await.err(),
    ] {
        let error = error.expect("a document of Mongoose's holds it");
        assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("email_1")), "{error}");
    }
    assert!(User::get(oid(4)).exec(&db).await.expect("a get").is_some(), "all or nothing");
    let twice = users.insert_one(doc! { "email": "new@example.com" }).await.expect_err("it is the library's");
    assert!(twice.to_string().contains("E11000"), "{twice}");
    // One that the model does not have refuses its writes, and is named as the server has it.
    users
        .update_one(doc! { "_id": oid(1) }, doc! { "$set": { "active": false, "slug": "s2" } })
        .await
        .expect("an update");
    let error = User::update(oid(1)).set(User::ACTIVE, true).exec(&db).await.expect_err("two are active");
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("tenant_1_slug_1")), "{error}");

    let transaction = db.transaction().add(User::update(oid(1)).set(User::ADDRESS.at(Address::CITY), "Paris"));
    transaction.add(User::delete(oid(4))).commit().await.expect("both");
    let paris = users.find_one(doc! { "address.city": "Paris", "address.zip": 1234 }).await.expect("a find");
    assert_eq!(paris.expect("it").get("_id"), Some(&oid(1).into()));
    assert_eq!(db.verify::<User>().await.expect("a check"), Vec::<String>::new());
    report::ran("foreign_data::the_unique_indexes_of_mongoose_hold_for_both", &label);
}

/// The same collection, where not every document has an email.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users")]
struct Sometimes {
    #[hash_key]
    #[serde(rename = "_id")]
    id: ObjectId,
    #[index(unique, name = "email_1", finder = "by_email")]
    email: Option<String>,
}

/// What makes an index of Mongoose's do for the model's, and what does not.
#[tokio::test]
async fn an_index_that_would_mean_something_else_is_refused() {
    let (db, raw, users, label) = open().await;
    let error = db.define::<Sometimes>().await.expect_err("two documents without an email would be one too many");
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(error.message().contains("the index email_1 is of all records, which the model's is not"), "{error}");
    users.drop_index("email_1").await.expect("it is there");
    let sparse = IndexOptions::builder().unique(true).sparse(true).build();
    users.create_index(index(doc! { "email": 1 }, sparse)).await.expect("an index");
    db.define::<Sometimes>().await.expect("a sparse one leaves them out");
    for id in [20, 21] {
        Sometimes::create(&Sometimes { id: oid(id), email: None }).exec(&db).await.expect("any number lacks one");
    }
    let french = || bson::deserialize_from_document(doc! { "locale": "fr", "strength": 1 }).expect("a collation");
    users.drop_index("email_1").await.expect("it is there");
    let folded = IndexOptions::builder().unique(true).sparse(true).collation(Some(french())).build();
    users.create_index(index(doc! { "email": 1 }, folded)).await.expect("an index");
    let error = db.define::<Sometimes>().await.expect_err("e and E are one in it");
    assert!(error.message().contains("is with a collation, which the model's is not"), "{error}");
    raw.create_collection("folded").collation(french()).await.expect("a collection");

    #[derive(Debug, Serialize, Deserialize, Repository)]
    #[repository(name = "folded")]
    struct Folded {
        #[hash_key]
        id: String,
    }
    let error = db.define::<Folded>().await.expect_err("e and E are one in it");
    assert!(error.message().contains("the collection has a collation"), "{error}");
    report::ran("foreign_data::an_index_that_would_mean_something_else_is_refused", &label);
}

/// The same collection by a program that wants what Mongoose's own time to live says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "users", keep_unknown, stamp = false)]
#[serde(rename_all = "camelCase")]
struct Forgotten {
    #[hash_key]
    #[serde(rename = "_id")]
    id: ObjectId,
    #[index(unique, name = "email_1", finder = "by_email")]
    email: String,
    #[ttl(seconds = 2_592_000)]
    forget_at: DateTime<Utc>,
}

#[tokio::test]
async fn the_time_to_live_of_mongoose_is_the_models() {
    let (db, _, users, label) = open().await;
    let before = index_names(&users).await;
    let plan = db.plan::<Forgotten>().await.expect("a plan").remove(0);
    assert!(plan.is_empty(), "{plan}");
    assert!(!plan.to_string().contains("forgetAt"), "it is the model's own: {plan}");
    db.define::<Forgotten>().await.expect("all is there");
    assert_eq!(index_names(&users).await, before);
    let past = date(T0 - 2_592_000_000);
    users.update_one(doc! { "_id": oid(1) }, doc! { "$set": { "forgetAt": past } }).await.expect("an update");
    assert_eq!(Forgotten::get(oid(1)).exec(&db).await.expect("a get"), None, "it has expired for every reader");
    assert_eq!(Forgotten::scan().count(&db).await.expect("a count"), 3);
    let now = DateTime::from_timestamp_millis(Utc::now().timestamp_millis()).expect("an instant");
    let own = Forgotten { id: oid(1), email: "1@example.com".into(), forget_at: now };
    Forgotten::create(&own).exec(&db).await.expect("over what has expired");
    let before = stored(&users, 2).await;
    Forgotten::update(oid(2)).set(Forgotten::FORGET_AT, now).exec(&db).await.expect("an update");
    let after = stored(&users, 2).await;
    assert_eq!(rest(&after, &["forgetAt"]), rest(&before, &["forgetAt"]));
    assert_eq!(after.get("forgetAt"), Some(&date(now.timestamp_millis()).into()));
    let mut names: Vec<_> = stored(&users, 1).await.keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["_id", "email", "forgetAt"], "nothing beside the model's own");
    report::ran("foreign_data::the_time_to_live_of_mongoose_is_the_models", &label);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "watched")]
struct Watched {
    #[hash_key]
    id: String,
    size: u32,
}

/// A validator refuses a write for what it is: it was not done, and is not said to be unknown.
#[tokio::test]
async fn a_validator_is_left_alone_and_refuses() {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let raw = db.raw::<mongodb::Database>().expect("MongoDB's").clone();
    let rule = doc! { "$jsonSchema": { "properties": { "size": { "maximum": 9 } } } };
    raw.create_collection("watched").validator(rule).await.expect("a collection");
    let plan = db.plan::<Watched>().await.expect("a plan").remove(0);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(plan.left_alone(), ["a validator, by which the server refuses or warns of writes of this model too"]);
    db.define::<Watched>().await.expect("a collection");
    Watched::put(&Watched { id: "a".into(), size: 9 }).exec(&db).await.expect("it is small enough");
    for error in [
        Watched::put(&Watched { id: "b".into(), size: 10 }).exec(&db).await.err(),
        Watched::create(&Watched { id: "b".into(), size: 10 }).exec(&db).await.err(),
        Watched::update("a").add(Watched::SIZE, 1).exec(&db).await.err(),
        Watched::put_many(&[Watched { id: "b".into(), size: 10 }])
            .exec(&db)
            .await
            .err()
            .map(|e| e.failures()[0].error.clone()),
        db.transaction().add(Watched::update("a").set(Watched::SIZE, 11)).commit().await.err(),
    ] {
        let error = error.expect("the validator refuses it");
        assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
        assert!(error.message().contains("Document failed validation"), "{error}");
    }
    assert_eq!(Watched::scan().all(&db).await.expect("a scan"), [Watched { id: "a".into(), size: 9 }]);
    report::ran("foreign_data::a_validator_is_left_alone_and_refuses", &label);
}
