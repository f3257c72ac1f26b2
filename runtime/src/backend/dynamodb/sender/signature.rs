//! AWS's Signature Version 4 of a POST, under a key that is derived once for many requests.
//!
//! The SDK's signer derives the key for each request. What is hashed here is the same, byte by byte: the tests
//! compare the two.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::generate_signing_key;
use ring::{digest, hmac};

use crate::calendar;

/// The service that requests are signed for.
pub(crate) const SERVICE: &str = "dynamodb";

/// What follows the region in what a key is for.
const SCOPE: &str = "/dynamodb/aws4_request";

/// The type of what is sent, as its header says it.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// What stays the same for all requests to an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The host as the header has it.
    pub(crate) host: &'a str,
    /// The path as it is signed: normalized and encoded twice.
    pub(crate) path: &'a str,
    pub(crate) region: &'a str,
}

/// A key that signs requests of one day, to one region, under one secret key.
pub(crate) struct SigningKey {
    /// What of each signature depends on the key alone is hashed already.
    key: hmac::Key,
    /// The day, as the signature has it.
    day: [u8; 8],
    region: String,
    begun: Mutex<Option<Begun>>,
}

/// What the requests of one second to one endpoint begin with, hashed already: a session token is as long as many
/// a body.
struct Begun {
    time: Timestamp,
    host: String,
    path: String,
    token: Option<String>,
    hashes: Hashes,
}

/// The hashes of a signature under way.
#[derive(Clone)]
struct Hashes {
    request: digest::Context,
    signed: hmac::Context,
}

impl SigningKey {
    /// Derives the key of a time.
    pub(crate) fn derive(secret: &str, time: SystemTime, region: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, generate_signing_key(secret, time, region, SERVICE).as_ref());
        let [day @ .., _, _, _, _, _, _, _, _] = Timestamp::new(time).0;
        Self { key, day, region: region.to_owned(), begun: Mutex::default() }
    }

    /// The hashes of a request, up to what is its own.
    fn begin(&self, time: &Timestamp, place: Place<'_>, token: Option<&str>) -> Hashes {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(begun) = begun.as_ref().filter(|begun| begun.is_of(time, place, token)) {
            return begun.hashes.clone();
        }
        let new = Begun::new(self, time, place, token);
        let hashes = new.hashes.clone();
        *begun = Some(new);
        hashes
    }

    fn day(&self) -> &str {
        std::str::from_utf8(&self.day).unwrap_or_default()
    }

    /// Whether it is the key of this time and region.
    pub(crate) fn is_of(&self, time: &Timestamp, region: &str) -> bool {
        time.day() == self.day && self.region == region
    }
}

impl Begun {
    fn new(key: &SigningKey, time: &Timestamp, place: Place<'_>, token: Option<&str>) -> Self {
        let Place { host, path, .. } = place;
        let mut text = String::with_capacity(192 + token.map_or(0, str::len));
        append(&mut text, ["POST\n", path, "\n\ncontent-type:", CONTENT_TYPE, "\nhost:", host]);
        append(&mut text, ["\nx-amz-date:", time.as_str(), "\n"]);
        if let Some(token) = token {
            append(&mut text, ["x-amz-security-token:", token, "\n"]);
        }
        let mut request = digest::Context::new(&digest::SHA256);
        request.update(text.as_bytes());
        text.clear();
        append(&mut text, ["AWS4-HMAC-SHA256\n", time.as_str(), "\n", key.day(), "/", &key.region, SCOPE, "\n"]);
        let mut signed = hmac::Context::with_key(&key.key);
        signed.update(text.as_bytes());
        let (host, path, token) = (host.to_owned(), path.to_owned(), token.map(str::to_owned));
        Self { time: *time, host, path, token, hashes: Hashes { request, signed } }
    }

    /// The region is the key's own.
    fn is_of(&self, time: &Timestamp, place: Place<'_>, token: Option<&str>) -> bool {
        self.time == *time && self.host == place.host && self.path == place.path && self.token.as_deref() == token
    }
}

/// It is a secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A time as it is signed: `20150830T123600Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timestamp([u8; 16]);

