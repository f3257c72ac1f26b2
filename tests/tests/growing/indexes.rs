use reposit::{Database, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, naming, refused, word};
use crate::page::Section;
use crate::side_by_side::{EACH, at_once};

/// A release of the model, with one attribute more or less on its field.
macro_rules! release {
    ($name:ident $(, $attribute:meta)?) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "users")]
        struct $name {
            #[hash_key]
            id: String,
            #[index]
            team: String,
            n: i64,
            $(#[$attribute])?
            email: String,
        }

        impl $name {
            fn made(id: &str) -> Self {
                Self { id: id.into(), team: "t".into(), n: 1, email: id.into() }
            }
        }
    };
}

release!(Bare);
release!(Indexed, index);
release!(Renamed, index(name = "by_mail"));
release!(Unique, index(unique));
release!(UniqueRenamed, index(unique, name = "by_mail"));

async fn two_with_one_email(db: &Database) {
    for id in ["a", "b"] {
        Bare::put(&Bare { email: "same".into(), ..Bare::made(id) }).exec(db).await.expect("a record");
    }
}

/// The line of a plan that says what of the store is none of the model's.
async fn unused<M: Repository>(db: &Database) -> String {
    let plan = db.plan::<M>().await.expect("a plan").remove(0);
    match plan.unused() {
        [] => "nothing unused".to_owned(),
        lines => format!("unused: {}", lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
    }
}

pub(crate) async fn an_index_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Bare>().await.expect("the old release");
    Bare::put(&Bare::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Indexed>().await));
    told.tell("a find of a record that was there: how many", word(Indexed::find_by_email("a").count(db).await));
    Bare::put(&Bare::made("b")).exec(db).await.expect("a put of the old release");
    told.tell("of one that the old release wrote since", word(Indexed::find_by_email("b").count(db).await));
    told.tell("`plan` by the old release", unused::<Bare>(db).await);
    told.tell("`define` by the old release", word(db.define::<Bare>().await));
    told.tell("both at work", beside!(db, put Bare: Bare::made, put Indexed: Indexed::made));
    assert_eq!(Indexed::find_by_email("old-3").count(db).await.expect("a count"), 1);
    told
}

pub(crate) async fn an_index_is_removed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Indexed>().await.expect("the old release");
    Indexed::put(&Indexed::made("a")).exec(db).await.expect("a record");
    told.tell("`plan` by the new release", unused::<Bare>(db).await);
    told.tell("`define` by the new release", word(db.define::<Bare>().await));
    Bare::update("a").set(Bare::EMAIL, "moved").exec(db).await.expect("an update of the new release");
    told.tell(
        "a find by the old release of what the new one moved",
        word(Indexed::find_by_email("moved").count(db).await),
    );
    told.tell("both at work", beside!(db, put Indexed: Indexed::made, put Bare: Bare::made));
    assert_eq!(Indexed::find_by_email("new-3").count(db).await.expect("a count"), 1);
    told
}

pub(crate) async fn an_index_is_renamed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Indexed>().await.expect("the old release");
    Indexed::put(&Indexed::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Renamed>().await));
    told.tell("a find by the new name", word(Renamed::find_by_mail("a").count(db).await));
    told.tell("a find by the old release", word(Indexed::find_by_email("a").count(db).await));
    told.tell("`define` by the old release", word(db.define::<Indexed>().await));
    told.tell("both at work", beside!(db, put Indexed: Indexed::made, put Renamed: Renamed::made));
    for id in ["old-3", "new-3"] {
        assert_eq!(Renamed::find_by_mail(id).count(db).await.expect("a count"), 1);
        assert_eq!(Indexed::find_by_email(id).count(db).await.expect("a count"), 1);
    }
    told
}

pub(crate) async fn an_index_is_made_unique(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Indexed>().await.expect("the old release");
    let message = db.define::<Unique>().await.map_err(|error| error.message().to_owned()).expect_err("a refusal");
    assert!(message.contains("by_email") && message.contains("another name"), "{message}");
    told.tell(
        "`define` by the new release",
        "`SchemaMismatch`, which says to drop the index first or to take another name",
    );
    told.tell("under another name: `define`", word(db.define::<UniqueRenamed>().await));
    UniqueRenamed::put(&UniqueRenamed::made("a")).exec(db).await.expect("a record");
    let clash = UniqueRenamed { email: "a".into(), ..UniqueRenamed::made("b") };
    told.tell("a value that is held", naming(UniqueRenamed::put(&clash).exec(db).await, "by_mail"));
    told.tell("the old release finds", word(Indexed::find_by_email("a").count(db).await));
    told.tell(
        "both at work, with different values",
        beside!(db, put Indexed: Indexed::made, put UniqueRenamed: UniqueRenamed::made),
    );
    db.repair::<UniqueRenamed>().await.expect("a repair");
    contested!(db, &mut told, knows: UniqueRenamed by "by_mail" find_by_mail, not: Indexed, refused: Unique);
    told
}

pub(crate) async fn a_unique_index_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Bare>().await.expect("the old release");
    two_with_one_email(db).await;
    told.tell(
        "`define` by the new release where records share a value",
        naming(db.define::<Unique>().await, "by_email"),
    );
    Bare::delete("b").exec(db).await.expect("a delete");
    told.tell("`define` where they do not", word(db.define::<Unique>().await));
    let clash = Unique { email: "same".into(), ..Unique::made("c") };
    told.tell("a value of a record that was there", naming(Unique::put(&clash).exec(db).await, "by_email"));
    told.tell("`define` by the old release", naming(db.define::<Bare>().await, "by_email"));
    told.tell(
        "a find of the record that was there",
        word(Unique::find_by_email("same").exec(db).await.map(|a| a.map(|a| a.id))).replace("Some(a)", "found"),
    );
    told.tell("both at work, with different values", beside!(db, put Bare: Bare::made, put Unique: Unique::made));
    told.tell("`define` once more by the new release", word(db.define::<Unique>().await));
    let broken = db.repair::<Unique>().await.expect("a repair");
    let left = db.verify::<Unique>().await.expect("a look");
    assert!(left.is_empty(), "{left:?} after {broken:?}");
    let clash = Unique { email: "old-3".into(), ..Unique::made("c") };
    told.tell(
        "after `repair`, a value that the old release wrote",
        naming(Unique::put(&clash).exec(db).await, "by_email"),
    );
    contested!(db, &mut told, knows: Unique by "by_email" find_by_email, not: Bare, refused: Bare);
    told
}

