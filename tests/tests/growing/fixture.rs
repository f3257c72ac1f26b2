use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use reposit::clock::ManualClock;
use reposit::{Config, Database, Error, ErrorKind};
use reposit_tests::servers::Target;

/// Where the clock stands at first: well ahead of the servers' own, which take nothing away meanwhile.
pub(crate) const START: i64 = 4_000_000_000;

/// An empty store, and its clock.
pub(crate) struct Fixture {
    pub(crate) db: Database,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(crate) async fn on(target: Target) -> (Self, String) {
        let (url, label) = target.fresh().await;
        let clock = Arc::new(ManualClock::at_millis(START * 1000));
        let config = Config::from_url(&url).expect("the server's own URL is a configuration");
        let config = config.connect_timeout(Duration::from_secs(60)).timeout(Duration::from_secs(60));
        let db = config.clock(clock.clone()).open().await.expect("the server answers");
        (Self { db, clock }, label)
    }
}

/// What a call came to, in a word or two.
pub(crate) fn word<T: Debug>(result: Result<T, Error>) -> String {
    match result {
        Ok(value) => {
            let text = format!("{value:?}").replace('"', "");
            match text.as_str() {
                "()" => "done".to_owned(),
                "None" => "none".to_owned(),
                text => text.to_owned(),
            }
        }
        Err(error) => format!("`{:?}`", error.kind()),
    }
}

/// What a release says of a record, which may have expired.
pub(crate) fn there(is: bool) -> &'static str {
    if is { "is there" } else { "is gone, for every call" }
}

/// What a call came to, of a refusal that has to name something.
#[track_caller]
pub(crate) fn naming<T: Debug>(result: Result<T, Error>, name: &str) -> String {
    let error = result.expect_err("a refusal");
    assert!(error.to_string().contains(name), "{error} does not name {name}");
    format!("`{:?}` naming `{name}`", error.kind())
}

/// Judges what a release is told of a record that the other wrote: it is read.
pub(crate) fn read() -> impl Fn(Result<(), Error>) + Send + 'static {
    |told| told.expect("the other release's record is read")
}

/// The same, where it is not: the field is named that cannot be read.
pub(crate) fn unread(field: &'static str) -> impl Fn(Result<(), Error>) + Send + 'static {
    move |told| refused(told, ErrorKind::Codec, field)
}

/// Sees that a call was refused with this kind, and names this.
#[track_caller]
pub(crate) fn refused<T: Debug>(told: Result<T, Error>, kind: ErrorKind, name: &str) {
    let error = told.expect_err("a refusal");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(name), "{error} does not name {name}");
}
