//! What is there after the kill, beside what the writers were told.

use reposit::Database;

use crate::load::{Fate, Last, Letter, Member, Memory, Tally, half, letter_id, member, pair_tally, tally, text};

/// What the server itself keeps of the transactions that it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// All of them.
    All,
    /// DynamoDB Local answers a transaction once its commit stands in the queue of its one connection to SQLite, where everything
    /// that it answers later stands behind it. So one transaction in all may be gone, whole, and only if it was the last thing
    /// that its writer had an answer to.
    AllButOne,
}

/// Every write that was told to be done is there; none that was told not to be; nothing is half there.
pub(crate) async fn compare(db: &Database, memories: Vec<Memory>, keeps: Keeps) -> Counts {
    let mut counts = Counts::default();
    for memory in &memories {
        let writer = memory.writer;
        let ids: Vec<_> = (0..memory.letters.len()).map(|round| letter_id(writer, round)).collect();
        let letters = Letter::get_many(&ids).consistent().exec(db).await.expect("a read");
        are_found(db, &ids, &letters).await;
        for (round, (fate, letter)) in memory.letters.iter().zip(letters).enumerate() {
            counts.judge(*fate, letter.is_some(), || format!("letter {writer}.{round}"));
        }
        let last = memory.last_answer().filter(|_| keeps == Keeps::AllButOne);
        members_are_whole(db, memory, last, &mut counts).await;
        let pairs = pairs_are_whole(db, memory, last, &mut counts).await;
        let sure = memory.adds.iter().filter(|fate| **fate == Fate::Done).count();
        let perhaps = memory.adds.iter().filter(|fate| **fate == Fate::Unknown).count();
        let count = count(db, &tally(writer)).await;
        assert!((sure..=sure + perhaps).contains(&count), "{sure} adds, perhaps {perhaps} more; the tally is {count}");
        assert_eq!(pairs, self::count(db, &pair_tally(writer)).await, "pairs of writer {writer}");
    }
    assert!(counts.lost <= 1, "{counts:?}");
    let broken = db.verify::<Member>().await.expect("a check");
    assert!(broken.is_empty(), "{broken:?}");
    counts
}

/// What is there is in the index, and what is not is not.
async fn are_found(db: &Database, ids: &[String], letters: &[Option<Letter>]) {
    for (id, letter) in ids.iter().zip(letters) {
        let found = Letter::find_by_text(&text(id)).all(db).await.expect("a query");
        assert_eq!(found.as_slice(), letter.as_slice(), "{id} by its key and by its index");
    }
}

async fn members_are_whole(db: &Database, memory: &Memory, last: Option<Last>, counts: &mut Counts) {
    let members: Vec<_> = (0..memory.members.len()).map(|round| member(memory.writer, round)).collect();
    let there = Member::get_many(members.iter().map(|member| &member.id)).consistent().exec(db).await.expect("a read");
    for (round, ((wanted, there), fate)) in members.iter().zip(there).zip(&memory.members).enumerate() {
        let found = Member::find_by_email(&wanted.email).consistent().exec(db).await.expect("a find");
        assert_eq!(there, found, "member {} by its key and by its email", wanted.id);
        let fate = counts.forgive(*fate, there.is_some(), last == Some(Last::Member(round)));
        counts.judge(fate, there.is_some(), || format!("member {}", wanted.id));
    }
}

async fn pairs_are_whole(db: &Database, memory: &Memory, last: Option<Last>, counts: &mut Counts) -> usize {
    let rounds = 0..memory.pairs.len();
    let ids: Vec<_> = rounds.flat_map(|round| [0, 1].map(|n| half(memory.writer, round, n))).collect();
    let halves = Letter::get_many(&ids).consistent().exec(db).await.expect("a read");
    are_found(db, &ids, &halves).await;
    let mut whole = 0;
    for (round, (halves, fate)) in halves.chunks(2).zip(&memory.pairs).enumerate() {
        let there: Vec<bool> = halves.iter().map(Option::is_some).collect();
        assert!(there[0] == there[1], "half of pair {}.{round} is there, which was told to be {fate:?}", memory.writer);
        let fate = counts.forgive(*fate, there[0], last == Some(Last::Pair(round)));
        counts.judge(fate, there[0], || format!("pair {}.{round}", memory.writer));
        whole += usize::from(there[0]);
    }
    whole
}

async fn count(db: &Database, id: &str) -> usize {
    let tally = Tally::get(id).consistent().exec(db).await.expect("a read").expect("a tally");
    usize::try_from(tally.count).expect("a count that was added to only")
}

/// How many writes were judged, by what was told.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) done: usize,
    pub(crate) unknown: usize,
    pub(crate) not: usize,
    /// What the server itself lost though it had answered.
    pub(crate) lost: usize,
}

impl Counts {
    /// What is to be held to: the last answer of a server that answers early proves nothing.
    fn forgive(&mut self, fate: Fate, is_there: bool, may_be_lost: bool) -> Fate {
        if fate != Fate::Done || is_there || !may_be_lost {
            return fate;
        }
        self.lost += 1;
        Fate::Unknown
    }

    fn judge(&mut self, fate: Fate, is_there: bool, what: impl Fn() -> String) {
        match fate {
            Fate::Done => {
                assert!(is_there, "{} was told to be done, and is lost", what());
                self.done += 1;
            }
            Fate::Not => {
                assert!(!is_there, "{} was told not to be done, and is there", what());
                self.not += 1;
            }
            Fate::Unknown => self.unknown += 1,
        }
    }
}
