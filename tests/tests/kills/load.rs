//! Writers that go on until they are told to stop, and remember what they were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reposit::{Database, ErrorKind, Repository};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "letters")]
pub(crate) struct Letter {
    #[hash_key]
    pub(crate) id: String,
    #[index]
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
pub(crate) struct Member {
    #[hash_key]
    pub(crate) id: String,
    #[index(unique)]
    pub(crate) email: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tallies")]
pub(crate) struct Tally {
    #[hash_key]
    pub(crate) id: String,
    pub(crate) count: i64,
}

/// What was told of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    Unknown,
    /// An error that says that nothing was changed.
    Not,
}

/// What one writer was told.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) writer: usize,
    pub(crate) letters: Vec<Fate>,
    pub(crate) members: Vec<Fate>,
    /// Two letters and one more on the tally, in a transaction.
    pub(crate) pairs: Vec<Fate>,
    pub(crate) adds: Vec<Fate>,
}

/// The last write that a writer was told to be done, if it was a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    Member(usize),
    Pair(usize),
}

impl Memory {
    pub(crate) fn last_answer(&self) -> Option<Last> {
        let last = |fates: &[Fate]| fates.iter().rposition(|fate| *fate == Fate::Done);
        // In the order of a round.
        let places = [
            (last(&self.letters), None),
            (last(&self.members), last(&self.members).map(Last::Member)),
            (last(&self.pairs), last(&self.pairs).map(Last::Pair)),
            (last(&self.adds), None),
        ];
        let latest = (0..).zip(places).max_by_key(|(order, (round, _))| (*round, *order));
        latest.and_then(|(_, (_, last))| last)
    }
}

const WRITERS: usize = 6;

pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    writers: Vec<JoinHandle<Memory>>,
}

pub(crate) async fn define(db: &Database) {
    db.define::<Letter>().await.expect("an empty database takes any model");
    db.define::<Member>().await.expect("an empty database takes any model");
    db.define::<Tally>().await.expect("an empty database takes any model");
}

impl Load {
    pub(crate) async fn start(db: &Database) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for writer in 0..WRITERS {
            for id in [tally(writer), pair_tally(writer)] {
                Tally::create(&Tally { id, count: 0 }).exec(db).await.expect("a server that nobody has killed yet");
            }
        }
        let write = |writer| tokio::spawn(write(db.clone(), writer, stop.clone(), done.clone()));
        let writers = (0..WRITERS).map(write).collect();
        Self { stop, done, writers }
    }

    /// How many rounds were done whole.
    pub(crate) fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }

    /// Waits until so many more rounds were done whole.
    pub(crate) async fn go_on_for(&self, rounds: usize) {
        let goal = self.done() + rounds;
        while self.done() < goal {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn stop(self) -> Vec<Memory> {
        self.stop.store(true, Ordering::SeqCst);
        let mut memories = Vec::new();
        for writer in self.writers {
            memories.push(writer.await.expect("a writer meets errors, and does not panic"));
        }
        memories
    }
}

async fn write(db: Database, writer: usize, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Memory {
    let mut memory = Memory { writer, ..Memory::default() };
    for round in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let letter = |name: String| Letter { text: text(&name), id: name };
        let letters =
            [letter(letter_id(writer, round)), letter(half(writer, round, 0)), letter(half(writer, round, 1))];
        memory.letters.push(fate(Letter::create(&letters[0]).exec(&db).await));
        memory.members.push(fate(Member::create(&member(writer, round)).exec(&db).await));
        let both = db.transaction().add(Letter::create(&letters[1])).add(Letter::create(&letters[2]));
        memory.pairs.push(fate(both.add(Tally::update(&pair_tally(writer)).add(Tally::COUNT, 1)).commit().await));
        memory.adds.push(fate(Tally::update(&tally(writer)).add(Tally::COUNT, 1).exec(&db).await));
        let last = [&memory.letters, &memory.members, &memory.pairs, &memory.adds];
        if last.iter().all(|fates| fates.last() == Some(&Fate::Done)) {
            done.fetch_add(1, Ordering::SeqCst);
        }
    }
    memory
}

fn fate<T>(result: Result<T, reposit::Error>) -> Fate {
    match result {
        Ok(_) => Fate::Done,
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => Fate::Unknown,
        Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Throttled) => {
            Fate::Not
        }
        Err(error) => panic!("a refusal that the data give no reason for: {error:?}"),
    }
}

pub(crate) fn letter_id(writer: usize, round: usize) -> String {
    format!("letter {writer}.{round}")
}

/// The text of a letter, which no other has.
pub(crate) fn text(id: &str) -> String {
    format!("of {id}")
}

pub(crate) fn half(writer: usize, round: usize, half: usize) -> String {
    format!("pair {writer}.{round}.{half}")
}

pub(crate) fn member(writer: usize, round: usize) -> Member {
    Member { id: format!("{writer}.{round}"), email: format!("{writer}.{round}@example.com") }
}

pub(crate) fn tally(writer: usize) -> String {
    format!("tally {writer}")
}

pub(crate) fn pair_tally(writer: usize) -> String {
    format!("pairs {writer}")
}
