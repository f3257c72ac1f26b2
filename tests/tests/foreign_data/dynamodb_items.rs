//! What other programs store in DynamoDB that the library never writes: nulls, numbers of 38 digits, sets. What is
//! read as a value is found and changed as that value; the rest is `Codec` on every path, and at once.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use reposit::{Condition, Database, Embedded, Error, ErrorKind, Repository};
use reposit_tests::report;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Stay {
    nights: Option<i64>,
    extras: Option<Vec<String>>,
    share: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "guests")]
struct Guest {
    #[hash_key]
    id: String,
    #[index]
    house: Option<String>,
    hits: Option<i64>,
    roles: Option<Vec<String>>,
    ratio: Option<f64>,
    ratios: Option<Vec<f64>>,
    data: Option<Vec<u8>>,
    stay: Option<Stay>,
}

/// A guest with a value that no two have, so that each write of it moves a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
struct Member {
    #[hash_key]
    id: String,
    #[index(unique)]
    card: Option<String>,
    hits: Option<i64>,
    roles: Option<Vec<String>>,
    ratio: Option<f64>,
}

type Item = HashMap<String, A>;

const THIRD: &str = "0.33333333333333333333333333333333333333";

fn text(text: &str) -> A {
    A::S(text.to_owned())
}

fn number(text: &str) -> A {
    A::N(text.to_owned())
}

async fn open(target: Target) -> (Database, Client, String) {
    let (url, label) = target.fresh().await;
    let db = Database::open(&url).await.expect("the server answers");
    db.define::<(Guest, Member)>().await.expect("an empty database takes any model");
    let client = db.raw::<Client>().expect("DynamoDB's client").clone();
    (db, client, label)
}

/// Stores a record as another program does.
async fn store(client: &Client, table: &str, id: &str, attributes: &[(&str, A)]) {
    let mut item = Item::from([("id".to_owned(), text(id))]);
    item.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    client.put_item().table_name(table).set_item(Some(item)).send().await.expect("a put");
}

/// What is stored.
async fn stored(client: &Client, table: &str, id: &str) -> Item {
    let get = client.get_item().table_name(table).key("id", text(id)).consistent_read(true);
    get.send().await.expect("a get").item.unwrap_or_default()
}

/// What comes well before the deadline.
async fn at_once<T>(what: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let came = what.into_future().await;
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?}", began.elapsed());
    came
}

/// An error of this kind, which has nothing of the server's own words.
#[track_caller]
fn refused<T: Debug>(result: Result<T, Error>, kind: ErrorKind) -> String {
    let error = result.expect_err("an error");
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for word in ["ValidationException", "operand", "expression:", "parameter values"] {
        assert!(!text.contains(word), "{text}");
    }
    text
}

