use reposit::{Database, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, naming, refused, word};
use crate::page::Section;
use crate::side_by_side::{EACH, at_once};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "notes")]
struct Plain {
    #[hash_key]
    id: String,
    #[index]
    team: String,
    n: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "notes")]
struct NumberedKey {
    #[hash_key]
    id: i64,
    n: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "notes")]
struct OtherKey {
    #[hash_key]
    name: String,
    n: i64,
}

impl Plain {
    fn made(id: &str) -> Self {
        Self { id: id.into(), team: "t".into(), n: 1 }
    }
}

/// The old release at work: each of its records is written, counted and read.
async fn old_at_work(db: Database) {
    for at in 0..EACH {
        let id = format!("old-{at}");
        Plain::create(&Plain::made(&id)).exec(&db).await.expect("a create of the old release");
        Plain::update(&id).add(Plain::N, 1).exec(&db).await.expect("an update of the old release");
        let read = Plain::get(&id).exec(&db).await.expect("a get of the old release");
        assert_eq!(read, Some(Plain { n: 2, ..Plain::made(&id) }));
    }
}

/// Has the old release write while the new one is refused its `define` and every call, and tells what each came to.
macro_rules! refused_beside {
    ($db:expr, $told:expr, $new:ident, $names:literal, $key:ident in $keys:expr, $arg:expr, $record:expr) => {{
        let (db, told): (&Database, &mut Section) = ($db, $told);
        let before = seen!(db, Plain);
        let new = db.clone();
        let new = async move {
            let is = |call: &str, told: reposit::Result<()>| {
                let kind = told.map_err(|error| error.kind());
                assert_eq!(kind, Err(ErrorKind::SchemaMismatch), "{call} on {}", new.backend_name());
            };
            for $key in $keys {
                let (db, record) = (&new, $record);
                refused(db.define::<$new>().await, ErrorKind::SchemaMismatch, $names);
                is("get", $new::get($arg).exec(db).await.map(drop));
                is("put", $new::put(&record).exec(db).await);
                is("create", $new::create(&record).exec(db).await);
                is("update", $new::update($arg).add($new::N, 1).exec(db).await.map(drop));
                is("delete", $new::delete($arg).exec(db).await.map(drop));
                is("scan", $new::scan().all(db).await.map(drop));
                is("count", $new::scan().count(db).await.map(drop));
                is("transaction", db.transaction().add($new::put(&record)).commit().await.map(drop));
            }
        };
        at_once(old_at_work(db.clone()), new).await;
        assert_eq!(seen!(db, Plain) - before, EACH, "a record was lost, or one came of a refused call");
        for at in 0..EACH {
            let read = Plain::get(&format!("old-{at}")).exec(db).await.expect("a get").expect("a record");
            assert_eq!(read.n, 2, "a refused call changed a record");
        }
        told.tell("both at work: the new release", "`SchemaMismatch` for each call, and nothing is changed");
        told.tell("the old release meanwhile", "writes and reads as before");
    }};
}

pub(crate) async fn the_type_of_a_key_changes(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Plain>().await.expect("the old release");
    Plain::put(&Plain::made("1")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", naming(db.define::<NumberedKey>().await, "id"));
    told.tell("`get` all the same", word(NumberedKey::get(1).exec(db).await));
    told.tell("`put` all the same", word(NumberedKey::put(&NumberedKey { id: 2, n: 1 }).exec(db).await));
    told.tell("`scan` all the same", word(NumberedKey::scan().all(db).await));
    assert_eq!(seen!(db, Plain), 1);
    refused_beside!(db, &mut told, NumberedKey, "id", id in 0..EACH as i64, id, NumberedKey { id, n: 1 });
    told
}

pub(crate) async fn the_key_is_another_field(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Plain>().await.expect("the old release");
    Plain::put(&Plain::made("1")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", naming(db.define::<OtherKey>().await, "name"));
    told.tell("`get` all the same", word(OtherKey::get("1").exec(db).await));
    told.tell("`put` all the same", word(OtherKey::put(&OtherKey { name: "2".into(), n: 1 }).exec(db).await));
    told.tell("`scan` all the same", word(OtherKey::scan().all(db).await));
    assert_eq!(seen!(db, Plain), 1);
    // Names that are ids of the old release's records.
    let names = (0..EACH).map(|at| format!("old-{at}"));
    refused_beside!(db, &mut told, OtherKey, "name", name in names, &name, OtherKey { name: name.clone(), n: 1 });
    told
}
