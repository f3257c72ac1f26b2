//! Programs run on a backend and on the oracle in step.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reposit::Database;
use reposit::clock::ManualClock;
use reposit_tests::report;
use reposit_tests::servers::{Server, Target, fresh_sqlite};

use crate::answers::{Answer, agree, lines};
use crate::execute::Executor;
use crate::generate;
use crate::models::{Model, START};
use crate::ops::Program;
use crate::oracle::{Abilities, Oracle};
use crate::semantics::same;
use crate::shrink;

/// The programs that once failed, one a line, as JSON.
const CASES: &str = include_str!("cases.txt");
const CASES_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/cases.txt");

/// The models that a program uses: one, whose records then meet often, or two.
const FOCUS: [&[Model]; 16] = [
    &[Model::Event],
    &[Model::User],
    &[Model::Seat],
    &[Model::Account],
    &[Model::Document],
    &[Model::Task],
    &[Model::Shift],
    &[Model::Parcel],
    &[Model::Task, Model::User],
    &[Model::Parcel, Model::Shift],
    &[Model::User, Model::Seat],
    &[Model::Event, Model::Account],
    &[Model::Seat, Model::Document],
    &[Model::Account, Model::User],
    &[Model::Job],
    &[Model::Job, Model::Seat],
];

/// So many of them, from the first on, are those by which planted faults are found.
const OF_FAULTS: usize = 14;

/// After so many programs that fail, the run ends.
const MOST_FAILURES: usize = 4;

/// Where programs run: a database for each, empty and its own.
pub trait Place {
    async fn open(&self, clock: Arc<ManualClock>) -> Database;

    /// Called when a database is done with.
    async fn close(&self, db: Database);
}

struct Servers {
    target: Target,
    server: Option<Server>,
}

impl Place for Servers {
    async fn open(&self, clock: Arc<ManualClock>) -> Database {
        let url = match &self.server {
            Some(server) => server.fresh_url(),
            None if self.target.is_of_one_handle() => "memory:".to_owned(),
            None => fresh_sqlite(),
        };
        let config = reposit::Config::from_url(&url).expect("the server's own URL is a configuration");
        // A machine that is busy with other tests is no disagreement.
        let config = config.timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(60));
        // Every second one is under a table prefix, which is to make no difference.
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let prefix = if OPENED.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { "" } else { "random-" };
        config.table_prefix(prefix).clock(clock).open().await.expect("the server answers")
    }

    async fn close(&self, db: Database) {
        if self.target.is_mongodb()
            && let Some(raw) = db.raw::<mongodb::Database>()
        {
            raw.drop().await.expect("the database is dropped");
        }
    }
}

/// Where a backend did not do as the oracle says.
pub struct Disagreement {
    /// From 1; one more than there are steps for the scan at the end.
    pub step: usize,
    text: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at step {}: {}", self.step, self.text)
    }
}

/// Runs one program in a database of its own.
pub async fn run(place: &impl Place, program: &Program) -> Result<(), Disagreement> {
    let clock = Arc::new(ManualClock::at_millis(START * 1000));
    let mut executor = Executor::new(place.open(clock.clone()).await, clock);
    let result = in_step(&mut executor, program).await;
    place.close(executor.db).await;
    result
}

async fn in_step(executor: &mut Executor, program: &Program) -> Result<(), Disagreement> {
    for model in program.models() {
        executor.define(model).await.expect("an empty database takes any model");
    }
    // DynamoDB cannot tell that nothing follows a full page without reading on.
    let is_dynamodb = executor.db.backend_name() == "dynamodb";
    let can = Abilities { exact_end: !is_dynamodb, scan_back: !is_dynamodb };
    let mut oracle = Oracle::new(can);
    for (n, step) in program.steps.iter().enumerate() {
        let step = oracle.resolve(step);
        let expected = oracle.expect(&step);
        let answer = executor.step(&step).await;
        if let Err(why) = agree(&expected, &answer, can.exact_end) {
            let text = format!("{why}\n     {step}\n     expected: {expected}\n     got: {answer}");
            return Err(Disagreement { step: n + 1, text });
        }
        if let Answer::Page(items, ends) = &answer {
            oracle.page_was_read(&step, items, *ends);
        }
    }
    for model in program.models() {
        let expected: Vec<_> = oracle.all(model).map(|stored| &stored.row).collect();
        let stored = executor.scan_all(model).await;
        let agrees = stored.as_ref().is_ok_and(|got| {
            got.len() == expected.len() && expected.iter().all(|row| got.iter().any(|other| same(row, other)))
        });
        if !agrees {
            let got = stored.as_ref().map_or_else(|error| format!("{error:?}"), lines);
            let text =
                format!("the records of {model:?} at the end\n     expected: {}\n     got: {got}", lines(expected));
            return Err(Disagreement { step: program.steps.len() + 1, text });
        }
    }
    Ok(())
}

