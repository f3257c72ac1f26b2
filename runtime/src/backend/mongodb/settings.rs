//! The settings of MongoDB, from a URL or a file.

use super::options::{self, OPTIONS, check_promises};
#[cfg(feature = "config-file")]
use crate::backend::settings::Property;
use crate::backend::settings::address::{self, Address, User, url_error};
use crate::backend::settings::properties::describe_place;
use crate::backend::settings::{Parsed, Properties, Secret, common, suggest};
use crate::error::Result;

/// The settings of MongoDB.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MongoDbSettings {
    /// The connection string with all of MongoDB's own options, without what is set apart below and
    /// without the library's.
    pub uri: Secret,
    /// The hosts as messages may show them.
    pub hosts: String,
    /// The database.
    pub database: String,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Another database that the user may have been made in. It is tried if the one that the connection
    /// string means does not know the user.
    pub auth_fallback: Option<String>,
}

/// What a connection string is made of.
pub(crate) struct Parts {
    pub(crate) scheme: &'static str,
    pub(crate) hosts: String,
    pub(crate) database: String,
    pub(crate) user: Option<User>,
    /// Names and values, percent-encoded.
    pub(crate) options: Vec<(String, String)>,
}

impl Parts {
    /// The settings, or what is wrong: the part, and a message that shows none of it.
    pub(crate) fn settings(self) -> Result<MongoDbSettings, (&'static str, &'static str)> {
        if !self.hosts.split(',').all(is_host) {
            return Err(("host", "is not of the form host:port, or several with commas between"));
        }
        if self.scheme == "mongodb+srv" && !cfg!(feature = "mongodb-srv") {
            return Err(("host", "is to be looked up in DNS, which needs the feature `mongodb-srv` of reposit"));
        }
        if self.scheme == "mongodb+srv" && self.hosts.contains([',', ':']) {
            return Err(("host", "is one name without a port in mongodb+srv://"));
        }
        if !is_database(&self.database) {
            return Err((
                "database",
                "is not a name that MongoDB takes: up to 63 bytes without / \\ . \" $ * < > : | ? or blanks",
            ));
        }
        let options: Vec<_> = self.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
        let uri = format!("{}://{}/{}{query}", self.scheme, self.hosts, address::percent_encode(&self.database));
        let (user, password) = self.user.unzip();
        Ok(MongoDbSettings {
            uri: uri.into(),
            hosts: self.hosts,
            database: self.database,
            user,
            password: password.flatten().map(Into::into),
            auth_fallback: None,
        })
    }
}

/// `mongodb://[user:password@]host[,host…]/database[?options]`
pub(crate) fn from_url(scheme: &'static str, rest: &str) -> Result<Parsed> {
    let address = Address::parse(rest)?;
    if address.path.is_empty() {
        return Err(url_error(format!("it names no database; write {scheme}://host/database")));
    }
    let mut ours = Properties::new(address::PLACE, "option");
    let mut options = Vec::new();
    let mut after_secret = false;
    for (at, (name, value)) in address::split_query(address.query)?.into_iter().enumerate() {
        // MongoDB has no options of these names.
        if common::NAMES.contains(&name) {
            ours.add(name.to_owned(), address::percent_decode(value)?);
        } else {
            check_name(name, &describe_place(at, after_secret), after_secret).map_err(url_error)?;
            check_promises(name, &address::percent_decode(value)?)
                .map_err(|(name, why)| url_error(format!("the option {name} {why}")))?;
            options.push((name.to_owned(), value.to_owned()));
        }
        after_secret = options::is_secret(name);
    }
    let parts = Parts {
        scheme,
        hosts: address.host.to_owned(),
        database: address::percent_decode(address.path)?,
        user: address.user,
        options,
    };
    let wrong_part = |(part, message)| match part {
        "host" => url_error(format!(
            "the {part} {message}; in a user name or password before it, : / ? # [ ] @ % have to be percent-encoded"
        )),
        part => url_error(format!("the {part} {message}")),
    };
    let settings = parts.settings().map_err(wrong_part)?;
    Ok(Parsed::new(settings, ours))
}

