//! Errors that Redis answers in place of a write: each that passes is got over, and none leaves a write in doubt that the
//! server did not begin.

use std::time::Duration;

use reposit::ErrorKind;
use reposit_tests::proxy::{Fault, Names, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;
use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::models::{Person, Thing, person, thing};

use crate::matrix::fresh_id;

/// What the server answers, and what a write is told if it goes on to; nothing if it is then done in another way.
const ERRORS: [(&str, Option<ErrorKind>); 13] = [
    ("OOM command not allowed when used memory > 'maxmemory'.", Some(ErrorKind::Throttled)),
    ("BUSY Redis is busy running a script. You can only call SCRIPT KILL.", Some(ErrorKind::Unavailable)),
    ("LOADING Redis is loading the dataset in memory", Some(ErrorKind::Unavailable)),
    ("READONLY You can't write against a read only replica.", Some(ErrorKind::Unavailable)),
    ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", Some(ErrorKind::Unavailable)),
    ("MISCONF Errors writing to the AOF file: No space left on device", Some(ErrorKind::Unavailable)),
    ("NOREPLICAS Not enough good replicas to write.", Some(ErrorKind::Unavailable)),
    ("MOVED 3999 127.0.0.1:1", Some(ErrorKind::Unavailable)),
    ("CLUSTERDOWN Hash slot not served", Some(ErrorKind::Unavailable)),
    ("TRYAGAIN Multiple keys request during rehashing of slot", Some(ErrorKind::Unavailable)),
    ("NOSCRIPT No matching script. Please use EVAL.", None),
    // Nobody knows what a script has done that ended so, or whether what answers has handed it on.
    ("WRONGTYPE Operation against a key holding the wrong kind of value", Some(ErrorKind::OutcomeUnknown)),
    ("upstream failure", Some(ErrorKind::OutcomeUnknown)),
];

/// Those that another attempt gets over.
fn passes(kind: Option<ErrorKind>, text: &str) -> bool {
    kind != Some(ErrorKind::OutcomeUnknown) || text == "upstream failure"
}

pub(crate) async fn every_error(target: Target) {
    let fixture = Fixture::on(target).await;
    let write = Names::of(target).put;
    for (text, kind) in ERRORS {
        let (proxy, db) = fixture.behind(Duration::from_millis(2500)).await;
        let (once, always) = (fresh_id(), fresh_id());
        let fired = proxy.fault(Rule::on(write, Fault::Refused(text)));
        let told = Person::create(&person(&once, &once)).exec(&db).await.map_err(|error| error.kind());
        assert_eq!(fired.count(), 1, "{text}");
        assert_eq!(told, if passes(kind, text) { Ok(()) } else { kind.map_or(Ok(()), Err) }, "{text}");
        let found = Person::find_by_email(&once).exec(&fixture.direct).await.expect("a find");
        assert_eq!(found.is_some(), told.is_ok(), "{text}");

        proxy.clear_faults();
        let fired = proxy.fault(Rule::on(write, Fault::Refused(text)).always());
        let told = Thing::put(&thing(&always)).exec(&db).await.map_err(|error| error.kind());
        assert_eq!(told, kind.map_or(Ok(()), Err), "{text}");
        assert!(fired.count() > 0, "{text}");
        let found = Thing::get(&always).exec(&fixture.direct).await.expect("a get");
        assert_eq!(found.is_some(), told.is_ok(), "{text}");
    }
    report::ran("faults::every_error_of_redis", &fixture.server.label());
}
