//! The operations under test, and what each is called.

use super::resent::Resent;
use super::unstamped::Unstamped;

/// The operations, each with the refusals that it can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says what each is")]
pub enum Operation {
    Create,
    CreateAuto,
    CreateObjectId,
    CreateExisting,
    CreateUnique,
    CreateTaken,
    Put,
    PutUnique,
    PutManyRecords,
    PutManyAuto,
    PutManyUnique,
    CreateManyRecords,
    CreateManyUnique,
    SaveManyNew,
    SaveManyRecords,
    SaveNew,
    Save,
    SaveStale,
    UpdateSet,
    UpdateAdd,
    UpdateAppend,
    UpdatePrepend,
    UpdateRemoveAt,
    UpdateMembers,
    UpdateIf,
    UpdateIfFalse,
    UpdateUnique,
    UpsertNew,
    UpsertAdd,
    Delete,
    DeleteMissing,
    DeleteUnique,
    DeleteIf,
    DeleteManyRecords,
    Transaction,
    TransactionRefused,
    TransactionChecked,
    CreateByToken,
    CreateExistingByToken,
    AddByToken,
    DeleteByToken,
    CreateReturning,
    UpdateVersioned,
    DeleteReturning,
    DeleteReturningUnique,
    UpdatePrevious,
    UpdatePreviousUnique,
    UpdateUnit,
    UpsertUnit,
    PutIf,
    PutIfFalse,
    PutKeeping,
    Replace,
    UpsertIf,
    UpdateVersion,
    UpdateVersionStale,
    TransactionTold,
    DeleteVersion,
    DeleteManyUnique,
    DeleteAll,
    DeleteAllIf,
    UpdateAll,
    Lock,
    LockGivenBack,
    Get,
    GetMany,
    Find,
    FindConsistent,
    Query,
    Count,
    Scan,
    ReadTogether,
    /// One of a model that leaves no stamps.
    Unstamped(Unstamped),
    /// One that is sent again after a lost answer.
    Resent(Resent),
}

