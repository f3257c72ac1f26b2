//! What a write makes stale, and a write under way, for which it is taken away.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::key::Key;
use super::marks::{LAG, LATEST};
use super::store::Store;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind};
use crate::request::{Action, Call, Write, index_values};

/// A write under way. What it makes stale is taken away when it begins, and again when it ends or is given up.
pub(super) struct Writing {
    store: Arc<Store>,
    keys: Vec<Key>,
    /// The repositories that are written, and whether values of their indexes are that are not known.
    repositories: Vec<(&'static Definition, bool)>,
    /// Whether the repositories are written as a whole.
    whole: bool,
    /// How long a read may find what was there before.
    lag: Duration,
    deadline: Instant,
    /// Whether it is known what came of it.
    is_told: bool,
}

impl Writing {
    /// Writes of records begin.
    pub(super) fn begin(store: &Arc<Store>, embedded: bool, call: &Call, writes: &[Write]) -> Self {
        let mut writing = Self::new(store, embedded, call);
        for write in writes.iter().filter(|write| !matches!(write.action, Action::Check)) {
            writing.take(write);
        }
        for key in &writing.keys {
            writing.store.marks.begin_write(key, || writing.store.forget(key));
        }
        writing.pass(None);
        writing
    }

    /// A write of a whole repository begins.
    pub(super) fn begin_whole(
        store: &Arc<Store>,
        embedded: bool,
        call: &Call,
        definition: &'static Definition,
    ) -> Self {
        let mut writing = Self::new(store, embedded, call);
        writing.whole = true;
        writing.repositories.push((definition, true));
        writing.store.marks.begin_write_of_all();
        writing.store.forget_all(definition.name());
        writing.pass(None);
        writing
    }

    fn new(store: &Arc<Store>, embedded: bool, call: &Call) -> Self {
        // An embedded store has one copy of each record, and has done what it has answered.
        let lag = if embedded { Duration::ZERO } else { LAG };
        Self {
            store: store.clone(),
            keys: Vec::new(),
            repositories: Vec::new(),
            whole: false,
            lag,
            deadline: call.deadline,
            is_told: false,
        }
    }

    fn take(&mut self, write: &Write) {
        let definition = write.definition;
        self.keys.push(Key::of_record(definition.name(), &write.key));
        let inserted = match &write.action {
            Action::Upsert { insert, .. } => Some(Cow::Borrowed(insert)),
            _ => write.whole_record(),
        };
        let mut unknown = false;
        for index in definition.unique_indexes() {
            // That nobody had its values may be kept; who had the old ones is found by the record.
            let values = inserted.as_deref().and_then(|record| index_values(definition, index, record));
            self.keys.extend(values.map(|values| Key::of_values(definition.name(), index, &values)));
            unknown |= index.parts().any(|part| {
                let name = definition.part_name(part);
                write.changes().iter().any(|change| change.path().root() == name)
            });
        }
        match self.repositories.iter_mut().find(|(known, _)| known.name() == definition.name()) {
            Some((_, known)) => *known |= unknown,
            None => self.repositories.push((definition, unknown)),
        }
    }

    fn pass(&self, settles: Option<Instant>) {
        for (definition, unknown) in &self.repositories {
            self.store.marks.pass(definition.name(), *unknown, settles);
        }
    }

    /// It has ended. Of the errors, one tells that it may happen yet.
    pub(super) fn end<'e>(mut self, mut errors: impl Iterator<Item = &'e Error>) {
        self.is_told = !errors.any(|error| error.kind() == ErrorKind::OutcomeUnknown);
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let now = Instant::now();
        let settles = match self.is_told {
            true => now.checked_add(self.lag),
            // A request that nobody waits for any more may reach the server yet.
            false => now.max(self.deadline).checked_add(LATEST),
        }
        .unwrap_or(self.deadline);
        self.pass(Some(settles));
        let store = &self.store;
        for key in &self.keys {
            store.marks.end_write(key, settles, || store.forget(key));
        }
        if self.whole {
            store.marks.end_write_of_all(settles);
            self.repositories.iter().for_each(|(definition, _)| store.forget_all(definition.name()));
        }
    }
}
