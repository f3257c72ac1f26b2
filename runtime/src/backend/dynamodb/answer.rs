//! An answer as it comes off the wire: read whole, within bounds, and checked.
//!
//! The SDK takes an empty body of status 200 for a success without content: a put that was done, an
//! item that is not there. So what is no answer of DynamoDB's is refused here before the SDK sees it, as an
//! error that says nothing of whether the request was applied.

use std::error::Error as StdError;
use std::fmt;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName};
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

/// A client over one connector, whose answers are checked.
#[derive(Debug)]
pub(super) struct Checked(pub(super) SharedHttpConnector);

impl HttpClient for Checked {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(CheckedConnector(self.0.clone()))
    }
}

#[derive(Debug)]
struct CheckedConnector(SharedHttpConnector);

impl HttpConnector for CheckedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let Whole { mut answer, body } = read_answer(answer.await?, &operation).await?;
            if answer.status().as_u16() == 200 {
                check_success(&body).map_err(unreadable)?;
            }
            *answer.body_mut() = SdkBody::from(body);
            Ok(answer)
        })
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

/// An answer, and its body apart from it.
#[derive(Debug)]
pub(super) struct Whole {
    answer: HttpResponse,
    pub(super) body: Bytes,
}

impl Whole {
    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// A header, if it is there.
    pub(super) fn header(&self, name: &'static str) -> Option<&str> {
        self.answer.headers().get(name)
    }

    /// The answer with its body.
    pub(super) fn to_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.answer.status(), SdkBody::from(self.body.clone()));
        *answer.headers_mut() = self.answer.headers().clone();
        answer
    }
}

fn unreadable(why: Unreadable) -> ConnectorError {
    ConnectorError::other(why.into(), None)
}

/// Reads an answer to its end, and checks that these are the bytes that were sent.
pub(super) async fn read_answer(answer: HttpResponse, operation: &str) -> Result<Whole, ConnectorError> {
    read_at_most(answer, most_bytes(operation)).await
}

/// The header in which DynamoDB says what the sum of its answer is.
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-crc32");

/// A header, if it is there and is text. A name that is read once is found in fewer steps than a text.
fn header<'a>(answer: &'a HttpResponse, name: &HeaderName) -> Option<&'a str> {
    std::str::from_utf8(answer.headers().get_all_bytes_by_name(name).next()?).ok()
}

async fn read_at_most(mut answer: HttpResponse, most: usize) -> Result<Whole, ConnectorError> {
    let too_long = || unreadable(Unreadable::new(format!("it is longer than the {most} bytes that it can have")));
    let length = header(&answer, &CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let mut body = Body::default();
    let mut stream = ByteStream::new(answer.take_body());
    while let Some(part) = stream.next().await {
        // The connection broke in the middle of the answer.
        let part = part.map_err(|error| ConnectorError::io(error.into()))?;
        if body.len() + part.len() > most {
            return Err(too_long());
        }
        body.add(part, length.unwrap_or_default());
    }
    let body = body.finish();
    let checksum = header(&answer, &CHECKSUM);
    check_answer(answer.status().as_u16(), checksum, &body).map_err(unreadable)?;
    Ok(Whole { answer, body })
}

/// A body that comes in parts. Most have one, which is kept as it is.
#[derive(Default)]
struct Body {
    first: Bytes,
    all: Vec<u8>,
}

impl Body {
    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn add(&mut self, part: Bytes, length: usize) {
        if self.len() == 0 {
            self.first = part;
            return;
        }
        if self.all.is_empty() {
            // What is only claimed takes no memory.
            self.all.reserve(length.min(64 * KB));
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&part);
    }

    fn finish(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }
}

/// Whether this is an answer of DynamoDB's: the bytes that it sent, with a status that it has.
fn check_answer(status: u16, checksum: Option<&str>, body: &[u8]) -> Result<(), Unreadable> {
    if let Some(sum) = checksum
        && sum.parse() != Ok(crc32fast::hash(body))
    {
        return Err(Unreadable::new("its checksum is that of other bytes"));
    }
    match status {
        // What an error says is read where it becomes a failure.
        200 | 400..=599 => Ok(()),
        _ => Err(Unreadable::new(format!("HTTP status {status}"))),
    }
}

/// Whether the answer to the SDK is the JSON of a success.
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
        assert_eq!(check_success(put), Ok(()));
        assert_eq!(check_success(br#"{"Item":{"id":{"S":"a"}}}"#), Ok(()));
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
            assert!(check_success(body).is_err(), "{:?}", String::from_utf8_lossy(body));
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
        assert!(read_at_most(answer(Some("2"), b"{}"), 2).await.is_ok());
        assert!(read_at_most(answer(Some("3"), b"{}"), 2).await.is_err());
        assert!(read_at_most(answer(None, b"{ }"), 2).await.is_err());
    }

    #[test]
    fn an_answer_comes_in_one_part_or_in_several() {
        for parts in [vec![], vec!["{}"], vec!["{", "}"], vec!["", "{ ", " ", "}"]] {
            let mut body = Body::default();
            parts.iter().for_each(|part| body.add(Bytes::from_static(part.as_bytes()), 2));
            assert_eq!(body.len(), parts.concat().len());
            assert_eq!(body.finish(), parts.concat());
        }
    }

    #[test]
    fn the_largest_item_fits_however_it_is_written() {
        // 400 KB of empty texts in a list, at a byte each.
        assert!(most_bytes("GetItem") > 400 * KB * r#"{"S":""},"#.len());
        assert!(most_bytes("BatchGetItem") > most_bytes("TransactGetItems"));
    }
}
