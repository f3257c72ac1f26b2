//! An answer as it comes off the wire: read whole, within bounds, and checked before the SDK sees it.
//!
//! The SDK takes an empty body of status 200 for a success without content: a put that was done, an
//! item that is not there. So what is no answer of DynamoDB's is refused here, as an error that says
//! nothing of whether the request was applied.

use std::error::Error as StdError;
use std::fmt;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{ConfigBag, HttpClient, RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// How many bytes of JSON a byte of data can come as: an empty text in a list counts as one byte and
/// is written as `{"S":""},`.
const WRITTEN: usize = 10;

/// Why an answer is none of DynamoDB's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an answer came that is none of DynamoDB's: {}", self.0)
    }
}

impl StdError for Unreadable {}

impl Unreadable {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A client whose answers are checked.
#[derive(Debug)]
pub(super) struct Checked(pub(super) SharedHttpClient);

impl HttpClient for Checked {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(CheckedConnector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct CheckedConnector(SharedHttpConnector);

impl HttpConnector for CheckedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let most = most_bytes(target.rsplit('.').next().unwrap_or_default());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { read_answer(answer.await?, most).await })
    }
}

/// The most bytes that an answer to this operation can have ("Quotas in Amazon DynamoDB").
fn most_bytes(operation: &str) -> usize {
    WRITTEN
        * match operation {
            "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" => 400 * KB,
            // A page ends with the item that goes past its megabyte.
            "Query" | "Scan" => MB + 400 * KB,
            "TransactGetItems" | "TransactWriteItems" => 4 * MB,
            _ => 16 * MB,
        }
        + 64 * KB
}

/// Reads an answer to its end, and gives it back with its body at hand.
async fn read_answer(mut answer: HttpResponse, most: usize) -> Result<HttpResponse, ConnectorError> {
    let unreadable = |why: Unreadable| ConnectorError::other(why.into(), None);
    let too_long = || unreadable(Unreadable::new(format!("it is longer than the {most} bytes that it can have")));
    let length = answer.headers().get("content-length").and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_long());
    }
    // What is only claimed takes no memory.
    let mut body = Vec::with_capacity(length.unwrap_or_default().min(64 * KB));
    let mut stream = ByteStream::new(answer.take_body());
    while let Some(part) = stream.next().await {
        // The connection broke in the middle of the answer.
        let part = part.map_err(|error| ConnectorError::io(error.into()))?;
        if body.len() + part.len() > most {
            return Err(too_long());
        }
        body.extend_from_slice(&part);
    }
    check_answer(answer.status().as_u16(), answer.headers().get("x-amz-crc32"), &body).map_err(unreadable)?;
    *answer.body_mut() = SdkBody::from(body);
    Ok(answer)
}

/// Whether this is an answer of DynamoDB's: the bytes that it sent, and of a success the JSON of one.
fn check_answer(status: u16, checksum: Option<&str>, body: &[u8]) -> Result<(), Unreadable> {
    if let Some(sum) = checksum
        && sum.parse() != Ok(crc32fast::hash(body))
    {
        return Err(Unreadable::new("its checksum is that of other bytes"));
    }
    match status {
        200 => check_success(body),
        // What an error says is read where it becomes a failure.
        400..=599 => Ok(()),
        _ => Err(Unreadable::new(format!("HTTP status {status}"))),
    }
}

fn check_success(body: &[u8]) -> Result<(), Unreadable> {
    if body.is_empty() {
        return Err(Unreadable::new("it is empty"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    json.deserialize_map(Success)
        .and_then(|()| json.end())
        .map_err(|error| Unreadable::new(format!("it is no JSON of a success ({:?} error)", error.classify())))
}

/// An object with each name once, and without the name that only an error has.
struct Success;

impl<'de> Visitor<'de> for Success {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a success")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names: Vec<String> = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, _>()? {
            if name == "__type" || names.contains(&name) {
                return Err(serde::de::Error::custom("a name that is not to be there"));
            }
            names.push(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dynamodb_sends_passes() {
        let put = b"{}";
        assert_eq!(check_answer(200, None, put), Ok(()));
        assert_eq!(check_answer(200, Some(&crc32fast::hash(put).to_string()), put), Ok(()));
        assert_eq!(check_answer(200, None, br#"{"Item":{"id":{"S":"a"}}}"#), Ok(()));
        assert_eq!(check_answer(400, None, br#"{"__type":"x#ValidationException"}"#), Ok(()));
        assert_eq!(check_answer(503, None, b"<html>"), Ok(()));
    }

    #[test]
    fn what_it_does_not_send_is_refused() {
        let bodies: [&[u8]; 8] = [
            b"",
            b"null",
            b"[]",
            b"{",
            b"{}{}",
            b"{\"a\":1,\"a\":2}",
            br#"{"__type":"x#Throttling"}"#,
            b"{\"a\":\x80}",
        ];
        for body in bodies {
            assert!(check_answer(200, None, body).is_err(), "{:?}", String::from_utf8_lossy(body));
        }
        assert!(check_answer(200, Some("1"), b"{}").is_err(), "another checksum");
        assert!(check_answer(400, Some("x"), b"{}").is_err(), "no checksum at all");
        for status in [100, 204, 206, 301, 304, 600, 999] {
            assert!(check_answer(status, None, b"{}").is_err(), "{status}");
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_an_answer_can_have() {
        let answer = |length: Option<&'static str>, body: &'static [u8]| {
            let mut answer = HttpResponse::new(200.try_into().expect("a status"), SdkBody::from(body));
            if let Some(length) = length {
                answer.headers_mut().insert("content-length", length);
            }
            answer
        };
        assert!(read_answer(answer(Some("2"), b"{}"), 2).await.is_ok());
        assert!(read_answer(answer(Some("3"), b"{}"), 2).await.is_err());
        assert!(read_answer(answer(None, b"{ }"), 2).await.is_err());
    }

    #[test]
    fn the_largest_item_fits_however_it_is_written() {
        // 400 KB of empty texts in a list, at a byte each.
        assert!(most_bytes("GetItem") > 400 * KB * r#"{"S":""},"#.len());
        assert!(most_bytes("BatchGetItem") > most_bytes("TransactGetItems"));
    }
}
