//! The calls against DynamoDB's SDK: written by hand, and with serde_dynamo.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use bench_harness::user::{TEAM, id};
use bench_harness::worker::Calls;

use crate::user::{Address, User, user};
use crate::{address, fresh_id, runtime, table};

type Item = HashMap<String, AttributeValue>;

/// The canned server, or the real one in a database of its own.
const VARIABLE: &str = "BENCH_DYNAMODB";

pub(crate) fn endpoint() -> String {
    address(VARIABLE)
}

pub(crate) fn url() -> String {
    format!("dynamodb://{}:secret@us-east-1?endpoint={}", key(), endpoint())
}

/// DynamoDB Local has a database for each access key.
pub(crate) fn key() -> String {
    std::env::var("BENCH_DATABASE").unwrap_or_else(|_| "bench".to_owned())
}

/// How a contestant makes a record of an item, and an item of a record.
#[derive(Clone, Copy)]
struct Codec {
    read: fn(Item) -> Option<User>,
    write: fn(User) -> Item,
}

struct Sdk {
    client: Client,
    table: String,
    codec: Codec,
}

fn codec_of(contestant: &str) -> Option<Codec> {
    match contestant {
        "by hand" => Some(Codec { read, write }),
        "serde_dynamo" => Some(Codec {
            read: |item| serde_dynamo::from_item(item).ok(),
            write: |user| serde_dynamo::to_item(user).expect("it is an item"),
        }),
        _ => None,
    }
}

pub(crate) fn calls(row: &str, contestant: &str) -> Option<Box<dyn Calls>> {
    let codec = codec_of(contestant)?;
    let runtime = runtime();
    let sdk = runtime.block_on(async {
        let sdk = Sdk { client: client().await, table: table(contestant), codec };
        for n in 0..TEAM {
            sdk.put(user(id(n), "core")).await;
        }
        sdk
    });
    match row {
        "get" => crate::calls(runtime, sdk, |sdk, _| async {
            let user = sdk.get(id(0)).await.expect("a record");
            assert_eq!(user.tags.len(), 4);
        }),
        "create" => crate::calls(runtime, sdk, |sdk, n| sdk.put(user(fresh_id(n), "new"))),
        "query-100" => crate::calls(runtime, sdk, |sdk, _| async {
            assert_eq!(sdk.query("core").await.expect("users").len(), TEAM);
        }),
        _ => None,
    }
}

async fn client() -> Client {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint())
        .credentials_provider(Credentials::new(key(), "secret", None, None, "bench"))
        .load()
        .await;
    Client::new(&config)
}

impl Sdk {
    async fn get(&self, id: String) -> Option<User> {
        let get = self.client.get_item().table_name(&self.table).key("id", AttributeValue::S(id));
        (self.codec.read)(get.send().await.expect("an answer").item?)
    }

    async fn put(&self, user: User) {
        let put = self.client.put_item().table_name(&self.table).set_item(Some((self.codec.write)(user)));
        put.send().await.expect("it is put");
    }

    async fn query(&self, team: &str) -> Option<Vec<User>> {
        let query = self.client.query().table_name(&self.table).index_name("by_team");
        let query = query.key_condition_expression("team = :team");
        let query = query.expression_attribute_values(":team", AttributeValue::S(team.to_owned()));
        let items = query.send().await.expect("an answer").items?;
        items.into_iter().map(self.codec.read).collect()
    }
}

fn write(user: User) -> Item {
    let address = HashMap::from([
        ("street".to_owned(), AttributeValue::S(user.address.street)),
        ("city".to_owned(), AttributeValue::S(user.address.city)),
        ("postcode".to_owned(), AttributeValue::S(user.address.postcode)),
        ("country".to_owned(), AttributeValue::S(user.address.country)),
    ]);
    HashMap::from([
        ("id".to_owned(), AttributeValue::S(user.id)),
        ("team".to_owned(), AttributeValue::S(user.team)),
        ("name".to_owned(), AttributeValue::S(user.name)),
        ("email".to_owned(), AttributeValue::S(user.email)),
        ("about".to_owned(), AttributeValue::S(user.about)),
        ("age".to_owned(), AttributeValue::N(user.age.to_string())),
        ("score".to_owned(), AttributeValue::N(user.score.to_string())),
        ("active".to_owned(), AttributeValue::Bool(user.active)),
        ("tags".to_owned(), AttributeValue::L(user.tags.into_iter().map(AttributeValue::S).collect())),
        ("address".to_owned(), AttributeValue::M(address)),
    ])
}

fn read(mut item: Item) -> Option<User> {
    let Some(AttributeValue::M(mut address)) = item.remove("address") else { return None };
    let Some(AttributeValue::L(tags)) = item.remove("tags") else { return None };
    let text_of = |value| match value {
        AttributeValue::S(text) => Some(text),
        _ => None,
    };
    let text = |item: &mut Item, name: &str| item.remove(name).and_then(text_of);
    Some(User {
        id: text(&mut item, "id")?,
        team: text(&mut item, "team")?,
        name: text(&mut item, "name")?,
        email: text(&mut item, "email")?,
        about: text(&mut item, "about")?,
        age: item.get("age")?.as_n().ok()?.parse().ok()?,
        score: item.get("score")?.as_n().ok()?.parse().ok()?,
        active: *item.get("active")?.as_bool().ok()?,
        tags: tags.into_iter().map(text_of).collect::<Option<_>>()?,
        address: Address {
            street: text(&mut address, "street")?,
            city: text(&mut address, "city")?,
            postcode: text(&mut address, "postcode")?,
            country: text(&mut address, "country")?,
        },
    })
}
