//! Writes of several items, all or none.

use bytes::Bytes;

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::request::item::ItemOp;
use crate::backend::dynamodb::request::text::to_text;
use crate::backend::dynamodb::retry::Attempts;
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::target::Target;
use crate::backend::dynamodb::wire::answer::read_answer;
use crate::backend::dynamodb::wire::body::Body;

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
    pub(crate) async fn send(
        &self,
        sender: &dyn Sender,
        attempts: &mut Attempts<'_>,
        token: &str,
    ) -> Result<(), Failure> {
        let read = |answer: Bytes| read_answer(&answer, |_, _| Ok(false)).map_err(Failure::malformed);
        attempts.exchange(sender, Target::TransactWriteItems, &self.body(Some(token)), read).await
    }

    fn body(&self, token: Option<&str>) -> Bytes {
        let mut body = Body::new(self.ops.iter().map(|op| op.size()).sum::<usize>() + 96);
        body.text_if("ClientRequestToken", token);
        body.open_list("TransactItems");
        for op in &self.ops {
            body.open_entry();
            body.open(op.part_name());
            op.write(&mut body, false);
            body.close();
            body.close();
        }
        body.close_list();
        body.finish()
    }

    /// It as text.
    pub(crate) fn to_text(&self) -> String {
        to_text(Target::TransactWriteItems, &self.body(None))
    }
}
