//! What is known of a batch while it runs, and after it was dropped.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cursor::Cursor;
use crate::error::Error;

/// Watches a batch: how many of its items were done or refused so far, and which are still open.
/// What `.progress(&progress)` of `get_many`, `create_many`, `put_many`, `save_many`, `delete_many`, `delete_all` and
/// `update_all` takes. The items of the last two are the records that the query finds, in the order in which it does;
/// one that it does not find any more when it is to be written is neither done nor failed.
///
/// A clone watches the same batch, from another task if need be. It outlives the batch, so that a
/// batch whose future was dropped half done can still be accounted for: the items that are
/// [`open`](Progress::open) then may have been done or not.
///
/// An item is settled with the answer to the request it was part of. It costs a lock an item, and
/// nothing if no progress is asked for.
///
/// ```
/// # use reposit::{Database, Progress, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// let events: Vec<_> = (0..300).map(|seq| Event { stream: "s".into(), seq }).collect();
/// let progress = Progress::new();
/// let batch = Event::put_many(&events).progress(&progress);
/// assert_eq!(progress.to_string(), "0 of 300 done");
/// batch.exec(&db).await?;
/// assert_eq!((progress.done(), progress.failed(), progress.open()), (300, 0, vec![]));
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    listener: Option<Listener>,
}

type Listener = Box<dyn Fn(usize, Option<&Error>) + Send + Sync>;

#[derive(Default)]
struct State {
    items: Vec<Item>,
    done: usize,
    failed: usize,
    /// Whether the items are what a query finds, so that one that it does not find any more is left alone.
    by_query: bool,
    /// Where the pages that are settled end.
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Open,
    Done,
    Failed,
    /// It was none of the items any more when it was to be written.
    Left,
}