async fn changes_of_a_null_are_changes_of_nothing(target: Target) {
    let (db, client, label) = open(target).await;
    let null = || A::Null(true);
    let stay = || A::M(["nights", "extras", "share"].map(|name| (name.to_owned(), null())).into());
    let nulls = || [("hits", null()), ("roles", null()), ("ratio", null()), ("house", text("h")), ("stay", stay())];
    let fresh = async |id: &str| store(&client, "guests", id, &nulls()).await;
    for id in ["add", "append", "float", "all", "in", "upsert", "tx", "if"] {
        fresh(id).await;
    }
    let added = at_once(Guest::update("add").add(Guest::HITS, 2).exec(&db)).await.expect("an add");
    assert_eq!((added.hits, added.roles), (Some(2), None));
    let appended = at_once(Guest::update("append").append(Guest::ROLES, ["x"]).exec(&db)).await.expect("an append");
    assert_eq!((appended.roles, appended.hits), (Some(vec!["x".into()]), None));
    let summed = at_once(Guest::update("float").add(Guest::RATIO, 0.5).exec(&db)).await.expect("a sum");
    assert_eq!(summed.ratio, Some(0.5));
    let all = Guest::update("all").add(Guest::HITS, 1).append(Guest::ROLES, ["y"]).add(Guest::RATIO, 1.5);
    let all = at_once(all.only_if(Guest::HITS.missing() & Guest::ROLES.missing()).exec(&db)).await.expect("an update");
    assert_eq!((all.hits, all.roles, all.ratio), (Some(1), Some(vec!["y".into()]), Some(1.5)));
    let within = Guest::update("in")
        .add(Guest::STAY.at(Stay::NIGHTS), 3)
        .append(Guest::STAY.at(Stay::EXTRAS), ["bath"])
        .add(Guest::STAY.at(Stay::SHARE), 0.25);
    let within = at_once(within.exec(&db)).await.expect("an update within");
    let wanted = Stay { nights: Some(3), extras: Some(vec!["bath".into()]), share: Some(0.25) };
    assert_eq!(within.stay, Some(wanted));
    let upsert = Guest::upsert("upsert").default(Guest::RATIO, 7.0).add(Guest::HITS, 1).append(Guest::ROLES, ["z"]);
    let upserted = at_once(upsert.exec(&db)).await.expect("an upsert");
    assert_eq!((upserted.hits, upserted.ratio, upserted.roles), (Some(1), Some(7.0), Some(vec!["z".into()])));
    let transaction = db.transaction().add(Guest::update("tx").add(Guest::HITS, 5)).add(Guest::delete("add"));
    at_once(transaction.commit()).await.expect("a transaction");
    assert_eq!(Guest::get("tx").exec(&db).await.expect("a get").and_then(|guest| guest.hits), Some(5));
    let held = Guest::update("if").remove(Guest::HITS).only_if(Guest::HITS.exists()).exec(&db);
    refused(at_once(held).await, ErrorKind::ConditionFailed);
    let missing = Guest::scan().filter(Guest::HITS.missing() & Guest::ROLES.missing()).count(&db).await;
    assert_eq!(missing.expect("a count"), 3);
    report::ran("foreign_data::changes_of_a_null_are_changes_of_nothing", &label);
}

/// The same where the record is read before it is written, because a value of it has a guard.
async fn nulls_and_long_numbers_hinder_no_write_that_moves_a_guard(target: Target) {
    let (db, client, label) = open(target).await;
    let member =
        |id: &str, card: &str| Member { id: id.into(), card: Some(card.into()), hits: None, roles: None, ratio: None };
    let strange = [("hits", A::Null(true)), ("roles", A::Null(true)), ("ratio", number(THIRD))];
    for id in ["update", "upsert", "put", "delete", "many", "tx"] {
        store(&client, "members", id, &strange).await;
    }
    let update = Member::update("update").set(Member::CARD, "1").add(Member::HITS, 1).append(Member::ROLES, ["x"]);
    let updated = at_once(update.add(Member::RATIO, 1.0).exec(&db)).await.expect("an update");
    assert_eq!((updated.hits, updated.ratio), (Some(1), Some(1.0 / 3.0 + 1.0)));
    let upserted = at_once(Member::upsert("upsert").set(Member::CARD, "2").add(Member::HITS, 1).exec(&db)).await;
    assert_eq!(upserted.expect("an upsert").hits, Some(1));
    at_once(Member::put(&member("put", "3")).exec(&db)).await.expect("a put");
    let third = Member::RATIO.eq(1.0 / 3.0);
    assert!(at_once(Member::delete("delete").only_if(third.clone()).exec(&db)).await.expect("a delete"));
    at_once(Member::put_many(&[member("many", "4"), member("new", "5")]).exec(&db)).await.expect("a batch");
    let transaction = db.transaction().add(Member::update("tx").set(Member::CARD, "6").add(Member::HITS, 1));
    at_once(transaction.add(Member::delete("put")).commit()).await.expect("a transaction");
    let taken = Member::update("tx").set(Member::CARD, "1").only_if(third).exec(&db);
    refused(at_once(taken).await, ErrorKind::UniqueViolation);
    assert_eq!(db.verify::<Member>().await.expect("a check"), Vec::<String>::new());
    report::ran("foreign_data::nulls_and_long_numbers_hinder_no_write_that_moves_a_guard", &label);
}

