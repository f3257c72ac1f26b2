//! The operations under test: what is there before, and what is asked for.

use reposit::{Database, Error, Result};

use crate::models::{Page, Person, Thing, page, person, thing};

/// How many records a batch is of.
pub(crate) const BATCH: usize = 5;

/// The write operations, each with the refusals that it can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
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
}

impl Operation {
    pub(crate) const ALL: [Self; 26] = [
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
        Self::Delete,
        Self::DeleteMissing,
        Self::DeleteUnique,
        Self::DeleteIf,
        Self::Transaction,
        Self::TransactionRefused,
        Self::PutManyRecords,
        Self::PutManyUnique,
        Self::DeleteManyRecords,
    ];

    pub(crate) const fn name(self) -> &'static str {
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
        }
    }

    /// Whether it is done item by item.
    pub(crate) const fn is_batch(self) -> bool {
        matches!(self, Self::PutManyRecords | Self::PutManyUnique | Self::DeleteManyRecords)
    }

    /// Stores what must be there before.
    pub(crate) async fn prepare(self, db: &Database, id: &str) -> Result<()> {
        match self {
            Self::Create | Self::CreateUnique | Self::SaveNew | Self::UpsertNew | Self::DeleteMissing => Ok(()),
            Self::CreateTaken => Person::create(&person(&item(id, 0), &new_email(id))).exec(db).await,
            Self::PutUnique | Self::UpdateUnique | Self::DeleteUnique => {
                Person::create(&person(id, &old_email(id))).exec(db).await
            }
            Self::PutManyUnique => Person::create(&person(&item(id, 1), &old_email(id))).exec(db).await,
            Self::PutManyRecords => Thing::create(&thing(&item(id, 1))).exec(db).await,
            Self::Save => Page::create(&page(id)).exec(db).await,
            Self::SaveStale => {
                Page::create(&page(id)).exec(db).await?;
                Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::DeleteManyRecords => Thing::put_many(&things(id)).exec(db).await,
            Self::Transaction | Self::TransactionRefused => {
                Thing::create(&thing(id)).exec(db).await?;
                Thing::create(&thing(&item(id, 0))).exec(db).await
            }
            _ => Thing::create(&thing(id)).exec(db).await,
        }
    }

    /// Another's write of what the operation wrote.
    pub(crate) async fn overtake(self, db: &Database, id: &str) -> Result<()> {
        match self {
            Self::SaveNew | Self::Save | Self::SaveStale => {
                Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::CreateUnique | Self::CreateTaken | Self::PutUnique | Self::UpdateUnique | Self::DeleteUnique => {
                Person::put(&person(id, &format!("another.{}", new_email(id)))).exec(db).await
            }
            Self::PutManyUnique => Person::put(&person(&item(id, 0), &old_email(id))).exec(db).await,
            _ => {
                let key = if self.is_batch() { item(id, 0) } else { id.to_owned() };
                Thing::put(&Thing { text: "another's".into(), count: 10, ..thing(&key) }).exec(db).await
            }
        }
    }

    /// Does it, and gives what it told as text.
    pub(crate) async fn run(self, db: &Database, id: &str) -> Result<String> {
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
            Self::UpdateIf => told(Thing::update(id).set(Thing::COUNT, 11).only_if(Thing::COUNT.eq(10)).exec(db).await),
            Self::UpdateIfFalse => {
                told(Thing::update(id).set(Thing::COUNT, 12).only_if(Thing::COUNT.eq(11)).exec(db).await)
            }
            Self::UpdateUnique => {
                told(Person::update(id).set(Person::EMAIL, &new_email(id)).add(Person::AGE, 1).exec(db).await)
            }
            Self::UpsertNew | Self::UpsertAdd => {
                let upsert = Thing::upsert(id).add(Thing::COUNT, 5).default(Thing::TEXT, "made");
                told(upsert.append(Thing::TAGS, ["b"]).exec(db).await)
            }
            Self::Delete | Self::DeleteMissing => told(Thing::delete(id).exec(db).await),
            Self::DeleteUnique => told(Person::delete(id).exec(db).await),
            Self::DeleteIf => told(Thing::delete(id).only_if(Thing::COUNT.eq(10)).exec(db).await),
            Self::Transaction => told(transfer(db, id, 10).await),
            Self::TransactionRefused => told(transfer(db, id, 11).await),
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

/// The key of one record of a batch.
pub(crate) fn item(id: &str, n: usize) -> String {
    format!("{id}-{n}")
}

pub(crate) fn old_email(id: &str) -> String {
    format!("old.{id}@example.com")
}

pub(crate) fn new_email(id: &str) -> String {
    format!("new.{id}@example.com")
}
