//! Operations of models that leave no stamps, on the tables of those that do.

use std::collections::BTreeSet;

use reposit::{Database, Repository, Result};
use serde::{Deserialize, Serialize};

use super::models::{BATCH, item, new_email, old_email};
use super::told::told;

/// [`Thing`](super::models::Thing) without stamps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "things", stamp = false)]
pub struct BareThing {
    #[hash_key]
    id: String,
    text: String,
    count: i64,
    tags: Vec<String>,
    roles: BTreeSet<String>,
}

fn thing(id: &str) -> BareThing {
    BareThing {
        id: id.into(),
        text: "first".into(),
        count: 10,
        tags: vec!["a".into()],
        roles: BTreeSet::from(["r".into()]),
    }
}

/// [`Person`](super::models::Person) without stamps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "people", stamp = false)]
pub struct BarePerson {
    #[hash_key]
    id: String,
    #[index(unique)]
    email: String,
    age: i64,
}

fn person(id: &str, email: &str) -> BarePerson {
    BarePerson { id: id.into(), email: email.into(), age: 30 }
}

/// [`Page`](super::models::Page) without stamps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages", stamp = false)]
pub struct BarePage {
    #[hash_key]
    id: String,
    text: String,
    #[version]
    revision: u64,
}

fn page(id: &str) -> BarePage {
    BarePage { id: id.into(), text: "first".into(), revision: 0 }
}

fn batch<T>(id: &str, make: impl Fn(&str) -> T) -> Vec<T> {
    (0..BATCH).map(|n| make(&item(id, n))).collect()
}

/// An operation of a model without stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says what each is")]
pub enum Unstamped {
    Create,
    CreateUnique,
    Put,
    PutUnique,
    SaveNew,
    Save,
    Replace,
    UpdateSet,
    UpdateAdd,
    UpdateUnique,
    UpdateVersion,
    UpsertAdd,
    Delete,
    Transaction,
    PutManyRecords,
    SaveManyRecords,
    DeleteManyRecords,
}

