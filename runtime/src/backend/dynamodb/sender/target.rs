//! The operations of DynamoDB's data plane.

/// An operation of the data plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    GetItem,
    PutItem,
    UpdateItem,
    DeleteItem,
    Query,
    Scan,
    BatchGetItem,
    BatchWriteItem,
    TransactGetItems,
    TransactWriteItems,
}

/// What each name in `x-amz-target` begins with: the version of the protocol.
const VERSION: &str = "DynamoDB_20120810.";

impl Target {
    /// The header `x-amz-target`.
    pub(crate) const fn header(self) -> &'static str {
        match self {
            Self::GetItem => "DynamoDB_20120810.GetItem",
            Self::PutItem => "DynamoDB_20120810.PutItem",
            Self::UpdateItem => "DynamoDB_20120810.UpdateItem",
            Self::DeleteItem => "DynamoDB_20120810.DeleteItem",
            Self::Query => "DynamoDB_20120810.Query",
            Self::Scan => "DynamoDB_20120810.Scan",
            Self::BatchGetItem => "DynamoDB_20120810.BatchGetItem",
            Self::BatchWriteItem => "DynamoDB_20120810.BatchWriteItem",
            Self::TransactGetItems => "DynamoDB_20120810.TransactGetItems",
            Self::TransactWriteItems => "DynamoDB_20120810.TransactWriteItems",
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_read(self) -> bool {
        matches!(self, Self::GetItem | Self::Query | Self::Scan | Self::BatchGetItem | Self::TransactGetItems)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        self.header().strip_prefix(VERSION).unwrap_or_default()
    }
}