/// Whether a scan, a query, a count, the condition of a write and of a transaction all say the same.
async fn is_true(db: &Database, id: &str, condition: Condition<Guest>) -> bool {
    let scanned = Guest::scan().filter(condition.clone() & Guest::ID.eq(id)).all(db).await.expect("a scan").len();
    let here = Guest::ID.eq(id) & condition.clone();
    let found = Guest::find_by_house("h").filter(here.clone()).count(db).await.expect("a count");
    let mut paged = 0;
    let mut page = Guest::find_by_house("h").filter(here.clone()).limit(1).exec(db).await.expect("a page");
    loop {
        paged += page.items.len();
        let Some(next) = page.next else { break };
        page = Guest::find_by_house("h").filter(here.clone()).limit(1).after(next).exec(db).await.expect("a page");
    }
    let refused = |error: Error| assert_eq!(error.kind(), ErrorKind::ConditionFailed, "{error}");
    let update = Guest::update(id).set(Guest::HITS, 1).only_if(condition.clone()).exec(db);
    let updated = at_once(update).await.map_err(refused).is_ok();
    let check = db.transaction().add(Guest::check(id).only_if(condition.clone()));
    let checked = at_once(check.commit()).await.map_err(refused).is_ok();
    let all = [scanned == 1, found == 1, paged == 1, updated, checked];
    assert!(all.iter().all(|one| *one == all[0]), "{id}: {condition:?}: {all:?}");
    all[0]
}

async fn a_number_of_38_digits_is_the_float_that_is_read(target: Target) {
    let (db, client, label) = open(target).await;
    // Thirds, a tenth as C prints it with 17 digits, what is far from 1 and what is beyond every integer.
    let texts = [
        THIRD,
        "-0.33333333333333333333333333333333333333",
        "0.10000000000000001",
        "0.1",
        "1234567.8901234567890123456789012345678",
        "1.2345678901234567890123456789012345678E+101",
        "-9.8765432109876543210987654321098765432E-99",
        "99999999999999999999999999999999999999",
        "18446744073709551617",
        "2.5",
    ];
    for (id, text) in texts.iter().enumerate() {
        let id = id.to_string();
        let list = A::L(vec![number(text), number("7")]);
        let stay = A::M([("share".to_owned(), number(text))].into());
        let attributes = [("ratio", number(text)), ("ratios", list), ("stay", stay), ("house", self::text("h"))];
        store(&client, "guests", &id, &attributes).await;
        let guest = Guest::get(&id).exec(&db).await.expect("a get").expect("a guest");
        let x = guest.ratio.expect("a ratio");
        assert_eq!(Some(x), text.parse().ok());
        let next = x.next_up();
        for (condition, wanted) in [
            (Guest::RATIO.eq(x), true),
            (Guest::RATIO.ne(x), false),
            (Guest::RATIO.lt(x), false),
            (Guest::RATIO.le(x), true),
            (Guest::RATIO.gt(x), false),
            (Guest::RATIO.ge(x), true),
            (Guest::RATIO.between(x, x), true),
            (Guest::RATIO.is_in([1.0, x, 0.7]), true),
            (!Guest::RATIO.is_in([0.7, x]), false),
            (Guest::RATIO.eq(next), false),
            (Guest::RATIO.lt(next), true),
            (Guest::RATIO.gt(x.next_down()), true),
            (Guest::RATIO.is_in([next]), false),
            (Guest::RATIOS.eq(&[x, 7.0]), true),
            (Guest::RATIOS.ne(&[x, 7.0]), false),
            (Guest::RATIOS.contains(x), true),
            (Guest::RATIOS.contains(next), false),
            (Guest::RATIOS.contains(7.0), true),
            (Guest::STAY.at(Stay::SHARE).eq(x), true),
            (Guest::STAY.at(Stay::SHARE).lt(x), false),
            (Guest::STAY.eq(&Stay { nights: None, extras: None, share: Some(x) }), true),
            (Guest::RATIOS.contains(0.7) | Guest::RATIO.eq(x), true),
        ] {
            assert_eq!(is_true(&db, &id, condition.clone()).await, wanted, "{text}: {condition:?}");
        }
        let sum = at_once(Guest::update(&id).add(Guest::RATIO, 1.5).only_if(Guest::RATIO.eq(x)).exec(&db)).await;
        assert_eq!(sum.expect("a sum").ratio, Some(x + 1.5));
        let sum = at_once(Guest::update(&id).add(Guest::STAY.at(Stay::SHARE), 0.5).exec(&db)).await.expect("a sum");
        assert_eq!(sum.stay.and_then(|stay| stay.share), Some(x + 0.5));
    }
    report::ran("foreign_data::a_number_of_38_digits_is_the_float_that_is_read", &label);
}