/// A file's properties.
#[cfg(feature = "config-file")]
pub(crate) fn from_file(mut properties: Properties) -> Result<Parsed> {
    let hosts = take_hosts(&mut properties)?;
    let database = properties.require_text("database")?;
    let (user, password) = (properties.take_text("user")?, properties.take_text("password")?);
    if user.is_none() && password.is_some() {
        return Err(properties.error("password is there, but user is missing"));
    }
    let options = take_options(&mut properties)?;
    let user = user.map(|user| (user, password));
    let parts = Parts { scheme: "mongodb", hosts, database, user, options };
    let settings = parts.settings().map_err(|(part, message)| properties.error(format!("{part} {message}")))?;
    Ok(Parsed::new(settings, properties))
}

/// `host` is text; `hosts` may be a list too.
#[cfg(feature = "config-file")]
fn take_hosts(properties: &mut Properties) -> Result<String> {
    let host = properties.take_text("host")?;
    let hosts = match properties.take("hosts") {
        None => None,
        Some(Property::Text(hosts)) => Some(hosts),
        Some(Property::List(list)) => {
            let names: Option<Vec<_>> = list.iter().map(Property::as_text).collect();
            Some(names.ok_or_else(|| properties.error("hosts has to be a list of text"))?.join(","))
        }
        Some(_) => return Err(properties.error("hosts has to be a list of text")),
    };
    match (host, hosts) {
        (Some(_), Some(_)) => Err(properties.error("there are both host and hosts; one is enough")),
        (host, hosts) => host.or(hosts).ok_or_else(|| properties.error("the property host is missing")),
    }
}

#[cfg(feature = "config-file")]
fn take_options(properties: &mut Properties) -> Result<Vec<(String, String)>> {
    let Some(options) = properties.take("options") else { return Ok(Vec::new()) };
    let Property::Map(options) = options else {
        return Err(properties.error("options has to be a map of MongoDB's own options"));
    };
    let read = |(name, value): (String, Property)| {
        let wrong = |message: String| properties.error(format!("options: {message}"));
        check_name(&name, "one of them", false).map_err(wrong)?;
        let value = value
            .into_text()
            .ok_or_else(|| properties.error(format!("options: {name} has to be text, a number or a truth value")))?;
        check_promises(&name, &value).map_err(|(name, why)| wrong(format!("{name} {why}")))?;
        Ok((name, address::percent_encode(&value)))
    };
    options.into_iter().map(read).collect()
}

/// MongoDB's options are not case-sensitive.
fn check_name(name: &str, place: &str, after_secret: bool) -> Result<(), String> {
    if OPTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let known = [&common::NAMES[..], OPTIONS].concat();
    let listed = format!("MongoDB's own and {}", common::NAMES.join(", "));
    Err(suggest::describe_unknown("option", place, (!after_secret).then_some(name), &known, &listed))
}

/// A host name, an address in brackets or a socket's encoded path, with a port or without.
fn is_host(text: &str) -> bool {
    // Only the path of a socket is percent-encoded: in a name, it would be a user's that was taken for one.
    let socket = |text: &str| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"));
    let odd = |c: char| "/?#@[]:\\".contains(c) || c.is_whitespace();
    let plain = |text: &str| !text.is_empty() && !text.contains(odd) && (!text.contains('%') || socket(text));
    let port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0) && !text.starts_with('+');
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else { return false };
        return address.parse::<std::net::Ipv6Addr>().is_ok()
            && (rest.is_empty() || rest.strip_prefix(':').is_some_and(port));
    }
    match text.rsplit_once(':') {
        Some((name, number)) => plain(name) && port(number),
        None => plain(text),
    }
}

fn is_database(name: &str) -> bool {
    let taken = |c: char| "/\\.\"$*<>:|?".contains(c) || c.is_whitespace() || c.is_control();
    !name.is_empty() && name.len() <= 63 && !name.contains(taken)
}
