//! A write of one item, sent as its own request or as a part of a transaction.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use serde_json::{Map, Value as Json};

use crate::backend::dynamodb::expression::placeholders::{Placeholders, Used};
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::json;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::value::Item;
use crate::error::Result;

/// What is done to one item, under a condition.
#[derive(Debug, Clone)]
pub(crate) struct ItemOp {
    table: String,
    action: ItemAction,
    condition: Option<String>,
    used: Used,
}

#[derive(Debug, Clone)]
pub(crate) enum ItemAction {
    /// Stores an item.
    Put(Item),
    /// Changes an item; its own request returns the item as it is then.
    Update {
        /// Which.
        key: Item,
        /// How.
        expression: String,
    },
    /// Deletes an item; its own request returns the item as it was.
    Delete(Item),
    /// Only checks the condition, in a transaction.
    Check(Item),
}

/// Sets what every write has: its table, its condition, and that a refusal shows the item that is stored.
/// A macro, because the SDK's builders have these setters and no trait with them.
macro_rules! with_condition {
    ($builder:expr, $op:expr) => {
        $builder
            .table_name(&$op.table)
            .set_condition_expression($op.condition.clone())
            .set_expression_attribute_names($op.used.names.clone())
            .set_expression_attribute_values($op.used.values.clone())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    };
}

impl ItemOp {
    /// A write whose expressions use these placeholders.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) if an expression is longer than DynamoDB takes.
    pub(crate) fn new(
        table: &str,
        action: ItemAction,
        condition: Option<String>,
        placeholders: &Placeholders,
    ) -> Result<Self> {
        let update = match &action {
            ItemAction::Update { expression, .. } => Some(expression.as_str()),
            _ => None,
        };
        for expression in update.into_iter().chain(condition.as_deref()) {
            placeholders.check_limits(expression)?;
        }
        let used = placeholders.used(update.into_iter().chain(condition.as_deref()));
        Ok(Self { table: table.to_owned(), action, condition, used })
    }

    /// Whether it can only be part of a transaction.
    pub(crate) fn is_check(&self) -> bool {
        matches!(self.action, ItemAction::Check(_))
    }

    /// Sends it as its own request. An update returns the new item, a delete the old one.
    pub(crate) async fn send(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Option<Item>, Failure> {
        match &self.action {
            ItemAction::Put(item) => {
                let put = with_condition!(client.put_item(), self).set_item(Some(item.clone()));
                attempts.send("PutItem", put.send()).await.map(|_| None)
            }
            ItemAction::Update { key, expression } => {
                let update = with_condition!(client.update_item(), self).set_key(Some(key.clone()));
                let update = update.update_expression(expression).return_values(ReturnValue::AllNew);
                let has = |answer: &UpdateItemOutput| answer.attributes.is_some();
                let answer = attempts.send_for("UpdateItem", update.send(), "Attributes", has).await;
                answer.map(|answer| answer.attributes)
            }
            ItemAction::Delete(key) => {
                let delete = with_condition!(client.delete_item(), self).set_key(Some(key.clone()));
                let delete = delete.return_values(ReturnValue::AllOld);
                attempts.send("DeleteItem", delete.send()).await.map(|answer| answer.attributes)
            }
            // Without a transaction a check is a read, which is made elsewhere.
            ItemAction::Check(_) => Ok(None),
        }
    }

    /// It as a part of a transaction.
    pub(crate) fn to_part(&self) -> Result<TransactWriteItem, Failure> {
        let part = TransactWriteItem::builder();
        Ok(match &self.action {
            ItemAction::Put(item) => {
                let put = with_condition!(Put::builder(), self).set_item(Some(item.clone()));
                part.put(put.build().map_err(Failure::unbuilt)?)
            }
            ItemAction::Update { key, expression } => {
                let update = with_condition!(Update::builder(), self).set_key(Some(key.clone()));
                part.update(update.update_expression(expression).build().map_err(Failure::unbuilt)?)
            }
            ItemAction::Delete(key) => {
                let delete = with_condition!(Delete::builder(), self).set_key(Some(key.clone()));
                part.delete(delete.build().map_err(Failure::unbuilt)?)
            }
            ItemAction::Check(key) => {
                let check = with_condition!(ConditionCheck::builder(), self).set_key(Some(key.clone()));
                part.condition_check(check.build().map_err(Failure::unbuilt)?)
            }
        }
        .build())
    }

    /// Its own request as text.
    pub(crate) fn to_text(&self) -> String {
        let (name, body) = self.to_json();
        json::request(&format!("{name}Item"), &body)
    }

    /// The name and the body that it has in a transaction, and those of its own request but for `Item` in
    /// the name.
    pub(crate) fn to_json(&self) -> (&'static str, Json) {
        let mut body = Map::new();
        body.insert("TableName".into(), self.table.clone().into());
        let (name, returned) = match &self.action {
            ItemAction::Put(item) => {
                body.insert("Item".into(), json::item(item));
                ("Put", None)
            }
            ItemAction::Update { key, expression } => {
                body.insert("Key".into(), json::item(key));
                body.insert("UpdateExpression".into(), expression.clone().into());
                ("Update", Some("ALL_NEW"))
            }
            ItemAction::Delete(key) => {
                body.insert("Key".into(), json::item(key));
                ("Delete", Some("ALL_OLD"))
            }
            ItemAction::Check(key) => {
                body.insert("Key".into(), json::item(key));
                ("ConditionCheck", None)
            }
        };
        json::add_expression(&mut body, "ConditionExpression", self.condition.as_deref());
        json::add_placeholders(&mut body, &self.used);
        if let Some(returned) = returned {
            body.insert("ReturnValues".into(), returned.into());
        }
        body.insert("ReturnValuesOnConditionCheckFailure".into(), "ALL_OLD".into());
        (name, body.into())
    }
}
