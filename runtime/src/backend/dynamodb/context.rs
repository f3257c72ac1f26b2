//! What every operation needs of an open database.

use aws_sdk_dynamodb::Client;

use super::resend::Resend;
use super::schema_cache::DefinedCache;
use super::sender::Sender;
use crate::backend::support::write_id::WriteIds;
use crate::value::Value;

/// The sender of requests, the client for tables, the ids of the writes, and which tables were seen to be the
/// models'.
pub(super) struct Context {
    pub(super) sender: Box<dyn Sender>,
    pub(super) client: Client,
    pub(super) write_ids: WriteIds,
    pub(super) defined: DefinedCache,
    pub(super) resend: Resend,
}

impl Context {
    /// A stamp that no other write has.
    pub(super) fn next_stamp(&self) -> Value {
        Value::Bytes(self.write_ids.next().bytes().to_vec())
    }

    /// A token that no other transaction has.
    pub(super) fn next_token(&self) -> String {
        self.write_ids.next().to_string()
    }
}
