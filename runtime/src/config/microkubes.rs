//! The configuration of the Microkubes services, read as it is: `dbName` chooses the backend, and
//! `dbInfo` holds the properties of all of them.
//!
//! Keys are found as Go's `encoding/json` does: the exact one, or else one that differs in case
//! only. An empty text is the same as none.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Config;
use crate::backend::settings::{Property, Target, suggest};
use crate::error::{Error, Result};

type Object = BTreeMap<String, Property>;

const NAMES: &[&str] = &["mongodb", "dynamodb", "postgres", "redis", "memory", "sqlite"];

/// Where the properties are: in the file itself, or in its `database`.
pub(super) struct Found<'a> {
    prefix: &'static str,
    database: &'a Object,
}

/// The properties of a file, if they are of this form.
pub(super) fn find_properties(file: &Object) -> Option<Found<'_>> {
    if let Some(Property::Map(database)) = find_key(file, "database")
        && !file.contains_key("backend")
    {
        return Some(Found { prefix: "database.", database });
    }
    let named = find_key(file, "dbName").is_some() || find_key(file, "dbInfo").is_some();
    named.then_some(Found { prefix: "", database: file })
}

impl Found<'_> {
    /// Whether the name is there that chooses the backend.
    pub(super) fn names_backend(&self) -> bool {
        find_key(self.database, "dbName").is_some()
    }
}

fn find_key<'a>(object: &'a Object, name: &str) -> Option<&'a Property> {
    let other_case = || object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    object.get(name).or_else(other_case).filter(|value| **value != Property::Null)
}

pub(super) fn read_config(file: &Path, found: &Found<'_>) -> Result<Config> {
    let info = match find_key(found.database, "dbInfo") {
        Some(Property::Map(info)) => Some(info),
        Some(_) => return Err(property_error(file, found.prefix, "dbInfo", "has to be a map")),
        None => None,
    };
    let database = Properties { file, prefix: found.prefix.to_owned(), object: Some(found.database) };
    let info = Properties { file, prefix: format!("{}dbInfo.", found.prefix), object: info };
    let target = match database.require_text("dbName")? {
        "mongodb" => mongodb_target(&info)?,
        "dynamodb" => dynamodb_target(&info)?,
        "postgres" => postgres_target(&info)?,
        "memory" => memory_target(&info)?,
        "sqlite" => sqlite_target(&info)?,
        "redis" => redis_target(&info)?,
        other => {
            let message = format!("names an unknown backend {}", suggest::describe_word(other, NAMES));
            return Err(database.error("dbName", message));
        }
    };
    Ok(Config::from_target(target))
}

#[cfg(feature = "memory")]
fn memory_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Ok(Arc::new(crate::backend::memory::settings::MemorySettings::default()))
}

#[cfg(not(feature = "memory"))]
fn memory_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("memory"))
}

/// The path is what the other backends have as the name of the database.
#[cfg(feature = "sqlite")]
fn sqlite_target(info: &Properties<'_>) -> Result<Arc<dyn Target>> {
    use crate::backend::sqlite::settings::{SqliteSettings, check_path};

    let path = info.require_text("database")?.to_owned();
    Ok(Arc::new(SqliteSettings::new(check_path(path).map_err(|why| info.error("database", why))?)))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("sqlite"))
}

#[cfg(feature = "mongodb")]
fn mongodb_target(info: &Properties<'_>) -> Result<Arc<dyn Target>> {
    use crate::backend::mongodb::settings::Parts;

    let (hosts, database) = (info.require_text("host")?, info.require_text("database")?);
    let user = info.find_user()?;
    let hosts = hosts.split(',').map(str::trim).collect::<Vec<_>>().join(",");
    let parts = Parts { scheme: "mongodb", hosts, database: database.to_owned(), user, options: Vec::new() };
    let mut settings = parts.settings().map_err(|(part, message)| info.error(part, message))?;
    // The services' users are made in the database itself or, by hand, in `admin`; the file cannot
    // say which.
    if settings.user.is_some() && settings.database != "admin" {
        settings.auth_fallback = Some("admin".to_owned());
    }
    Ok(Arc::new(settings))
}

#[cfg(not(feature = "mongodb"))]
fn mongodb_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("mongodb"))
}

