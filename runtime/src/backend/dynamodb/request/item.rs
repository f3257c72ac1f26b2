//! A write of one item, sent as its own request or as a part of a transaction.

use bytes::Bytes;

use crate::backend::dynamodb::expression::placeholders::{Placeholders, Used};
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::text::to_text;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::{Found, read_answer};
use crate::backend::dynamodb::wire::body::Body;
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::FieldDef;
use crate::error::Result;
use crate::request::Returning;

/// What is done to one item, under a condition.
#[derive(Debug, Clone)]
pub(crate) struct ItemOp {
    table: String,
    action: ItemAction,
    condition: Option<String>,
    used: Used,
    fields: &'static [FieldDef],
    told: Returning,
}

#[derive(Debug, Clone)]
pub(crate) enum ItemAction {
    /// Stores an item.
    Put(Item),
    /// Changes an item; its own request returns the item as it is then, unless another is to be told.
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
        Ok(Self { table: table.to_owned(), action, condition, used, fields: &[], told: Returning::After })
    }

    /// Whether it can only be part of a transaction.
    pub(crate) fn is_check(&self) -> bool {
        matches!(self.action, ItemAction::Check(_))
    }

    /// The same, whose item is a record of these fields.
    pub(crate) fn of_model(self, fields: &'static [FieldDef]) -> Self {
        Self { fields, ..self }
    }

    /// The same, whose update returns this item.
    pub(crate) fn telling(self, told: Returning) -> Self {
        Self { told, ..self }
    }

    /// Sends it as its own request. An update returns the item that is to be told, a delete the old one.
    pub(crate) async fn send(
        &self,
        sender: &dyn Sender,
        attempts: &mut Attempts<'_>,
    ) -> Result<Option<Found>, Failure> {
        // Without a transaction a check is a read, which is made elsewhere.
        let Some(target) = self.target() else { return Ok(None) };
        attempts.exchange(sender, target, &self.body(), |answer| self.read(&answer)).await
    }

    fn target(&self) -> Option<Target> {
        match self.action {
            ItemAction::Put(_) => Some(Target::PutItem),
            ItemAction::Update { .. } => Some(Target::UpdateItem),
            ItemAction::Delete(_) => Some(Target::DeleteItem),
            ItemAction::Check(_) => None,
        }
    }

    /// Its name in a transaction.
    pub(crate) fn part_name(&self) -> &'static str {
        match self.action {
            ItemAction::Put(_) => "Put",
            ItemAction::Update { .. } => "Update",
            ItemAction::Delete(_) => "Delete",
            ItemAction::Check(_) => "ConditionCheck",
        }
    }

    fn body(&self) -> Bytes {
        let mut body = Body::new(self.size());
        self.write(&mut body, true);
        body.finish()
    }

    /// About how many bytes it has.
    pub(crate) fn size(&self) -> usize {
        let (ItemAction::Put(item)
        | ItemAction::Update { key: item, .. }
        | ItemAction::Delete(item)
        | ItemAction::Check(item)) = &self.action;
        256 + item.json().len() + self.used.len()
    }

    /// Writes it, as its own request or as a part of a transaction.
    pub(crate) fn write(&self, body: &mut Body, own: bool) {
        body.text("TableName", &self.table);
        let returned = match &self.action {
            ItemAction::Put(item) => {
                body.json("Item", item.json());
                None
            }
            ItemAction::Update { key, expression } => {
                body.json("Key", key.json());
                body.text("UpdateExpression", expression);
                match self.told {
                    Returning::Before => Some("ALL_OLD"),
                    Returning::Nothing => None,
                    Returning::AsUsual | Returning::After => Some("ALL_NEW"),
                }
            }
            ItemAction::Delete(key) => {
                body.json("Key", key.json());
                Some("ALL_OLD")
            }
            ItemAction::Check(key) => {
                body.json("Key", key.json());
                None
            }
        };
        body.text_if("ConditionExpression", self.condition.as_deref());
        self.used.write(body);
        body.text_if("ReturnValues", returned.filter(|_| own));
        body.text("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
    }

    fn read(&self, answer: &Bytes) -> Result<Option<Found>, Failure> {
        let mut found = None;
        let read = read_answer(answer, |name, answer| match name {
            "Attributes" => {
                found = answer.maybe(|answer| answer.found(self.fields, 2))?;
                Ok(true)
            }
            _ => Ok(false),
        });
        read.map_err(Failure::malformed)?;
        match (&self.action, &found) {
            (ItemAction::Update { .. }, None) if self.told != Returning::Nothing => {
                Err(Failure::incomplete("Attributes"))
            }
            _ => Ok(found),
        }
    }

    /// Its own request as text.
    pub(crate) fn to_text(&self) -> String {
        self.target().map(|target| to_text(target, &self.body())).unwrap_or_default()
    }
}
