//! The operations under test: what is there before, and what is asked for.

use std::time::Duration;

use reposit::{Database, Error, ErrorKind, Result};

use super::models::{Line, Page, Person, Thing, page, person, thing};

/// How many records a batch is of.
pub const BATCH: usize = 5;

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
    pub const ALL: [Self; 48] = [
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
        Self::Transaction,
        Self::TransactionRefused,
        Self::TransactionChecked,
        Self::CreateByToken,
        Self::CreateExistingByToken,
        Self::AddByToken,
        Self::DeleteByToken,
        Self::PutManyRecords,
        Self::PutManyUnique,
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
        matches!(self, Self::PutManyRecords | Self::PutManyUnique | Self::DeleteManyRecords | Self::DeleteManyUnique)
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

    /// Stores what must be there before.
    pub async fn prepare(self, db: &Database, id: &str) -> Result<()> {
        match self {
            Self::Create | Self::CreateUnique | Self::SaveNew | Self::UpsertNew | Self::DeleteMissing => Ok(()),
            Self::CreateByToken | Self::CreateReturning | Self::Lock => Ok(()),
            Self::LockGivenBack => match db.lock(id).try_acquire().await? {
                Some(lease) => lease.release().await.map(drop),
                None => Err(Error::new(ErrorKind::Backend, "the lock is another's")),
            },
            Self::Find | Self::FindConsistent => Person::create(&person(id, &new_email(id))).exec(db).await,
            Self::Query | Self::Count => Line::put_many(&lines(id)).exec(db).await,
            Self::DeleteManyUnique => Person::put_many(&people(id)).exec(db).await,
            Self::CreateTaken => Person::create(&person(&item(id, 0), &new_email(id))).exec(db).await,
            Self::PutUnique | Self::UpdateUnique | Self::DeleteUnique => {
                Person::create(&person(id, &old_email(id))).exec(db).await
            }
            Self::PutManyUnique => Person::create(&person(&item(id, 1), &old_email(id))).exec(db).await,
            Self::PutManyRecords => Thing::create(&thing(&item(id, 1))).exec(db).await,
            Self::Save | Self::UpdateVersioned | Self::DeleteVersion => Page::create(&page(id)).exec(db).await,
            Self::SaveStale => {
                Page::create(&page(id)).exec(db).await?;
                Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::DeleteManyRecords => Thing::put_many(&things(id)).exec(db).await,
            Self::Transaction | Self::TransactionRefused | Self::GetMany | Self::ReadTogether => {
                Thing::create(&thing(id)).exec(db).await?;
                Thing::create(&thing(&item(id, 0))).exec(db).await
            }
            _ => Thing::create(&thing(id)).exec(db).await,
        }
    }

    /// Another's write of what the operation wrote.
    pub async fn overtake(self, db: &Database, id: &str) -> Result<()> {
        match self {
            // Who holds a lock is not overtaken, and a read changes nothing that could be.
            Self::Lock | Self::LockGivenBack => Err(Error::new(ErrorKind::Backend, "the lock is another's")),
            Self::SaveNew | Self::Save | Self::SaveStale | Self::CreateReturning | Self::UpdateVersioned => {
                Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::DeleteVersion => match Page::get(id).consistent().exec(db).await? {
                Some(_) => Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop),
                None => Page::create(&page(id)).exec(db).await,
            },
            // What stood in the way is gone: a refused request that comes late could go through.
            Self::CreateTaken => Person::delete(&item(id, 0)).exec(db).await.map(drop),
            Self::CreateExistingByToken => Thing::delete(id).exec(db).await.map(drop),
            Self::TransactionRefused => Thing::put(&Thing { count: 20, ..thing(id) }).exec(db).await,
            Self::CreateUnique | Self::PutUnique | Self::UpdateUnique | Self::DeleteUnique => {
                Person::put(&person(id, &format!("another.{}", new_email(id)))).exec(db).await
            }
            Self::PutManyUnique | Self::DeleteManyUnique => {
                Person::put(&person(&item(id, 0), &old_email(id))).exec(db).await
            }
            _ => {
                let key = if self.is_batch() { item(id, 0) } else { id.to_owned() };
                Thing::put(&Thing { text: "another's".into(), count: 10, ..thing(&key) }).exec(db).await
            }
        }
    }

    /// Does it, and gives what it told as text.
    pub async fn run(self, db: &Database, id: &str) -> Result<String> {
        let new = Thing { text: "second".into(), count: 20, ..thing(id) };
        match self {
            Self::Create | Self::CreateExisting => told(Thing::create(&new).exec(db).await),
            Self::CreateUnique | Self::CreateTaken => told(Person::create(&person(id, &new_email(id))).exec(db).await),
            Self::Put => told(Thing::put(&new).exec(db).await),
            Self::PutUnique => told(Person::put(&person(id, &new_email(id))).exec(db).await),
            Self::SaveNew => save(page(id), db).await,
            Self::Save | Self::SaveStale => save(Page { text: "second".into(), revision: 1, ..page(id) }, db).await,
            Self::UpdateSet => told(Thing::update(id).set(Thing::TEXT, "second").exec(db).await),
            Self::UpdateAdd => told(Thing::update(id).add(Thing::COUNT, 5).exec(db).await),
            Self::UpdateAppend => told(Thing::update(id).append(Thing::TAGS, ["b"]).exec(db).await),
            Self::UpdatePrepend => told(Thing::update(id).prepend(Thing::TAGS, ["b"]).exec(db).await),
            Self::UpdateRemoveAt => told(Thing::update(id).remove_at(Thing::TAGS, 0).exec(db).await),
            Self::UpdateMembers => {
                let members = Thing::update(id).insert(Thing::ROLES, ["s", "t"]).add(Thing::COUNT, 1);
                told(members.exec(db).await)
            }
            Self::UpdateIf => told(Thing::update(id).set(Thing::COUNT, 11).only_if(Thing::COUNT.eq(10)).exec(db).await),
            Self::UpdateIfFalse => {
                told(Thing::update(id).set(Thing::COUNT, 12).only_if(Thing::COUNT.eq(11)).exec(db).await)
            }
            Self::UpdateUnique => {
                told(Person::update(id).set(Person::EMAIL, &new_email(id)).add(Person::AGE, 1).exec(db).await)
            }
            Self::UpsertNew | Self::UpsertAdd => {
                let upsert = Thing::upsert(id).add(Thing::COUNT, 5).default(Thing::TEXT, "made");
                told(upsert.append(Thing::TAGS, ["b"]).insert(Thing::ROLES, ["s"]).exec(db).await)
            }
            Self::Delete | Self::DeleteMissing => told(Thing::delete(id).exec(db).await),
            Self::DeleteUnique => told(Person::delete(id).exec(db).await),
            Self::DeleteIf => told(Thing::delete(id).only_if(Thing::COUNT.eq(10)).exec(db).await),
            Self::Transaction => told(transfer(db, id, 10).await),
            Self::TransactionRefused => told(transfer(db, id, 11).await),
            Self::TransactionChecked => {
                let checked = db.transaction().add(Thing::check(id).only_if(Thing::COUNT.eq(10)));
                told(checked.add(Person::create(&person(id, &new_email(id)))).commit().await)
            }
            Self::CreateByToken | Self::CreateExistingByToken => {
                told(db.transaction().add(Thing::create(&new)).commit().await)
            }
            Self::AddByToken => told(db.transaction().add(Thing::update(id).add(Thing::COUNT, 5)).commit().await),
            Self::DeleteByToken => told(db.transaction().add(Thing::delete(id)).commit().await),
            Self::CreateReturning => told(Page::create(&page(id)).exec_returning(db).await),
            Self::UpdateVersioned => told(Page::update(id).set(Page::TEXT, "second").exec(db).await),
            Self::DeleteVersion => told(Page::delete(id).version(1_u64).exec(db).await),
            Self::DeleteManyUnique => told(Person::delete_many((0..BATCH).map(|n| item(id, n))).exec(db).await),
            Self::Lock | Self::LockGivenBack => {
                let lease = db.lock(id).lease(Duration::from_secs(3600)).try_acquire().await?;
                let is_held = lease.as_ref().is_some_and(reposit::lock::Lease::is_held);
                // It stays held, for what is there to be looked at.
                std::mem::forget(lease);
                Ok(is_held.to_string())
            }
            Self::Get => told(Thing::get(id).exec(db).await),
            Self::GetMany => told(Thing::get_many([id, &item(id, 0), "nobody"]).consistent().exec(db).await),
            Self::Find => told(Person::find_by_email(&new_email(id)).exec(db).await),
            Self::FindConsistent => told(Person::find_by_email(&new_email(id)).consistent().exec(db).await),
            Self::Query => told(Line::query(id).range(1..).consistent().all(db).await),
            Self::Count => told(Line::query(id).range(1..).count(db).await),
            Self::Scan => told(Thing::scan().filter(Thing::ID.eq(id)).all(db).await),
            Self::ReadTogether => told(db.snapshot((Thing::get(id), Thing::get(&item(id, 0)))).await),
            Self::PutManyRecords => told(Thing::put_many(&things(id)).exec(db).await),
            Self::PutManyUnique => told(Person::put_many(&people(id)).exec(db).await),
            Self::DeleteManyRecords => told(Thing::delete_many((0..BATCH).map(|n| item(id, n))).exec(db).await),
        }
    }
}

/// From one record to another, with a third that is new and has a unique value.
async fn transfer(db: &Database, id: &str, amount: i64) -> Result<()> {
    db.transaction()
        .add(Thing::update(id).add(Thing::COUNT, -amount).only_if(Thing::COUNT.ge(amount)))
        .add(Thing::update(&item(id, 0)).add(Thing::COUNT, amount))
        .add(Person::create(&person(id, &new_email(id))))
        .commit()
        .await
}

async fn save(mut page: Page, db: &Database) -> Result<String> {
    Page::save(&mut page).exec(db).await.map(|()| format!("{page:?}"))
}

fn told<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<String> {
    result.map(|answer| format!("{answer:?}"))
}

fn things(id: &str) -> Vec<Thing> {
    (0..BATCH).map(|n| Thing { text: "second".into(), ..thing(&item(id, n)) }).collect()
}

fn people(id: &str) -> Vec<Person> {
    (0..BATCH).map(|n| person(&item(id, n), &format!("{n}.{}", new_email(id)))).collect()
}

fn lines(id: &str) -> Vec<Line> {
    (0..BATCH as u64).map(|n| Line { id: id.into(), n }).collect()
}

/// The key of one record of a batch.
pub fn item(id: &str, n: usize) -> String {
    format!("{id}-{n}")
}

/// The unique value that a record has before.
pub fn old_email(id: &str) -> String {
    format!("old.{id}@example.com")
}

/// The unique value that an operation writes.
pub fn new_email(id: &str) -> String {
    format!("new.{id}@example.com")
}
