//! One item's operation: alone a request of its own, with others a part of a transaction.

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
use crate::error::{Error, ErrorKind, Result};

/// What is done to one item, under a condition.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    table: String,
    action: Action,
    condition: Option<String>,
    used: Used,
}

#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Stores an item.
    Put(Item),
    /// Changes an item; alone, it returns the item as it is then.
    Update {
        /// Which.
        key: Item,
        /// How.
        expression: String,
    },
    /// Takes an item away; alone, it returns the item as it was.
    Delete(Item),
    /// Only the condition, in a transaction.
    Check(Item),
}

impl Op {
    /// An operation whose expressions use these placeholders.
    pub(crate) fn new(
        table: &str,
        action: Action,
        condition: Option<String>,
        placeholders: &Placeholders,
    ) -> Result<Self> {
        if let Action::Update { expression, .. } = &action {
            placeholders.check(expression)?;
        }
        if let Some(condition) = &condition {
            placeholders.check(condition)?;
        }
        let update = match &action {
            Action::Update { expression, .. } => Some(expression.as_str()),
            _ => None,
        };
        let used = placeholders.used(update.into_iter().chain(condition.as_deref()));
        Ok(Self { table: table.to_owned(), action, condition, used })
    }

    /// Whether it can only be part of a transaction.
    pub(crate) fn is_check(&self) -> bool {
        matches!(self.action, Action::Check(_))
    }

    /// Sends it alone. An update gives the new item, a delete the old one.
    pub(crate) async fn send(&self, client: &Client, attempts: &mut Attempts<'_>) -> Result<Option<Item>, Failure> {
        let failed = ReturnValuesOnConditionCheckFailure::AllOld;
        match &self.action {
            Action::Put(item) => {
                let put = client
                    .put_item()
                    .table_name(&self.table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(self.used.names.clone())
                    .set_expression_attribute_values(self.used.values.clone())
                    .return_values_on_condition_check_failure(failed);
                attempts.send(put.send()).await.map(|_| None)
            }
            Action::Update { key, expression } => {
                let update = client
                    .update_item()
                    .table_name(&self.table)
                    .set_key(Some(key.clone()))
                    .update_expression(expression)
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(self.used.names.clone())
                    .set_expression_attribute_values(self.used.values.clone())
                    .return_values(ReturnValue::AllNew)
                    .return_values_on_condition_check_failure(failed);
                let has = |answer: &UpdateItemOutput| answer.attributes.is_some();
                attempts.send_for(update.send(), "Attributes", has).await.map(|answer| answer.attributes)
            }
            Action::Delete(key) => {
                let delete = client
                    .delete_item()
                    .table_name(&self.table)
                    .set_key(Some(key.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(self.used.names.clone())
                    .set_expression_attribute_values(self.used.values.clone())
                    .return_values(ReturnValue::AllOld)
                    .return_values_on_condition_check_failure(failed);
                attempts.send(delete.send()).await.map(|answer| answer.attributes)
            }
            // A check alone is a read, which is made elsewhere.
            Action::Check(_) => Ok(None),
        }
    }

    /// It as a part of a transaction.
    pub(crate) fn part(&self) -> Result<TransactWriteItem> {
        let failed = ReturnValuesOnConditionCheckFailure::AllOld;
        let (names, values) = (self.used.names.clone(), self.used.values.clone());
        let part = TransactWriteItem::builder();
        let unbuilt = |e| Error::new(ErrorKind::Backend, "a part of the transaction cannot be built").with_source(e);
        Ok(match &self.action {
            Action::Put(item) => {
                let put = Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(failed);
                part.put(put.build().map_err(unbuilt)?)
            }
            Action::Update { key, expression } => {
                let update = Update::builder()
                    .table_name(&self.table)
                    .set_key(Some(key.clone()))
                    .update_expression(expression)
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(failed);
                part.update(update.build().map_err(unbuilt)?)
            }
            Action::Delete(key) => {
                let delete = Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(key.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(failed);
                part.delete(delete.build().map_err(unbuilt)?)
            }
            Action::Check(key) => {
                let check = ConditionCheck::builder()
                    .table_name(&self.table)
                    .set_key(Some(key.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(failed);
                part.condition_check(check.build().map_err(unbuilt)?)
            }
        }
        .build())
    }

    /// The request's name and body, as it would be sent alone.
    pub(crate) fn explain(&self) -> (&'static str, Json) {
        let mut body = Map::new();
        body.insert("TableName".into(), self.table.clone().into());
        let (name, returned) = match &self.action {
            Action::Put(item) => {
                body.insert("Item".into(), json::item(item));
                ("Put", None)
            }
            Action::Update { key, expression } => {
                body.insert("Key".into(), json::item(key));
                body.insert("UpdateExpression".into(), expression.clone().into());
                ("Update", Some("ALL_NEW"))
            }
            Action::Delete(key) => {
                body.insert("Key".into(), json::item(key));
                ("Delete", Some("ALL_OLD"))
            }
            Action::Check(key) => {
                body.insert("Key".into(), json::item(key));
                ("ConditionCheck", None)
            }
        };
        json::expression(&mut body, "ConditionExpression", self.condition.as_deref());
        json::placeholders(&mut body, &self.used);
        if let Some(returned) = returned {
            body.insert("ReturnValues".into(), returned.into());
        }
        body.insert("ReturnValuesOnConditionCheckFailure".into(), "ALL_OLD".into());
        (name, body.into())
    }
}
