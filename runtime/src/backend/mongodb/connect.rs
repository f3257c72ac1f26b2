//! Opening the database.

use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Database};

use super::failure::DriverFailure;
use super::options::{ACKNOWLEDGED, LATEST_ONLY, PRIMARY_ONLY};
use super::settings::MongoDbSettings;
use super::topology::{Topology, is_primary};
use crate::backend::settings::address::{percent_decode_lossy, percent_encode};
use crate::error::{Error, ErrorKind, Result};

/// The wire version of MongoDB 6.0, the first that has all the expressions that are used.
const WIRE_VERSION: i32 = 17;

/// How long to wait before a member that is not the primary is asked once more.
const ELECTION: Duration = Duration::from_millis(50);

/// Opens the database, and waits for an answer from it.
pub(super) async fn connect(
    settings: &MongoDbSettings,
    connect_timeout: Duration,
    call_timeout: Duration,
) -> Result<(Database, Topology)> {
    if settings.database.is_empty() {
        return Err(Error::config("the MongoDB database is not named"));
    }
    let deadline = Instant::now().checked_add(connect_timeout);
    let Ok(options) = tokio::time::timeout(connect_timeout, options(settings)).await else {
        return Err(unreachable(settings, connect_timeout, "the host was not found in time"));
    };
    let mut options = options?;
    options.connect_timeout.get_or_insert(connect_timeout);
    // An attempt that finds no server hears so while it lasts, and knows that nothing was sent.
    let longest = call_timeout.mul_f64(0.2);
    options.server_selection_timeout = Some(options.server_selection_timeout.unwrap_or(longest).min(longest));
    options.app_name.get_or_insert_with(|| "reposit".to_owned());
    let topology = Topology::watch(&mut options);
    let opening = async {
        match open(settings, options.clone(), &topology).await {
            Err(DriverFailure::Driver(error)) if is_stranger(&error) && settings.auth_fallback.is_some() => {
                if let Some(credential) = &mut options.credential {
                    credential.source = settings.auth_fallback.clone();
                }
                open(settings, options, &topology).await
            }
            opened => opened,
        }
        .map_err(|failure| failure.into_error("open"))
    };
    let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
    let unreached = || topology.with_failure(unreachable(settings, connect_timeout, &topology.causes()));
    match tokio::time::timeout(left, opening).await {
        Ok(Err(error)) if error.kind() == ErrorKind::Timeout => Err(unreached()),
        Ok(opened) => {
            let (database, hello) = opened.map_err(|error| topology.explain(error))?;
            check_version(&hello).map(|()| (database, topology))
        }
        Err(_) => Err(unreached()),
    }
}

/// The database, once the server has answered: that takes a connection and the user's authentication.
async fn open(
    settings: &MongoDbSettings,
    options: ClientOptions,
    topology: &Topology,
) -> Result<(Database, Document), DriverFailure> {
    let direct = options.direct_connection == Some(true);
    let client = Client::with_options(options)?;
    let database = on_primary(&client.database(&settings.database));
    loop {
        match database.run_command(doc! { "hello": 1 }).await {
            // It is looked for until the deadline of whoever opens it.
            Err(error) if DriverFailure::Driver(error.clone()).is_unreached() => topology.not_found(error),
            // The driver reads from whichever member it is connected to directly.
            Ok(hello) if direct && !is_primary(&hello) => tokio::time::sleep(ELECTION).await,
            hello => return Ok((database, hello?)),
        }
    }
}

/// The same database, read from the primary: on a secondary a record that was just written may not be there.
pub(super) fn on_primary(database: &Database) -> Database {
    let criteria = SelectionCriteria::ReadPreference(ReadPreference::Primary);
    let mut options = DatabaseOptions::builder().selection_criteria(criteria).build();
    options.read_concern = database.read_concern().cloned();
    options.write_concern = database.write_concern().cloned();
    database.client().database_with_options(database.name(), options)
}

/// Whether the server does not know the user, or not by this password.
fn is_stranger(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, mongodb::error::ErrorKind::Authentication { .. })
}

/// Refuses a server that is too old, or is not the one that takes writes.
pub(super) fn check_primary(hello: &Document) -> Result<()> {
    check_version(hello)?;
    match is_primary(hello) {
        true => Ok(()),
        false => {
            Err(Error::new(ErrorKind::Unavailable, "the server that the client is connected to is not the primary"))
        }
    }
}

fn check_version(hello: &Document) -> Result<()> {
    match hello.get_i32("maxWireVersion") {
        Ok(version) if version < WIRE_VERSION => Err(Error::unsupported("MongoDB 6.0 or newer is needed")),
        _ => Ok(()),
    }
}

async fn options(settings: &MongoDbSettings) -> Result<ClientOptions> {
    let uri = with_credentials(settings);
    let options =
        ClientOptions::parse(&uri).await.map_err(|error| refused_settings(settings, &error.kind.to_string()))?;
    check_promises(&options).map(|()| options)
}

