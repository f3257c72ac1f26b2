//! Writes of several items, all or none.

use aws_sdk_dynamodb::Client;
use serde_json::{Value as Json, json};

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::retry::Attempts;

/// `TransactWriteItems`.
#[derive(Debug)]
pub(crate) struct TransactWrite<'a> {
    ops: Vec<&'a ItemOp>,
}

impl<'a> TransactWrite<'a> {
    /// A transaction of these writes. Each item may be in it once.
    pub(crate) fn new(ops: impl IntoIterator<Item = &'a ItemOp>) -> Self {
        Self { ops: ops.into_iter().collect() }
    }

    /// How many writes it has.
    pub(crate) fn len(&self) -> usize {
        self.ops.len()
    }

    /// Sends it under a token, with which DynamoDB does it once, however often it is sent.
    pub(crate) async fn send(&self, client: &Client, attempts: &mut Attempts<'_>, token: &str) -> Result<(), Failure> {
        let parts = self.ops.iter().map(|op| op.to_part()).collect::<Result<_, _>>()?;
        let request = client.transact_write_items().client_request_token(token).set_transact_items(Some(parts));
        attempts.send("TransactWriteItems", request.send()).await.map(drop)
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        let part = |op: &&ItemOp| {
            let (name, body) = op.to_json();
            json!({ name: body })
        };
        let parts: Vec<Json> = self.ops.iter().map(part).collect();
        json::request("TransactWriteItems", &json!({ "TransactItems": parts }))
    }
}
