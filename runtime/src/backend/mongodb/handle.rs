//! A database of the driver, its collections, and the sessions that calls on it use one after another.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mongodb::bson::RawDocumentBuf;
use mongodb::{ClientSession, Collection, Database};

use crate::backend::support::by_definition::ByDefinition;
use crate::definition::Definition;

/// How long a session is kept unused. The server forgets one after 30 minutes: "localLogicalSessionTimeoutMinutes"
/// in "MongoDB Server Parameters".
const KEPT: Duration = Duration::from_secs(300);

/// How many are kept unused: as many as the driver has connections to a server, unless it is asked for more.
const MOST: usize = 100;

/// A session that no call is in, and the time at which it was given back. It is large, and moved often.
type Unused = (Box<ClientSession>, Instant);

/// A database, and sessions that no call is in.
///
/// For a call without a session the driver makes one, and a task that takes it back. A session that is kept costs
/// neither. The server sees no difference: the driver keeps what it calls a session on the server in any case.
#[derive(Debug)]
pub(super) struct Handle {
    database: Database,
    /// The last to be given back is the first to be taken.
    unused: Mutex<Vec<Unused>>,
    /// Those that were written to.
    collections: ByDefinition<Collection<RawDocumentBuf>>,
}

impl Handle {
    pub(super) fn new(database: Database) -> Self {
        Self { database, unused: Mutex::default(), collections: ByDefinition::default() }
    }

    /// The collection of a repository.
    pub(super) fn collection_of(&self, definition: &'static Definition) -> Collection<RawDocumentBuf> {
        self.collections.get(definition).unwrap_or_else(|| {
            let collection: Collection<RawDocumentBuf> = self.database.collection(definition.name());
            self.collections.insert(definition, collection.clone());
            collection
        })
    }

    fn unused(&self) -> MutexGuard<'_, Vec<Unused>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that no other call is in. A call that fails, or is given up, lets it go: what it was used for may
    /// still be on its way.
    pub(super) async fn take_session(&self) -> mongodb::error::Result<Box<ClientSession>> {
        let last = self.unused().pop();
        match last {
            Some((session, since)) if since.elapsed() < KEPT => Ok(session),
            last => {
                if last.is_some() {
                    // The others were given back before it.
                    self.unused().clear();
                }
                // Nor does the driver's own session for a call make it wait for what another has seen.
                self.database.client().start_session().causal_consistency(false).await.map(Box::new)
            }
        }
    }

    /// Keeps a session for another call.
    pub(super) fn give_back(&self, session: Box<ClientSession>) {
        let mut unused = self.unused();
        if unused.len() < MOST {
            unused.push((session, Instant::now()));
        }
    }
}

impl Deref for Handle {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    use mongodb::Client;

    use super::*;

    #[tokio::test]
    async fn a_session_serves_one_call_after_another_and_never_two() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let handle = Handle::new(client.database("nowhere"));
        let (one, other) = (handle.take_session().await.unwrap(), handle.take_session().await.unwrap());
        assert_ne!(one.id(), other.id());
        let id = one.id().clone();
        handle.give_back(one);
        assert_eq!(*handle.take_session().await.unwrap().id(), id);
        assert!(handle.unused().is_empty());
    }

    #[tokio::test]
    async fn what_was_unused_for_long_is_let_go_with_all_before_it() {
        let client = Client::with_uri_str("mongodb://127.0.0.1:1").await.unwrap();
        let handle = Handle::new(client.database("nowhere"));
        let Some(long_ago) = Instant::now().checked_sub(KEPT) else { return };
        for session in [handle.take_session().await.unwrap(), handle.take_session().await.unwrap()] {
            handle.unused().push((session, long_ago));
        }
        handle.take_session().await.unwrap();
        assert!(handle.unused().is_empty());
    }
}
