//! What many clients saw of a few keys, checked for linearizability, key by key.

use std::collections::BTreeMap;
use std::sync::Arc;

use reposit::{Database, Error, ErrorKind, Repository};
use reposit_tests::linear::{self, Model, Recorder, Verdict};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, Fate, Found, fate, together, wrong};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "cells")]
pub(crate) struct Cell {
    #[hash_key]
    id: String,
    value: i64,
}

const CLIENTS: usize = 6;
const KEYS: usize = 3;
/// Of each client in each round.
const OPERATIONS: usize = 30;

#[derive(Debug, Clone)]
enum Ask {
    Get,
    Create(i64),
    Put(i64),
    Add(i64),
    /// Sets the second where the first is.
    Change(i64, i64),
    Delete,
}

#[derive(Debug, Clone, PartialEq)]
enum Told {
    Found(Option<i64>),
    Done,
    Now(i64),
    Deleted(bool),
    Refused(ErrorKind),
}

/// One record that is there or not.
struct Record;

impl Model for Record {
    type State = Option<i64>;
    type Input = Ask;
    type Output = Told;

    fn initial(&self) -> Option<i64> {
        None
    }

    fn apply(&self, state: &Option<i64>, ask: &Ask) -> (Option<i64>, Told) {
        match (ask, *state) {
            (Ask::Get, state) => (state, Told::Found(state)),
            (Ask::Create(value), None) => (Some(*value), Told::Done),
            (Ask::Create(_), state) => (state, Told::Refused(ErrorKind::AlreadyExists)),
            (Ask::Put(value), _) => (Some(*value), Told::Done),
            (Ask::Add(_) | Ask::Change(..), None) => (None, Told::Refused(ErrorKind::NotFound)),
            (Ask::Add(more), Some(value)) => (Some(value + more), Told::Now(value + more)),
            (Ask::Change(old, new), Some(value)) if *old == value => (Some(*new), Told::Now(*new)),
            (Ask::Change(..), state) => (state, Told::Refused(ErrorKind::ConditionFailed)),
            (Ask::Delete, state) => (None, Told::Deleted(state.is_some())),
        }
    }
}

type Recorders = Arc<BTreeMap<String, Recorder<Ask, Told>>>;

pub(crate) async fn histories_are_linearizable(arena: Arena) -> Found {
    arena.db(0).define::<Cell>().await.map_err(wrong)?;
    let mut tally = Tally::default();
    while arena.goes_on().await || tally.rounds == 0 {
        let clients = (0..CLIENTS).map(|n| arena.db(n).clone()).collect();
        one_round(clients, &mut tally).await?;
    }
    tally.is_worth_something()
}

/// What was checked by now.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: usize,
    histories: usize,
    given_up: usize,
}

impl Tally {
    /// A search that is given up finds nothing: it may happen now and then, where many outcomes are unknown.
    pub(crate) fn is_worth_something(&self) -> Found {
        let Self { histories, given_up, .. } = self;
        println!("{histories} histories, {given_up} given up");
        match given_up * 10 > histories + 10 {
            true => Err(format!("{given_up} of {histories} histories were too large to be searched")),
            false => Ok(()),
        }
    }
}

/// Fresh keys each time, so that no history grows beyond what can be searched.
pub(crate) async fn one_round(clients: Vec<Database>, tally: &mut Tally) -> Found {
    let Some(db) = clients.first().cloned() else { return Ok(()) };
    let round = tally.rounds;
    tally.rounds += 1;
    let recorders: BTreeMap<_, _> = (0..KEYS).map(|key| (format!("{round}-{key}"), Recorder::default())).collect();
    let recorders = Recorders::new(recorders);
    together(clients.into_iter().map(|db| act(db, recorders.clone()))).await?;
    let recorders = Arc::into_inner(recorders).ok_or("a client is still at it")?;
    for (key, recorder) in recorders {
        fate(Cell::delete(&key).exec(&db).await)?;
        tally.histories += 1;
        match linear::check(&Record, recorder.into_events()) {
            Verdict::Linearizable => {}
            Verdict::Violation(story) => return Err(format!("what was seen of {key} has no order: {story}")),
            // Not found is not wrong: it is said where it can be read, and the next round goes on.
            Verdict::TooLarge(steps) => {
                tally.given_up += 1;
                eprintln!("the history of {key} was given up after {steps} steps");
            }
        }
    }
    Ok(())
}

async fn act(db: Database, recorders: Recorders) -> Found {
    for _ in 0..OPERATIONS {
        let Some((key, recorder)) = recorders.iter().nth(fastrand::usize(..KEYS)) else { return Ok(()) };
        let ask = any_ask();
        let ticket = recorder.call(ask.clone());
        match fate(send(&db, key, &ask).await)? {
            Fate::Done(told) => recorder.told(ticket, told),
            Fate::Refused(kind) => recorder.told(ticket, Told::Refused(kind)),
            Fate::Not => recorder.never(ticket),
            Fate::Unknown => recorder.unknown(ticket),
        }
    }
    Ok(())
}

/// Values are few, so that conditions are often true, and wide enough that a value tells who wrote it.
fn any_ask() -> Ask {
    let value = fastrand::i64(0..6);
    match fastrand::u8(..16) {
        0..4 => Ask::Get,
        4..6 => Ask::Create(value),
        6..8 => Ask::Put(fastrand::i64(100..1_000_000)),
        8..11 => Ask::Add(fastrand::i64(1..4)),
        11..14 => Ask::Change(value, fastrand::i64(0..6)),
        _ => Ask::Delete,
    }
}

async fn send(db: &Database, key: &str, ask: &Ask) -> Result<Told, Error> {
    let cell = |value| Cell { id: key.to_owned(), value };
    Ok(match *ask {
        Ask::Get => Told::Found(Cell::get(key).consistent().exec(db).await?.map(|cell| cell.value)),
        Ask::Create(value) => Cell::create(&cell(value)).exec(db).await.map(|()| Told::Done)?,
        Ask::Put(value) => Cell::put(&cell(value)).exec(db).await.map(|()| Told::Done)?,
        Ask::Add(more) => Told::Now(Cell::update(key).add(Cell::VALUE, more).exec(db).await?.value),
        Ask::Change(old, new) => {
            let change = Cell::update(key).set(Cell::VALUE, new).only_if(Cell::VALUE.eq(old));
            Told::Now(change.exec(db).await?.value)
        }
        Ask::Delete => Told::Deleted(Cell::delete(key).exec(db).await?),
    })
}
