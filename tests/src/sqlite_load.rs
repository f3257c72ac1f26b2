//! What the writers of `sqlite_load` write, and what must be there of it afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reposit::backend::sqlite::Sqlite;
use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

/// A record without an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "letters")]
pub struct Letter {
    /// By its writer and its round.
    #[hash_key]
    pub id: String,
    /// As long as that several do not fit on a page.
    pub text: String,
}

/// A record with a unique value and an index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "members")]
pub struct Member {
    /// By its writer and its round.
    #[hash_key]
    pub id: String,
    /// Its unique value.
    #[index(unique)]
    pub email: String,
    /// Its place in an index.
    #[index]
    pub team: String,
}

/// How often something was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "tallies")]
pub struct Tally {
    /// Of what.
    #[hash_key]
    pub id: String,
    /// How often.
    pub count: i64,
}

/// A record that expires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "kept")]
pub struct Kept {
    /// Its key.
    #[hash_key]
    pub id: String,
    /// Until when it is kept, in seconds.
    #[ttl]
    pub until: i64,
}

/// A letter of this name.
pub fn letter(name: &str) -> Letter {
    Letter { id: name.to_owned(), text: format!("of {name} ").repeat(40) }
}

/// A member of this name.
pub fn member(name: &str) -> Member {
    let team = format!("team {}", name.len() % 3);
    Member { id: name.to_owned(), email: format!("{name}@example.com"), team }
}

/// The tally of all writers.
pub fn tally() -> String {
    "all".to_owned()
}

/// The tally of the pairs of one writer.
pub fn pair_tally(run: usize, writer: usize) -> String {
    format!("pairs of {run}-{writer}")
}

/// What was told of all writes.
#[derive(Debug, Default)]
pub struct Told {
    fates: BTreeMap<(String, String), String>,
    /// How many writes were told to be done.
    pub done: usize,
    /// How many were told not to be.
    pub refused: usize,
    /// How many may be done or not.
    pub unknown: usize,
    /// How many of those were told to begin that take something away.
    begun: usize,
    /// How many kills there were: each may leave a write of each writer untold.
    pub killed_writers: usize,
}

impl Told {
    /// Takes in a line of a writer. One that is cut off tells nothing.
    pub fn hear(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        let (Some(what), Some(name), Some(fate)) = (words.next(), words.next(), words.next()) else { return };
        let count = match fate {
            "done" => &mut self.done,
            "unknown" => &mut self.unknown,
            _ if fate.starts_with("not ") => &mut self.refused,
            "begun" => &mut self.begun,
            _ => return,
        };
        *count += 1;
        self.fates.insert((what.to_owned(), name.to_owned()), fate.to_owned());
    }

    /// Takes in what another process was told.
    pub fn merge(&mut self, other: &Self) {
        self.fates.extend(other.fates.clone());
        self.done += other.done;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.killed_writers += other.killed_writers;
    }

    fn fate(&self, what: &str, name: &str) -> &str {
        self.fates.get(&(what.to_owned(), name.to_owned())).map_or("untold", String::as_str)
    }

    fn named(&self, what: &str) -> impl Iterator<Item = (&str, &str)> {
        self.fates.iter().filter(move |((of, _), _)| of == what).map(|((_, name), fate)| (name.as_str(), fate.as_str()))
    }

    /// Compares what is stored with what was told. Panics if a write that was told to be done is lost, one that was told
    /// not to be is there, or a write is half done.
    pub async fn check(&self, db: &Database) {
        let letters: BTreeSet<String> = ids(Letter::scan().all(db).await.unwrap(), |letter| {
            assert_eq!(letter.text, self::letter(&letter.id).text);
            letter.id
        });
        let members: BTreeSet<String> = ids(Member::scan().all(db).await.unwrap(), |member| member.id);
        for (name, fate) in self.named("letter") {
            is_as_told("letter", name, fate, letters.contains(name));
        }
        for (name, fate) in self.named("member") {
            match self.fate("delete", name) {
                "untold" if self.fate("deleting", name) == "begun" => {}
                "untold" => is_as_told("member", name, fate, members.contains(name)),
                "done" => assert!(!members.contains(name), "{name} was told to be deleted"),
                _ => {}
            }
        }
        for (name, fate) in self.named("pair") {
            let halves = ["a", "b"].map(|half| letters.contains(&format!("{name}-{half}")));
            assert_eq!(halves[0], halves[1], "the pair {name} is half done");
            is_as_told("pair", name, fate, halves[0]);
        }
        self.indexes_are_whole(db, &members).await;
        self.tallies_are_right(db, &letters).await;
        let bad = sound(db.raw::<Sqlite>().expect("a store on SQLite").path());
        assert_eq!(bad, ["ok"], "SQLite finds nothing damaged");
    }

    /// Every member is found by its value and in its team, and nothing else is.
    async fn indexes_are_whole(&self, db: &Database, members: &BTreeSet<String>) {
        let mut by_team = BTreeSet::new();
        for team in 0..3 {
            let found = Member::find_by_team(&format!("team {team}")).all(db).await.unwrap();
            by_team.extend(found.into_iter().map(|member| member.id));
        }
        assert_eq!(&by_team, members);
        let emails: Vec<_> = members.iter().map(|name| member(name).email).collect();
        let found = Member::find_many_by_email(&emails).exec(db).await.unwrap();
        assert!(found.iter().zip(members).all(|(found, name)| found.as_ref().is_some_and(|found| found.id == *name)));
        for (name, _) in self.named("member").filter(|(name, _)| !members.contains(*name)) {
            let left = Member::find_by_email(&member(name).email).exec(db).await.unwrap();
            assert_eq!(left, None, "the value of {name} is held by nobody");
        }
    }

    async fn tallies_are_right(&self, db: &Database, letters: &BTreeSet<String>) {
        let tallies: BTreeMap<String, i64> =
            Tally::scan().all(db).await.unwrap().into_iter().map(|tally| (tally.id, tally.count)).collect();
        let halves = letters.iter().filter(|name| name.ends_with("-a")).count();
        let pairs: i64 = tallies.iter().filter(|(id, _)| id.starts_with("pairs of ")).map(|(_, count)| count).sum();
        assert_eq!(pairs, halves as i64, "each pair is counted once, with it");
        if self.fates.is_empty() {
            return;
        }
        let added = self.named("add").filter(|(_, fate)| *fate == "done").count() as i64;
        let unknown = self.named("add").filter(|(_, fate)| *fate == "unknown").count() as i64;
        let count = tallies.get(&tally()).copied().unwrap_or(0);
        let most = added + unknown + self.killed_writers as i64;
        assert!((added..=most).contains(&count), "{count} of {added} to {most}");
    }
}

fn ids<R>(records: Vec<R>, id: impl Fn(R) -> String) -> BTreeSet<String> {
    records.into_iter().map(id).collect()
}

fn is_as_told(what: &str, name: &str, fate: &str, is_there: bool) {
    match fate {
        "done" => assert!(is_there, "the {what} {name} was told to be done, and is lost"),
        "unknown" => {}
        _ => assert!(!is_there, "the {what} {name} was told not to be done ({fate}), and is there"),
    }
}

/// What SQLite itself finds wrong in a file.
pub fn sound(path: &Path) -> Vec<String> {
    let connection = reposit::rusqlite::Connection::open(path).expect("the file is there");
    let mut check = connection.prepare("PRAGMA integrity_check").expect("SQLite knows the pragma");
    let lines = check.query_map([], |row| row.get(0)).expect("it has lines");
    lines.collect::<Result<_, _>>().expect("they are text")
}
