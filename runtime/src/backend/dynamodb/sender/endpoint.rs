//! Where requests are sent: what the SDK's resolver says of the region and the account.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_types::service_config::ServiceConfigKey;
use http::Uri;

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::sender::signature::{Place, signed_path};

/// The endpoint of an account.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) uri: Uri,
    /// The host as the header has it, without the port that the scheme has anyway.
    host: String,
    path: String,
    region: String,
}

impl Endpoint {
    fn new(url: &str, region: &str) -> Result<Self, Failure> {
        let wrong = |what| Failure::refused_here(format!("the endpoint {what}"));
        // A path ends with the slash that the request's own begins with.
        let url = if url.ends_with('/') { url.to_owned() } else { format!("{url}/") };
        let uri: Uri = url.parse().map_err(|_| wrong("is no URL"))?;
        let host = uri.host().ok_or_else(|| wrong("has no host"))?;
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let host = match uri.port_u16() {
            Some(port) if port != usual => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Ok(Self { path: signed_path(uri.path()), host, region: region.to_owned(), uri })
    }

    /// What of it is signed.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { host: &self.host, path: &self.path, region: &self.region }
    }
}

/// The endpoints of a region, by account.
pub(crate) struct Endpoints {
    params: EndpointParams,
    resolver: DefaultResolver,
    /// The one that was resolved last, and for which account.
    last: RwLock<Option<(Option<String>, Arc<Endpoint>)>>,
}

/// What the resolver is told, but for the account.
#[derive(Debug, Clone)]
struct EndpointParams {
    region: Option<String>,
    url: Option<String>,
    use_fips: Option<bool>,
    use_dual_stack: Option<bool>,
    account_mode: String,
}

impl Endpoints {
    /// The endpoints that the SDK's client of this configuration would have.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let params = EndpointParams {
            region: config.region().map(|region| region.as_ref().to_owned()),
            url: endpoint_url(config),
            use_fips: config.use_fips(),
            use_dual_stack: config.use_dual_stack(),
            account_mode: config.account_id_endpoint_mode().cloned().unwrap_or_default().to_string(),
        };
        Self { params, resolver: DefaultResolver::new(), last: RwLock::default() }
    }

    /// The endpoint of an account.
    pub(crate) async fn get(&self, account: Option<&str>) -> Result<Arc<Endpoint>, Failure> {
        if let Some((of, endpoint)) = &*self.last.read().unwrap_or_else(PoisonError::into_inner)
            && of.as_deref() == account
        {
            return Ok(endpoint.clone());
        }
        let endpoint = Arc::new(self.resolve(account).await?);
        let last = Some((account.map(str::to_owned), endpoint.clone()));
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(endpoint)
    }

    /// The host and the port that were resolved last.
    pub(crate) fn last(&self) -> Option<(String, u16)> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        let (_, endpoint) = last.as_ref()?;
        let usual = if endpoint.uri.scheme_str() == Some("https") { 443 } else { 80 };
        Some((endpoint.uri.host()?.to_owned(), endpoint.uri.port_u16().unwrap_or(usual)))
    }

    async fn resolve(&self, account: Option<&str>) -> Result<Endpoint, Failure> {
        let EndpointParams { region, url, use_fips, use_dual_stack, account_mode } = self.params.clone();
        let params = Params::builder()
            .set_region(region.clone())
            .set_endpoint(url)
            .set_use_fips(use_fips)
            .set_use_dual_stack(use_dual_stack)
            .set_account_id(account.map(str::to_owned))
            .account_id_endpoint_mode(account_mode)
            .build()
            .map_err(Failure::unbuilt)?;
        let endpoint = self.resolver.resolve_endpoint(&params).await;
        let endpoint = endpoint.map_err(|error| Failure::refused_here(error.to_string()))?;
        // The rules of some endpoints name the region that requests are signed for.
        let signing_region = endpoint.auth_schemes().iter().find_map(|scheme| scheme.get("signingRegion")?.as_string());
        Endpoint::new(endpoint.url(), signing_region.or(region.as_deref()).unwrap_or_default())
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints").finish_non_exhaustive()
    }
}

