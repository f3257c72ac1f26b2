//! What comes of each operation under the faults of a seed: nothing else than what the library's proxies bring about on a
//! server, as the page of the docs has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use reposit::layer::{Fault, Faults};
use reposit::{Config, Database, ErrorKind};
use reposit_tests::report;
use reposit_tests::servers::Target;
use reposit_tests::workload::fixture::define;
use reposit_tests::workload::operations::Operation;
use reposit_tests::workload::state::state;
use reposit_tests::workload::verdict::{Expected, judge};

/// How many seeds each operation is tried with.
const SEEDS: u64 = 25;

/// A busy machine is no fault.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the proxy does to a request, by the names of the columns, when the layer does this.
const LOST: [&str; 9] = [
    "dropped after",
    "reset after",
    "late answer",
    "error after",
    "cut off after",
    "answer cut",
    "answer changed",
    "answer empty",
    "wrong length",
];
const DROPPED: [&str; 5] = ["dropped before", "reset before", "late request", "server error", "overtaken"];

type Words = BTreeSet<String>;

/// The words of the page: by the operation, and by the column.
struct Page(BTreeMap<(String, String), Words>);

impl Page {
    /// The tables of DynamoDB, whose rules the layer has.
    fn read() -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
        let page = std::fs::read_to_string(path).expect("docs/faults.md");
        let section = page.split("<!-- dynamodb-local: begin -->").nth(1).expect("its section");
        let section = section.split("<!-- dynamodb-local: end -->").next().expect("its end");
        let mut cells = BTreeMap::<_, Words>::new();
        let mut head = Vec::new();
        for line in section.lines().filter(|line| line.starts_with('|') && !line.contains("---")) {
            let words: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            if words[0] == "operation" {
                head = words;
                continue;
            }
            for (column, word) in head.iter().zip(&words).skip(2).filter(|(_, word)| **word != "-") {
                let cell = cells.entry((words[0].to_owned(), (*column).to_owned())).or_default();
                cell.extend(word.split(" or ").flat_map(of_items));
            }
        }
        Self(cells)
    }

    fn words(&self, operation: Operation, columns: &[&str]) -> Words {
        let of_column = |column: &&str| self.0.get(&(operation.name().to_owned(), (*column).to_owned()));
        columns.iter().filter_map(of_column).flatten().cloned().collect()
    }

    /// The operations of the page, but those of a database that sends again what the layer does not.
    fn operations(&self) -> impl Iterator<Item = Operation> {
        let is_there = |operation: &Operation| self.0.keys().any(|(name, _)| name == operation.name());
        Operation::all().filter(|operation| !matches!(operation, Operation::Resent(_))).filter(is_there)
    }

    fn all_words(&self, operation: Operation) -> Words {
        let own = self.0.iter().filter(|((name, _), _)| name == operation.name());
        let mut words: Words = own.flat_map(|(_, words)| words.clone()).collect();
        if matches!(operation, Operation::Lock | Operation::LockGivenBack) {
            // The page has only what happens to its write; it reads before.
            words.extend(["unavailable".to_owned(), "throttled".to_owned()]);
        }
        words
    }
}

/// `3 ok, 2 throttled` as the words of the items.
fn of_items(word: &str) -> impl Iterator<Item = String> {
    let bare = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned();
    word.split(", ").map(bare).collect::<Vec<_>>().into_iter()
}

/// Does an operation under faults, and judges it by what is stored then.
async fn try_one(direct: &Database, operation: Operation, id: &str, faults: Faults, forced: Option<Fault>) -> String {
    let expected = Expected::of(operation, id).await;
    operation.prepare(direct, id).await.unwrap();
    let db = direct.layer(faults.clone());
    forced.into_iter().for_each(|fault| match operation.is_read() {
        true => faults.next_of(name_of(operation), fault),
        false => faults.next(fault),
    });
    let told = operation.run(&db, id).await;
    let after = state(direct, operation, id).await.unwrap();
    if let Err(error) = &told {
        let kind = error.kind();
        let is_injected = kind.is_transient() || kind == ErrorKind::OutcomeUnknown;
        let is_named = |text: &str| text.contains(&format!("injected by layer::Faults, seed {}", faults.seed()));
        assert!(!is_injected || is_named(error.message()), "{error}");
    }
    judge(operation, id, &expected, &told, &after)
        .unwrap_or_else(|lie| panic!("{} under {faults}: {lie}\n  {told:?}", operation.name()))
}

/// The name of a read in errors.
fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::GetMany => "get_many",
        Operation::Find | Operation::FindConsistent => "find",
        Operation::Query => "query",
        Operation::Count => "count",
        Operation::Scan => "scan",
        Operation::ReadTogether => "snapshot",
        _ => "get",
    }
}

/// On every backend, and whatever it does by itself after a loss.
pub(crate) async fn a_fault_that_does_not_pass_is_on_the_page(target: Target) {
    let page = Page::read();
    let cases = [
        (Fault::LostAnswer, &LOST[..]),
        (Fault::DroppedRequest, &DROPPED[..]),
        (Fault::Throttled, &["throttled"][..]),
        (Fault::Conflict, &["conflict"][..]),
    ];
    let (url, label) = target.fresh().await;
    let config = Config::from_url(&url).unwrap().timeout(PATIENCE).connect_timeout(PATIENCE);
    let direct = config.open().await.unwrap();
    define(&direct).await;
    for (n, operation) in page.operations().enumerate() {
        for (fault, columns) in cases {
            let (faults, id) = (Faults::seeded(1), format!("{n}{}", columns[0].replace(' ', "")));
            let word = try_one(&direct, operation, &id, faults.clone(), Some(fault)).await;
            let known = page.words(operation, columns);
            let name = operation.name();
            assert!(of_items(&word).all(|word| known.contains(&word)), "{name}, {fault:?}: {word}, known: {known:?}");
            let has_none = fault == Fault::Conflict && operation.is_read() && operation != Operation::ReadTogether;
            assert_eq!(faults.injected().total() > 0, !has_none, "{name}, {fault:?}: {faults}");
        }
    }
    report::ran("layers::a_fault_that_does_not_pass_is_on_the_page", &label);
}

#[tokio::test]
async fn whatever_a_seed_brings_is_what_a_network_brings() {
    let page = Page::read();
    let mut seen = BTreeMap::<&str, Words>::new();
    for operation in page.operations() {
        let known = page.all_words(operation);
        for seed in 0..SEEDS {
            let faults = Faults::seeded(seed).lose_answers(0.25).drop_requests(0.2).throttle(0.2).conflict(0.2);
            let direct = Database::open("memory:").await.unwrap();
            define(&direct).await;
            let word = try_one(&direct, operation, "a", faults.clone(), None).await;
            let is_known = of_items(&word).all(|word| known.contains(&word));
            assert!(is_known, "{} under {faults}: {word}, known: {known:?}", operation.name());
            seen.entry(operation.name()).or_default().extend(of_items(&word));
        }
    }
    for operation in ["create", "update add", "put_many", "save", "transaction", "delete_many"] {
        let words = &seen[operation];
        assert!(words.contains("ok") && words.contains("unknown"), "{operation}: {words:?}");
    }
    let all: Words = seen.into_values().flatten().collect();
    for word in ["ok", "unknown", "throttled", "timeout", "not done", "conflict", "exists", "taken", "refused"] {
        assert!(all.contains(word), "{word} is not among {all:?}");
    }
    report::ran("layers::whatever_a_seed_brings", "memory");
}
