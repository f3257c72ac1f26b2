//! The four places where the conformance suite runs.

use super::{Server, dynamodb_local, dynoxide, fresh_name, mongodb};

/// A place where a case can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// The memory backend of reposit itself.
    Memory,
    /// A genuine `mongod`.
    Mongodb,
    /// Amazon's DynamoDB Local.
    DynamodbLocal,
    /// dynoxide, an independent DynamoDB server.
    Dynoxide,
}

impl Target {
    /// Every target, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Mongodb, Self::DynamodbLocal, Self::Dynoxide];

    /// The name in the report; a server adds its version to it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Mongodb => "mongodb",
            Self::DynamodbLocal => "dynamodb-local",
            Self::Dynoxide => "dynoxide",
        }
    }

    /// The server behind this target; the memory backend has none.
    pub async fn server(self) -> Option<Server> {
        match self {
            Self::Memory => None,
            Self::Mongodb => Some(mongodb().await),
            Self::DynamodbLocal => Some(dynamodb_local().await),
            Self::Dynoxide => Some(dynoxide().await),
        }
    }

    /// A reposit URL of an empty database of its own, and the label under which the report counts it.
    pub async fn fresh(self) -> (String, String) {
        match self.server().await {
            None => ("memory:".to_owned(), self.name().to_owned()),
            Some(server) => (server.url(&fresh_name()), server.label()),
        }
    }
}
