//! Every operation, with answers that are damaged at random.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reposit::{Database, Error, ErrorKind};
use reposit_tests::proxy::{Damage, Fault, Fired, Proxy, Rule};
use reposit_tests::report;
use reposit_tests::servers::{Protocol, Target};
use reposit_tests::workload::fixture::Fixture;
use reposit_tests::workload::operations::Operation;
use reposit_tests::workload::state::{State, state};
use reposit_tests::workload::verdict::{Expected, judge};
use tokio::time::timeout;

use crate::{panics, seed};

/// What a call has, and what it may take beyond that on a machine that is busy.
const DEADLINE: Duration = Duration::from_secs(2);
const MARGIN: Duration = Duration::from_secs(8);

/// How many operations are under way at once.
const WORKERS: u64 = 6;

/// How much more memory the process may ever have needed: answers are bounded, so what is at hand of them is.
const MOST_MEMORY: u64 = 1024 * 1024 * 1024;

/// The operations that are done on a database as it is opened by default.
fn operations() -> Vec<Operation> {
    Operation::all().filter(|operation| operation.option().is_none()).collect()
}

/// One operation under one damage.
struct Trial {
    operation: Operation,
    id: String,
    damage: Damage,
    /// How many answers pass first, and how many are damaged then.
    after: usize,
    times: usize,
}

impl Trial {
    fn new(rng: &mut fastrand::Rng, id: String, forges: bool) -> Self {
        let all = operations();
        let operation = all[rng.usize(..all.len())];
        let seed = rng.u64(..);
        let damage = if forges { Damage::Anything(seed) } else { Damage::Noise(seed) };
        let times = [1, 1, 1, 2, 3, usize::MAX][rng.usize(..6)];
        Self { operation, id, damage, after: rng.usize(..3), times }
    }

    fn text(&self) -> String {
        let Self { operation, id, damage, after, times } = self;
        format!("{} ({id}), {damage:?} of {times} answers after {after}", operation.name())
    }
}

/// What came of one trial: whether an answer was damaged, or what is wrong.
async fn tried(fixture: &Fixture, proxy: &Proxy, db: &Database, trial: &Trial) -> Result<bool, String> {
    let (operation, id) = (trial.operation, &trial.id);
    let expected = Expected::of(operation, id).await;
    let unprepared = |error: Error| format!("could not be prepared: {error:?}");
    operation.prepare(&fixture.direct, id).await.map_err(unprepared)?;
    let fired = damage(proxy, trial);
    let began = Instant::now();
    let told = timeout(DEADLINE + MARGIN, operation.run(db, id)).await;
    let told = told.map_err(|_| format!("has no end: {:?} and going", began.elapsed()))?;
    proxy.clear_faults();
    let is_noise = matches!(trial.damage, Damage::Noise(_));
    let after = match state(&fixture.direct, operation, id).await {
        Ok(after) => after,
        // A record that is stored as what a forged answer said it was is as forged.
        Err(error) if !is_noise && stores_what_it_read(fixture.target) => {
            return bounded(&error).map(|()| fired.count() > 0);
        }
        Err(error) => return Err(format!("{error:?}")),
    };
    let is_unreadable = is_unreadable(fixture.target, &expected, &told, &after);
    if is_noise && !is_unreadable {
        let judged = judge(operation, id, &expected, &told, &after);
        judged.map_err(|lie| format!("{lie}\n  {told:?}"))?;
    } else if let Err(error) = &told {
        bounded(error)?;
    }
    Ok(fired.count() > 0)
}

fn damage(proxy: &Proxy, trial: &Trial) -> Fired {
    proxy.fault(Rule::any(Fault::Garble(trial.damage)).after(trial.after).times(trial.times))
}

/// What an error says is for people, however much a server says.
fn bounded(error: &Error) -> Result<(), String> {
    let length = format!("{error} {error:?}").len();
    if length > 64 * 1024 { Err(format!("an error of {length} bytes")) } else { Ok(()) }
}

