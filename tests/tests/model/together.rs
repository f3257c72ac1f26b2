//! A program's transactions done on a real database, with and without their results.

use std::any::Any;

use reposit::operation::{Create, Replace, Transaction, TransactionHandle, TransactionResults};
use reposit::{Condition, Database};

use crate::answers::Answer;
use crate::execute::{answer, check, condition, delete, done, found, update, upsert, with_model};
use crate::job_model::Job;
use crate::models::{Account, Document, Event, Model, Seat, User};
use crate::ops::{Op, Version};
use crate::parcel_model::Parcel;
use crate::rows::{of_row, to_row};
use crate::rules::Row;
use crate::shift_model::Shift;
use crate::subject::Subject;
use crate::task_model::Task;

/// Answers with the structs that were saved, as they are then.
pub async fn together(db: &Database, items: &[(Model, Op)]) -> Answer {
    let mut records = records(items);
    let before = rows(items, &records);
    let mut transaction = db.transaction();
    for ((model, op), record) in items.iter().zip(&mut records) {
        transaction = with_model!(*model, M => add::<M>(transaction, op, &mut **record));
    }
    let result = transaction.commit().await;
    let after = rows(items, &records);
    match result {
        Err(_) if after != before => Answer::Wrong("a refused transaction changed a struct".to_owned()),
        Err(error) => Answer::Error(error),
        Ok(_) => {
            let saved = items.iter().zip(after).filter(|((_, op), _)| matches!(op, Op::Save { .. }));
            Answer::Many(saved.map(|(_, row)| row).collect())
        }
    }
}

/// Answers with what each operation came to.
pub async fn together_told(db: &Database, items: &[(Model, Op)]) -> Answer {
    let mut records = records(items);
    let before = rows(items, &records);
    let mut transaction = db.transaction();
    let mut takes = Vec::new();
    for ((model, op), record) in items.iter().zip(&mut records) {
        takes.push(with_model!(*model, M => add_told::<M>(&mut transaction, op, &mut **record)));
    }
    let result = transaction.commit().await;
    match result {
        Err(_) if rows(items, &records) != before => Answer::Wrong("a refused transaction changed a struct".to_owned()),
        Err(error) => Answer::Error(error),
        Ok(results) => Answer::Each(takes.into_iter().map(|take| take(&results)).collect()),
    }
}

/// The record that an operation stores, with the version it is saved at.
pub fn given<M: Subject>(op: &Op) -> Option<M> {
    match op {
        Op::Create { row, .. } | Op::Put { row, .. } | Op::Replace { row, .. } => Some(of_row(row)),
        Op::Save { row, version: Version::Is(version) } => {
            let mut row = row.clone();
            row.insert(M::definition().version().unwrap_or_default().to_owned(), (*version).into());
            Some(of_row(&row))
        }
        _ => None,
    }
}

fn records(items: &[(Model, Op)]) -> Vec<Box<dyn Any>> {
    let record = |(model, op): &(Model, Op)| with_model!(*model, M => Box::new(given::<M>(op)) as Box<dyn Any>);
    items.iter().map(record).collect()
}

fn rows(items: &[(Model, Op)], records: &[Box<dyn Any>]) -> Vec<Option<Row>> {
    items.iter().zip(records).map(|((model, _), record)| with_model!(*model, M => row_in::<M>(&**record))).collect()
}

fn row_in<M: Subject>(record: &dyn Any) -> Option<Row> {
    record.downcast_ref::<Option<M>>().and_then(Option::as_ref).map(to_row)
}

/// The condition of what stores a whole record.
fn condition_of<M: Subject>(op: &Op) -> Option<Condition<M>> {
    match op {
        Op::Put { only_if, .. } | Op::Replace { only_if, .. } => only_if.as_ref().map(condition),
        _ => None,
    }
}

fn add<'a, M: Subject>(transaction: Transaction<'a>, op: &Op, record: &'a mut dyn Any) -> Transaction<'a> {
    match (op, record.downcast_mut::<Option<M>>().and_then(Option::as_mut)) {
        (Op::Create { .. }, Some(record)) => transaction.add(Create::new(&*record)),
        (Op::Put { .. } | Op::Save { .. }, Some(record)) => record.store_in(transaction, condition_of(op)),
        (Op::Replace { .. }, Some(record)) => transaction.add(replacement(record, op)),
        (Op::Update { key, changes, only_if, version, .. }, _) => {
            transaction.add(M::update_at(update::<M>(key, changes, only_if.as_ref()), *version))
        }
        (Op::Upsert { key, changes, only_if, .. }, _) => transaction.add(upsert::<M>(key, changes, only_if.as_ref())),
        (Op::Delete { key, only_if, version, .. }, _) => {
            transaction.add(M::delete_at(delete(key, only_if.as_ref()), *version))
        }
        (Op::Check { key, only_if }, _) => transaction.add(check::<M>(key, only_if.as_ref())),
        (other, _) => panic!("{other} in a transaction"),
    }
}

fn replacement<'a, M: Subject>(record: &'a M, op: &Op) -> Replace<'a, M> {
    record.replacement(condition_of(op))
}

/// Takes the answer of an operation out of the results.
type Take = Box<dyn FnOnce(&TransactionResults) -> Answer>;

fn add_told<'a, M: Subject>(transaction: &mut Transaction<'a>, op: &Op, record: &'a mut dyn Any) -> Take {
    let row = |handle: TransactionHandle<M>| -> Take { Box::new(|results| found(results.get(handle).map(Some))) };
    match (op, record.downcast_mut::<Option<M>>().and_then(Option::as_mut)) {
        (Op::Create { .. }, Some(record)) => row(transaction.add_returning(Create::new(&*record))),
        (Op::Put { .. } | Op::Save { .. }, Some(record)) => row(record.store_told(transaction, condition_of(op))),
        (Op::Replace { .. }, Some(record)) => row(transaction.add_returning(replacement(record, op))),
        (Op::Update { key, changes, only_if, version, .. }, _) => {
            let update = M::update_at(update::<M>(key, changes, only_if.as_ref()), *version);
            row(transaction.add_returning(update))
        }
        (Op::Upsert { key, changes, only_if, .. }, _) => {
            row(transaction.add_returning(upsert::<M>(key, changes, only_if.as_ref())))
        }
        (Op::Delete { key, only_if, version, .. }, _) => {
            let deleted = transaction.add_returning(M::delete_at(delete(key, only_if.as_ref()), *version));
            Box::new(|results| answer(results.get(deleted), Answer::Bool))
        }
        (Op::Check { key, only_if }, _) => {
            let checked = transaction.add_returning(check::<M>(key, only_if.as_ref()));
            Box::new(|results| done(results.get(checked)))
        }
        (other, _) => panic!("{other} in a transaction"),
    }
}