impl Operation {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let unstamped = Unstamped::ALL.into_iter().map(Self::Unstamped);
        Self::PLAIN.into_iter().chain(unstamped).chain(Resent::ALL.into_iter().map(Self::Resent))
    }

    const PLAIN: [Self; 72] = [
        Self::Create,
        Self::CreateAuto,
        Self::CreateObjectId,
        Self::CreateExisting,
        Self::CreateUnique,
        Self::CreateTaken,
        Self::Put,
        Self::PutUnique,
        Self::SaveNew,
        Self::Save,
        Self::SaveStale,
        Self::UpdateSet,
        Self::UpdateAdd,
        Self::UpdateAppend,
        Self::UpdatePrepend,
        Self::UpdateRemoveAt,
        Self::UpdateMembers,
        Self::UpdateIf,
        Self::UpdateIfFalse,
        Self::UpdateUnique,
        Self::UpsertNew,
        Self::UpsertAdd,
        Self::UpdateVersioned,
        Self::Delete,
        Self::DeleteMissing,
        Self::DeleteUnique,
        Self::DeleteIf,
        Self::DeleteVersion,
        Self::CreateReturning,
        Self::DeleteReturning,
        Self::DeleteReturningUnique,
        Self::UpdatePrevious,
        Self::UpdatePreviousUnique,
        Self::UpdateUnit,
        Self::UpsertUnit,
        Self::PutIf,
        Self::PutIfFalse,
        Self::PutKeeping,
        Self::Replace,
        Self::UpsertIf,
        Self::UpdateVersion,
        Self::UpdateVersionStale,
        Self::TransactionTold,
        Self::Transaction,
        Self::TransactionRefused,
        Self::TransactionChecked,
        Self::CreateByToken,
        Self::CreateExistingByToken,
        Self::AddByToken,
        Self::DeleteByToken,
        Self::PutManyRecords,
        Self::PutManyAuto,
        Self::PutManyUnique,
        Self::CreateManyRecords,
        Self::CreateManyUnique,
        Self::SaveManyNew,
        Self::SaveManyRecords,
        Self::DeleteManyRecords,
        Self::DeleteManyUnique,
        Self::DeleteAll,
        Self::DeleteAllIf,
        Self::UpdateAll,
        Self::Lock,
        Self::LockGivenBack,
        Self::Get,
        Self::GetMany,
        Self::Find,
        Self::FindConsistent,
        Self::Query,
        Self::Count,
        Self::Scan,
        Self::ReadTogether,
    ];

    /// How the table calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::CreateAuto => "create, automatic key",
            Self::CreateObjectId => "create, ObjectId",
            Self::CreateExisting => "create, key taken",
            Self::CreateUnique => "create, unique",
            Self::CreateTaken => "create, value taken",
            Self::Put => "put",
            Self::PutUnique => "put, unique",
            Self::PutManyRecords => "put_many",
            Self::PutManyAuto => "put_many, automatic keys",
            Self::PutManyUnique => "put_many, unique",
            Self::CreateManyRecords => "create_many",
            Self::CreateManyUnique => "create_many, unique",
            Self::SaveManyNew => "save_many, new",
            Self::SaveManyRecords => "save_many",
            Self::SaveNew => "save, new",
            Self::Save => "save",
            Self::SaveStale => "save, stale",
            Self::UpdateSet => "update set",
            Self::UpdateAdd => "update add",
            Self::UpdateAppend => "update append",
            Self::UpdatePrepend => "update prepend",
            Self::UpdateRemoveAt => "update remove_at",
            Self::UpdateMembers => "update insert",
            Self::UpdateIf => "update if",
            Self::UpdateIfFalse => "update if, false",
            Self::UpdateUnique => "update, unique",
            Self::UpsertNew => "upsert, new",
            Self::UpsertAdd => "upsert add",
            Self::Delete => "delete",
            Self::DeleteMissing => "delete, missing",
            Self::DeleteUnique => "delete, unique",
            Self::DeleteIf => "delete if",
            Self::DeleteManyRecords => "delete_many",
            Self::Transaction => "transaction",
            Self::TransactionRefused => "transaction, refused",
            Self::TransactionChecked => "transaction with a check",
            Self::CreateByToken => "transaction of one create",
            Self::CreateExistingByToken => "transaction of one create, key taken",
            Self::AddByToken => "transaction of one update add",
            Self::DeleteByToken => "transaction of one delete",
            Self::CreateReturning => "create, returning",
            Self::UpdateVersioned => "update, versioned",
            Self::DeleteReturning => "delete, returning",
            Self::DeleteReturningUnique => "delete, returning, unique",
            Self::UpdatePrevious => "update, previous",
            Self::UpdatePreviousUnique => "update, previous, unique",
            Self::UpdateUnit => "update, unit",
            Self::UpsertUnit => "upsert, unit",
            Self::PutIf => "put if",
            Self::PutIfFalse => "put if, false",
            Self::PutKeeping => "put, keep_unknown",
            Self::Replace => "replace",
            Self::UpsertIf => "upsert if",
            Self::UpdateVersion => "update, version",
            Self::UpdateVersionStale => "update, version, stale",
            Self::TransactionTold => "transaction with results",
            Self::DeleteVersion => "delete, version",
            Self::DeleteManyUnique => "delete_many, unique",
            Self::DeleteAll => "delete_all",
            Self::DeleteAllIf => "delete_all, filtered",
            Self::UpdateAll => "update_all",
            Self::Lock => "lock",
            Self::LockGivenBack => "lock, given back before",
            Self::Get => "get",
            Self::GetMany => "get_many",
            Self::Find => "find by a unique value",
            Self::FindConsistent => "find, consistent",
            Self::Query => "query",
            Self::Count => "count",
            Self::Scan => "scan",
            Self::ReadTogether => "read of several",
            Self::Unstamped(operation) => operation.name(),
            Self::Resent(operation) => operation.name(),
        }
    }

    /// The operation whose records, refusals and dangers it has.
    pub const fn plain(self) -> Self {
        match self {
            Self::Unstamped(operation) => plain_of_unstamped(operation),
            Self::Resent(operation) => plain_of_resent(operation),
            plain => plain,
        }
    }

    /// What the URL says for it.
    pub const fn option(self) -> Option<&'static str> {
        match self {
            Self::Resent(_) => Some("resend=idempotent"),
            _ => None,
        }
    }

    /// Whether it is done item by item.
    pub const fn is_batch(self) -> bool {
        matches!(
            self.plain(),
            Self::PutManyRecords
                | Self::PutManyAuto
                | Self::PutManyUnique
                | Self::CreateManyRecords
                | Self::CreateManyUnique
                | Self::SaveManyNew
                | Self::SaveManyRecords
                | Self::DeleteManyRecords
                | Self::DeleteManyUnique
        ) || self.is_bulk()
    }

    /// Whether it writes what it finds.
    pub const fn is_bulk(self) -> bool {
        matches!(self.plain(), Self::DeleteAll | Self::DeleteAllIf | Self::UpdateAll)
    }

    /// Whether it is one transaction of the server's.
    pub const fn is_transaction(self) -> bool {
        matches!(
            self.plain(),
            Self::Transaction
                | Self::TransactionRefused
                | Self::TransactionChecked
                | Self::CreateByToken
                | Self::CreateExistingByToken
                | Self::AddByToken
                | Self::DeleteByToken
                | Self::TransactionTold
        )
    }

    /// Whether it changes nothing.
    pub const fn is_read(self) -> bool {
        matches!(
            self.plain(),
            Self::Get
                | Self::GetMany
                | Self::Find
                | Self::FindConsistent
                | Self::Query
                | Self::Count
                | Self::Scan
                | Self::ReadTogether
        )
    }
}

