//! Which writes are sent again after a lost answer, and what a second application would differ in.

use crate::change::Change;
use crate::request::{Action, Returning, Write};

/// What becomes of a write of one record whose answer was lost, and that could be applied a second time: a create, a
/// put, an update, an upsert or a delete that depends on no version.
///
/// ```
/// use reposit::Config;
/// use reposit::config::{DynamoDbSettings, Resend};
///
/// let config = Config::from_url("dynamodb://us-east-1?resend=idempotent")?;
/// let settings = config.target().downcast_ref::<DynamoDbSettings>();
/// assert_eq!(settings.map(|settings| settings.resend), Some(Resend::Idempotent));
/// # Ok::<(), reposit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resend {
    /// It is not sent again: the record is read, and shows by its stamp that the write was applied, or the error is
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown). Nothing is ever applied twice. This is the default.
    #[default]
    Never,
    /// It is sent again within the deadline, if its second application differs from its first only where another writer
    /// came between, as the SDK does. What the other wrote may then be overwritten or undone, also by a first request that
    /// comes late, after the write was reported as done.
    ///
    /// An update or upsert that counts, appends, prepends or takes items out by their position is not sent again. A refusal of
    /// the second request, by a condition or by a key that is taken, is done if the record has the write's stamp, else
    /// `OutcomeUnknown`. So is a `delete` that then finds no record: it is not known whether it took it away.
    Idempotent,
}

impl Resend {
    /// Each by its word in a URL.
    pub(crate) const WORDS: [(&'static str, Self); 2] = [("never", Self::Never), ("idempotent", Self::Idempotent)];

    /// Whether a write of one record is sent again.
    pub(crate) fn takes(self, write: &Write) -> bool {
        self == Self::Idempotent && is_idempotent(write)
    }
}

/// Whether a second application of a write leaves the same as the first, if nothing came between, and tells the same
/// if it is known by its stamp.
fn is_idempotent(write: &Write) -> bool {
    let told_by_stamp = write.definition.stamps() || write.told() != Returning::Before;
    match &write.action {
        Action::Update(_) | Action::Upsert { .. } => told_by_stamp && write.changes().iter().all(is_the_same_twice),
        Action::Create(_) | Action::Put(_) | Action::Replace(_) | Action::Delete | Action::Check => true,
    }
}

fn is_the_same_twice(change: &Change) -> bool {
    match change {
        Change::Set(..) | Change::SetIfMissing(..) | Change::Remove(_) | Change::Insert(..) | Change::Discard(..) => {
            true
        }
        // Of a sum, the version's among them, and of what is reckoned from the field before it.
        Change::Add { .. } | Change::Expire { .. } => false,
        Change::Append(..) | Change::Prepend(..) | Change::RemoveItem(_) => false,
    }
}
