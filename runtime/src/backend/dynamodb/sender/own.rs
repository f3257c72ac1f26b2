//! The sender that signs and sends a request itself, through the SDK's HTTP connector.

use std::sync::{Arc, PoisonError, RwLock};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};

use crate::backend::BoxFuture;
use crate::backend::dynamodb::answer::{Whole, read_answer};
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::clock::{ServerClock, is_about_time};
use crate::backend::dynamodb::sender::endpoint::{Endpoint, Endpoints};
use crate::backend::dynamodb::sender::identity::{Identities, Identity};
use crate::backend::dynamodb::sender::signature::{self, Timestamp, authorization};
use crate::backend::dynamodb::sender::target::Target;

const USER_AGENT_TEXT: &str = concat!("reposit/", env!("CARGO_PKG_VERSION"));

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Signs and sends requests.
#[derive(Debug)]
pub(crate) struct OwnSender {
    connector: SharedHttpConnector,
    endpoints: Endpoints,
    identities: Identities,
    clock: ServerClock,
    blank: RwLock<Option<Blank>>,
}

/// What all requests of one identity to one endpoint have in common, before they are signed.
#[derive(Debug)]
struct Blank {
    identity: Arc<Identity>,
    endpoint: Arc<Endpoint>,
    request: HttpRequest,
}

impl Blank {
    fn new(identity: Arc<Identity>, endpoint: Arc<Endpoint>) -> Result<Self, Failure> {
        let mut request = http::Request::new(SdkBody::empty());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = endpoint.uri.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(signature::CONTENT_TYPE));
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_TEXT));
        // Places for what each request has of its own, so that the map does not grow.
        for name in [TARGET, CONTENT_LENGTH, DATE, AUTHORIZATION] {
            headers.insert(name, HeaderValue::from_static(""));
        }
        if let Some(token) = identity.credentials.session_token() {
            let mut token = HeaderValue::from_str(token).map_err(Failure::unbuilt)?;
            token.set_sensitive(true);
            headers.insert("x-amz-security-token", token);
        }
        Ok(Self { identity, endpoint, request: HttpRequest::try_from(request).map_err(Failure::unbuilt)? })
    }

    fn is_of(&self, identity: &Arc<Identity>, endpoint: &Arc<Endpoint>) -> bool {
        Arc::ptr_eq(&self.identity, identity) && Arc::ptr_eq(&self.endpoint, endpoint)
    }
}

impl OwnSender {
    /// A sender to the endpoint and with the credentials that a client of this configuration would have; none
    /// without credentials.
    pub(crate) fn new(config: &SdkConfig, connector: SharedHttpConnector) -> Option<Self> {
        Some(Self {
            connector,
            endpoints: Endpoints::new(config),
            identities: Identities::new(config.credentials_provider()?),
            clock: ServerClock::default(),
            blank: RwLock::default(),
        })
    }

    async fn send_once(&self, target: Target, body: Bytes) -> Result<Whole, Failure> {
        let request = self.sign(target, body).await?;
        let answer: HttpResponse = self.connector.call(request).await.map_err(Failure::of_connector)?;
        read_answer(answer, target.name()).await.map_err(Failure::of_connector)
    }

    /// The request as it is sent.
    async fn sign(&self, target: Target, body: Bytes) -> Result<HttpRequest, Failure> {
        let identity = self.identities.get().await?;
        let credentials = &identity.credentials;
        let endpoint = self.endpoints.get(credentials.account_id().map(|account| account.as_str())).await?;
        let (place, time) = (endpoint.place(), self.clock.now());
        let timestamp = Timestamp::new(time);
        let key = identity.signing_key(time, &timestamp, place.region);
        let (access_key, token) = (credentials.access_key_id(), credentials.session_token());
        let signed = authorization(access_key, &key, token, &timestamp, place, target.header(), &body);
        let mut request = self.blank(&identity, &endpoint)?;
        let headers = request.headers_mut();
        // The names of operations are headers: a test sends each of them.
        headers.insert(TARGET, target.header());
        let signed =
            [(CONTENT_LENGTH, body.len().to_string()), (DATE, timestamp.as_str().to_owned()), (AUTHORIZATION, signed)];
        for (name, value) in signed {
            headers.try_insert(name, value).map_err(Failure::unbuilt)?;
        }
        *request.body_mut() = SdkBody::from(body);
        Ok(request)
    }

