//! The backends' own clients, and what is read by them.

use reposit_conformance::Test;
use reposit_tests::models::{Event, User, event, user};

reposit_conformance::cases!(the_raw_client_is_there, a_record_read_by_hand_is_decoded);

async fn the_raw_client_is_there(t: Test) {
    let found = match t.db.backend_name() {
        "mongodb" => t.db.raw::<::mongodb::Database>().is_some(),
        "dynamodb" => t.db.raw::<aws_sdk_dynamodb::Client>().is_some(),
        "postgres" => t.db.raw::<reposit::deadpool_postgres::Pool>().is_some(),
        "sqlite" => t.db.raw::<reposit::backend::sqlite::Sqlite>().is_some(),
        "redis" => t.db.raw::<reposit::redis::Client>().is_some(),
        _ => t.db.raw::<reposit::backend::memory::Memory>().is_some(),
    };
    assert!(found, "{}", t.db.backend_name());
    assert!(t.db.raw::<String>().is_none());
    t.db.ping().await.unwrap();
}

async fn a_record_read_by_hand_is_decoded(t: Test) {
    t.with::<Event>().await;
    let db = t.with::<User>().await;
    let ada = User { nickname: Some("Zoë".into()), revision: 7, ..user("u1", "core", 1) };
    User::create(&ada).exec(db).await.unwrap();
    Event::create(&event("s", u64::MAX, -1)).exec(db).await.unwrap();
    if let Some(client) = db.raw::<aws_sdk_dynamodb::Client>() {
        let items = client.scan().table_name("users").send().await.unwrap().items.unwrap();
        let item = items.into_iter().next().unwrap();
        assert_eq!(reposit::backend::dynamodb::decode::<User>(item.clone()).unwrap(), ada);
        // Others who know the names can read it too.
        assert_eq!(serde_dynamo::from_item::<_, User>(item).unwrap(), ada);
        let items = client.scan().table_name("events").send().await.unwrap().items.unwrap();
        let read = reposit::backend::dynamodb::decode::<Event>(items.into_iter().next().unwrap());
        assert_eq!(read.unwrap(), event("s", u64::MAX, -1));
    } else if let Some(database) = db.raw::<::mongodb::Database>() {
        let all = ::mongodb::bson::Document::new;
        let users = database.collection::<::mongodb::bson::RawDocumentBuf>("users");
        let found = users.find_one(all()).await.unwrap().unwrap();
        assert_eq!(reposit::backend::mongodb::decode::<User>(&found).unwrap(), ada);
        assert_eq!(found.get_str("_id").unwrap(), "u1");
        let events = database.collection::<::mongodb::bson::RawDocumentBuf>("events");
        let found = events.find_one(all()).await.unwrap().unwrap();
        assert_eq!(reposit::backend::mongodb::decode::<Event>(&found).unwrap(), event("s", u64::MAX, -1));
    } else {
        let mut record = reposit::Record::new();
        record.set("stream", "s".into());
        record.set("seq", u64::MAX.into());
        record.set("severity", reposit::Value::Int(-1));
        record.set("text", format!("s/{}", u64::MAX).into());
        assert_eq!(record.decode::<Event>().unwrap(), event("s", u64::MAX, -1));
    }
}