impl Unstamped {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 17] = [
        Self::Create,
        Self::CreateUnique,
        Self::Put,
        Self::PutUnique,
        Self::SaveNew,
        Self::Save,
        Self::Replace,
        Self::UpdateSet,
        Self::UpdateAdd,
        Self::UpdateUnique,
        Self::UpdateVersion,
        Self::UpsertAdd,
        Self::Delete,
        Self::Transaction,
        Self::PutManyRecords,
        Self::SaveManyRecords,
        Self::DeleteManyRecords,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create, no stamp",
            Self::CreateUnique => "create, unique, no stamp",
            Self::Put => "put, no stamp",
            Self::PutUnique => "put, unique, no stamp",
            Self::SaveNew => "save, new, no stamp",
            Self::Save => "save, no stamp",
            Self::Replace => "replace, no stamp",
            Self::UpdateSet => "update set, no stamp",
            Self::UpdateAdd => "update add, no stamp",
            Self::UpdateUnique => "update, unique, no stamp",
            Self::UpdateVersion => "update, version, no stamp",
            Self::UpsertAdd => "upsert add, no stamp",
            Self::Delete => "delete, no stamp",
            Self::Transaction => "transaction, no stamp",
            Self::PutManyRecords => "put_many, no stamp",
            Self::SaveManyRecords => "save_many, no stamp",
            Self::DeleteManyRecords => "delete_many, no stamp",
        }
    }

    /// Stores what must be there before.
    pub(super) async fn prepare(self, db: &Database, id: &str) -> Result<()> {
        match self {
            Self::Create | Self::CreateUnique | Self::SaveNew => Ok(()),
            Self::PutUnique | Self::UpdateUnique => BarePerson::create(&person(id, &old_email(id))).exec(db).await,
            Self::Save | Self::UpdateVersion => BarePage::create(&page(id)).exec(db).await,
            Self::Transaction => {
                BareThing::create(&thing(id)).exec(db).await?;
                BareThing::create(&thing(&item(id, 0))).exec(db).await
            }
            Self::PutManyRecords => BareThing::create(&thing(&item(id, 1))).exec(db).await,
            Self::SaveManyRecords => BarePage::create_many(&batch(id, page)).exec(db).await,
            Self::DeleteManyRecords => BareThing::put_many(&batch(id, thing)).exec(db).await,
            _ => BareThing::create(&thing(id)).exec(db).await,
        }
    }

    /// Another's write of what the operation wrote.
    pub(super) async fn overtake(self, db: &Database, id: &str) -> Result<()> {
        let of_many = matches!(self, Self::PutManyRecords | Self::SaveManyRecords | Self::DeleteManyRecords);
        let key = if of_many { item(id, 0) } else { id.to_owned() };
        match self {
            Self::CreateUnique | Self::PutUnique | Self::UpdateUnique => {
                BarePerson::put(&person(id, &format!("another.{}", new_email(id)))).exec(db).await
            }
            Self::SaveNew | Self::Save | Self::UpdateVersion | Self::SaveManyRecords => {
                BarePage::update(&key).set(BarePage::TEXT, "another's").exec(db).await.map(drop)
            }
            _ => BareThing::put(&BareThing { text: "another's".into(), ..thing(&key) }).exec(db).await,
        }
    }

    /// Does it, and gives what it told as text.
    pub(super) async fn run(self, db: &Database, id: &str) -> Result<String> {
        let second = |id: &str| BareThing { text: "second".into(), count: 20, ..thing(id) };
        match self {
            Self::Create => told(BareThing::create(&second(id)).exec(db).await),
            Self::CreateUnique => told(BarePerson::create(&person(id, &new_email(id))).exec(db).await),
            Self::Put => told(BareThing::put(&second(id)).exec(db).await),
            Self::PutUnique => told(BarePerson::put(&person(id, &new_email(id))).exec(db).await),
            Self::SaveNew => told(BarePage::save(&mut page(id)).exec(db).await),
            Self::Save => {
                let mut stored = BarePage { text: "second".into(), revision: 1, ..page(id) };
                told(BarePage::save(&mut stored).exec(db).await)
            }
            Self::Replace => told(BareThing::replace(&second(id)).exec(db).await),
            Self::UpdateSet => told(BareThing::update(id).set(BareThing::TEXT, "second").exec(db).await),
            Self::UpdateAdd => told(BareThing::update(id).add(BareThing::COUNT, 5).exec(db).await),
            Self::UpdateUnique => told(
                BarePerson::update(id).set(BarePerson::EMAIL, &new_email(id)).add(BarePerson::AGE, 1).exec(db).await,
            ),
            Self::UpdateVersion => told(BarePage::update(id).set(BarePage::TEXT, "second").version(1).exec(db).await),
            Self::UpsertAdd => {
                let upsert = BareThing::upsert(id).add(BareThing::COUNT, 5).default(BareThing::TEXT, "made");
                told(upsert.append(BareThing::TAGS, ["b"]).insert(BareThing::ROLES, ["s"]).exec(db).await)
            }
            Self::Delete => told(BareThing::delete(id).exec(db).await),
            Self::Transaction => {
                let less = BareThing::update(id).add(BareThing::COUNT, -10).only_if(BareThing::COUNT.ge(10));
                let more = BareThing::update(&item(id, 0)).add(BareThing::COUNT, 10);
                let person = person(id, &new_email(id));
                told(db.transaction().add(less).add(more).add(BarePerson::create(&person)).commit().await.map(drop))
            }
            Self::PutManyRecords => told(BareThing::put_many(&batch(id, second)).exec(db).await),
            Self::SaveManyRecords => {
                let stored = |id: &str| BarePage { text: "second".into(), revision: 1, ..page(id) };
                told(BarePage::save_many(&mut batch(id, stored)).exec(db).await)
            }
            Self::DeleteManyRecords => told(BareThing::delete_many((0..BATCH).map(|n| item(id, n))).exec(db).await),
        }
    }
}
