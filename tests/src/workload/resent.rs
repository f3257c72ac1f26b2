//! Operations on a database that sends them again after a lost answer.

/// An operation that is sent again, or that is not though its database does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says what each is")]
pub enum Resent {
    Create,
    CreateExisting,
    Put,
    PutIf,
    Replace,
    UpdateSet,
    UpdateIf,
    UpdateAdd,
    UpsertAdd,
    UpdatePrevious,
    Delete,
    DeleteIf,
    DeleteReturning,
    PutManyRecords,
    DeleteManyRecords,
}

impl Resent {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 15] = [
        Self::Create,
        Self::CreateExisting,
        Self::Put,
        Self::PutIf,
        Self::Replace,
        Self::UpdateSet,
        Self::UpdateIf,
        Self::UpdateAdd,
        Self::UpsertAdd,
        Self::UpdatePrevious,
        Self::Delete,
        Self::DeleteIf,
        Self::DeleteReturning,
        Self::PutManyRecords,
        Self::DeleteManyRecords,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create, resent",
            Self::CreateExisting => "create, key taken, resent",
            Self::Put => "put, resent",
            Self::PutIf => "put if, resent",
            Self::Replace => "replace, resent",
            Self::UpdateSet => "update set, resent",
            Self::UpdateIf => "update if, resent",
            Self::UpdateAdd => "update add, not resent",
            Self::UpsertAdd => "upsert add, not resent",
            Self::UpdatePrevious => "update add, previous, not resent",
            Self::Delete => "delete, resent",
            Self::DeleteIf => "delete if, resent",
            Self::DeleteReturning => "delete, returning, resent",
            Self::PutManyRecords => "put_many, resent",
            Self::DeleteManyRecords => "delete_many, resent",
        }
    }
}
