//! Opening the database.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, DatabaseOptions, ReadPreference, SelectionCriteria};
use mongodb::{Client, Database};

use super::errors::Trouble;
use crate::config::MongoDbSettings;
use crate::error::{Error, ErrorKind, Result};

/// The wire version of MongoDB 6.0, the first that has all the expressions that are used.
const WIRE_VERSION: i32 = 17;

/// Opens the database, and waits for an answer from it.
pub(super) async fn connect(
    settings: &MongoDbSettings,
    connect_timeout: Duration,
    call_timeout: Duration,
) -> Result<Database> {
    if settings.database.is_empty() {
        return Err(Error::config("the MongoDB database is not named"));
    }
    let opening = async {
        let mut options = options(settings).await?;
        options.connect_timeout.get_or_insert(connect_timeout);
        // An attempt that finds no server hears so while it lasts, and knows that nothing was sent.
        options.server_selection_timeout = Some(call_timeout.mul_f64(0.2));
        options.app_name.get_or_insert_with(|| "reposit".to_owned());
        match open(settings, options.clone()).await {
            Err(Trouble::Driver(error)) if is_stranger(&error) && settings.auth_fallback.is_some() => {
                if let Some(credential) = &mut options.credential {
                    credential.source = settings.auth_fallback.clone();
                }
                open(settings, options).await
            }
            opened => opened,
        }
        .map_err(|trouble| trouble.into_error("open"))
    };
    match tokio::time::timeout(connect_timeout, opening).await {
        Ok(Err(error)) if error.kind() == ErrorKind::Timeout => Err(unreachable(settings, connect_timeout)),
        Ok(opened) => opened.and_then(|(database, hello)| recent(&hello).map(|()| database)),
        Err(_) => Err(unreachable(settings, connect_timeout)),
    }
}

/// The database, once the server has answered: that takes a connection and the user's authentication.
async fn open(settings: &MongoDbSettings, options: ClientOptions) -> Result<(Database, Document), Trouble> {
    let client = Client::with_options(options)?;
    // Reads go to the primary: on a secondary a record that was just written may not be there.
    let criteria = SelectionCriteria::ReadPreference(ReadPreference::Primary);
    let options = DatabaseOptions::builder().selection_criteria(criteria).build();
    let database = client.database_with_options(&settings.database, options);
    loop {
        match database.run_command(doc! { "hello": 1 }).await.map_err(Trouble::Driver) {
            // It is looked for until the deadline of whoever opens it.
            Err(trouble) if trouble.is_unreached() => {}
            hello => return Ok((database, hello?)),
        }
    }
}

/// Whether the server does not know the user, or not by this password.
fn is_stranger(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, mongodb::error::ErrorKind::Authentication { .. })
}

fn recent(hello: &Document) -> Result<()> {
    match hello.get_i32("maxWireVersion") {
        Ok(version) if version < WIRE_VERSION => Err(Error::unsupported("MongoDB 6.0 or newer is needed")),
        _ => Ok(()),
    }
}

async fn options(settings: &MongoDbSettings) -> Result<ClientOptions> {
    let uri = with_credentials(settings);
    ClientOptions::parse(&uri).await.map_err(|error| refused(settings, &error.kind.to_string()))
}

/// The connection string with user and password in it, so that its other options (the database to
/// authenticate against, the mechanism) mean what the driver says they mean.
fn with_credentials(settings: &MongoDbSettings) -> String {
    let uri = settings.uri.expose();
    let Some((user, (scheme, rest))) = settings.user.as_deref().zip(uri.split_once("://")) else {
        return uri.to_owned();
    };
    let password =
        settings.password.as_ref().map(|password| format!(":{}", percent(password.expose()))).unwrap_or_default();
    format!("{scheme}://{}{password}@{rest}", percent(user))
}

fn percent(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}

/// A configuration that the driver does not take. Its message is shown unless it has the password in it.
fn refused(settings: &MongoDbSettings, message: &str) -> Error {
    let secret = settings.password.as_ref().map(|password| password.expose()).filter(|password| !password.is_empty());
    match secret {
        Some(secret) if message.contains(secret) || message.contains(&percent(secret)) => {
            Error::config("the MongoDB connection string is not valid")
        }
        _ => Error::config(format!("the MongoDB connection string is not valid: {message}")),
    }
}

fn unreachable(settings: &MongoDbSettings, waited: Duration) -> Error {
    let message = format!("MongoDB at {} did not answer within {waited:?}", settings.hosts);
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn settings(user: &str, password: &str) -> MongoDbSettings {
        MongoDbSettings {
            uri: "mongodb://localhost:27017/app?authSource=admin".into(),
            user: Some(user.to_owned()),
            password: Some(Secret::from(password)),
            ..MongoDbSettings::default()
        }
    }

    #[test]
    fn credentials_are_escaped_whatever_is_in_them() {
        let uri = with_credentials(&settings("a@b", "p:/?#[]@ü"));
        assert_eq!(uri, "mongodb://a%40b:p%3A%2F%3F%23%5B%5D%40%C3%BC@localhost:27017/app?authSource=admin");
    }

    #[test]
    fn a_password_is_not_shown() {
        let error = refused(&settings("u", "se cret"), "bad: se%20cret");
        assert!(!error.to_string().contains("cret"));
        assert!(refused(&settings("u", "secret"), "no hosts").to_string().contains("no hosts"));
    }
}
