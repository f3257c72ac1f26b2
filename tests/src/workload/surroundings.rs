//! What is there before an operation, and what another writes meanwhile.

use reposit::{Database, Error, ErrorKind, Result};

use super::models::{
    Entry, Line, Page, Person, Thing, entries, item, lines, new_email, old_email, page, pages, people, person, thing,
    things,
};
use super::operations::Operation;

impl Operation {
    /// Stores what must be there before.
    pub async fn prepare(self, db: &Database, id: &str) -> Result<()> {
        if let Self::Unstamped(operation) = self {
            return operation.prepare(db, id).await;
        }
        match self.plain() {
            Self::Create | Self::CreateUnique | Self::SaveNew | Self::UpsertNew | Self::DeleteMissing => Ok(()),
            Self::CreateByToken | Self::CreateReturning | Self::Lock | Self::UpsertUnit => Ok(()),
            Self::CreateAuto | Self::CreateObjectId | Self::PutManyAuto => Ok(()),
            Self::LockGivenBack => match db.lock(id).try_acquire().await? {
                Some(lease) => lease.release().await.map(drop),
                None => Err(Error::new(ErrorKind::Backend, "the lock is another's")),
            },
            Self::Find | Self::FindConsistent => Person::create(&person(id, &new_email(id))).exec(db).await,
            Self::Query | Self::Count => Line::put_many(&lines(id)).exec(db).await,
            Self::DeleteAll | Self::DeleteAllIf | Self::UpdateAll => Entry::put_many(&entries(id)).exec(db).await,
            Self::DeleteManyUnique => Person::put_many(&people(id)).exec(db).await,
            Self::CreateTaken => Person::create(&person(&item(id, 0), &new_email(id))).exec(db).await,
            Self::PutUnique
            | Self::UpdateUnique
            | Self::DeleteUnique
            | Self::DeleteReturningUnique
            | Self::UpdatePreviousUnique => Person::create(&person(id, &old_email(id))).exec(db).await,
            Self::PutManyUnique => Person::create(&person(&item(id, 1), &old_email(id))).exec(db).await,
            Self::PutManyRecords => Thing::create(&thing(&item(id, 1))).exec(db).await,
            Self::Save | Self::UpdateVersioned | Self::DeleteVersion | Self::UpdateVersion => {
                Page::create(&page(id)).exec(db).await
            }
            Self::SaveStale | Self::UpdateVersionStale => {
                Page::create(&page(id)).exec(db).await?;
                Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::CreateManyRecords | Self::CreateManyUnique | Self::SaveManyNew => Ok(()),
            Self::SaveManyRecords => Page::create_many(&pages(id)).exec(db).await,
            Self::DeleteManyRecords => Thing::put_many(&things(id)).exec(db).await,
            Self::Transaction
            | Self::TransactionRefused
            | Self::TransactionTold
            | Self::GetMany
            | Self::ReadTogether => {
                Thing::create(&thing(id)).exec(db).await?;
                Thing::create(&thing(&item(id, 0))).exec(db).await
            }
            _ => Thing::create(&thing(id)).exec(db).await,
        }
    }

    /// Another's write of what the operation wrote.
    pub async fn overtake(self, db: &Database, id: &str) -> Result<()> {
        if let Self::Unstamped(operation) = self {
            return operation.overtake(db, id).await;
        }
        match self.plain() {
            // Who holds a lock is not overtaken, and a read changes nothing that could be.
            Self::Lock | Self::LockGivenBack => Err(Error::new(ErrorKind::Backend, "the lock is another's")),
            // Nobody else knows the key.
            Self::CreateAuto | Self::CreateObjectId | Self::PutManyAuto => {
                Err(Error::new(ErrorKind::Backend, "a key of its own"))
            }
            Self::SaveNew
            | Self::Save
            | Self::SaveStale
            | Self::CreateReturning
            | Self::UpdateVersioned
            | Self::UpdateVersion
            | Self::UpdateVersionStale => Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop),
            Self::DeleteVersion => match Page::get(id).consistent().exec(db).await? {
                Some(_) => Page::update(id).set(Page::TEXT, "another's").exec(db).await.map(drop),
                None => Page::create(&page(id)).exec(db).await,
            },
            // What stood in the way is gone: a refused request that comes late could go through.
            Self::CreateTaken => Person::delete(&item(id, 0)).exec(db).await.map(drop),
            Self::CreateExistingByToken => Thing::delete(id).exec(db).await.map(drop),
            Self::TransactionRefused => Thing::put(&Thing { count: 20, ..thing(id) }).exec(db).await,
            Self::CreateUnique
            | Self::PutUnique
            | Self::UpdateUnique
            | Self::DeleteUnique
            | Self::DeleteReturningUnique
            | Self::UpdatePreviousUnique => {
                Person::put(&person(id, &format!("another.{}", new_email(id)))).exec(db).await
            }
            Self::SaveManyNew | Self::SaveManyRecords => {
                Page::update(&item(id, 0)).set(Page::TEXT, "another's").exec(db).await.map(drop)
            }
            Self::PutManyUnique | Self::CreateManyUnique | Self::DeleteManyUnique => {
                Person::put(&person(&item(id, 0), &old_email(id))).exec(db).await
            }
            Self::DeleteAll | Self::DeleteAllIf | Self::UpdateAll => {
                Entry::put(&Entry { id: id.into(), n: 0, count: 99 }).exec(db).await
            }
            _ => {
                let key = if self.is_batch() { item(id, 0) } else { id.to_owned() };
                Thing::put(&Thing { text: "another's".into(), count: 10, ..thing(&key) }).exec(db).await
            }
        }
    }
}