/// Refuses what the library cannot keep its promises under, in settings that were made by hand too.
fn check_promises(options: &ClientOptions) -> Result<()> {
    match &options.selection_criteria {
        None | Some(SelectionCriteria::ReadPreference(ReadPreference::Primary)) => {}
        Some(_) => return Err(refused("readPreference", &format!("is not `primary`: {PRIMARY_ONLY}"))),
    }
    check_concerns(options.read_concern.as_ref(), options.write_concern.as_ref())
}

fn refused(option: &str, why: &str) -> Error {
    Error::config(format!("the MongoDB option {option} {why}"))
}

/// Refuses concerns that the library cannot keep its promises under.
pub(super) fn check_concerns(read: Option<&ReadConcern>, write: Option<&WriteConcern>) -> Result<()> {
    if write.is_some_and(|concern| concern.w == Some(Acknowledgment::Nodes(0))) {
        return Err(refused("w", ACKNOWLEDGED));
    }
    match read {
        Some(concern)
            if ![ReadConcern::local(), ReadConcern::majority(), ReadConcern::linearizable()].contains(concern) =>
        {
            Err(refused("readConcernLevel", LATEST_ONLY))
        }
        _ => Ok(()),
    }
}

/// The connection string with user and password in it, so that its other options (the database to
/// authenticate against, the mechanism) mean what the driver says they mean.
fn with_credentials(settings: &MongoDbSettings) -> String {
    let uri = settings.uri.expose();
    let Some((user, (scheme, rest))) = settings.user.as_deref().zip(uri.split_once("://")) else {
        return uri.to_owned();
    };
    let password = settings
        .password
        .as_ref()
        .map(|password| format!(":{}", percent_encode(password.expose())))
        .unwrap_or_default();
    format!("{scheme}://{}{password}@{rest}", percent_encode(user))
}

/// A configuration that the driver does not take. Its message is shown unless it quotes a value, which may
/// have a secret in it: then the option is named.
fn refused_settings(settings: &MongoDbSettings, message: &str) -> Error {
    let not_valid = |why: String| Error::config(format!("the MongoDB connection string is not valid: {why}"));
    let secrets = [settings.user.as_deref(), settings.password.as_ref().map(|password| password.expose())];
    if secrets.into_iter().flatten().any(|secret| quotes(message, secret)) {
        return not_valid("the user or password is not taken".to_owned());
    }
    let (_, query) = settings.uri.expose().split_once('?').unwrap_or_default();
    let mut options = query.split('&').filter_map(|option| option.split_once('='));
    match options.find(|(_, value)| value.split(',').any(|part| quotes(message, part))) {
        Some((name, _)) => not_valid(format!("the driver does not take the value of {name}")),
        None => not_valid(message.to_owned()),
    }
}

/// Whether a message quotes a value, in one form or another. What everybody writes is no secret.
fn quotes(message: &str, value: &str) -> bool {
    let common =
        value.len() < 2 || matches!(value, "true" | "false") || value.bytes().all(|byte| byte.is_ascii_digit());
    let decoded = percent_decode_lossy(value);
    !common && (message.contains(value) || message.contains(&percent_encode(value)) || message.contains(&decoded))
}

fn unreachable(settings: &MongoDbSettings, waited: Duration, causes: &str) -> Error {
    let message = format!("MongoDB at {} was not reached within {waited:?}: {causes}", settings.hosts);
    Error::new(ErrorKind::Unavailable, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::settings::Secret;

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
        let error = refused_settings(&settings("u", "se cret"), "bad: se%20cret");
        assert!(!error.to_string().contains("cret"));
        assert!(refused_settings(&settings("u", "secret"), "no hosts").to_string().contains("no hosts"));
    }

    #[tokio::test]
    async fn no_value_is_shown_that_the_driver_quotes() {
        for query in [
            "authMechanism=MONGODB-X509&authMechanismProperties=SERVICE_NAME:x,sesame",
            "authMechanism=sesame",
            "authMechanismProperties=a:b,ses%61me",
            "compressors=sesame",
            "serverMonitoringMode=sesame",
            "maxPoolSize=sesame",
            "proxyPassword=sesame",
        ] {
            let settings = MongoDbSettings {
                uri: format!("mongodb://localhost:27017/app?{query}").into(),
                database: "app".to_owned(),
                ..MongoDbSettings::default()
            };
            match options(&settings).await {
                Ok(_) => {}
                Err(error) => assert!(!format!("{error} {error:?}").contains("sesame"), "{error}"),
            }
        }
    }

    #[tokio::test]
    async fn what_breaks_a_promise_is_refused() {
        for (query, option) in [
            ("readPreference=secondary", "readPreference"),
            ("readPreference=primaryPreferred", "readPreference"),
            ("readConcernLevel=available", "readConcernLevel"),
            ("readConcernLevel=snapshot", "readConcernLevel"),
            ("w=0", "the MongoDB option w "),
        ] {
            let uri = format!("mongodb://localhost:27017/app?{query}").into();
            let error = options(&MongoDbSettings { uri, ..MongoDbSettings::default() }).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(option), "{error}");
        }
        for query in ["readPreference=primary", "readConcernLevel=majority", "readConcernLevel=linearizable", "w=1"] {
            let uri = format!("mongodb://localhost:27017/app?{query}").into();
            options(&MongoDbSettings { uri, ..MongoDbSettings::default() }).await.unwrap();
        }
    }
}