#[cfg(feature = "dynamodb")]
fn dynamodb_target(info: &Properties<'_>) -> Result<Arc<dyn Target>> {
    use std::path::PathBuf;

    use crate::backend::dynamodb::settings::{self, DynamoDbSettings, check_readable};

    let mut settings = DynamoDbSettings::default();
    let region = info.require_text("awsRegion")?;
    let misspelt = || info.error("awsRegion", "has characters that no region has");
    settings.region = Some(settings::check_region(region, misspelt)?);
    if let Some(endpoint) = info.find_text("endpoint")? {
        let endpoint = settings::check_endpoint(endpoint.to_owned());
        settings.endpoint = Some(endpoint.map_err(|message| info.error("endpoint", message))?);
    }
    // A file goes before keys in the file itself, as in the services.
    if let Some(path) = info.find_text("credentials")?.map(PathBuf::from) {
        let unreadable = |e| info.error("credentials", format!("cannot be read: {}: {e}", path.display()));
        check_readable(&path).map_err(unreadable)?;
        settings.credentials_file = Some(path);
        return Ok(Arc::new(settings));
    }
    let (key, secret) = (info.find_text("awsSecretKeyId")?, info.find_text("awsSecretAccessKey")?);
    let token = info.find_text("awsSessionToken")?;
    let (key, secret) = match (key, secret) {
        (Some(key), Some(secret)) => (key, secret),
        (None, None) if token.is_none() => {
            return Err(info.error("credentials", "is missing, and so are awsSecretKeyId and awsSecretAccessKey"));
        }
        (None, _) => return Err(info.error("awsSecretKeyId", "is missing")),
        (_, None) => return Err(info.error("awsSecretAccessKey", "is missing")),
    };
    settings.access_key = Some(key.into());
    settings.secret_key = Some(secret.into());
    settings.session_token = token.map(Into::into);
    Ok(Arc::new(settings))
}

#[cfg(not(feature = "dynamodb"))]
fn dynamodb_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("dynamodb"))
}

#[cfg(feature = "redis")]
fn redis_target(info: &Properties<'_>) -> Result<Arc<dyn Target>> {
    use crate::backend::redis::settings::{RedisSettings, parse_hosts};

    let mut settings = RedisSettings::default();
    let wrong = || info.error("host", "is not of the form host:port");
    settings.hosts = parse_hosts(info.require_text("host")?).filter(|hosts| hosts.len() == 1).ok_or_else(wrong)?;
    if let Some(number) = info.find_text("database")? {
        let wrong = |_| info.error("database", "is not the number of a database of Redis");
        settings.database = number.parse().map_err(wrong)?;
    }
    settings.user = info.find_text("user")?.map(str::to_owned);
    settings.password = info.find_text("pass")?.map(Into::into);
    if settings.user.is_some() && settings.password.is_none() {
        return Err(info.error("pass", "is missing, but user is there"));
    }
    Ok(Arc::new(settings))
}

#[cfg(not(feature = "redis"))]
fn redis_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("redis"))
}

#[cfg(feature = "postgres")]
fn postgres_target(info: &Properties<'_>) -> Result<Arc<dyn Target>> {
    use crate::backend::postgres::settings::{PostgresSettings, parse_hosts};

    let (hosts, database) = (info.require_text("host")?, info.require_text("database")?);
    let mut settings = PostgresSettings { database: database.to_owned(), ..PostgresSettings::default() };
    settings.hosts = parse_hosts(hosts).map_err(|why| info.error("host", why))?;
    let (user, password) = info.find_user()?.unzip();
    settings.user = user;
    settings.password = password.flatten().map(Into::into);
    Ok(Arc::new(settings))
}

#[cfg(not(feature = "postgres"))]
fn postgres_target(_: &Properties<'_>) -> Result<Arc<dyn Target>> {
    Err(super::registry::not_compiled_in("postgres"))
}

/// A map in the file, and what its properties are called in messages.
struct Properties<'a> {
    file: &'a Path,
    prefix: String,
    object: Option<&'a Object>,
}

impl<'a> Properties<'a> {
    fn find_text(&self, name: &str) -> Result<Option<&'a str>> {
        match self.object.and_then(|object| find_key(object, name)) {
            None => Ok(None),
            Some(Property::Text(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.error(name, "has to be text")),
        }
    }

    fn require_text(&self, name: &str) -> Result<&'a str> {
        self.find_text(name)?.ok_or_else(|| self.error(name, "is missing"))
    }

    /// The user and the password: both or neither.
    #[cfg(any(feature = "mongodb", feature = "postgres"))]
    fn find_user(&self) -> Result<Option<(String, Option<String>)>> {
        match (self.find_text("user")?, self.find_text("pass")?) {
            (Some(user), Some(password)) => Ok(Some((user.to_owned(), Some(password.to_owned())))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.error("pass", "is missing, but user is there")),
            (None, Some(_)) => Err(self.error("user", "is missing, but pass is there")),
        }
    }

    fn error(&self, name: &str, message: impl AsRef<str>) -> Error {
        property_error(self.file, &self.prefix, name, message)
    }
}

fn property_error(file: &Path, prefix: &str, name: &str, message: impl AsRef<str>) -> Error {
    Error::config(format!("{}: {prefix}{name} {}", file.display(), message.as_ref()))
}
