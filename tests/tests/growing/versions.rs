use reposit::Repository;
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, word};
use crate::page::Section;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages")]
struct Plain {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    n: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "pages")]
struct Counted {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    n: i64,
    #[version]
    #[serde(default)]
    revision: u64,
}

fn plain(id: &str) -> Plain {
    Plain { id: id.into(), team: "t".into(), n: 1 }
}

fn counted(id: &str) -> Counted {
    Counted { id: id.into(), team: "t".into(), n: 1, revision: 0 }
}

pub(crate) async fn a_version_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Plain>().await.expect("the old release");
    for id in ["a", "b", "c", "d", "e", "f"] {
        Plain::put(&plain(id)).exec(db).await.expect("a record without a version");
    }
    told.tell("`define` by the new release", word(db.define::<Counted>().await));
    let revision = |record: Option<Counted>| record.map(|record| record.revision);
    let mut a = Counted::get("a").exec(db).await.expect("a get").expect("a record");
    told.tell("a record without a version is read with", format!("version {}", a.revision));
    a.n = 2;
    told.tell("`save` of it", word(Counted::save(&mut a).exec(db).await));
    told.tell("its version then", word(Counted::get("a").exec(db).await.map(|a| a.map_or(0, |a| a.revision))));
    let updated = Counted::update("b").add(Counted::N, 1).exec(db).await;
    told.tell("`update`: its version then", word(updated.map(|b| b.revision)));
    let upserted = Counted::upsert("c").set(Counted::TEAM, "t").add(Counted::N, 1).exec(db).await;
    told.tell("`upsert`: its version then", word(upserted.map(|c| c.revision)));
    let fresh = Counted::upsert("new").set(Counted::TEAM, "t").add(Counted::N, 1).exec(db).await;
    told.tell("`upsert` of one that is not there: its version", word(fresh.map(|c| c.revision)));
    told.tell("`.filter(REVISION.eq(1))` finds", word(count(db, Counted::REVISION.eq(1)).await));
    told.tell("`.filter(REVISION.missing())` finds", word(count(db, Counted::REVISION.missing()).await));
    let second = Counted::update("d").add(Counted::N, 1).only_if(Counted::REVISION.eq(2)).exec(db).await;
    told.tell("`update` with `.only_if(REVISION.eq(2))`", word(second));
    let first = Counted::update("d").add(Counted::N, 1).only_if(Counted::REVISION.eq(1)).exec(db).await;
    told.tell("`update` with `.only_if(REVISION.eq(1))`", word(first.map(|d| d.revision)).replace('2', "version 2"));
    told.tell("`delete` with `.version(2)`", word(Counted::delete("e").version(2).exec(db).await));
    told.tell("`delete` with `.version(1)`", word(Counted::delete("e").version(1).exec(db).await));
    let mut f = Counted::get("f").exec(db).await.expect("a get").expect("a record");
    let saved = db.transaction().add(Counted::save(&mut f)).commit().await;
    told.tell("`save` in a transaction: its version then", word(saved.map(|_| f.revision)));

    // The old release goes on writing, and knows of no version.
    Plain::put(&plain("a")).exec(db).await.expect("a put of the old release");
    told.tell("a `put` by the old release: the version then", word(Counted::get("a").exec(db).await.map(revision)));
    told.tell("`save` of what was read before it, at version 2", word(Counted::save(&mut a).exec(db).await));
    let mut first = Counted::get("a").exec(db).await.expect("a get").expect("a record");
    Plain::put(&plain("a")).exec(db).await.expect("a put of the old release");
    told.tell("`save` of what was read before it, at version 1", word(Counted::save(&mut first).exec(db).await));
    Plain::update("a").add(Plain::N, 1).exec(db).await.expect("an update of the old release");
    told.tell("an `update` by the old release: the version then", word(Counted::get("a").exec(db).await.map(revision)));
    told.tell("both at work", beside!(db, put Plain: plain, save Counted: counted));
    told
}

async fn count(db: &reposit::Database, filter: reposit::Condition<Counted>) -> reposit::Result<u64> {
    Counted::scan().filter(filter).count(db).await
}

pub(crate) async fn a_version_is_removed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Counted>().await.expect("the old release");
    Counted::create(&counted("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Plain>().await));
    let mut a = Counted::get("a").exec(db).await.expect("a get").expect("a record");
    Plain::update("a").add(Plain::N, 1).exec(db).await.expect("an update of the new release");
    told.tell(
        "`save` by the old release of what was read before an `update` by the new",
        word(Counted::save(&mut a).exec(db).await),
    );
    Plain::put(&plain("a")).exec(db).await.expect("a put of the new release");
    told.tell("the same before a `put` by the new", word(Counted::save(&mut a).exec(db).await));
    told.tell("both at work", beside!(db, save Counted: counted, put Plain: plain));
    told
}
