//! The time of the server: ours, and by how much it is wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// DynamoDB takes what was signed within some minutes of its own time. A smaller difference is not the reason for
/// a refusal.
const TOLERATED: i64 = 120;

/// The clock that requests are signed by.
#[derive(Debug, Default)]
pub(crate) struct ServerClock {
    /// By how many seconds the server's time is later than ours.
    ahead: AtomicI64,
}

impl ServerClock {
    /// The time, as the server has it.
    pub(crate) fn now(&self) -> SystemTime {
        shift(SystemTime::now(), self.ahead.load(Ordering::Relaxed))
    }

    /// Takes the time of an answer over, if it is another than this clock's. Returns whether it was.
    pub(crate) fn correct(&self, date: Option<&str>) -> bool {
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let Some(there) = date.map(|date| date.secs()) else { return false };
        if (there - seconds(self.now())).abs() <= TOLERATED {
            return false;
        }
        self.ahead.store(there - seconds(SystemTime::now()), Ordering::Relaxed);
        true
    }
}

/// Whether DynamoDB says that the time of a signature is the reason for its refusal.
pub(crate) fn is_about_time(code: &str, message: &str) -> bool {
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => true,
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "AuthFailure" => {
            message.contains("expired") || message.contains("not yet current") || message.contains("too skewed")
        }
        _ => false,
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn shift(time: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let shifted = if seconds < 0 { time.checked_sub(by) } else { time.checked_add(by) };
    shifted.unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(ahead: i64) -> String {
        let time = shift(SystemTime::now(), ahead);
        DateTime::from(time).fmt(Format::HttpDate).unwrap()
    }

    #[test]
    fn a_clock_that_is_wrong_is_corrected() {
        for ahead in [-3600, 86_400] {
            let clock = ServerClock::default();
            assert!(clock.correct(Some(&date(ahead))));
            let off = seconds(clock.now()) - seconds(SystemTime::now()) - ahead;
            assert!(off.abs() <= 1, "{off}");
            assert!(!clock.correct(Some(&date(ahead))), "it is right now");
            assert!(clock.correct(Some(&date(0))), "ours was set right meanwhile");
        }
    }

    #[test]
    fn a_clock_that_is_about_right_stays() {
        let clock = ServerClock::default();
        for date in [Some(date(30)), Some("soon".to_owned()), None] {
            assert!(!clock.correct(date.as_deref()));
        }
    }

    #[test]
    fn only_refusals_for_the_time_are() {
        let expired = "Signature expired: 20150830T123600Z is now earlier than 20150830T124000Z";
        assert!(is_about_time("InvalidSignatureException", expired));
        assert!(is_about_time("InvalidSignatureException", "Signature not yet current: 20150830T123600Z"));
        assert!(is_about_time("RequestTimeTooSkewed", ""));
        assert!(!is_about_time("InvalidSignatureException", "The request signature we calculated does not match"));
        assert!(!is_about_time("ExpiredTokenException", "the token has expired"));
    }
}
