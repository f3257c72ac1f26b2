//! The sender that signs and sends a request itself, through the SDK's HTTP connector.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT};

use crate::backend::BoxFuture;
use crate::backend::dynamodb::answer::{Whole, read_answer};
use crate::backend::dynamodb::failure::{Class, Failure};
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::clock::{ServerClock, is_about_time};
use crate::backend::dynamodb::sender::endpoint::Endpoints;
use crate::backend::dynamodb::sender::identity::Identities;
use crate::backend::dynamodb::sender::signature::{self, Timestamp, authorization};
use crate::backend::dynamodb::sender::target::Target;

const USER_AGENT_TEXT: &str = concat!("reposit/", env!("CARGO_PKG_VERSION"));

/// Signs and sends requests.
#[derive(Debug)]
pub(crate) struct OwnSender {
    connector: SharedHttpConnector,
    endpoints: Endpoints,
    identities: Identities,
    clock: ServerClock,
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
        let token = credentials.session_token();
        let signed = authorization(credentials.access_key_id(), &key, token, &timestamp, place, target.header(), &body);
        let length = body.len();
        let mut request = http::Request::new(SdkBody::from(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = endpoint.uri.clone();
        let headers = request.headers_mut();
        headers.reserve(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(signature::CONTENT_TYPE));
        headers.insert(CONTENT_LENGTH, length.into());
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_TEXT));
        headers.insert("x-amz-target", HeaderValue::from_static(target.header()));
        headers.insert("x-amz-date", header(timestamp.as_str())?);
        headers.insert(AUTHORIZATION, header(&signed)?);
        if let Some(token) = token {
            let mut token = header(token)?;
            token.set_sensitive(true);
            headers.insert("x-amz-security-token", token);
        }
        HttpRequest::try_from(request).map_err(Failure::unbuilt)
    }
}

fn header(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(Failure::unbuilt)
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
}