/// One worker: its own proxy and client, and operations until the time is over. Half of them forge answers; the others'
/// clients are not led to believe anything, which MongoDB's driver may go on to do: it hands on the latest time of the
/// cluster that it was told.
async fn work(fixture: &Fixture, seed: u64, worker: u64) -> (usize, Vec<String>) {
    let (proxy, db) = fixture.behind(DEADLINE).await;
    let end = Instant::now() + seed::time();
    let (mut damaged, mut wrong) = (0, Vec::new());
    for number in 0.. {
        if Instant::now() > end || wrong.len() > 3 {
            break;
        }
        let mut rng = seed::part(seed, worker << 32 | number);
        let trial = Trial::new(&mut rng, format!("h{worker}x{number}"), worker % 2 == 1);
        match tried(fixture, &proxy, &db, &trial).await {
            Ok(is_damaged) => damaged += usize::from(is_damaged),
            Err(why) => wrong.push(format!("{}: {why}", trial.text())),
        }
    }
    (damaged, wrong)
}

/// The most memory that the process has had.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.expect("a system that tells what memory was used") * 1024
}

pub(crate) async fn at_random(target: Target) {
    panics::watch();
    let fixture = Fixture::on(target).await;
    let seed = seed::seed(target.name());
    let before = peak();
    let done = join_all((0..WORKERS).map(|worker| Box::pin(work(&fixture, seed, worker)))).await;
    let damaged: usize = done.iter().map(|(damaged, _)| damaged).sum();
    let wrong: Vec<String> = done.into_iter().flat_map(|(_, wrong)| wrong).collect();
    println!("{}: {damaged} operations met damaged answers", target.name());
    assert!(wrong.is_empty(), "REPOSIT_HOSTILE_SEED={seed}: {} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(damaged > 20, "only {damaged} answers were damaged");
    assert!(peak() - before < MOST_MEMORY, "{} MB", (peak() - before) >> 20);
    panics::assert_none();
    report::ran("hostile::answers_at_random", &fixture.server.label());
}

/// Whether a write may read a record first, and store it whole.
fn stores_what_it_read(target: Target) -> bool {
    matches!(target.protocol(), Some(Protocol::Postgres | Protocol::Redis))
}

/// PostgreSQL itself keeps values that no model reads. So a read of one is `Codec`, however often it is asked for: then
/// nothing was done.
fn is_unreadable(target: Target, expected: &Expected, told: &Result<String, Error>, after: &State) -> bool {
    let is_codec = told.as_ref().is_err_and(|error| error.kind() == ErrorKind::Codec);
    target.protocol() == Some(Protocol::Postgres) && is_codec && *after == expected.before
}

/// How deep the answers nest. MongoDB's server has a bound of its own for what it stores and sends, 200 levels; what is
/// deeper its driver descends into, whatever the library does.
fn levels(target: Target) -> [usize; 3] {
    if target.is_mongodb() { [60, 100, 190] } else { [60, 400, 5000] }
}

pub(crate) async fn that_nest(target: Target) {
    panics::watch();
    let fixture = Fixture::on(target).await;
    let (proxy, db) = fixture.behind(DEADLINE).await;
    for (number, levels) in levels(target).into_iter().enumerate() {
        for operation in operations() {
            let id = format!("n{number}-{}", operation.name().replace([' ', ','], "-"));
            let trial = Trial { operation, id, damage: Damage::Deep(levels), after: 0, times: 1 };
            let expected = Expected::of(operation, &trial.id).await;
            operation.prepare(&fixture.direct, &trial.id).await.expect("what must be there before");
            let fired = damage(&proxy, &trial);
            let told = timeout(DEADLINE + MARGIN, operation.run(&db, &trial.id)).await.expect("an end");
            proxy.clear_faults();
            assert_eq!(fired.count(), 1, "{}", trial.text());
            let after = state(&fixture.direct, operation, &trial.id).await.expect("a read");
            if is_unreadable(target, &expected, &told, &after) {
                continue;
            }
            let judged = judge(operation, &trial.id, &expected, &told, &after);
            judged.unwrap_or_else(|lie| panic!("{}: {lie}\n  {told:?}", trial.text()));
        }
    }
    panics::assert_none();
    report::ran("hostile::answers_that_nest", &fixture.server.label());
}
