//! A server whose clock is not ours: it refuses what is signed for another time, in DynamoDB's words.

use super::http::Message;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::json;
use std::time::SystemTime;

/// How far the time of a signature may be from the server's.
const TOLERATED: TimeDelta = TimeDelta::minutes(15);

/// A time as it is signed.
const SIGNED: &str = "%Y%m%dT%H%M%SZ";

/// What a server says whose clock is so many seconds ahead of ours; `None` if the request is signed for its time.
pub(super) fn refusal(request: &Message, ahead: i64) -> Option<Message> {
    let now = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(ahead);
    let signed = request.header("x-amz-date").unwrap_or_default();
    let off = match NaiveDateTime::parse_from_str(signed, SIGNED) {
        Ok(time) => time.and_utc() - now,
        Err(_) => TimeDelta::MAX,
    };
    if off.abs() <= TOLERATED {
        return None;
    }
    let text = match off < TimeDelta::zero() {
        true => format!("Signature expired: {signed} is now earlier than {}", (now - TOLERATED).format(SIGNED)),
        false => {
            format!("Signature not yet current: {signed} is still later than {}", (now + TOLERATED).format(SIGNED))
        }
    };
    let body = json!({ "__type": "com.amazon.coral.service#InvalidSignatureException", "message": text });
    let answer = Message::answer("400 Bad Request", body.to_string().into_bytes());
    Some(answer.with_header("date", &now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
}
