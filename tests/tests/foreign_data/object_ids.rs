//! ObjectIds that other programs stored: a collection as Mongoose makes it is read, changed and written back as it is there.
//! What is no ObjectId where the model has one, and an ObjectId where it has none, is told.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use chrono::{DateTime, Utc};
use mongodb::bson::{self, Bson, Document, doc, oid::ObjectId};
use reposit::{Database, Embedded, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

/// A subdocument, to which Mongoose gives an `_id` as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Comment {
    #[serde(rename = "_id")]
    id: ObjectId,
    by: ObjectId,
    text: String,
}

/// `new Schema({ title: String, author: ObjectId, likes: [ObjectId], comments: [..] }, { timestamps: true })`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "posts")]
#[serde(rename_all = "camelCase")]
struct Post {
    #[hash_key(auto)]
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    #[index(range = "created_at")]
    author: ObjectId,
    likes: Vec<ObjectId>,
    comments: Vec<Comment>,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

/// The same collection by a model that takes the author for text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "posts")]
struct Misread {
    #[hash_key]
    #[serde(rename = "_id")]
    id: ObjectId,
    author: String,
}

fn oid(n: u8) -> ObjectId {
    ObjectId::from_bytes([0x65, n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
}

fn date(millis: i64) -> bson::DateTime {
    bson::DateTime::from_millis(millis)
}

/// A document as Mongoose writes it.
fn document(n: u8) -> Document {
    doc! {
        "_id": oid(n), "title": "On ids", "author": oid(200), "likes": [oid(1), oid(2)],
        "comments": [{ "by": oid(3), "text": "first", "_id": oid(4) }],
        "createdAt": date(1_700_000_000_000 + i64::from(n)), "updatedAt": date(1_700_000_000_000), "__v": 0,
    }
}

fn post(n: u8) -> Post {
    let at = |millis| DateTime::from_timestamp_millis(millis).expect("an instant");
    Post {
        id: oid(n),
        title: "On ids".into(),
        author: oid(200),
        likes: vec![oid(1), oid(2)],
        comments: vec![Comment { id: oid(4), by: oid(3), text: "first".into() }],
        created_at: at(1_700_000_000_000 + i64::from(n)),
        updated_at: at(1_700_000_000_000),
    }
}

async fn open() -> (Database, mongodb::Database, String) {
    let (url, label) = Target::Mongodb.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    let raw = db.raw::<mongodb::Database>().expect("MongoDB's").clone();
    (db, raw, label)
}

#[tokio::test]
async fn a_collection_of_mongoose_is_read_and_written_as_it_is() {
    let (db, raw, label) = open().await;
    let posts = raw.collection::<Document>("posts");
    posts.insert_many([document(1), document(2)]).await.expect("what was there");
    db.define::<Post>().await.expect("a collection with ObjectIds as its keys");
    assert_eq!(Post::get(oid(1)).exec(&db).await.expect("a get"), Some(post(1)));
    let by_author = Post::find_by_author(oid(200)).descending().all(&db).await.expect("a query");
    assert_eq!(by_author, [post(2), post(1)]);
    assert_eq!(Post::scan().filter(Post::LIKES.contains(oid(2))).count(&db).await.expect("a count"), 2);

    let changed = Post::update(oid(1)).set(Post::TITLE, "On keys").append(Post::LIKES, [oid(5)]).exec(&db).await;
    let changed = changed.expect("an update");
    let new = Comment { id: oid(6), by: oid(7), text: "second".into() };
    Post::update(oid(1)).append(Post::COMMENTS, [&new]).exec(&db).await.expect("an update");
    let draft = Post { id: ObjectId::from_bytes([0; 12]), ..post(3) };
    let made = Post::create(&draft).exec_returning(&db).await.expect("a post");
    assert_eq!(changed.likes, [oid(1), oid(2), oid(5)]);

    // As the other program finds it.
    let stored = posts.find_one(doc! { "_id": oid(1), "likes": oid(5), "comments._id": oid(6) }).await;
    let stored = stored.expect("a find").expect("the post, found by its ObjectIds");
    assert_eq!(stored.get("__v"), Some(&0.into()), "what the model does not know is left alone");
    assert_eq!(stored.get("author"), Some(&oid(200).into()));
    assert_eq!(stored.get("createdAt"), Some(&date(1_700_000_000_001).into()));
    let new = posts.find_one(doc! { "_id": made.id }).await.expect("a find").expect("the new post");
    assert_eq!(new.get("likes"), Some(&vec![Bson::from(oid(1)), oid(2).into()].into()));
    assert!(made.id.timestamp().timestamp_millis() > 1_700_000_000_000, "the id begins with its time");
    report::ran("foreign_data::a_collection_of_mongoose_is_read_and_written_as_it_is", &label);
}

#[tokio::test]
async fn what_is_no_object_id_is_told_on_mongodb() {
    let (db, raw, label) = open().await;
    db.define::<Post>().await.expect("an empty database takes any model");
    let posts = raw.collection::<Document>("posts");
    let hex = oid(3).to_hex();
    for (field, value, says) in [
        ("author", Bson::from(&*hex), "author is stored as text, not as an ObjectId"),
        ("likes", vec![Bson::from(oid(1)), Bson::from(&*hex)].into(), "likes[1] is stored as text, not as an ObjectId"),
        (
            "comments",
            vec![Bson::from(doc! { "_id": &hex, "by": oid(1), "text": "x" })].into(),
            "comments[0]._id is stored as text, not as an ObjectId",
        ),
        ("title", oid(1).into(), "title is stored as an ObjectId, not as a string"),
    ] {
        let mut document = document(1);
        document.insert(field, value);
        posts.insert_one(document).await.expect("an insert");
        for error in [
            Post::get(oid(1)).exec(&db).await.err(),
            Post::scan().all(&db).await.err(),
            Post::update(oid(1)).set(Post::CREATED_AT, Utc::now()).exec(&db).await.err(),
        ] {
            let error = error.expect("no field is read from it");
            assert_eq!(error.kind(), ErrorKind::Codec, "{field}");
            assert!(error.message().contains(says), "{error}");
        }
        posts.delete_many(doc! {}).await.expect("a delete");
    }
    // Under the text of an id is another record than under the id.
    let mut document = document(1);
    document.insert("_id", oid(1).to_hex());
    posts.insert_one(document).await.expect("an insert");
    assert_eq!(Post::get(oid(1)).exec(&db).await.expect("a get"), None);
    let error = Post::scan().all(&db).await.expect_err("its key is none");
    assert!(error.message().contains("_id is stored as text, not as an ObjectId"), "{error}");
    report::ran("foreign_data::what_is_no_object_id_is_told_on_mongodb", &label);
}

#[tokio::test]
async fn an_object_id_in_the_place_of_text_is_no_text() {
    let (db, raw, label) = open().await;
    raw.collection("posts").insert_one(document(1)).await.expect("what was there");
    db.define::<Misread>().await.expect("the same key");
    let hex = oid(200).to_hex();
    for error in [
        Misread::get(oid(1)).exec(&db).await.err(),
        Misread::update(oid(1)).set(Misread::AUTHOR, "x").only_if(Misread::AUTHOR.eq(&hex)).exec(&db).await.err(),
        Misread::delete(oid(1)).only_if(Misread::AUTHOR.begins_with("65")).exec(&db).await.err(),
    ] {
        let error = error.expect("it is no text");
        assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
        assert!(error.message().contains("author is stored as an ObjectId"), "{error}");
    }
    assert_eq!(Misread::scan().filter(Misread::AUTHOR.eq(&hex)).count(&db).await.expect("a count"), 0);
    report::ran("foreign_data::an_object_id_in_the_place_of_text_is_no_text", &label);
}

/// The same collection by a model that counts in what others may have made no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "posts")]
struct Versioned {
    #[hash_key]
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(rename = "__v")]
    v: i64,
}

/// To the server an ObjectId is not equal to any text, and NaN to no number.
#[tokio::test]
async fn no_write_is_done_for_what_no_field_is_read_from() {
    let (db, raw, label) = open().await;
    let posts = raw.collection::<Document>("posts");
    let stored = Document::from_iter(document(1).into_iter().chain([("__v".to_owned(), f64::NAN.into())]));
    posts.insert_one(&stored).await.expect("what was there");
    db.define::<(Misread, Versioned)>().await.expect("the same key");
    let text = |author: &str| Misread { id: oid(1), author: author.into() };
    let is_first = || Misread::ID.eq(oid(1));
    for condition in [
        Misread::AUTHOR.ne("x"),
        Misread::AUTHOR.eq("x").not(),
        Misread::AUTHOR.lt("x").not(),
        Misread::AUTHOR.is_in(["x", "y"]).not(),
        Misread::AUTHOR.begins_with("x").not(),
        Misread::AUTHOR.contains("x").not(),
        Misread::AUTHOR.eq("x") | is_first(),
        (Misread::AUTHOR.eq("x") & is_first()).not(),
        is_first() & Misread::AUTHOR.ne("x"),
    ] {
        let check = || Misread::check(oid(1)).only_if(condition.clone());
        for error in [
            Misread::delete(oid(1)).only_if(condition.clone()).exec(&db).await.err(),
            Misread::update(oid(1)).set(Misread::AUTHOR, "x").only_if(condition.clone()).exec(&db).await.err(),
            Misread::upsert(oid(1)).set(Misread::AUTHOR, "x").only_if(condition.clone()).exec(&db).await.err(),
            Misread::put(&text("x")).only_if(condition.clone()).exec(&db).await.err(),
            Misread::replace(&text("x")).only_if(condition.clone()).exec(&db).await.err(),
            db.transaction().add(check()).add(Misread::put(&Misread { id: oid(9), ..text("y") })).commit().await.err(),
        ] {
            let error = error.unwrap_or_else(|| panic!("{condition:?} looks at an ObjectId"));
            assert_eq!(error.kind(), ErrorKind::Codec, "{condition:?}: {error}");
            assert!(error.message().contains("author is stored as an ObjectId"), "{error}");
        }
    }
    for condition in [Versioned::V.ne(5), Versioned::V.gt(5).not(), Versioned::V.is_in([1, 2]).not()] {
        let error = Versioned::delete(oid(1)).only_if(condition).exec(&db).await.expect_err("it looks at NaN");
        assert_eq!(error.kind(), ErrorKind::Codec, "{error}");
        assert!(error.message().contains("__v is stored as NaN"), "{error}");
    }
    let found = posts.find_one(doc! { "_id": oid(1) }).await.expect("a find").expect("it is there still");
    assert_eq!(found.get("author"), stored.get("author"));
    assert_eq!(posts.count_documents(doc! {}).await.expect("a count"), 1);

    // What is there, and what is missing, are no values that are looked at.
    let there = Misread::AUTHOR.exists() & Misread::ID.eq(oid(1)) & Misread::AUTHOR.missing().not();
    Misread::replace(&text("x")).only_if(there).exec(&db).await.expect("it is there");
    Misread::delete(oid(1)).only_if(Misread::AUTHOR.ne("y")).exec(&db).await.expect("it is text now");
    report::ran("foreign_data::no_write_is_done_for_what_no_field_is_read_from", &label);
}

async fn text_on_dynamodb(target: Target) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<Post>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    Post::create(&post(1)).exec(&db).await.expect("a post");
    let key = HashMap::from([("_id".to_owned(), A::S(oid(1).to_hex()))]);
    let stored = client.get_item().table_name("posts").set_key(Some(key)).send().await.expect("a get");
    let mut item = stored.item.expect("the item, under the hex digits of its id");
    assert_eq!(item["author"], A::S(oid(200).to_hex()));
    assert_eq!(item["likes"], A::L(vec![A::S(oid(1).to_hex()), A::S(oid(2).to_hex())]));
    let mut told = Vec::new();
    for wrong in [oid(200).to_hex().to_uppercase(), "somebody".to_owned(), format!("{}0", oid(200).to_hex())] {
        item.insert("author".to_owned(), A::S(wrong));
        client.put_item().table_name("posts").set_item(Some(item.clone())).send().await.expect("a put");
        let errors = [
            Post::get(oid(1)).exec(&db).await.err(),
            Post::get_many([oid(1)]).exec(&db).await.err(),
            Post::scan().all(&db).await.err(),
            Post::update(oid(1)).set(Post::TITLE, "x").exec(&db).await.err(),
        ];
        told.extend(errors.into_iter().map(|error| error.expect("no filter finds it by an id")));
    }
    item.insert("author".to_owned(), A::S(oid(200).to_hex()));
    item.insert("_id".to_owned(), A::S(oid(1).to_hex().to_uppercase()));
    client.put_item().table_name("posts").set_item(Some(item)).send().await.expect("a put");
    assert!(told.iter().all(|error| error.kind() == ErrorKind::Codec), "{told:?}");
    let says = "author is stored as text, not as an ObjectId";
    assert!(told.iter().all(|error| error.message().contains(says)), "{told:?}");
    report::ran("foreign_data::text_on_dynamodb", &label);
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    other_text_is_no_object_id: super::text_on_dynamodb,
);
