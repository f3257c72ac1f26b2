//! From settings to a client that has been answered once.

use std::path::Path;
use std::time::Duration;

use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials as _, SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::Builder;

use super::answer::Checked;
use super::credentials;
use super::failure::{self, Class};
use super::retry::{Attempts, of_sdk};
use super::sender::Sender;
use super::sender::connections::{LONGEST_IDLE, connector, tls};
use super::sender::own::OwnSender;
use super::settings::DynamoDbSettings;
use crate::backend::settings::Secret;
use crate::backend::support::outcome;
use crate::error::{Error, Result};
use crate::request::Call;

/// How many connections that are refused, or answered by something other than DynamoDB, to accept before
/// opening fails.
const CONNECT_TRIES: u32 = 3;

/// What an open database sends requests with.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) sender: Box<dyn Sender>,
}

/// A client and a sender with their settings, before anything was sent but what finding credentials takes.
async fn client(settings: &DynamoDbSettings, connect_timeout: Duration) -> Result<Connected> {
    let http = Builder::new().tls_provider(tls()).build_https();
    let timeouts = TimeoutConfig::builder().connect_timeout(connect_timeout).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .timeout_config(timeouts)
        // The library makes the attempts itself, because it knows what may be sent again.
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &settings.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let loader = with_credentials(loader, settings, &http)?;
    let loading = tokio::time::timeout(connect_timeout, loader.load()).await;
    let mut config = loading.map_err(|_| outcome::timed_out("while the AWS settings were looked for"))?;
    if config.region().is_none() {
        if settings.endpoint.is_none() {
            return Err(Error::config("no region: set `region`, or AWS_REGION in the environment"));
        }
        // A server of one's own has no regions, but a signature needs one.
        config = config.into_builder().region(Region::from_static("us-east-1")).build();
    }
    let finding = tokio::time::timeout(connect_timeout, find_credentials(&config)).await;
    finding.unwrap_or_else(|_| Err(no_credentials("they were not had in time")))?;
    // The client and the sender share their connections.
    let connector = connector(connect_timeout, LONGEST_IDLE);
    let checked = SharedHttpClient::new(Checked(connector.clone()));
    let client = Client::from_conf(aws_sdk_dynamodb::config::Builder::from(&config).http_client(checked).build());
    let sender = OwnSender::new(&config, connector).ok_or_else(|| no_credentials(NO_PROVIDER))?;
    Ok(Connected { client, sender: Box::new(sender) })
}

const NO_PROVIDER: &str = "there is no provider of them";

/// Finds credentials once, so that it is known by name if there are none.
async fn find_credentials(config: &SdkConfig) -> Result<()> {
    let Some(provider) = config.credentials_provider() else {
        return Err(no_credentials(NO_PROVIDER));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(no_credentials(why_none(&failure::innermost(&error))).with_source(error)),
    }
}

/// Why there are no credentials, in the words of the SDK but for what is not compiled in.
fn why_none(told: &str) -> &str {
    match told.contains("cargo feature(s) enabled: sso")
        || told.contains("cargo feature(s) enabled: credentials-process")
    {
        true => "the profile asks for single sign-on or a program; enable the feature `aws-login` of reposit",
        false => told.trim_end_matches('.'),
    }
}

fn no_credentials(why: &str) -> Error {
    Error::config(format!(
        "no AWS credentials: {why}; set `access_key` and `secret_key`, `credentials_file` or `profile`, or AWS_ACCESS_KEY_ID in the environment"
    ))
}

fn with_credentials(
    loader: ConfigLoader,
    settings: &DynamoDbSettings,
    http: &SharedHttpClient,
) -> Result<ConfigLoader> {
    let secret = |secret: &Option<Secret>| {
        secret.as_ref().map(|secret| secret.expose().to_owned()).filter(|text| !text.is_empty())
    };
    match (secret(&settings.access_key), secret(&settings.secret_key)) {
        (Some(access), Some(secret_key)) => {
            let token = secret(&settings.session_token);
            return Ok(loader.credentials_provider(Credentials::new(access, secret_key, token, None, "reposit")));
        }
        (Some(_), None) => return Err(Error::config("`access_key` is set but `secret_key` is not")),
        (None, Some(_)) => return Err(Error::config("`secret_key` is set but `access_key` is not")),
        (None, None) => {}
    }
    match &settings.credentials_file {
        Some(path) => Ok(loader.credentials_provider(from_file(path, settings, http)?)),
        None => settings.profile.as_deref().map_or(Ok(()), credentials::check_profile).map(|()| loader),
    }
}

#[allow(deprecated, reason = "the names it was moved to are of a crate that is no dependency of ours")]
fn from_file(
    path: &Path,
    settings: &DynamoDbSettings,
    http: &SharedHttpClient,
) -> Result<aws_config::profile::ProfileFileCredentialsProvider> {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};

    let text = credentials::read_file(path)?;
    let profile = settings.profile.as_deref().unwrap_or("default");
    credentials::check_file(path, &text, profile)?;
    let files = ProfileFiles::builder().with_contents(ProfileFileKind::Credentials, text).build();
    let region = settings.region.clone().map(Region::new);
    let provider = ProviderConfig::default().with_http_client(http.clone()).with_region(region);
    let file = aws_config::profile::ProfileFileCredentialsProvider::builder().configure(&provider);
    Ok(file.profile_files(files).profile_name(profile).build())
}

/// The part of an endpoint that may be shown: a path could be as secret as a password.
fn origin(endpoint: &str) -> String {
    let origin = url::Url::parse(endpoint).map(|url| url.origin().ascii_serialization());
    origin.unwrap_or_else(|_| "the endpoint".to_owned())
}

/// A client, and one request that shows that it can reach DynamoDB and is let in.
pub(super) async fn open_client(settings: &DynamoDbSettings, connect_timeout: Duration) -> Result<Connected> {
    let call = Call::new("open", 0, connect_timeout);
    let connected = client(settings, connect_timeout).await?;
    probe_connection(&connected.client, &call).await.map_err(|error| match &settings.endpoint {
        Some(endpoint) => {
            let message = format!("{}: {}", origin(endpoint), error.message());
            error.with_message(message)
        }
        None => error,
    })?;
    Ok(connected)
}

/// Sends one small request. Credentials that may only use the tables are let in too.
pub(super) async fn probe_connection(client: &Client, call: &Call) -> Result<()> {
    let mut attempts = Attempts::new(call);
    let mut tries = 0;
    loop {
        let request = client.list_tables().limit(1).send();
        let Err(failure) = attempts.send("ListTables", of_sdk(request)).await else { return Ok(()) };
        if failure.code() == "AccessDeniedException" {
            return Ok(());
        }
        tries += u32::from(matches!(failure.class, Class::Unreachable | Class::Unreadable));
        if !failure.class.is_transient() || tries >= CONNECT_TRIES || !attempts.pause().await {
            return Err(failure.into_error());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::why_none;

    #[test]
    fn what_is_not_compiled_in_is_named_as_our_feature() {
        for feature in ["sso", "credentials-process"] {
            let told = format!("This behavior requires following cargo feature(s) enabled: {feature}. In order to.");
            assert!(why_none(&told).contains("`aws-login` of reposit"), "{feature}");
        }
        assert_eq!(why_none("the file is empty."), "the file is empty");
    }
}
