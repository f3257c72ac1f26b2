//! What is waited for, and for how long: locks, definitions and plans behind slow answers.

use std::future::Future;
use std::time::{Duration, Instant};

use reposit::{Config, Database, Error, ErrorKind, Repository};
use reposit_tests::models::{Account, Event, Note, Token, User};
use reposit_tests::proxy::{Fault, Proxy, Rule};
use reposit_tests::report;
use reposit_tests::servers::{self, Target, fresh_name};
use serde::{Deserialize, Serialize};

/// Late enough that nothing here waits for it.
const LATE: Duration = Duration::from_secs(5);

/// A machine that does much else may be this late.
const SLACK: Duration = Duration::from_millis(1500);

/// A database behind a proxy, and the same one without.
async fn behind(target: Target, set: impl FnOnce(Config) -> Config) -> (Proxy, Database, Database, String) {
    let server = target.server().await.expect("a server");
    let name = fresh_name();
    let (proxy, url) = Proxy::before(target, &server, &name).await;
    let direct = Database::open(&server.url(&name)).await.expect("the server answers");
    let config = Config::from_url(&url).expect("the server's own URL");
    let db = set(config.connect_timeout(Duration::from_secs(30))).open().await.expect("the proxy answers");
    (proxy, db, direct, server.label())
}

/// The error of what ends within a bound.
async fn ends_within<T: std::fmt::Debug>(
    bound: Duration,
    what: &str,
    work: impl Future<Output = Result<T, Error>>,
) -> Error {
    let began = Instant::now();
    let error = work.await.expect_err("an error");
    assert!(began.elapsed() < bound + SLACK, "{what} took {:?}: {error}", began.elapsed());
    error
}

#[tokio::test]
async fn the_wait_for_a_lock_bounds_slow_answers_too() {
    for target in Target::servers() {
        let (proxy, db, direct, label) = behind(target, |config| config).await;
        direct.lock("l").acquire().await.unwrap().release().await.unwrap();
        // The first look is one at the repository's definition, too.
        db.lock("l").acquire().await.unwrap().release().await.unwrap();
        for (wait, bound) in [(0, 500), (100, 500), (1000, 1000)].map(|(a, b)| (ms(a), ms(b))) {
            for fault in [Fault::DelayBefore(LATE), Fault::DelayAfter(LATE)] {
                proxy.fault(Rule::any(fault.clone()).always());
                let error = ends_within(bound, &format!("{fault:?}"), db.lock("l").wait(wait).acquire()).await;
                assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
                assert!(error.message().contains("the backend did not answer"), "{error}");
                proxy.clear_faults();
            }
        }
        // A lock that is taken after all is given back: nobody holds it for long.
        let lease = direct.lock("l").wait(Duration::from_secs(60)).acquire().await.unwrap();
        let error = ends_within(ms(500), "held", db.lock("l").wait(ms(0)).acquire()).await;
        assert!(error.message().contains("was held by another"), "{error}");
        assert!(lease.release().await.unwrap());
        report::ran("deadlines::lock", &label);
    }
}

#[tokio::test]
async fn a_look_at_a_lock_takes_no_longer_than_an_operation() {
    for target in Target::servers() {
        let (proxy, db, _, label) = behind(target, |config| config.timeout(ms(1000))).await;
        db.lock("l").acquire().await.unwrap().release().await.unwrap();
        proxy.fault(Rule::any(Fault::DelayBefore(LATE)).always());
        let error = ends_within(ms(1000), "try_acquire", db.lock("l").try_acquire()).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        report::ran("deadlines::try_acquire", &label);
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test]
async fn one_deadline_is_for_all_models_of_a_definition() {
    for target in Target::servers() {
        let (proxy, db, _, label) = behind(target, |config| config.define_timeout(ms(1000))).await;
        for fault in [Fault::DelayBefore(ms(400)), Fault::DelayAfter(ms(400))] {
            proxy.fault(Rule::any(fault).always());
            let error = ends_within(ms(1000), "define", db.define::<(User, Token, Note, Event, Account)>()).await;
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
            let error = ends_within(ms(1000), "plan", db.plan::<(User, Token, Note, Event, Account)>()).await;
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
            proxy.clear_faults();
        }
        report::ran("deadlines::define", &label);
    }
}

#[tokio::test]
async fn one_deadline_is_for_all_models_of_a_plan() {
    for target in Target::servers() {
        let (proxy, db, _, label) = behind(target, |config| config.timeout(ms(1000))).await;
        proxy.fault(Rule::any(Fault::DelayBefore(ms(400))).always());
        let error = ends_within(ms(1000), "plan", db.plan::<(User, Token, Note, Event, Account)>()).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        report::ran("deadlines::plan", &label);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "crews")]
struct Crew {
    #[hash_key]
    id: String,
    team: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "crews")]
