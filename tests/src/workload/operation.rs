//! The operations under test, and of which kind each is.

/// The operations, each with the refusals that it can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says what each is")]
pub enum Operation {
    Create,
    CreateExisting,
    CreateUnique,
    CreateTaken,
    Put,
    PutUnique,
    PutManyRecords,
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
    Replace,
    UpsertIf,
    UpdateVersion,
    UpdateVersionStale,
    TransactionTold,
    DeleteVersion,
    DeleteManyUnique,
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
}

impl Operation {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 62] = [
        Self::Create,
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
        Self::PutManyUnique,
        Self::CreateManyRecords,
        Self::CreateManyUnique,
        Self::SaveManyNew,
        Self::SaveManyRecords,
        Self::DeleteManyRecords,
        Self::DeleteManyUnique,
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
            Self::CreateExisting => "create, key taken",
            Self::CreateUnique => "create, unique",
            Self::CreateTaken => "create, value taken",
            Self::Put => "put",
            Self::PutUnique => "put, unique",
            Self::PutManyRecords => "put_many",
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
            Self::Replace => "replace",
            Self::UpsertIf => "upsert if",
            Self::UpdateVersion => "update, version",
            Self::UpdateVersionStale => "update, version, stale",
            Self::TransactionTold => "transaction with results",
            Self::DeleteVersion => "delete, version",
            Self::DeleteManyUnique => "delete_many, unique",
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
        }
    }

    /// Whether it is done item by item.
    pub const fn is_batch(self) -> bool {
        matches!(
            self,
            Self::PutManyRecords
                | Self::PutManyUnique
                | Self::CreateManyRecords
                | Self::CreateManyUnique
                | Self::SaveManyNew
                | Self::SaveManyRecords
                | Self::DeleteManyRecords
                | Self::DeleteManyUnique
        )
    }

    /// Whether it is one transaction of the server's.
    pub const fn is_transaction(self) -> bool {
        matches!(
            self,
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
            self,
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