/// A run of many programs: which seed, how many, and the only one where one is to be repeated.
struct Plan {
    seed: u64,
    programs: usize,
    only: Option<usize>,
}

impl Plan {
    /// The short run has the same programs each time: no change fails by another's chance.
    fn of(target: Target) -> Self {
        let long = std::env::var("REPOSIT_MODEL").is_ok_and(|mode| mode == "long");
        let programs = match (long, target) {
            (true, Target::Memory | Target::Sqlite) => 10_000,
            (true, _) => 500,
            (false, Target::Memory) => 300,
            (false, Target::Sqlite) => 100,
            (false, _) => 15,
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = if long { now.as_micros() as u64 } else { 1 };
        let Ok(wanted) = std::env::var("REPOSIT_MODEL_SEED") else { return Self { seed, programs, only: None } };
        let (seed, only) = wanted.split_once('/').map_or((wanted.as_str(), None), |(seed, only)| (seed, Some(only)));
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("REPOSIT_MODEL_SEED={wanted} is not a seed"));
        Self { seed: number(seed), programs, only: only.map(|only| number(only) as usize) }
    }
}

/// Makes programs, the same for the same seed.
pub struct Generator {
    seed: u64,
    strategies: Vec<BoxedStrategy<Program>>,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { seed, strategies: FOCUS.iter().map(|focus| generate::program(focus)).collect() }
    }

    /// The same for planted faults: of the models that have them.
    pub fn of_faults(seed: u64) -> Self {
        Self { seed, strategies: FOCUS.iter().take(OF_FAULTS).map(|focus| generate::program(focus)).collect() }
    }

    /// The program of a number, with all that it can shrink to.
    pub fn tree(&self, number: usize) -> Box<dyn ValueTree<Value = Program>> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&(number as u64).to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let strategy = &self.strategies[number % self.strategies.len()];
        strategy.new_tree(&mut runner).unwrap_or_else(|why| panic!("no program: {why}"))
    }
}

/// The whole test on one target.
pub async fn on(target: Target) {
    let server = target.server().await;
    let label = server.as_ref().map_or_else(|| target.name().to_owned(), Server::label);
    let place = Servers { target, server };
    let began = Instant::now();
    let cases = replay(&place, &label).await;
    let plan = Plan::of(target);
    let generator = Generator::new(plan.seed);
    let numbers = plan.only.map_or(0..plan.programs, |only| only..only + 1);
    let (mut programs, mut steps, mut failed) = (0, 0, Vec::new());
    for number in numbers {
        let tree = generator.tree(number);
        let program = tree.current();
        if let Err(first) = run(&place, &program).await {
            let (program, failure) = shrink::shrink(&place, tree, first).await;
            let line = serde_json::to_string(&program).expect("a program is JSON");
            let (length, kept) = (program.steps.len(), keep(&line));
            eprintln!(
                "{label} and the model disagree on program {number} of seed {}; shrunk to {length} steps, {kept}:\n{program}{failure}\n\n{line}\n",
                plan.seed,
            );
            failed.push(number);
        }
        programs += 1;
        steps += program.steps.len();
        if failed.len() == MOST_FAILURES {
            break;
        }
    }
    let (seed, seconds) = (plan.seed, began.elapsed().as_secs_f64());
    assert!(failed.is_empty(), "{label} and the model disagree on the programs {failed:?} of {programs} (seed {seed})");
    println!(
        "{label}: the model agrees on {programs} programs of {steps} steps (seed {seed}) and {cases} kept cases, in {seconds:.1} s"
    );
    report::ran("model::programs", &label);
}

/// Runs the programs that once failed, and says how many there are.
async fn replay(place: &impl Place, label: &str) -> usize {
    let lines: Vec<_> = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut failed = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let program: Program = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in the case {line}"));
        if let Err(failure) = run(place, &program).await {
            eprintln!("{label} and the model disagree on kept case {}:\n{program}{failure}\n", n + 1);
            failed.push(n + 1);
        }
    }
    assert!(failed.is_empty(), "{label} and the model disagree on the kept cases {failed:?} of {}", lines.len());
    lines.len()
}

/// Keeps a program as a case, where the source is at hand.
fn keep(line: &str) -> String {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().append(true).open(CASES_FILE);
    match file.and_then(|mut file| writeln!(file, "{line}")) {
        Ok(()) => format!("kept in {CASES_FILE}"),
        Err(error) => format!("to be kept in {CASES_FILE} ({error})"),
    }
}
