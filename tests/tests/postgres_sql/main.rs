//! Conditions and changes as PostgreSQL makes them: on random records, the same as `Record::satisfies` and `apply` say.

mod dice;
mod json;
mod server;

use dice::Dice;
use json::as_json;
use reposit::Record;
use reposit::backend::apply;
use reposit::backend::postgres::sql::{self, Operands};
use server::Documents;

const RECORDS: usize = 250;
const CONDITIONS: u64 = 900;
const UPDATES: u64 = 500;

/// What runs on the same chance is drawn alike: once as a model has it, and once as it is stored.
fn drawn<T>(seed: u64, draw: impl Fn(&mut Dice) -> T) -> (T, T) {
    (draw(&mut Dice::new(seed, false)), draw(&mut Dice::new(seed, true)))
}

fn records(seed: u64) -> Vec<Record> {
    (0..RECORDS as u64).map(|at| Dice::new(seed + at, true).record()).collect()
}

#[tokio::test]
async fn conditions_are_true_where_they_are_meant_to_be() {
    let records = records(1_000_000);
    let documents = Documents::of(&records).await;
    let (mut said, mut is_true, mut wrong) = (0, 0, String::new());
    for seed in 0..CONDITIONS {
        let (condition, stored) = drawn(seed, |dice| dice.condition(2));
        let mut operands = Operands::after(0);
        let Some(text) = sql::condition(&condition, "doc", &mut operands) else { continue };
        said += 1;
        let found = documents.ask(&format!("({text})::text"), operands).await;
        for (record, found) in records.iter().zip(found) {
            let expected = record.satisfies(&stored);
            is_true += usize::from(expected);
            if found != Some(expected.to_string()) {
                wrong = format!("{seed}: {condition} is {expected}, not {found:?}\nof {record:?}\nas {text}\n{wrong}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    // Neither may be rare, or little was compared.
    assert!(said > CONDITIONS * 3 / 4, "{said} of {CONDITIONS} were said in SQL");
    assert!(is_true > RECORDS * usize::try_from(said).unwrap() / 20, "{is_true} were true");
}

#[tokio::test]
async fn changes_come_to_what_they_are_meant_to() {
    let records = records(2_000_000);
    let documents = Documents::of(&records).await;
    let (mut said, mut done) = (0, 0);
    for seed in 0..UPDATES {
        let (changes, stored) = drawn(seed, Dice::changes);
        let mut operands = Operands::after(0);
        let Some(changed) = sql::change(&changes, "doc", &mut operands) else { continue };
        said += 1;
        let text = format!("CASE WHEN {} THEN ({})::text END", changed.possible, changed.value);
        let found = documents.ask(&text, operands).await;
        let expected: Vec<_> =
            records.iter().map(|record| apply(record, &stored).ok().map(|record| as_json(&record))).collect();
        let expected = documents.normal(expected).await;
        for ((record, found), expected) in records.iter().zip(found).zip(expected) {
            done += usize::from(expected.is_some());
            assert_eq!(found, expected, "{seed}: {changes:?}\nof {record:?}\nas {text}");
        }
    }
    assert!(said > UPDATES / 2, "{said} of {UPDATES} were said in SQL");
    assert!(done > RECORDS * usize::try_from(said).unwrap() / 10, "{done} were possible");
}
