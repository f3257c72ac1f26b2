//! AWS's published test vectors of Signature Version 4: those of its `aws-signing-test-suite` that say something of a
//! POST without a query, and the plain ones.
//!
//! The signature by the book, which this file writes down as the specification has it, gives the published
//! signatures; ours is compared with it.

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::backend::dynamodb::sender::signature::{
    CONTENT_TYPE, Place, SERVICE, SigningKey, Timestamp, authorization, signed_path,
};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "us-east-1";
const HOST: &str = "example.amazonaws.com";
/// The time of each vector, also as it is signed.
const SECONDS: u64 = 1_440_938_160;
const TIME: &str = "20150830T123600Z";
const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const BODY_HASH: &str = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";

type Headers = &'static [(&'static str, &'static str)];

const PLAIN: Headers = &[("host", HOST), ("x-amz-date", TIME)];
const WITH_TOKEN: Headers = &[("host", HOST), ("x-amz-date", TIME), ("x-amz-security-token", TOKEN)];
const WITH_SHORT_TOKEN: Headers = &[
    ("host", HOST),
    ("x-amz-date", TIME),
    ("x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"),
];
const FORM: Headers = &[
    ("content-length", "13"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("host", HOST),
    ("x-amz-content-sha256", BODY_HASH),
    ("x-amz-date", TIME),
];
const FORM_WITH_CHARSET: Headers = &[
    ("content-length", "13"),
    ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
    ("host", HOST),
    ("x-amz-content-sha256", BODY_HASH),
    ("x-amz-date", TIME),
];
const ONE_MORE: Headers = &[("host", HOST), ("my-header1", "value1"), ("x-amz-date", TIME)];
const ONE_MORE_IN_CAPITALS: Headers = &[("host", HOST), ("my-header1", "VALUE1"), ("x-amz-date", TIME)];

/// A request of the suite: its name there, method and path, query, headers that are signed, body, and signature.
type Vector = (&'static str, &'static str, &'static str, Headers, &'static str, &'static str);

#[rustfmt::skip]
const VECTORS: &[Vector] = &[
    ("get-vanilla", "GET /", "", PLAIN, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-relative", "GET /example/..", "", PLAIN, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-relative-relative", "GET /example1/example2/../..", "", PLAIN, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-slash-dot-slash", "GET /./", "", PLAIN, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-slash", "GET //", "", PLAIN, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-slash-pointless-dot", "GET /./example", "", PLAIN, "", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
    ("get-slashes", "GET //example//", "", PLAIN, "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
    ("get-space", "GET /example space/", "", PLAIN, "", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
    ("get-unreserved", "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", PLAIN, "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    ("get-utf8", "GET /ሴ", "", PLAIN, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("get-vanilla-with-session-token", "GET /", "", WITH_SHORT_TOKEN, "", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
    ("post-vanilla", "POST /", "", PLAIN, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("post-vanilla-query", "POST /", "Param1=value1", PLAIN, "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    ("post-header-key-sort", "POST /", "", ONE_MORE, "", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    ("post-header-value-case", "POST /", "", ONE_MORE_IN_CAPITALS, "", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    ("post-sts-header-before", "POST /", "", WITH_TOKEN, "", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    ("post-sts-header-after", "POST /", "", PLAIN, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("post-x-www-form-urlencoded", "POST /", "", FORM, "Param1=value1", "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
    ("post-x-www-form-urlencoded-parameters", "POST /", "", FORM_WITH_CHARSET, "Param1=value1", "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"),
];

/// What a request is signed with, and for what.
#[derive(Clone, Copy)]
struct Scope<'a> {
    secret: &'a str,
    region: &'a str,
    service: &'a str,
    time: SystemTime,
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names of the signed headers and the signature, as the specification has them ("Create a signed AWS API request").
fn sign_by_the_book(
    scope: Scope<'_>,
    request: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (String, String) {
    let (method, path) = request.split_once(' ').unwrap();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", hash(body));
    let Scope { secret, region, service, time } = scope;
    let timestamp = Timestamp::new(time);
    let (day, _) = timestamp.as_str().split_once('T').unwrap();
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{day}/{region}/{service}/aws4_request\n{}",
        timestamp.as_str(),
        hash(canonical.as_bytes())
    );
    let key = generate_signing_key(secret, time, region, service);
    (names, calculate_signature(key, to_sign.as_bytes()))
}

#[test]
fn the_published_requests_have_their_signatures() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS);
    assert_eq!(Timestamp::new(time).as_str(), TIME);
    assert_eq!(hash(b"Param1=value1"), BODY_HASH);
    let scope = Scope { secret: SECRET, region: REGION, service: "service", time };
    for &(name, request, query, headers, body, signature) in VECTORS {
        // The path is normalized and encoded by what signs our requests.
        let (method, path) = request.split_once(' ').unwrap();
        let request = format!("{method} {}", signed_path(path));
        let (_, signed) = sign_by_the_book(scope, &request, query, headers, body.as_bytes());
        assert_eq!(signed, signature, "{name}");
    }
}

/// A path that is encoded already is encoded once more (`double-encode-path`).
#[test]
fn a_path_is_encoded_twice() {
    let sent = "/test/@connections/JBDvjfGEIAMCERw%3D";
    assert_eq!(signed_path(sent), "/test/%40connections/JBDvjfGEIAMCERw%253D");
}

proptest! {
    #[test]
    fn ours_is_that_by_the_book(
        secret in "[ -~]{1,60}",
        token in proptest::option::of("[A-Za-z0-9+/=]{1,600}"),
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        seconds in 0_u64..7_258_118_400,
        host in "[a-z0-9]{1,9}(\\.[a-z]{2,5})?(:8[0-9]{3})?",
        path in "(/|(/[a-zA-Z0-9._~ -]{1,5}){1,4}/?)",
        target in "[A-Za-z_0-9.]{1,40}",
        body: Vec<u8>,
    ) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let (timestamp, path) = (Timestamp::new(time), signed_path(&path));
        let mut headers = vec![("content-type", CONTENT_TYPE), ("host", &host), ("x-amz-date", timestamp.as_str())];
        headers.extend(token.as_deref().map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", &target));
        let scope = Scope { secret: &secret, region: &region, service: SERVICE, time };
        let (names, signature) = sign_by_the_book(scope, &format!("POST {path}"), "", &headers, &body);
        let key = SigningKey::derive(&secret, time, &region);
        let place = Place { host: &host, path: &path, region: &region };
        let own = authorization("AKIDEXAMPLE", &key, token.as_deref(), &timestamp, place, &target, &body);
        let (day, _) = timestamp.as_str().split_once('T').unwrap();
        prop_assert_eq!(own, format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{day}/{region}/dynamodb/aws4_request, SignedHeaders={names}, Signature={signature}"
        ));
    }
}