    /// A request of this identity to this endpoint, without what is signed.
    fn blank(&self, identity: &Arc<Identity>, endpoint: &Arc<Endpoint>) -> Result<HttpRequest, Failure> {
        if let Some(blank) = &*self.blank.read().unwrap_or_else(PoisonError::into_inner)
            && blank.is_of(identity, endpoint)
            && let Some(request) = blank.request.try_clone()
        {
            return Ok(request);
        }
        let blank = Blank::new(identity.clone(), endpoint.clone())?;
        let no_copy = || Failure::refused_here("a request without a body has no copy".to_owned());
        let request = blank.request.try_clone().ok_or_else(no_copy)?;
        *self.blank.write().unwrap_or_else(PoisonError::into_inner) = Some(blank);
        Ok(request)
    }
}

impl Sender for OwnSender {
    fn send(&self, target: Target, body: Bytes) -> BoxFuture<'_, Result<Bytes, Failure>> {
        Box::pin(async move {
            let mut answer = self.send_once(target, body.clone()).await?;
            if answer.status() == 200 {
                return Ok(answer.body);
            }
            let mut failure = Failure::of_answer(target, &answer);
            let is_skewed = failure.class == Class::Credentials && is_about_time(failure.code(), failure.text());
            // Refused for its time only: signed with the time of the answer, it may be taken.
            if is_skewed && self.clock.correct(answer.header("date")) {
                answer = self.send_once(target, body).await?;
                if answer.status() == 200 {
                    return Ok(answer.body);
                }
                failure = Failure::of_answer(target, &answer);
            }
            Err(failure)
        })
    }

    fn server(&self) -> Option<(String, u16)> {
        self.endpoints.last()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::{Duration, SystemTime};

    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::provider::{ProvideCredentials, future};
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
    use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};

    use super::*;

    /// Keeps what it is given to send, and answers with an empty object.
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<HttpRequest>>>);

    impl HttpConnector for Kept {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(request);
            HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"))))
        }
    }

    /// Credentials that expire at once, each time with the next token.
    #[derive(Debug, Default)]
    struct Tokens(Mutex<u32>);

    impl ProvideCredentials for Tokens {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let mut number = self.0.lock().unwrap();
            *number += 1;
            let expiry = SystemTime::now() + Duration::from_secs(1);
            let token = Some(format!("token{number}"));
            future::ProvideCredentials::ready(Ok(Credentials::new("KEY", "secret", token, Some(expiry), "tests")))
        }
    }

    fn sender(provider: SharedCredentialsProvider) -> (OwnSender, Kept) {
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).credentials_provider(provider);
        let config = config.region(Region::from_static("eu-central-1")).endpoint_url("http://localhost:8000/p");
        let kept = Kept::default();
        let sender = OwnSender::new(&config.build(), SharedHttpConnector::new(kept.clone())).unwrap();
        (sender, kept)
    }

    #[tokio::test]
    async fn every_operation_is_sent_with_its_headers() {
        let fixed = Credentials::new("KEY", "secret", None, None, "tests");
        let (sender, kept) = sender(SharedCredentialsProvider::new(fixed));
        for target in [
            Target::GetItem,
            Target::PutItem,
            Target::UpdateItem,
            Target::DeleteItem,
            Target::Query,
            Target::Scan,
            Target::BatchGetItem,
            Target::BatchWriteItem,
            Target::TransactGetItems,
            Target::TransactWriteItems,
        ] {
            let body = format!("{{\"{}\":1}}", target.name());
            assert_eq!(sender.send(target, body.clone().into()).await.unwrap(), "{}");
            let request = kept.0.lock().unwrap().pop().unwrap();
            assert_eq!((request.method(), request.uri()), ("POST", "http://localhost:8000/p/"));
            assert_eq!(request.body().bytes(), Some(body.as_bytes()));
            let length = body.len().to_string();
            for (name, value) in [
                ("content-type", "application/x-amz-json-1.0"),
                ("content-length", &length),
                ("user-agent", USER_AGENT_TEXT),
                ("x-amz-target", target.header()),
            ] {
                assert_eq!(request.headers().get(name), Some(value));
            }
            assert!(request.headers().get("x-amz-date").unwrap().ends_with('Z'));
            assert!(request.headers().get("authorization").unwrap().contains("Credential=KEY/"));
            assert_eq!(request.headers().len(), 6);
        }
    }

    #[tokio::test]
    async fn a_request_has_the_token_of_the_credentials_that_sign_it() {
        let (sender, kept) = sender(SharedCredentialsProvider::new(Tokens::default()));
        for number in 1..=3 {
            sender.send(Target::GetItem, Bytes::from_static(b"{}")).await.unwrap();
            let request = kept.0.lock().unwrap().pop().unwrap();
            assert_eq!(request.headers().get("x-amz-security-token"), Some(format!("token{number}").as_str()));
            assert!(request.headers().get("authorization").unwrap().contains("x-amz-security-token;"));
            assert!(!format!("{sender:?}").contains("token1"), "it is a secret");
        }
    }
}
