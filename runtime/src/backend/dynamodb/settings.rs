//! The settings of DynamoDB, from a URL or a file.

use std::fmt;
use std::path::{Path, PathBuf};

use super::resend::Resend;
use crate::backend::settings::address::{self, Address, url_error};
use crate::backend::settings::{Parsed, Properties, Secret};
use crate::error::{Error, Result};

/// The settings of DynamoDB. What is not set comes from the AWS default chain: the environment,
/// the shared files, the container or instance role.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct DynamoDbSettings {
    /// The region.
    pub region: Option<String>,
    /// Another endpoint than the region's own.
    pub endpoint: Option<String>,
    /// A file of credentials in the format of AWS's shared credentials file.
    pub credentials_file: Option<PathBuf>,
    /// The profile in the shared files.
    pub profile: Option<String>,
    /// A static access key id.
    pub access_key: Option<Secret>,
    /// Its secret key.
    pub secret_key: Option<Secret>,
    /// Its session token.
    pub session_token: Option<Secret>,
    /// What becomes of a write whose answer was lost.
    pub resend: Resend,
}

/// `dynamodb://[access key:secret key@][region][?options]`
pub(crate) fn from_url(_: &'static str, rest: &str) -> Result<Parsed> {
    let address = Address::parse(rest)?;
    if address.host.contains([':', '.', ',']) {
        return Err(url_error(
            "the region stands after dynamodb://; a server's address is the option endpoint: dynamodb://us-east-1?endpoint=http://localhost:8000",
        ));
    }
    if !address.path.is_empty() {
        return Err(url_error("nothing stands after the region but options"));
    }
    let mut settings = DynamoDbSettings::default();
    if !address.host.is_empty() {
        settings.region =
            Some(check_region(address.host, || url_error("the region has characters that no region has"))?);
    }
    let options = address::read_options(address.query)?;
    if let Some((access_key, secret_key)) = address.user {
        let secret_key = secret_key.filter(|key| !key.is_empty());
        let secret_key =
            secret_key.ok_or_else(|| url_error("the access key has no secret key; write ACCESSKEY:SECRET@"))?;
        settings.access_key = Some(access_key.into());
        settings.secret_key = Some(secret_key.into());
    }
    take_shared(settings, options)
}

/// A file's properties.
#[cfg(feature = "config-file")]
pub(crate) fn from_file(mut properties: Properties) -> Result<Parsed> {
    let mut settings = DynamoDbSettings::default();
    if let Some(name) = properties.take_text("region")? {
        settings.region = Some(check_region(&name, || properties.error("region has characters that no region has"))?);
    }
    take_shared(settings, properties)
}

/// Takes what a URL and a file have in common.
fn take_shared(mut settings: DynamoDbSettings, mut properties: Properties) -> Result<Parsed> {
    if let Some(address) = properties.take_text("endpoint")? {
        settings.endpoint =
            Some(check_endpoint(address).map_err(|message| properties.error(format!("endpoint {message}")))?);
    }
    if let Some(word) = properties.take_text("resend")? {
        let known = Resend::WORDS.into_iter().find(|(known, _)| *known == word);
        let (_, resend) = known.ok_or_else(|| properties.error("resend is neither never nor idempotent"))?;
        settings.resend = resend;
    }
    settings.profile = properties.take_text("profile")?;
    settings.credentials_file = take_readable_file(&mut properties, "credentials_file")?;
    let (access_key, secret_key) = (properties.take_secret("access_key")?, properties.take_secret("secret_key")?);
    settings.session_token = properties.take_secret("session_token")?;
    match (access_key, secret_key) {
        (None, None) => {}
        (Some(_), Some(_)) if settings.access_key.is_some() => {
            return Err(properties.error("the access key is there twice: before the region and as an option"));
        }
        (Some(access_key), Some(secret_key)) => {
            settings.access_key = Some(access_key);
            settings.secret_key = Some(secret_key);
        }
        (Some(_), None) => return Err(properties.error("access_key is there, but secret_key is missing")),
        (None, Some(_)) => return Err(properties.error("secret_key is there, but access_key is missing")),
    }
    if settings.access_key.is_none() && settings.session_token.is_some() {
        return Err(properties.error("session_token is there, but access_key is missing"));
    }
    if settings.access_key.is_some() && (settings.credentials_file.is_some() || settings.profile.is_some()) {
        return Err(properties.error("credentials are there twice: access_key, and credentials_file or profile"));
    }
    Ok(Parsed::new(settings, properties))
}

/// A file that has to be readable: a mistake is reported here, not at the first call.
fn take_readable_file(properties: &mut Properties, name: &'static str) -> Result<Option<PathBuf>> {
    let path = properties.take_text(name)?.map(PathBuf::from);
    if let Some(path) = &path {
        check_readable(path).map_err(|e| properties.error(format!("{name}: cannot read {}: {e}", path.display())))?;
    }
    Ok(path)
}

/// Whether a file can be opened and read; its content is not looked at.
pub(crate) fn check_readable(path: &Path) -> std::io::Result<()> {
    use std::io::Read as _;
    std::fs::File::open(path)?.read(&mut [0]).map(drop)
}

/// A region is part of a host name: nothing else may get into it.
pub(crate) fn check_region(name: &str, wrong: impl FnOnce() -> Error) -> Result<String> {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(name.to_owned()) } else { Err(wrong()) }
}

/// An endpoint, or what is wrong with it; it is not shown, as it might hold a password.
pub(crate) fn check_endpoint(text: String) -> Result<String, &'static str> {
    let url = url::Url::parse(&text).map_err(|_| "is no URL; write http://host:port")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("is no http or https URL; write http://host:port");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "holds a user name or password, which DynamoDB does not take; it signs with access_key and secret_key",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has something after the host and port; write http://host:port");
    }
    Ok(text)
}

impl fmt::Debug for DynamoDbSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Made by hand, an endpoint may have a password in it.
        let shown =
            |endpoint: &String| self::check_endpoint(endpoint.clone()).unwrap_or_else(|_| "(hidden)".to_owned());
        f.debug_struct("DynamoDbSettings")
            .field("region", &self.region)
            .field("endpoint", &self.endpoint.as_ref().map(shown))
            .field("credentials_file", &self.credentials_file)
            .field("profile", &self.profile)
            .field("access_key", &self.access_key)
            .field("secret_key", &self.secret_key)
            .field("session_token", &self.session_token)
            .field("resend", &self.resend)
            .finish()
    }
}