/// Every path to a record that has what no field can hold, and the field is named.
async fn is_codec(db: &Database, id: &str, field: &str) {
    let mut errors = vec![
        refused(Guest::get(id).exec(db).await, ErrorKind::Codec),
        refused(Guest::get_many([id]).exec(db).await, ErrorKind::Codec),
        refused(Guest::scan().filter(Guest::ID.eq(id)).all(db).await, ErrorKind::Codec),
        refused(Guest::find_by_house(id).all(db).await, ErrorKind::Codec),
        refused(Guest::find_by_house(id).limit(1).exec(db).await, ErrorKind::Codec),
        refused(at_once(Guest::update(id).set(Guest::HOUSE, id).exec(db)).await, ErrorKind::Codec),
    ];
    let transaction = db.transaction().add(Guest::update(id).append(Guest::ROLES, ["x"]).add(Guest::HITS, 1));
    if field == "roles" {
        errors.push(refused(
            at_once(Guest::update(id).append(Guest::ROLES, ["x"]).add(Guest::HITS, 1).exec(db)).await,
            ErrorKind::Codec,
        ));
        errors.push(refused(at_once(transaction.commit()).await, ErrorKind::Codec));
    }
    for error in errors {
        assert!(error.contains("guests") && error.contains(field), "{error}");
    }
}

