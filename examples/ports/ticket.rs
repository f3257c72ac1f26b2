//! A ticket with a version, as dynastorev2's example makes one.

use reposit::{Database, ErrorKind, Repository, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tickets-table", index(hash = "queue", range = "created"))]
struct Ticket {
    #[hash_key]
    customer: String,
    #[range_key]
    id: String,
    payload: Vec<u8>,
    queue: Option<String>,
    created: i64,
    #[ttl]
    expires: Option<i64>,
    #[version]
    version: u64,
}

const ID: &str = "01FCFSDXQ8EYFCNMEA7C2WJG74";

pub(crate) async fn run(db: &Database) -> Result<()> {
    db.define::<Ticket>().await?;
    // Of an earlier run.
    Ticket::delete("customer", ID).exec(db).await?;

    let ticket = Ticket {
        customer: "customer".into(),
        id: ID.into(),
        payload: br#"{"name": "Stax"}"#.to_vec(),
        queue: Some("support".into()),
        created: 7,
        expires: None,
        version: 0,
    };
    let ticket = Ticket::create(&ticket).exec_returning(db).await?;
    println!("version {}", ticket.version);

    let update = || Ticket::update(&ticket.customer, &ticket.id).set(Ticket::PAYLOAD, b"{}").version(ticket.version);
    assert_eq!(update().exec(db).await?.version, 2);
    assert_eq!(update().exec(db).await.unwrap_err().kind(), ErrorKind::VersionConflict);

    let again = Ticket::create(&ticket).exec(db).await.unwrap_err();
    println!("  created again: {}", again.kind());
    let listed = Ticket::query("customer").begins_with("01FCF").limit(10).consistent().exec(db).await?;
    println!("  of the customer: {:?}", listed.items.iter().map(|ticket| ticket.version).collect::<Vec<_>>());
    let queued = Ticket::find_by_queue("support").range(..10).all(db).await?;
    println!("  in the queue: {:?}", queued.iter().map(|ticket| &ticket.id).collect::<Vec<_>>());
    // With an expiry that is past, it is gone.
    Ticket::update("customer", ID).set(Ticket::EXPIRES, 1).exec(db).await?;
    println!("  expired: {:?}", Ticket::get("customer", ID).consistent().exec(db).await?);
    Ok(())
}
