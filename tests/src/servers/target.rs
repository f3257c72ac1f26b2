//! The places where a case can run, made of the list of [backends](crate::backends).

#[allow(unused_imports, reason = "the list of backends says which are used")]
use super::{Server, dynamodb_local, dynoxide, fresh_name, fresh_sqlite, mongodb, postgres, redis};

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// MongoDB's wire protocol.
    Mongodb,
    /// DynamoDB's JSON over HTTP.
    Dynamodb,
    /// PostgreSQL's wire protocol.
    Postgres,
    /// Redis's RESP.
    Redis,
}

macro_rules! targets {
    (@backends () $($module:ident $target:ident $label:literal $offers:tt)+) => {
        /// A place where a case can run.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Target {
            $(
                #[doc = concat!("The backend `", $label, "`.")]
                $target,
            )+
        }

        impl Target {
            /// Every target, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$target),+];

            /// The name in the report; a server adds its version to it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$target => $label,)+
                }
            }

            /// How its server is spoken to; nothing if it has no server.
            pub const fn protocol(self) -> Option<Protocol> {
                match self {
                    $(Self::$target => targets!(@protocol $offers),)+
                }
            }

            /// The server behind this target; an embedded store has none.
            pub async fn server(self) -> Option<Server> {
                match self {
                    $(Self::$target => targets!(@server $module $offers),)+
                }
            }
        }
    };
    (@protocol [every embedded]) => { None };
    (@protocol [every server mongodb]) => { Some(Protocol::Mongodb) };
    (@protocol [every server dynamodb]) => { Some(Protocol::Dynamodb) };
    (@protocol [every server postgres]) => { Some(Protocol::Postgres) };
    (@protocol [every server redis]) => { Some(Protocol::Redis) };
    (@server $module:ident [every embedded]) => { None };
    (@server $module:ident [every server $protocol:ident]) => { Some($module().await) };
}

crate::with_backends! { [targets!] () }

impl Target {
    /// The targets that have a server.
    pub fn servers() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|target| target.protocol().is_some())
    }

    /// The name of the module of its tests.
    pub fn module(self) -> String {
        self.name().replace('-', "_")
    }

    /// Whether its server speaks MongoDB's protocol.
    pub fn is_mongodb(self) -> bool {
        self.protocol() == Some(Protocol::Mongodb)
    }

    /// Whether its server speaks DynamoDB's protocol.
    pub fn is_dynamodb(self) -> bool {
        self.protocol() == Some(Protocol::Dynamodb)
    }

    /// Whether each that is opened is a store of its own, so that no URL leads to it.
    pub fn is_of_one_handle(self) -> bool {
        self == Self::Memory
    }

    /// A reposit URL of an empty database of its own, and the label under which the report counts it.
    pub async fn fresh(self) -> (String, String) {
        match self.server().await {
            Some(server) => (server.url(&fresh_name()), server.label()),
            None if self.is_of_one_handle() => ("memory:".to_owned(), self.name().to_owned()),
            None => (fresh_sqlite(), self.name().to_owned()),
        }
    }
}