async fn a_set_is_no_list(target: Target) {
    let (db, client, label) = open(target).await;
    let sets = [
        ("roles", A::Ss(vec!["a".into(), "b".into()])),
        ("ratios", A::Ns(vec!["1".into(), "2.5".into()])),
        ("data", A::Bs(vec![aws_sdk_dynamodb::primitives::Blob::new([1, 2])])),
        ("hits", A::Ns(vec!["1".into()])),
        ("hits", number("1.5")),
        ("ratio", number("2.0000000000000000000000000000000000001")),
    ];
    for (at, (field, set)) in sets.iter().enumerate() {
        let id = format!("s{at}");
        store(&client, "guests", &id, &[("house", text(&id)), (field, set.clone())]).await;
        is_codec(&db, &id, field).await;
        assert_eq!(stored(&client, "guests", &id).await.get(*field), Some(set), "it is left as it was");
    }
    let count = async |id: &str, condition| Guest::scan().filter(Guest::ID.eq(id) & condition).count(&db).await;
    for (id, condition, wanted) in [
        ("s0", Guest::ROLES.contains("a"), 0),
        ("s0", Guest::ROLES.contains(""), 0),
        ("s0", Guest::ROLES.eq(&["a".to_owned(), "b".to_owned()]), 0),
        ("s0", Guest::ROLES.ne(&[]), 1),
        ("s0", Guest::ROLES.size().eq(2), 0),
        ("s0", Guest::ROLES.size().ne(2), 1),
        ("s0", Guest::ROLES.exists(), 1),
        ("s0", Guest::ROLES.missing(), 0),
        ("s1", Guest::RATIOS.contains(1.0), 0),
        ("s1", Guest::RATIOS.contains(2.5), 0),
        ("s1", Guest::RATIOS.size().gt(0), 0),
        ("s2", Guest::DATA.size().gt(0), 0),
    ] {
        assert_eq!(count(id, condition.clone()).await.expect("a count"), wanted, "{id}: {condition:?}");
        // The condition of a write is the server's to judge, and means the same; refused, the set is what is told.
        let deleted = at_once(Guest::delete(id).only_if(condition.clone() & Guest::HITS.eq(77)).exec(&db)).await;
        let asks_for_value = ![Guest::ROLES.exists(), Guest::ROLES.missing()]
            .map(|any| format!("{any:?}"))
            .contains(&format!("{condition:?}"));
        let error = refused(deleted, if asks_for_value { ErrorKind::Codec } else { ErrorKind::ConditionFailed });
        assert_eq!(error.contains("a set of"), asks_for_value, "{error}");
        let transaction = db.transaction().add(Guest::check(id).only_if(condition.clone())).commit().await;
        assert_eq!(transaction.is_ok(), wanted == 1, "{id}: {condition:?}: {transaction:?}");
    }
    // What the model does not know hinders nothing, and stays.
    let tags = A::Ss(vec!["x".into()]);
    store(&client, "guests", "other", &[("tags", tags.clone()), ("roles", A::L(vec![text("r")]))]).await;
    let other = Guest::update("other").append(Guest::ROLES, ["s"]).exec(&db).await.expect("an append");
    assert_eq!(other.roles, Some(vec!["r".into(), "s".into()]));
    assert_eq!(stored(&client, "guests", "other").await.get("tags"), Some(&tags));
    report::ran("foreign_data::a_set_is_no_list", &label);
}

async fn no_refusal_is_in_the_servers_words(target: Target) {
    let (db, client, label) = open(target).await;
    let long = "x".repeat(390 * 1024);
    let attributes = [("hits", text("many")), ("roles", text("one")), ("ratio", text("half")), ("stay", text("s"))];
    store(&client, "guests", "t", &attributes).await;
    store(&client, "guests", "l", &[("roles", A::L(vec![text(&long)])), ("hits", number("1"))]).await;
    let update = || Guest::update("t");
    for (what, wanted, kind) in [
        (update().add(Guest::HITS, 1), "hits", ErrorKind::InvalidInput),
        (update().append(Guest::ROLES, ["x"]), "roles", ErrorKind::Codec),
        (update().add(Guest::RATIO, 0.5), "ratio", ErrorKind::Codec),
    ] {
        let alone = refused(at_once(what.clone().exec(&db)).await, kind);
        let together = refused(at_once(db.transaction().add(what).commit()).await, kind);
        for error in [alone, together] {
            assert!(error.contains("text") && error.contains(wanted) && error.contains("guests"), "{error}");
        }
    }
    refused(at_once(update().set(Guest::STAY.at(Stay::NIGHTS), 1).exec(&db)).await, ErrorKind::InvalidInput);
    let within = db.transaction().add(update().set(Guest::STAY.at(Stay::NIGHTS), 1)).commit();
    refused(at_once(within).await, ErrorKind::InvalidInput);
    let more = "y".repeat(20 * 1024);
    let large = || Guest::update("l").append(Guest::ROLES, [more.as_str()]);
    refused(at_once(large().exec(&db)).await, ErrorKind::InvalidInput);
    refused(at_once(db.transaction().add(large()).commit()).await, ErrorKind::InvalidInput);
    // Text has no size, numbers no beginning, and no comparison is an error.
    let condition = Guest::HITS.gt(0) | Guest::ROLES.size().gt(0) | Guest::STAY.at(Stay::NIGHTS).eq(1);
    refused(at_once(update().remove(Guest::HITS).only_if(condition).exec(&db)).await, ErrorKind::ConditionFailed);
    report::ran("foreign_data::no_refusal_is_in_the_servers_words", &label);
}

