//! exploration
#[path = "conformance/harness.rs"]
#[allow(dead_code, unused_macros)]
mod harness;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue as A;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use harness::Test;
use reposit::Repository;
use reposit_tests::servers::Target;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sized1 {
    #[hash_key]
    id: String,
}

async fn puts(client: &Client, total: usize) -> Result<(), String> {
    let mut left = total;
    let mut items = vec![];
    for n in 0..11 {
        let size = left.min(400_000);
        left -= size;
        if size < 10 {
            break;
        }
        let put = Put::builder()
            .table_name("sized1")
            .item("id", A::S(format!("{n:02}")))
            .item("f", A::S("x".repeat(size - 5)));
        items.push(TransactWriteItem::builder().put(put.build().unwrap()).build());
    }
    client
        .transact_write_items()
        .set_transact_items(Some(items))
        .send()
        .await
        .map(drop)
        .map_err(|e| format!("{:?}", e.into_service_error().to_string()))
}
async fn updates(client: &Client, total: usize) -> Result<(), String> {
    let mut left = total;
    let mut items = vec![];
    for n in 0..11 {
        let size = left.min(400_000);
        left -= size;
        if size < 10 {
            break;
        }
        let up = Update::builder()
            .table_name("sized1")
            .key("id", A::S(format!("{n:02}")))
            .update_expression("SET f = :f")
            .expression_attribute_values(":f", A::S("x".repeat(size - 5)));
        items.push(TransactWriteItem::builder().update(up.build().unwrap()).build());
    }
    client
        .transact_write_items()
        .set_transact_items(Some(items))
        .send()
        .await
        .map(drop)
        .map_err(|e| format!("{:?}", e.into_service_error().to_string()))
}

#[tokio::test]
async fn explore() {
    let (t, _) = Test::on(Target::DynamodbLocal).await;
    let db = t.with::<Sized1>().await;
    let client = db.raw::<Client>().unwrap();
    for total in [4_000_000, 4_100_000, 4_194_304, 4_194_305, 4_250_000, 4_390_000] {
        println!("puts {total} {:?}", puts(client, total).await);
    }
    for total in [4_000_000, 4_100_000, 4_194_304, 4_194_305, 4_250_000, 4_390_000] {
        println!("updates {total} {:?}", updates(client, total).await);
    }
    let small = Update::builder().table_name("sized1");
    let items: Vec<_> = (0..11)
        .map(|n| {
            TransactWriteItem::builder()
                .update(
                    small
                        .clone()
                        .key("id", A::S(format!("{n:02}")))
                        .update_expression("SET g = :f")
                        .expression_attribute_values(":f", A::S("x".into()))
                        .build()
                        .unwrap(),
                )
                .build()
        })
        .collect();
    println!(
        "small updates of large {:?}",
        client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
            .map(drop)
            .map_err(|e| e.into_service_error().to_string())
    );
}