const fn plain_of_unstamped(operation: Unstamped) -> Operation {
    match operation {
        Unstamped::Create => Operation::Create,
        Unstamped::CreateUnique => Operation::CreateUnique,
        Unstamped::Put => Operation::Put,
        Unstamped::PutUnique => Operation::PutUnique,
        Unstamped::SaveNew => Operation::SaveNew,
        Unstamped::Save => Operation::Save,
        Unstamped::Replace => Operation::Replace,
        Unstamped::UpdateSet => Operation::UpdateSet,
        Unstamped::UpdateAdd => Operation::UpdateAdd,
        Unstamped::UpdateUnique => Operation::UpdateUnique,
        Unstamped::UpdateVersion => Operation::UpdateVersion,
        Unstamped::UpsertAdd => Operation::UpsertAdd,
        Unstamped::Delete => Operation::Delete,
        Unstamped::Transaction => Operation::Transaction,
        Unstamped::PutManyRecords => Operation::PutManyRecords,
        Unstamped::SaveManyRecords => Operation::SaveManyRecords,
        Unstamped::DeleteManyRecords => Operation::DeleteManyRecords,
    }
}

const fn plain_of_resent(operation: Resent) -> Operation {
    match operation {
        Resent::Create => Operation::Create,
        Resent::CreateExisting => Operation::CreateExisting,
        Resent::Put => Operation::Put,
        Resent::PutIf => Operation::PutIf,
        Resent::Replace => Operation::Replace,
        Resent::UpdateSet => Operation::UpdateSet,
        Resent::UpdateIf => Operation::UpdateIf,
        Resent::UpdateAdd => Operation::UpdateAdd,
        Resent::UpsertAdd => Operation::UpsertAdd,
        Resent::UpdatePrevious => Operation::UpdatePrevious,
        Resent::Delete => Operation::Delete,
        Resent::DeleteIf => Operation::DeleteIf,
        Resent::DeleteReturning => Operation::DeleteReturning,
        Resent::PutManyRecords => Operation::PutManyRecords,
        Resent::DeleteManyRecords => Operation::DeleteManyRecords,
    }
}
