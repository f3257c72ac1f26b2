//! DynamoDB over a client of the SDK that was made elsewhere: each operation of the data plane goes through it and
//! does the same.

use aws_sdk_dynamodb::Client;
use reposit::backend::dynamodb::DynamoDb;
use reposit::{Database, ErrorKind};
use reposit_tests::models::{Event, Note, User, event, note, user};
use reposit_tests::proxy::Proxy;
use reposit_tests::report;
use reposit_tests::servers::{Target, fresh_name};

/// The operations of the data plane.
const OPERATIONS: [&str; 10] = [
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

async fn every_operation_goes_through_it(target: Target) {
    let server = target.server().await.expect("a server");
    let (proxy, url) = Proxy::before(target, &server, &fresh_name()).await;
    let direct = Database::open(&url).await.expect("the server answers");
    direct.define::<(Note, Event, User)>().await.unwrap();
    let client = direct.raw::<Client>().expect("DynamoDB's client").clone();
    let backend = DynamoDb::over_client(client).unwrap();
    let db = Database::builder().backend(backend).open().await.unwrap();
    proxy.take_counts();

    let (n, ada) = (note("n"), user("u1", "core", 1));
    Note::create(&n).exec(&db).await.unwrap();
    assert_eq!(Note::create(&n).exec(&db).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(n.clone()));
    let changed = Note::update("n").set(Note::TITLE, "x").exec(&db).await.unwrap();
    assert_eq!(changed.title, "x");
    let refused = Note::update("n").set(Note::TITLE, "y").only_if(Note::TITLE.eq("z")).exec(&db).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConditionFailed);
    assert!(Note::delete("n").exec(&db).await.unwrap());
    let events: Vec<_> = (0..30).map(|seq| event("s", seq, 1)).collect();
    Event::put_many(&events).exec(&db).await.unwrap();
    assert_eq!(Event::query("s").exec(&db).await.unwrap().items, events);
    assert_eq!(Event::scan().exec(&db).await.unwrap().items.len(), events.len());
    let many = Event::get_many((0..30).map(|seq| ("s", seq))).exec(&db).await.unwrap();
    assert_eq!(many.into_iter().flatten().collect::<Vec<_>>(), events);
    User::create(&ada).exec(&db).await.unwrap();
    let taken = User::create(&User { id: "u2".into(), ..ada.clone() }).exec(&db).await;
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::UniqueViolation);
    assert!(db.verify::<User>().await.unwrap().is_empty());
    let read = db.snapshot((User::get("u1"), Event::get("s", 3))).await.unwrap();
    assert_eq!(read, (Some(User { revision: 1, ..ada }), Some(event("s", 3, 1))));
    let counts = proxy.take_counts();
    let missing: Vec<_> = OPERATIONS.iter().filter(|operation| !counts.contains_key(**operation)).collect();
    assert!(missing.is_empty(), "{missing:?} were not sent, of {counts:?}");
    report::ran("brought_client::every_operation_goes_through_it", &server.label());
}

reposit_tests::on_backends!(
    dynamodb #[tokio::test]
    every_operation_goes_through_it: crate::every_operation_goes_through_it,
);
