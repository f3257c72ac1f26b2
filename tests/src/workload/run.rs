//! What each operation does.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use reposit::{Database, Error, ErrorKind, Result};

use super::models::{
    BATCH, Entry, Letter, Line, Page, Person, Post, Thing, ThingPart, item, letter, new_email, page, pages, people,
    person, post, posts, thing, things,
};
use super::operations::Operation;
use super::told::told;

impl Operation {
    /// Does it, and gives what it told as text.
    pub async fn run(self, db: &Database, id: &str) -> Result<String> {
        match self {
            Self::Unstamped(operation) => operation.run(db, id).await,
            _ => self.plain().run_plain(db, id).await,
        }
    }

    async fn run_plain(self, db: &Database, id: &str) -> Result<String> {
        let new = Thing { text: "second".into(), count: 20, ..thing(id) };
        match self {
            Self::Create | Self::CreateExisting => told(Thing::create(&new).exec(db).await),
            Self::CreateAuto => {
                // Its key is another each time.
                let created = Post::create(&post(id, id)).exec_returning(db).await;
                told(created.map(|post| Post { key: post.key.len().to_string(), ..post }))
            }
            Self::CreateObjectId => {
                let created = Letter::create(&letter(id)).exec_returning(db).await;
                told(created.map(|letter| Letter { id: ObjectId::from_bytes([0; 12]), ..letter }))
            }
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
            Self::DeleteReturning => told(Thing::delete(id).exec_returning(db).await),
            Self::DeleteReturningUnique => told(Person::delete(id).exec_returning(db).await),
            Self::UpdatePrevious => told(Thing::update(id).add(Thing::COUNT, 5).exec_previous(db).await),
            Self::UpdatePreviousUnique => {
                told(Person::update(id).set(Person::EMAIL, &new_email(id)).add(Person::AGE, 1).exec_previous(db).await)
            }
            Self::UpdateUnit => told(Thing::update(id).add(Thing::COUNT, 5).exec_unit(db).await),
            Self::UpsertUnit => {
                let upsert = Thing::upsert(id).add(Thing::COUNT, 5).default(Thing::TEXT, "made");
                told(upsert.append(Thing::TAGS, ["b"]).exec_unit(db).await)
            }
            Self::PutIf => told(Thing::put(&new).only_if(Thing::COUNT.eq(10)).exec(db).await),
            Self::PutKeeping => {
                let part = ThingPart { id: id.into(), text: "second".into(), count: 20 };
                told(ThingPart::put(&part).exec(db).await)
            }
            Self::PutIfFalse => told(Thing::put(&new).only_if(Thing::COUNT.eq(11)).exec(db).await),
            Self::Replace => told(Thing::replace(&new).exec(db).await),
            Self::UpsertIf => {
                let upsert = Thing::upsert(id).add(Thing::COUNT, 5).default(Thing::TEXT, "made");
                told(upsert.append(Thing::TAGS, ["b"]).only_if(Thing::COUNT.eq(10)).exec(db).await)
            }
            Self::UpdateVersion | Self::UpdateVersionStale => {
                told(Page::update(id).set(Page::TEXT, "second").version(1).exec(db).await)
            }
            Self::TransactionTold => {
                let person = person(id, &new_email(id));
                let mut together = db.transaction();
                let less = together.add_returning(Thing::update(id).add(Thing::COUNT, -10));
                let gone = together.add_returning(Thing::delete(&item(id, 0)));
                let made = together.add_returning(Person::create(&person));
                let results = together.commit().await?;
                told(Ok((results.get(less)?, results.get(gone)?, results.get(made)?)))
            }
            Self::UpdateVersioned => told(Page::update(id).set(Page::TEXT, "second").exec(db).await),
            Self::DeleteVersion => told(Page::delete(id).version(1_u64).exec(db).await),
            Self::DeleteManyUnique => told(Person::delete_many((0..BATCH).map(|n| item(id, n))).exec(db).await),
            Self::DeleteAll => told(Entry::query(id).delete_all(db).await),
            Self::DeleteAllIf => told(Entry::query(id).filter(Entry::COUNT.eq(10)).delete_all(db).await),
            Self::UpdateAll => {
                let found = Entry::query(id).filter(Entry::COUNT.ne(99));
                told(found.update_all(db, |entry| entry.add(Entry::COUNT, 5)).await)
            }
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
            Self::PutManyAuto => told(Post::put_many(&posts(id)).exec(db).await),
            Self::PutManyUnique => told(Person::put_many(&people(id)).exec(db).await),
            Self::CreateManyRecords => told(Thing::create_many(&things(id)).exec(db).await),
            Self::CreateManyUnique => told(Person::create_many(&people(id)).exec(db).await),
            Self::SaveManyNew => save_many(pages(id), db).await,
            Self::SaveManyRecords => {
                let stored = |page| Page { text: "second".into(), revision: 1, ..page };
                save_many(pages(id).into_iter().map(stored).collect(), db).await
            }
            Self::DeleteManyRecords => told(Thing::delete_many((0..BATCH).map(|n| item(id, n))).exec(db).await),
            Self::Unstamped(_) | Self::Resent(_) => {
                Err(Error::new(ErrorKind::InvalidInput, "it is no plain operation"))
            }
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
        .map(drop)
}

async fn save(mut page: Page, db: &Database) -> Result<String> {
    Page::save(&mut page).exec(db).await.map(|()| format!("{page:?}"))
}

/// With what the records show of it.
async fn save_many(mut pages: Vec<Page>, db: &Database) -> Result<String> {
    let before = pages.clone();
    let result = Page::save_many(&mut pages).exec(db).await;
    for (at, (page, before)) in pages.iter().zip(before).enumerate() {
        let failed = result.as_ref().is_err_and(|error| {
            error.failures().is_empty() || error.failures().iter().any(|failure| failure.position == at)
        });
        assert_eq!(page.revision, before.revision + u64::from(!failed), "record {at} after {result:?}");
    }
    result.map(|()| format!("{pages:?}"))
}
