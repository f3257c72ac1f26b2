use serde_json::Value as Json;

use super::mongodb_options::{self, OPTIONS, check_promises};
use super::properties::{self, Properties, place_of_option};
use super::suggest;
use super::url::{self, Address, User};
use super::{Config, MongoDbSettings, Target};
use crate::error::Result;

/// The library's own options in a MongoDB URL. MongoDB has none of these names.
const OURS: &[&str] = &["timeout", "connect_timeout", "define_timeout", "cursor_key"];

/// What a connection string is made of.
pub(super) struct Parts {
    pub(super) scheme: &'static str,
    pub(super) hosts: String,
    pub(super) database: String,
    pub(super) user: Option<User>,
    /// Names and values, percent-encoded.
    pub(super) options: Vec<(String, String)>,
}

impl Parts {
    /// The settings, or what is wrong: the part, and a message that shows none of it.
    pub(super) fn settings(self) -> Result<MongoDbSettings, (&'static str, &'static str)> {
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
        let uri = format!("{}://{}/{}{query}", self.scheme, self.hosts, url::encode(&self.database));
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
pub(super) fn from_url(scheme: &'static str, rest: &str) -> Result<Config> {
    let address = Address::parse(rest)?;
    if address.path.is_empty() {
        return Err(url::wrong(format!("it names no database; write {scheme}://host/database")));
    }
    let mut ours = Properties::new(url::PLACE, "option");
    let mut options = Vec::new();
    let mut after_secret = false;
    for (at, (name, value)) in url::pairs(address.query)?.into_iter().enumerate() {
        if OURS.contains(&name) {
            ours.add(name.to_owned(), url::decode(value)?);
        } else {
            check_name(name, &place_of_option(at, after_secret), after_secret).map_err(url::wrong)?;
            check_promises(name, &url::decode(value)?)
                .map_err(|(name, why)| url::wrong(format!("the option {name} {why}")))?;
            options.push((name.to_owned(), value.to_owned()));
        }
        after_secret = mongodb_options::is_secret(name) || properties::is_secret(name);
    }
    let parts = Parts {
        scheme,
        hosts: address.host.to_owned(),
        database: url::decode(address.path)?,
        user: address.user,
        options,
    };
    let wrong = |(part, message)| match part {
        "host" => url::wrong(format!(
            "the {part} {message}; in a user name or password before it, : / ? # [ ] @ % have to be percent-encoded"
        )),
        part => url::wrong(format!("the {part} {message}")),
    };
    let settings = parts.settings().map_err(wrong)?;
    let config = ours.apply_common(Config::new(Target::MongoDb(settings)))?;
    ours.finish()?;
    Ok(config)
}

/// A file's properties.
pub(super) fn from_file(mut properties: Properties) -> Result<Config> {
    let hosts = hosts(&mut properties)?;
    let database = properties.required("database")?;
    let (user, password) = (properties.text("user")?, properties.text("password")?);
    if user.is_none() && password.is_some() {
        return Err(properties.error("password is there, but user is missing"));
    }
    let options = file_options(&mut properties)?;
    let user = user.map(|user| (user, password));
    let parts = Parts { scheme: "mongodb", hosts, database, user, options };
    let settings = parts.settings().map_err(|(part, message)| properties.error(format!("{part} {message}")))?;
    let config = properties.apply_common(Config::new(Target::MongoDb(settings)))?;
    properties.finish()?;
    Ok(config)
}

/// `host` is text; `hosts` may be a list too.
fn hosts(properties: &mut Properties) -> Result<String> {
    let host = properties.text("host")?;
    let hosts = match properties.take("hosts") {
        None => None,
        Some(Json::String(hosts)) => Some(hosts),
        Some(Json::Array(list)) => {
            let names: Option<Vec<_>> = list.iter().map(Json::as_str).collect();
            Some(names.ok_or_else(|| properties.error("hosts has to be a list of text"))?.join(","))
        }
        Some(_) => return Err(properties.error("hosts has to be a list of text")),
    };
    match (host, hosts) {
        (Some(_), Some(_)) => Err(properties.error("there are both host and hosts; one is enough")),
        (host, hosts) => host.or(hosts).ok_or_else(|| properties.error("the property host is missing")),
    }
}

fn file_options(properties: &mut Properties) -> Result<Vec<(String, String)>> {
    let Some(options) = properties.take("options") else { return Ok(Vec::new()) };
    let Json::Object(options) = options else {
        return Err(properties.error("options has to be a map of MongoDB's own options"));
    };
    let read = |(name, value): (String, Json)| {
        let wrong = |message: String| properties.error(format!("options: {message}"));
        check_name(&name, "one of them", false).map_err(wrong)?;
        let value = match value {
            Json::String(text) => text,
            Json::Bool(_) | Json::Number(_) => value.to_string(),
            _ => return Err(properties.error(format!("options: {name} has to be text, a number or a truth value"))),
        };
        check_promises(&name, &value).map_err(|(name, why)| wrong(format!("{name} {why}")))?;
        Ok((name, url::encode(&value)))
    };
    options.into_iter().map(read).collect()
}

/// MongoDB's options are not case-sensitive.
fn check_name(name: &str, place: &str, after_secret: bool) -> Result<(), String> {
    if OPTIONS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let known = [OURS, OPTIONS].concat();
    let listed = format!("MongoDB's own and {}", OURS.join(", "));
    Err(suggest::unknown("option", place, (!after_secret).then_some(name), &known, &listed))
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