pub(crate) async fn a_unique_index_is_removed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Unique>().await.expect("the old release");
    Unique::put(&Unique::made("a")).exec(db).await.expect("a record");
    let message = db.define::<Bare>().await.map_err(|error| error.message().to_owned()).expect_err("a refusal");
    assert!(message.contains("by_email") && message.contains("drop it"), "{message}");
    told.tell("`define` by the new release", "`SchemaMismatch`, which says to drop the index first");
    told.tell("the old release holds its values", {
        let clash = Unique { email: "a".into(), ..Unique::made("b") };
        naming(Unique::put(&clash).exec(db).await, "by_email")
    });
    told.tell("both at work, with different values", beside!(db, put Unique: Unique::made, put Bare: Bare::made));
    db.repair::<Unique>().await.expect("a repair");
    contested!(db, &mut told, knows: Unique by "by_email" find_by_email, not: Bare, refused: Bare);
    told
}

pub(crate) async fn a_unique_index_is_renamed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Unique>().await.expect("the old release");
    Unique::put(&Unique::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<UniqueRenamed>().await));
    let id = |found: Option<UniqueRenamed>| found.map(|found| found.id);
    told.tell(
        "a find by the new name",
        word(UniqueRenamed::find_by_mail("a").exec(db).await.map(id)).replace("Some(a)", "found"),
    );
    let clash = UniqueRenamed { email: "a".into(), ..UniqueRenamed::made("b") };
    told.tell("a value that the old release holds", naming(UniqueRenamed::put(&clash).exec(db).await, "by_mail"));
    UniqueRenamed::put(&UniqueRenamed::made("c")).exec(db).await.expect("a record");
    let clash = Unique { email: "c".into(), ..Unique::made("d") };
    told.tell(
        "a value that the new release holds, to the old one",
        naming(Unique::put(&clash).exec(db).await, "by_email"),
    );
    told.tell("`define` by the old release", word(db.define::<Unique>().await));
    told.tell("both at work", beside!(db, put Unique: Unique::made, put UniqueRenamed: UniqueRenamed::made));
    assert!(db.verify::<Unique>().await.expect("a look").is_empty());
    assert!(db.verify::<UniqueRenamed>().await.expect("a look").is_empty());
    told
}

pub(crate) async fn an_index_is_unique_no_longer(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Unique>().await.expect("the old release");
    let message = db.define::<Indexed>().await.map_err(|error| error.message().to_owned()).expect_err("a refusal");
    assert!(message.contains("by_email") && message.contains("drop it"), "{message}");
    told.tell("`define` by the new release", "`SchemaMismatch`, which says to drop the index first");
    told.tell("under another name: `define`", naming(db.define::<Renamed>().await, "by_email"));
    unique_beside_not(db, &mut told).await;
    told
}

/// The old release works while the new one, whose `define` is refused, tries each call.
async fn unique_beside_not(db: &Database, told: &mut Section) {
    let by_guards = db.backend_name() == "dynamodb";
    let (of_old, of_new) = (db.clone(), db.clone());
    let old = async move {
        for at in 0..EACH {
            let made = Unique::made(&format!("old-{at}"));
            Unique::create(&made).exec(&of_old).await.expect("a create of the old release");
            Unique::update(&made.id).add(Unique::N, 1).exec(&of_old).await.expect("an update of the old release");
            let found = Unique::find_by_email(&made.email).exec(&of_old).await.expect("a find of the old release");
            assert_eq!(found, Some(Unique { n: 2, ..made }));
        }
    };
    let new = async move {
        let db = &of_new;
        for at in 0..EACH {
            let made = Indexed::made(&format!("new-{at}"));
            refused(db.define::<Indexed>().await, ErrorKind::SchemaMismatch, "by_email");
            let came = [
                Indexed::create(&made).exec(db).await,
                Indexed::update(&made.id).add(Indexed::N, 1).exec(db).await.map(drop),
                Indexed::get(&made.id).exec(db).await.map(drop),
                Indexed::scan().all(db).await.map(drop),
                Indexed::find_by_email(&made.email).count(db).await.map(drop),
                Indexed::put(&made).exec(db).await,
            ];
            for told in came {
                match by_guards {
                    true => told.expect("a call that no server refuses"),
                    false => refused(told, ErrorKind::SchemaMismatch, "by_email"),
                }
            }
        }
    };
    at_once(old, new).await;
    assert_eq!(seen!(db, Unique), if by_guards { 2 * EACH } else { EACH });
    if by_guards {
        db.repair::<Unique>().await.expect("a repair");
        // What came of it stands in the table of the index that is removed.
        let mut same = Section::default();
        contested!(db, &mut same, knows: Unique by "by_email" find_by_email, not: Indexed, refused: Indexed);
    }
    told.tell(
        "both at work: the new release",
        "`SchemaMismatch` for each call; on DynamoDB, which refuses none, as of a release without the unique index",
    );
    told.tell("the old release meanwhile", "writes and finds as before");
}