/// A fixed endpoint: from the settings, else from the environment or a shared file, where DynamoDB's own comes
/// before that of all services.
fn endpoint_url(config: &SdkConfig) -> Option<String> {
    let general = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general;
    }
    let key = ServiceConfigKey::builder().service_id("DynamoDB").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = key.build().ok().and_then(|key| config.service_config()?.load_config(key));
    own.or(general)
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_types::endpoint_config::AccountIdEndpointMode;

    use super::*;

    fn config(region: &'static str) -> aws_types::sdk_config::Builder {
        SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::from_static(region))
    }

    async fn resolved(config: aws_types::sdk_config::Builder, account: Option<&str>) -> (String, String, String) {
        let endpoint = Endpoints::new(&config.build()).get(account).await.unwrap();
        (endpoint.uri.to_string(), endpoint.host.clone(), endpoint.region.clone())
    }

    #[tokio::test]
    async fn an_account_has_its_own_endpoint() {
        let own = resolved(config("eu-central-1"), Some("111122223333")).await;
        assert_eq!(own.0, "https://111122223333.ddb.eu-central-1.amazonaws.com/");
        assert_eq!(own.1, "111122223333.ddb.eu-central-1.amazonaws.com");
        let none = resolved(config("eu-central-1"), None).await;
        assert_eq!(none.0, "https://dynamodb.eu-central-1.amazonaws.com/");
        let disabled = config("eu-central-1").account_id_endpoint_mode(AccountIdEndpointMode::Disabled);
        assert_eq!(resolved(disabled, Some("111122223333")).await.0, none.0);
        let fips = config("us-east-1").use_fips(true);
        assert_eq!(resolved(fips, Some("111122223333")).await.0, "https://dynamodb-fips.us-east-1.amazonaws.com/");
    }

    #[tokio::test]
    async fn the_endpoint_follows_the_account() {
        let endpoints = Endpoints::new(&config("eu-central-1").build());
        let first = endpoints.get(Some("111122223333")).await.unwrap();
        assert!(Arc::ptr_eq(&first, &endpoints.get(Some("111122223333")).await.unwrap()));
        let second = endpoints.get(Some("444455556666")).await.unwrap();
        assert!(second.uri.host().unwrap().starts_with("444455556666"));
    }

    #[tokio::test]
    async fn an_account_that_is_required_and_missing_is_refused() {
        let required = config("eu-central-1").account_id_endpoint_mode(AccountIdEndpointMode::Required);
        let failure = Endpoints::new(&required.build()).get(None).await.unwrap_err();
        assert!(failure.into_error().message().contains("AccountId"));
    }

    #[tokio::test]
    async fn a_fixed_endpoint_is_taken_as_it_is() {
        for (url, uri, host, path) in [
            ("http://localhost:8000", "http://localhost:8000/", "localhost:8000", "/"),
            ("http://localhost:80/", "http://localhost:80/", "localhost", "/"),
            ("https://example.com:443/a b%20", "", "", ""),
            ("https://example.com:444/p/%20", "https://example.com:444/p/%20/", "example.com:444", "/p/%2520/"),
        ] {
            let endpoints = Endpoints::new(&config("eu-central-1").endpoint_url(url).build());
            match endpoints.get(Some("111122223333")).await {
                Ok(endpoint) => {
                    assert_eq!(endpoint.uri.to_string(), uri);
                    assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), (host, path));
                    assert_eq!(endpoint.region, "eu-central-1");
                }
                Err(_) => assert_eq!(uri, ""),
            }
        }
    }

    #[tokio::test]
    async fn the_region_local_is_signed_as_its_rules_say() {
        let local = resolved(config("local"), None).await;
        assert_eq!((local.0.as_str(), local.2.as_str()), ("http://localhost:8000/", "us-east-1"));
    }
}
