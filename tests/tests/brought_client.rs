//! Databases over clients that were made elsewhere: what goes through them, and which of their wishes are kept.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use reposit::backend::dynamodb::DynamoDb;
use reposit::backend::mongodb::MongoDb;
use reposit::{Database, ErrorKind};
use reposit_tests::brought::{driver_database, sdk_config};
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
    let backend = DynamoDb::from_client(client);
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

/// What a client with wishes of its own does to a database: nothing that breaks a promise.
#[tokio::test]
async fn a_driver_that_prefers_other_members_is_read_from_the_primary() {
    use mongodb::options::{
        Acknowledgment, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
    };

    let server = Target::Mongodb.server().await.expect("a server");
    let name = fresh_name();
    let client = driver_database(&server, &name).await.client().clone();
    let brought = |options: DatabaseOptions| {
        let backend = MongoDb::from_database(client.database_with_options(&name, options));
        Database::builder().backend(backend).open()
    };
    let secondary = ReadPreference::Secondary { options: None };
    let preferring =
        DatabaseOptions::builder().selection_criteria(SelectionCriteria::ReadPreference(secondary)).build();
    let db = brought(preferring).await.unwrap();
    db.define::<Note>().await.unwrap();
    Note::create(&note("n")).exec(&db).await.unwrap();
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(note("n")), "the latest");
    let raw = db.raw::<mongodb::Database>().unwrap();
    assert_eq!(raw.name(), name);

    let unacknowledged = WriteConcern::builder().w(Acknowledgment::Nodes(0)).build();
    let unacknowledged = DatabaseOptions::builder().write_concern(unacknowledged).build();
    let available = DatabaseOptions::builder().read_concern(ReadConcern::available()).build();
    for (options, word) in [(unacknowledged, "option w "), (available, "readConcernLevel")] {
        let error = brought(options.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(word), "{error}");
        // One that was not opened refuses each call.
        let db = Database::with_backend(MongoDb::from_database(client.database_with_options(&name, options)));
        assert_eq!(Note::get("n").exec(&db).await.unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(Note::put(&note("n")).exec(&db).await.unwrap_err().kind(), ErrorKind::Config);
    }
    report::ran("brought_client::a_driver_that_prefers_other_members", &server.label());
}

/// A backend that is made outside a runtime lives on that of its first call.
#[test]
fn a_client_is_brought_from_outside_a_runtime() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, name) = (runtime(), fresh_name());
    let server = first.block_on(async { Target::DynamodbLocal.server().await.expect("a server") });
    let backend = DynamoDb::from_sdk_config(&sdk_config(&server, &name));
    let db = first.block_on(Database::builder().backend(backend).table_prefix("own-").open()).unwrap();
    first.block_on(async {
        db.define::<Note>().await.unwrap();
        Note::create(&note("n")).exec(&db).await.unwrap();
    });
    assert_eq!(runtime().block_on(Note::get("n").exec(&db)).unwrap(), Some(note("n")), "from another that runs");
    report::ran("brought_client::a_client_is_brought_from_outside_a_runtime", &server.label());
}

#[tokio::test]
async fn an_sdk_configuration_without_credentials_or_server_is_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let open = |config: &aws_types::SdkConfig| {
        let db = Database::builder().backend(DynamoDb::from_sdk_config(config));
        db.connect_timeout(std::time::Duration::from_secs(2)).open()
    };
    let error = open(&config).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("open")), "{error}");
    let key = SharedCredentialsProvider::new(Credentials::new("key", "hiddenSecret", None, None, "own"));
    let error = open(&config.into_builder().credentials_provider(key).build()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout), "{error}");
    assert!(!format!("{error:?}").contains("hiddenSecret"));
}