struct Indexed {
    #[hash_key]
    id: String,
    #[index]
    team: String,
}

#[tokio::test]
async fn a_definition_says_what_it_waits_for_on_dynamodb() {
    let server = servers::private_slow_dynamodb_local().await;
    let url = server.url(&fresh_name());
    let patient = Database::open(&url).await.unwrap();
    patient.define::<Crew>().await.unwrap();
    let hasty = Config::from_url(&url).unwrap().define_timeout(ms(3000)).open().await.unwrap();
    let error = hasty.define::<Indexed>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(error.message().contains("the index by_team of the table crews was CREATING"), "{error}");
    report::ran("deadlines::waits_for", &server.label());
}

#[tokio::test]
async fn a_definition_says_what_dynamodb_does_not_take() {
    for target in [Target::DynamodbLocal, Target::Dynoxide] {
        let (proxy, db, _, label) = behind(target, |config| config.define_timeout(ms(1000))).await;
        proxy.fault(Rule::on("CreateTable", Fault::Throttling).always());
        let error = ends_within(ms(1000), "define", db.define::<Crew>()).await;
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        for word in ["the table crews was not made yet", "ThrottlingException"] {
            assert!(error.message().contains(word), "{error}");
        }
        report::ran("deadlines::not_taken", &label);
    }
}

#[tokio::test]
async fn a_definition_says_what_it_waits_for_on_mongodb() {
    let (proxy, db, direct, label) = behind(Target::Mongodb, |config| config.define_timeout(ms(1000))).await;
    direct.define::<Crew>().await.unwrap();
    proxy.fault(Rule::on("createIndexes", Fault::DelayBefore(LATE)).always());
    let error = ends_within(ms(1000), "define", db.define::<Indexed>()).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(error.message().contains("the indexes by_team of the collection crews were being built"), "{error}");
    report::ran("deadlines::waits_for", &label);
}

#[tokio::test]
async fn a_get_that_is_gathered_takes_no_longer_than_one_alone() {
    for target in Target::servers() {
        let (proxy, db, _, label) = behind(target, |config| config.timeout(ms(1000))).await;
        db.define::<Note>().await.unwrap();
        assert_eq!(Note::get("n").exec(&db).await.unwrap(), None);
        let gathered = db.coalesced(ms(5));
        let faults = [
            (Fault::DelayBefore(LATE), ErrorKind::Timeout),
            (Fault::DelayAfter(LATE), ErrorKind::Timeout),
            (Fault::Throttled, ErrorKind::Throttled),
        ];
        for (fault, kind) in faults {
            proxy.fault(Rule::any(fault.clone()).always());
            let get = || ends_within(ms(1000), "a get", Note::get("n").exec(&gathered));
            let (one, other, third) = tokio::join!(get(), get(), get());
            for error in [one, other, third] {
                assert_eq!(error.kind(), kind, "{fault:?}: {error}");
                assert_eq!((error.repository(), error.operation()), (Some(Note::definition().name()), Some("get")));
            }
            proxy.clear_faults();
        }
        report::ran("deadlines::gathered", &label);
    }
}
