//! A lock whose signs of life meet every fault: it is held through one that passes, lost by one that does not.

use std::time::Duration;

use futures_util::future::join_all;
use reposit::ErrorKind;
use reposit_tests::proxy::{Damage, Fault, Names, Rule};
use reposit_tests::report;
use reposit_tests::servers::Target;
use tokio::time::{sleep, timeout};

use crate::faults::PASSING;
use crate::matrix::fresh_id;
use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::models::StoredLock;

/// Long enough for a busy machine; three signs of life are given in it.
const LEASE: Duration = Duration::from_secs(9);
/// Only a lock that hangs takes so long.
const HANGS: Duration = Duration::from_secs(120);

/// What a request meets.
fn faults() -> impl Iterator<Item = Fault> {
    let damages = [Damage::Cut, Damage::Changed, Damage::Empty, Damage::WrongLength].map(Fault::Garble);
    let late = [Fault::Conflict, Fault::DelayBefore(LEASE), Fault::DelayAfter(LEASE)];
    PASSING.into_iter().chain(late).chain(damages)
}

/// The request by which both a sign of life and a release are written.
fn request(target: Target) -> &'static str {
    Names::of(target).update
}

async fn stored(fixture: &Fixture, id: &str) -> StoredLock {
    let stored = StoredLock::get(id).consistent().exec(&fixture.direct).await;
    stored.expect("a read").expect("a lock leaves its record")
}

async fn one_beat_meets(fixture: &Fixture, fault: Fault) {
    let (proxy, db) = fixture.behind(Duration::from_secs(20)).await;
    let id = fresh_id();
    let lease = db.lock(&id).lease(LEASE).acquire().await.expect("a free lock");
    let first = stored(fixture, &id).await.beat;
    let fired = proxy.fault(Rule::on(request(fixture.target), fault.clone()));
    let beats = async {
        while fired.count() == 0 || stored(fixture, &id).await.beat < first + 3 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(HANGS, beats).await.unwrap_or_else(|_| panic!("{fault:?}: no more signs of life"));
    assert!(lease.is_held(), "{fault:?}");
    assert_eq!(fixture.direct.lock(&id).try_acquire().await.expect("a look").map(|lease| lease.token()), None);
    assert!(lease.release().await.expect("a release"), "{fault:?}");
}

async fn the_release_meets(fixture: &Fixture, fault: Fault) {
    let (proxy, db) = fixture.behind(Duration::from_secs(5)).await;
    let id = fresh_id();
    let lease = db.lock(&id).lease(Duration::from_secs(600)).acquire().await.expect("a free lock");
    let fired = proxy.fault(Rule::on(request(fixture.target), fault.clone()));
    let released = lease.release().await;
    assert_eq!(fired.count(), 1, "{fault:?}");
    match released {
        Ok(was_held) => {
            assert!(was_held, "{fault:?}: a false loss");
            assert_eq!(stored(fixture, &id).await.holder, None, "{fault:?}: a false success");
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{fault:?}: {error}"),
    }
}

/// Nothing gets through any more: the holder finds out by itself, and another takes over.
async fn the_holder_is_cut_off(fixture: &Fixture) {
    let (proxy, db) = fixture.behind(Duration::from_secs(60)).await;
    let id = fresh_id();
    let lease = db.lock(&id).lease(Duration::from_secs(2)).acquire().await.expect("a free lock");
    let fired = proxy.fault(Rule::any(Fault::DelayBefore(HANGS * 10)).always());
    timeout(HANGS, lease.lost()).await.expect("the loss is told, though the call goes on");
    assert!(fired.count() > 0 && !lease.is_held());
    let next = fixture.direct.lock(&id).wait(HANGS).acquire().await.expect("the lock of a silent holder");
    assert!(next.token() > lease.token());
    assert!(!lease.release().await.expect("it was lost"));
    assert!(next.release().await.expect("a release"));
}

pub(crate) async fn every_fault(target: Target) {
    let fixture = Fixture::on(target).await;
    let beats = join_all(faults().map(|fault| Box::pin(one_beat_meets(&fixture, fault))));
    let releases = join_all(faults().map(|fault| Box::pin(the_release_meets(&fixture, fault))));
    tokio::join!(beats, releases, the_holder_is_cut_off(&fixture));
    report::ran("faults::a_lock_under_every_fault", &fixture.server.label());
}