impl Timestamp {
    pub(crate) fn new(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let (year, month, day) = calendar::date_of(since / 86_400);
        let second = since % 86_400;
        let [y1, y2] = [year / 100, year % 100].map(two_digits);
        let [m, d] = [month, day].map(two_digits);
        let [h, min, s] = [second / 3600, second / 60 % 60, second % 60].map(two_digits);
        Self([y1[0], y1[1], y2[0], y2[1], m[0], m[1], d[0], d[1], b'T', h[0], h[1], min[0], min[1], s[0], s[1], b'Z'])
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn day(&self) -> [u8; 8] {
        let [day @ .., _, _, _, _, _, _, _, _] = self.0;
        day
    }
}

fn two_digits(n: i64) -> [u8; 2] {
    [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8]
}

/// The header `authorization` of a request.
pub(crate) fn authorization(
    access_key: &str,
    key: &SigningKey,
    token: Option<&str>,
    time: &Timestamp,
    place: Place<'_>,
    target: &str,
    body: &[u8],
) -> String {
    let token_name = if token.is_some() { "x-amz-security-token;" } else { "" };
    let names = ["content-type;host;x-amz-date;", token_name, "x-amz-target"].concat();
    let Hashes { mut request, mut signed } = key.begin(time, place, token);
    let mut text = String::with_capacity(256);
    append(&mut text, ["x-amz-target:", target, "\n\n", &names, "\n"]);
    append_hex(digest::digest(&digest::SHA256, body).as_ref(), &mut text);
    request.update(text.as_bytes());
    text.clear();
    append_hex(request.finish().as_ref(), &mut text);
    signed.update(text.as_bytes());
    text.clear();
    append(&mut text, ["AWS4-HMAC-SHA256 Credential=", access_key, "/", key.day(), "/", &key.region, SCOPE]);
    append(&mut text, [", SignedHeaders=", &names, ", Signature="]);
    append_hex(signed.sign().as_ref(), &mut text);
    text
}

fn append<const N: usize>(text: &mut String, parts: [&str; N]) {
    parts.iter().for_each(|part| text.push_str(part));
}

/// Appends a hash of 32 bytes.
fn append_hex(hash: &[u8], text: &mut String) {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    text.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

/// A path as it is signed: without empty parts and dots, and each byte but the plain ones encoded, the percent
/// signs too.
pub(crate) fn signed_path(path: &str) -> String {
    let mut signed = String::with_capacity(path.len());
    for byte in normalized(path).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                signed.push(char::from(byte));
            }
            _ => signed.push_str(&format!("%{byte:02X}")),
        }
    }
    signed
}

fn normalized(path: &str) -> String {
    if !path.contains('.') && !path.contains("//") {
        return if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let whole = format!("/{}", parts.join("/"));
    let is_open = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    if is_open && !whole.ends_with('/') { whole + "/" } else { whole }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::config::Credentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::{self, calculate_signature};
    use proptest::prelude::*;

    use super::*;

    /// The headers that the SDK's signer adds: the date and the authorization.
    fn by_the_sdk(
        credentials: &Credentials,
        url: &str,
        region: &str,
        time: SystemTime,
        target: &str,
        body: &[u8],
    ) -> (String, String) {
        let identity = credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(SERVICE)
            .time(time)
            .settings(SigningSettings::default());
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", target)];
        let request = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
        let signed = sign(request, &params.build().unwrap().into()).unwrap();
        let (headers, _) = signed.into_parts().0.into_parts();
        let value = |name| headers.iter().find(|header| header.name() == name).unwrap().value().to_owned();
        (value("x-amz-date"), value("authorization"))
    }

    #[allow(clippy::too_many_arguments, reason = "each is drawn at random")]
    fn compare(
        access_key: &str,
        secret: &str,
        token: Option<&str>,
        region: &str,
        seconds: u64,
        host: &str,
        path: &str,
        target: &str,
        body: &[u8],
    ) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let credentials = Credentials::new(access_key, secret, token.map(str::to_owned), None, "tests");
        let wanted = by_the_sdk(&credentials, &format!("https://{host}{path}"), region, time, target, body);
        let (key, timestamp) = (SigningKey::derive(secret, time, region), Timestamp::new(time));
        assert!(key.is_of(&timestamp, region) && !key.is_of(&timestamp, "elsewhere"));
        let place = Place { host, path: &signed_path(path), region };
        // The first begins what the second goes on with, and another place or time between them does not disturb.
        for other in [None, None, Some(Place { host: "elsewhere", ..place }), None] {
            let own = authorization(access_key, &key, token, &timestamp, place, target, body);
            assert_eq!((timestamp.as_str(), own.as_str()), (wanted.0.as_str(), wanted.1.as_str()));
            if let Some(other) = other {
                let another = authorization(access_key, &key, token, &timestamp, other, target, body);
                assert_ne!(another, own);
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_that_of_the_sdk(
            access_key in "[A-Z0-9]{16,20}",
            secret in "[ -~]{1,60}",
            token in proptest::option::of("[A-Za-z0-9+/=]{1,400}"),
            region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
            seconds in 0_u64..7_258_118_400,
            host in "[a-z0-9]{1,9}(\\.[a-z]{2,5})?(:8[0-9]{3})?",
            path in "(/|(/[a-zA-Z0-9._~!$&'()*+,;=:@-]{0,5}(%2F)?){0,4}/?)",
            target in "[A-Za-z_0-9.]{1,40}",
            body: Vec<u8>,
        ) {
            let path = if path.is_empty() { "/" } else { &path };
            compare(&access_key, &secret, token.as_deref(), &region, seconds, &host, path, &target, &body);
        }
    }

    /// AWS's example of the derivation of a key ("Signature Version 4 for API requests").
    #[test]
    fn the_key_is_that_of_the_published_example() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        assert_eq!(Timestamp::new(time).as_str(), "20150830T123600Z");
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let key = generate_signing_key(secret, time, "us-east-1", "iam");
        let mut hex = String::new();
        append_hex(key.as_ref(), &mut hex);
        assert_eq!(hex, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
        let text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
                    f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(
            calculate_signature(&key, text.as_bytes()),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn a_key_is_of_one_day() {
        let day = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let key = SigningKey::derive("secret", day(86_400), "r");
        assert!(key.is_of(&Timestamp::new(day(2 * 86_400 - 1)), "r"));
        assert!(!key.is_of(&Timestamp::new(day(2 * 86_400)), "r"));
        assert!(!format!("{key:?}").contains("key"), "{key:?}");
    }
}
