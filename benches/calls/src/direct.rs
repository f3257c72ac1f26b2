//! The best that is written by hand against DynamoDB: hyper and the SDK's signer without its client, and serde_json with a type
//! for each kind of attribute, texts borrowed.

use std::borrow::Cow;
use std::time::SystemTime;

use aws_sdk_dynamodb::config::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use bench_harness::user::{TEAM, id};
use bench_harness::worker::Calls;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};

use crate::user::{self, User, user};
use crate::{dynamodb, fresh_id, runtime, table};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Text<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Number<'a> {
    #[serde(borrow)]
    n: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Flag {
    bool: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct List<'a> {
    #[serde(borrow)]
    l: Vec<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Nested<'a> {
    #[serde(borrow)]
    m: Address<'a>,
}

#[derive(Serialize, Deserialize)]
struct Address<'a> {
    #[serde(borrow)]
    street: Text<'a>,
    city: Text<'a>,
    postcode: Text<'a>,
    country: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    team: Text<'a>,
    name: Text<'a>,
    email: Text<'a>,
    about: Text<'a>,
    age: Number<'a>,
    score: Number<'a>,
    active: Flag,
    tags: List<'a>,
    address: Nested<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Get<'a> {
    table_name: &'a str,
    key: Key<'a>,
}

#[derive(Serialize)]
struct Key<'a> {
    id: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a> {
    table_name: &'a str,
    item: Item<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query<'a> {
    table_name: &'a str,
    index_name: &'a str,
    key_condition_expression: &'a str,
    expression_attribute_values: Values<'a>,
}

#[derive(Serialize)]
struct Values<'a> {
    #[serde(rename = ":team")]
    team: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got<'a> {
    #[serde(borrow)]
    item: Option<Item<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queried<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

struct Direct {
    client: Client<HttpConnector, Full<Bytes>>,
    endpoint: String,
    identity: Identity,
    table: String,
}

pub(crate) fn calls(row: &str, contestant: &str) -> Option<Box<dyn Calls>> {
    let runtime = runtime();
    let direct = runtime.block_on(async {
        let direct = Direct {
            client: Client::builder(TokioExecutor::new()).build_http(),
            endpoint: format!("{}/", dynamodb::endpoint()),
            identity: Credentials::new(dynamodb::key(), "secret", None, None, "bench").into(),
            table: table(contestant),
        };
        for n in 0..TEAM {
            direct.put(user(id(n), "core")).await;
        }
        direct
    });
    match row {
        "get" => crate::calls(runtime, direct, |direct, _| async {
            let user = direct.get(&id(0)).await.expect("a record");
            assert_eq!(user.tags.len(), 4);
        }),
        "create" => crate::calls(runtime, direct, |direct, n| direct.put(user(fresh_id(n), "new"))),
        "query-100" => crate::calls(runtime, direct, |direct, _| async {
            assert_eq!(direct.query("core").await.expect("users").len(), TEAM);
        }),
        _ => None,
    }
}

impl Direct {
    async fn get(&self, id: &str) -> Option<User> {
        let answer = self.send("GetItem", &Get { table_name: &self.table, key: Key { id: text(id) } }).await;
        let got: Got<'_> = serde_json::from_slice(&answer).expect("an answer to a get");
        got.item.and_then(read)
    }

    async fn put(&self, user: User) {
        self.send("PutItem", &Put { table_name: &self.table, item: write(&user) }).await;
    }

    async fn query(&self, team: &str) -> Option<Vec<User>> {
        let query = Query {
            table_name: &self.table,
            index_name: "by_team",
            key_condition_expression: "team = :team",
            expression_attribute_values: Values { team: text(team) },
        };
        let answer = self.send("Query", &query).await;
        let queried: Queried<'_> = serde_json::from_slice(&answer).expect("an answer to a query");
        queried.items.into_iter().map(read).collect()
    }

    async fn send(&self, operation: &str, body: &impl Serialize) -> Bytes {
        let body = serde_json::to_vec(body).expect("it is JSON");
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let params = SigningParams::builder()
            .identity(&self.identity)
            .region("us-east-1")
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("all is set")
            .into();
        let signable =
            SignableRequest::new("POST", self.endpoint.as_str(), headers.into_iter(), SignableBody::Bytes(&body));
        let (signature, _) = sign(signable.expect("a request"), &params).expect("it is signed").into_parts();
        let request = headers
            .iter()
            .fold(http::Request::post(&self.endpoint), |request, (name, value)| request.header(*name, *value));
        let mut request = request.body(Full::from(body)).expect("a request");
        signature.apply_to_request_http1x(&mut request);
        let answer = self.client.request(request).await.expect("an answer");
        assert!(answer.status().is_success(), "{operation}: {}", answer.status());
        answer.into_body().collect().await.expect("a whole answer").to_bytes()
    }
}

fn text(text: &str) -> Text<'_> {
    Text { s: text.into() }
}

fn write(user: &User) -> Item<'_> {
    let user::Address { street, city, postcode, country } = &user.address;
    let address = Address { street: text(street), city: text(city), postcode: text(postcode), country: text(country) };
    Item {
        id: text(&user.id),
        team: text(&user.team),
        name: text(&user.name),
        email: text(&user.email),
        about: text(&user.about),
        age: Number { n: user.age.to_string().into() },
        score: Number { n: user.score.to_string().into() },
        active: Flag { bool: user.active },
        tags: List { l: user.tags.iter().map(|tag| text(tag)).collect() },
        address: Nested { m: address },
    }
}

fn read(item: Item<'_>) -> Option<User> {
    let Address { street, city, postcode, country } = item.address.m;
    Some(User {
        id: item.id.s.into_owned(),
        team: item.team.s.into_owned(),
        name: item.name.s.into_owned(),
        email: item.email.s.into_owned(),
        about: item.about.s.into_owned(),
        age: item.age.n.parse().ok()?,
        score: item.score.n.parse().ok()?,
        active: item.active.bool,
        tags: item.tags.l.into_iter().map(|tag| tag.s.into_owned()).collect(),
        address: user::Address {
            street: street.s.into_owned(),
            city: city.s.into_owned(),
            postcode: postcode.s.into_owned(),
            country: country.s.into_owned(),
        },
    })
}