impl Progress {
    /// Watches nothing until it is given to a batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `listener` for each item as soon as it is settled, with its position in the batch and
    /// the error if it was not done. The batch waits for it, so it should be quick.
    ///
    /// ```
    /// # use reposit::{Database, Progress, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
    /// let (told, heard) = std::sync::mpsc::channel();
    /// let progress = Progress::with_listener(move |position, error| {
    ///     told.send((position, error.is_some())).ok();
    /// });
    /// let events = [Event { stream: "s".into(), seq: 1 }, Event { stream: "".into(), seq: 2 }];
    /// assert!(Event::put_many(&events).progress(&progress).exec(&db).await.is_err());
    /// assert_eq!(heard.try_iter().collect::<Vec<_>>(), [(1, true), (0, false)]);
    /// # Ok(()) }
    /// ```
    pub fn with_listener(listener: impl Fn(usize, Option<&Error>) + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { listener: Some(Box::new(listener)), ..Shared::default() }) }
    }

    /// How many items the batch has.
    pub fn total(&self) -> usize {
        self.state().items.len()
    }

    /// How many items were done: written, or read.
    pub fn done(&self) -> usize {
        self.state().done
    }

    /// How many items were not done. The batch's own error says why, item by item.
    pub fn failed(&self) -> usize {
        self.state().failed
    }

    /// The positions of the items that were done.
    pub fn completed(&self) -> Vec<usize> {
        self.positions(Item::Done)
    }

    /// The positions of the items that are not settled: not asked for yet, or without an answer. If the
    /// batch was dropped, each of them may have been done or not.
    pub fn open(&self) -> Vec<usize> {
        self.positions(Item::Open)
    }

    /// Of a [`BulkWrite`](crate::operation::BulkWrite), where the pages end of which every record is settled: the same
    /// query goes on after it. Nothing before the first of them, and for any other batch.
    ///
    /// ```
    /// # use reposit::{Database, Progress, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// # struct Event { #[hash_key] stream: String, #[range_key] seq: u64, seen: bool }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
    /// # let events: Vec<_> = (0..5).map(|seq| Event { stream: "s".into(), seq, seen: false }).collect();
    /// # Event::put_many(&events).exec(&db).await?;
    /// // What was kept of a run that was dropped half done.
    /// let kept: Option<reposit::Cursor> = None;
    /// let progress = Progress::new();
    /// Event::scan().after(kept).update_all(&db, |event| event.set(Event::SEEN, true)).progress(&progress).await?;
    /// assert!(progress.cursor().is_some());
    /// # Ok(()) }
    /// ```
    pub fn cursor(&self) -> Option<Cursor> {
        self.state().cursor.clone()
    }

    fn positions(&self, wanted: Item) -> Vec<usize> {
        let state = self.state();
        state.items.iter().enumerate().filter(|(_, item)| **item == wanted).map(|(at, _)| at).collect()
    }

    /// Starts anew, with this many items.
    pub(crate) fn begin(&self, total: usize) {
        *self.state() = State { items: vec![Item::Open; total], ..State::default() };
    }

    /// Starts anew, with items that come page by page.
    pub(crate) fn begin_pages(&self) {
        *self.state() = State { by_query: true, ..State::default() };
    }

    /// Takes the items of the next page.
    pub(crate) fn extend(&self, count: usize) {
        let mut state = self.state();
        let total = state.items.len() + count;
        state.items.resize(total, Item::Open);
    }

    /// Every item of a page is settled; the next page begins here.
    pub(crate) fn pass(&self, cursor: Option<Cursor>) {
        self.state().cursor = cursor;
    }

    /// Settles an item. The first report of it counts: a backend reports as it goes, and whoever sent the
    /// request reports every item once more at the end.
    pub(crate) fn settle(&self, position: usize, error: Option<&Error>) {
        {
            let mut state = self.state();
            let by_query = state.by_query;
            let Some(item @ Item::Open) = state.items.get_mut(position) else { return };
            *item = match error {
                None => Item::Done,
                Some(error) if by_query && error.kind().is_left_alone() => Item::Left,
                Some(_) => Item::Failed,
            };
            match *item {
                Item::Done => state.done += 1,
                Item::Failed => state.failed += 1,
                Item::Left | Item::Open => {}
            }
        }
        // Not under the lock: the listener may ask for the counts.
        if let Some(listener) = &self.shared.listener {
            listener(position, error);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(f, "{} of {} done", state.done, state.items.len())?;
        if state.failed > 0 { write!(f, ", {} failed", state.failed) } else { Ok(()) }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Progress({self})")
    }
}

/// Reports to a batch's [`Progress`], if there is one, what has become of the items of a request to a
/// backend.
///
/// A backend reports each item once its outcome is known, by its position in the request. What it does not
/// report is reported from its results in the end.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    progress: Option<Progress>,
    /// Maps positions in the request to positions in the batch; nothing if they are the same.
    positions: Option<Arc<[usize]>>,
    /// Whether what was not done is sent again, and settled by whoever does that.
    only_done: bool,
}

impl Observer {
    pub(crate) fn new(progress: Option<Progress>) -> Self {
        Self { progress, positions: None, only_done: false }
    }

    /// An observer of a request that has only the items at these positions of the batch.
    pub(crate) fn for_positions(&self, positions: &[usize]) -> Self {
        let positions = self.progress.is_some().then(|| positions.into());
        Self { progress: self.progress.clone(), positions, only_done: self.only_done }
    }

    /// The same observer, which hears of what was done only.
    pub(crate) fn of_successes(self) -> Self {
        Self { only_done: true, ..self }
    }

    /// Reports that the item at this position was done, or the error for which it was not.
    pub fn report(&self, at: usize, error: Option<&Error>) {
        let Some(progress) = &self.progress else { return };
        if self.only_done && error.is_some() {
            return;
        }
        let position = self.positions.as_ref().map_or(Some(at), |positions| positions.get(at).copied());
        if let Some(position) = position {
            progress.settle(position, error);
        }
    }
}