const REFUSED: (&str, &str) = (
    "400 Bad Request",
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"id":{"S":"a"},"hits":{"N":"1"}}}"#,
);

/// A server that refuses a write for an item that allows it, whatever is asked, is not asked for ever.
#[tokio::test]
async fn a_refusal_without_a_reason_is_told_at_once() {
    let db = answering(REFUSED).await;
    let update = Guest::update("a").set(Guest::HITS, 2).only_if(Guest::HITS.eq(1));
    let alone = at_once(update.clone().exec(&db)).await.expect_err("a refusal");
    assert!(alone.kind() == ErrorKind::Backend && alone.message().contains("twice"), "{alone}");
    let create = at_once(Guest::upsert("a").set(Guest::HITS, 2).exec(&db)).await.expect_err("a refusal");
    assert!(create.kind() == ErrorKind::Backend && create.message().contains("twice"), "{create}");
}

/// What DynamoDB may give one day and the SDK has no name for yet, which no server that can be had stores.
#[tokio::test]
async fn an_attribute_of_an_unknown_type_hinders_only_who_reads_it() {
    for (answer, field) in [
        (r#"{"Item":{"id":{"S":"a"},"hits":{"N":"1"},"new":{"X":"y"},"far":{"L":[{"M":{"x":{"X":[1]}}}]}}}"#, None),
        (r#"{"Item":{"id":{"S":"a"},"hits":{"N":"1"},"stay":{"M":{"nights":{"X":1}}}}}"#, Some("stay")),
        (r#"{"Item":{"id":{"S":"a"},"hits":{"X":"1"}}}"#, Some("hits")),
    ] {
        let db = answering(("200 OK", answer)).await;
        let client = db.raw::<Client>().expect("DynamoDB's client");
        let raw = client.get_item().table_name("guests").key("id", text("a")).send().await.expect("an answer");
        let decoded = reposit::backend::dynamodb::decode::<Guest>(raw.item.expect("an item"));
        let read = Guest::get("a").exec(&db).await.map(|guest| guest.expect("a guest"));
        for guest in [decoded, read] {
            match field {
                None => assert_eq!(guest.expect("a guest").hits, Some(1)),
                Some(field) => assert!(refused(guest, ErrorKind::Codec).contains(field)),
            }
        }
    }
}

/// A database whose server lists no tables, and answers everything else in one way.
async fn answering(answer: (&'static str, &'static str)) -> Database {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_all(stream, answer));
        }
    });
    Database::open(&format!("dynamodb://a:b@local?endpoint=http://{address}")).await.expect("it answers")
}

async fn answer_all(stream: TcpStream, answer: (&str, &str)) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut lists) = (0, false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            lists |= line.contains("listtables");
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let (status, answer) = if lists { ("200 OK", r#"{"TableNames":[]}"#) } else { answer };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(format!("{head}{answer}").as_bytes()).await.is_err() {
            return;
        }
    }
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    changes_of_a_null_are_changes_of_nothing: super::changes_of_a_null_are_changes_of_nothing,
    nulls_and_long_numbers_hinder_no_write_that_moves_a_guard: super::nulls_and_long_numbers_hinder_no_write_that_moves_a_guard,
    a_number_of_38_digits_is_the_float_that_is_read: super::a_number_of_38_digits_is_the_float_that_is_read,
    a_set_is_no_list: super::a_set_is_no_list,
    no_refusal_is_in_the_servers_words: super::no_refusal_is_in_the_servers_words,
);
