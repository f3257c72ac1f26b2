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
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::GetItem,
        Self::PutItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::Query,
        Self::Scan,
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::TransactGetItems,
        Self::TransactWriteItems,
    ];

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

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        self.header().strip_prefix(VERSION).unwrap_or_default()
    }
}
