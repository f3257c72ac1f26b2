//! Clients as a program has them already, to open a database over: nothing in them is the library's.

use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use reposit::backend::Backend;
use reposit::backend::dynamodb::DynamoDb;
use reposit::backend::mongodb::MongoDb;

use crate::servers::{Server, Target, fresh_name};

/// A kind of client.
#[derive(Debug, Clone, Copy)]
pub enum Client {
    /// The configuration of the AWS SDK, on DynamoDB Local.
    SdkConfig,
    /// A database of MongoDB's driver.
    Database,
}

impl Client {
    /// Where it leads.
    pub fn target(self) -> Target {
        match self {
            Self::SdkConfig => Target::DynamodbLocal,
            Self::Database => Target::Mongodb,
        }
    }

    /// The name of an empty database, the URL that leads there too, and the label under which the report counts it.
    pub async fn fresh(self) -> (String, String, String) {
        let word = match self {
            Self::SdkConfig => "over-sdk-config",
            Self::Database => "over-database",
        };
        let (server, name) = (self.server().await, fresh_name());
        let url = server.url(&name);
        (name, url, format!("{word} {}", server.label()))
    }

    /// A backend over such a client of its own, in the database of a name.
    pub async fn backend(self, database: &str) -> Arc<dyn Backend> {
        let server = self.server().await;
        match self {
            Self::SdkConfig => Arc::new(DynamoDb::from_sdk_config(&sdk_config(&server, database))),
            Self::Database => Arc::new(MongoDb::from_database(driver_database(&server, database).await)),
        }
    }

    async fn server(self) -> Server {
        self.target().server().await.expect("a server")
    }
}

/// What a program loads for all that it uses of AWS.
pub fn sdk_config(server: &Server, database: &str) -> SdkConfig {
    let credentials = Credentials::new(database, "secret", None, None, "the program's own");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", server.address(database)))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// A database of a client that the program has connected.
pub async fn driver_database(server: &Server, database: &str) -> mongodb::Database {
    let client = mongodb::Client::with_uri_str(server.url(database)).await.expect("the address is one");
    client.database(database)
}
