use reposit::{Database, Repository};
use serde::{Deserialize, Serialize};

use crate::fixture::{Fixture, naming, read, unread, word};
use crate::page::Section;

/// A release of the model: its key, its index, a number, and what else it has.
macro_rules! release {
    ($name:ident { $($field:tt)* } $made:expr) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "notes")]
        struct $name {
            #[hash_key]
            id: String,
            #[index]
            team: String,
            n: i64,
            $($field)*
        }

        impl $name {
            #[allow(dead_code, reason = "a release that only reads what is there")]
            fn made(id: &str) -> Self {
                let made: fn(&str, String, i64) -> Self = $made;
                made(id, "t".into(), 1)
            }
        }
    };
}

release!(Plain {} | id, team, n | Plain { id: id.into(), team, n });
release!(
    Defaulted {
        #[serde(default)]
        text: String
    } | id,
    team,
    n | Defaulted { id: id.into(), team, n, text: "x".into() }
);
release!(Needed { text: String } | id, team, n | Needed { id: id.into(), team, n, text: "x".into() });
release!(Optional { text: Option<String> } |id, team, n| Optional { id: id.into(), team, n, text: Some("x".into()) });
release!(
    Aliased {
        #[serde(alias = "text")]
        body: String
    } | id,
    team,
    n | Aliased { id: id.into(), team, n, body: "x".into() }
);
release!(Renamed { body: String } | id, team, n | Renamed { id: id.into(), team, n, body: "x".into() });
release!(Listed { #[serde(alias = "texts")] bodies: Vec<String> } |id, team, n| Listed { id: id.into(), team, n, bodies: vec!["x".into()] });
release!(ListedBefore { texts: Vec<String> } |id, team, n| ListedBefore { id: id.into(), team, n, texts: vec!["x".into()] });
release!(Number { text: i64 } | id, team, n | Number { id: id.into(), team, n, text: 7 });

pub(crate) async fn a_field_with_a_default_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Plain>().await.expect("the old release");
    Plain::put(&Plain::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Defaulted>().await));
    let text = |record: Option<Defaulted>| record.map(|record| record.text);
    let read = Defaulted::get("a").exec(db).await.map(text);
    told.tell("a record without it is read with", word(read).replace("Some()", "the default"));
    let found = Defaulted::scan().filter(Defaulted::TEXT.eq("")).count(db).await;
    told.tell("`.eq` with the default finds, of one record", word(found));
    told.tell("`.missing()` finds", word(Defaulted::scan().filter(Defaulted::TEXT.missing()).count(db).await));
    told.tell(
        "`update` of it",
        word(Defaulted::update("a").set(Defaulted::TEXT, "y").exec(db).await.map(|a| a.text)).replace('y', "done"),
    );
    told.tell(
        "an `update` by the old release keeps it",
        word(Plain::update("a").add(Plain::N, 1).exec(db).await.map(drop)),
    );
    assert_eq!(Defaulted::get("a").exec(db).await.map(text).expect("a get").as_deref(), Some("y"));
    Plain::put(&Plain::made("a")).exec(db).await.expect("a put of the old release");
    let lost = Defaulted::get("a").exec(db).await.map(text);
    told.tell("after a `put` by the old release it is", word(lost).replace("Some()", "the default again"));
    told.tell("both at work", beside!(db, put Plain: Plain::made, put Defaulted: Defaulted::made));
    told
}

pub(crate) async fn a_field_without_a_default_is_added(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Plain>().await.expect("the old release");
    Plain::put(&Plain::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Needed>().await));
    told.tell("`get` of a record without it", naming(Needed::get("a").exec(db).await, "text"));
    told.tell("`scan`, and a query that meets it", naming(Needed::scan().all(db).await, "text"));
    assert!(Needed::find_by_team("t").all(db).await.is_err());
    told.tell("`.missing()` counts", word(Needed::scan().filter(Needed::TEXT.missing()).count(db).await));
    let updated = Needed::update("a").set(Needed::TEXT, "y").exec(db).await;
    told.tell("`update` that sets it", word(updated.map(|a| a.text)).replace('y', "done, and it can be read"));
    told.tell(
        "the old release reads it",
        word(Plain::get("a").exec(db).await.map(|a| a.map(|a| a.n))).replace("Some(1)", "as before"),
    );
    Plain::delete("a").exec(db).await.expect("a delete");
    told.tell(
        "with an `Option` in place of it, both at work",
        beside!(db, put Plain: Plain::made, put Optional: Optional::made),
    );
    told
}

pub(crate) async fn a_field_is_removed(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Needed>().await.expect("the old release");
    Needed::put(&Needed::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Plain>().await));
    told.tell(
        "a record that has it is read",
        word(Plain::get("a").exec(db).await.map(|a| a.map(|a| a.n))).replace("Some(1)", "without it"),
    );
    Plain::update("a").add(Plain::N, 1).exec(db).await.expect("an update of the new release");
    told.tell(
        "after an `update` by the new release the old one reads",
        word(Needed::get("a").exec(db).await.map(|a| a.map(|a| a.text))).replace("Some(x)", "it, as it was"),
    );
    Plain::put(&Plain::made("a")).exec(db).await.expect("a put of the new release");
    told.tell("after a `put` by the new release the old one reads", naming(Needed::get("a").exec(db).await, "text"));
    Plain::delete("a").exec(db).await.expect("a delete");
    told.tell(
        "where it was an `Option`, both at work",
        beside!(db, put Optional: Optional::made, put Plain: Plain::made),
    );
    told
}

pub(crate) async fn a_field_is_renamed_with_an_alias(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Needed>().await.expect("the old release");
    for id in ["a", "b", "c", "d"] {
        Needed::put(&Needed::made(id)).exec(db).await.expect("a record");
    }
    told.tell("`define` by the new release", word(db.define::<Aliased>().await));
    let body = |record: Option<Aliased>| record.map(|record| record.body);
    told.tell(
        "a record under the old name is read",
        word(Aliased::get("a").exec(db).await.map(body)).replace("Some(x)", "as the field"),
    );
    for (what, filter, finds) in [
        ("eq", Aliased::BODY.eq("x"), 4),
        ("ne", Aliased::BODY.ne("x"), 0),
        ("exists", Aliased::BODY.exists(), 4),
        ("missing", Aliased::BODY.missing(), 0),
        ("begins with", Aliased::BODY.begins_with("x"), 4),
        ("contains", Aliased::BODY.contains("x"), 4),
        ("in", Aliased::BODY.is_in(["y", "x"]), 4),
        ("not in", Aliased::BODY.is_in(["y", "x"]).not(), 0),
        ("greater", Aliased::BODY.gt("w"), 4),
    ] {
        assert_eq!(Aliased::scan().filter(filter.clone()).count(db).await.expect("a count"), finds, "scan, {what}");
        assert_eq!(Aliased::find_by_team("t").filter(filter).count(db).await.expect("a count"), finds, "query, {what}");
    }
    told.tell("filters and conditions on the field", "hold of it under the old name too");
    let updated = Aliased::update("a").set(Aliased::BODY, "y").only_if(Aliased::BODY.eq("x")).exec(db).await;
    told.tell("`update` with a condition", word(updated.map(|a| a.body)).replace('y', "done"));
    told.tell(
        "the record then",
        word(Aliased::get("a").exec(db).await.map(body)).replace("Some(y)", "has it under the new name alone"),
    );
    told.tell("`get` of it by the old release", naming(Needed::get("a").exec(db).await, "text"));
    Aliased::update("b").add(Aliased::N, 1).exec(db).await.expect("an update of another field");
    told.tell(
        "`update` of another field: `get` by the old release",
        word(Needed::get("b").exec(db).await.map(|b| b.map(|b| b.text))).replace("Some(x)", "reads it still"),
    );
    let upsert =
        Aliased::upsert("c").set(Aliased::TEAM, "t").add(Aliased::N, 1).default(Aliased::BODY, "z").exec(db).await;
    told.tell(
        "`upsert` with a `.default` for it",
        word(upsert.map(|c| c.body)).replace('x', "keeps what is under the old name"),
    );
    Aliased::put(&Aliased { body: "put".into(), ..Aliased::made("d") }).exec(db).await.expect("a put");
    assert_eq!(Aliased::get("d").exec(db).await.map(body).expect("a get").as_deref(), Some("put"));
    Needed::put(&Needed::made("d")).exec(db).await.expect("a put of the old release");
    assert_eq!(Aliased::get("d").exec(db).await.map(body).expect("a get").as_deref(), Some("x"));
    Aliased::update("d").set(Aliased::BODY, "new").exec(db).await.expect("an update");
    Needed::update("d").set(Needed::TEXT, "old").exec(db).await.map(drop).expect("an update of the old release");
    told.tell(
        "where a record has both names, the new release reads",
        word(Aliased::get("d").exec(db).await.map(body)).replace("Some(new)", "the new one"),
    );
    told.tell(
        "and finds",
        word(Aliased::scan().filter(Aliased::BODY.eq("old")).count(db).await).replace('0', "the new one alone"),
    );
    lists(db, &mut told).await;
    for id in ["a", "b", "c", "d"] {
        Aliased::delete(id).exec(db).await.expect("a delete");
    }
    apart!(db, Needed: unread("text"), Aliased: read());
    told.tell(
        "both at work",
        "the new release reads and counts all; the old one is told `Codec` naming `text` of what the new one wrote, \
         and what it counts there is counted",
    );
    for note in Plain::scan().all(db).await.expect("a scan") {
        Plain::delete(&note.id).exec(db).await.expect("a delete");
    }
    told.tell(
        "with the old name kept by `serde(rename)`, both at work",
        beside!(db, put Needed: Needed::made, put Kept: Kept::made),
    );
    told
}

release!(
    Kept {
        #[serde(rename = "text")]
        body: String
    } | id,
    team,
    n | Kept { id: id.into(), team, n, body: "x".into() }
);

/// What starts from the value that is there starts from that under the old name.
async fn lists(db: &Database, told: &mut Section) {
    ListedBefore::put(&ListedBefore::made("list")).exec(db).await.expect("a record");
    assert_eq!(Listed::scan().filter(Listed::BODIES.size().eq(1)).count(db).await.expect("a count"), 1);
    assert_eq!(Listed::scan().filter(Listed::BODIES.contains("x")).count(db).await.expect("a count"), 1);
    let appended = Listed::update("list").append(Listed::BODIES, ["y"]).exec(db).await;
    told.tell(
        "`.append` to a list under the old name",
        word(appended.map(|list| list.bodies)).replace("[x, y]", "adds to what is there"),
    );
    Listed::delete("list").exec(db).await.expect("a delete");
}

pub(crate) async fn a_field_is_renamed_without_one(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Needed>().await.expect("the old release");
    Needed::put(&Needed::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release", word(db.define::<Renamed>().await));
    told.tell("`get`", naming(Renamed::get("a").exec(db).await, "body"));
    told.tell("`scan`", naming(Renamed::scan().all(db).await, "body"));
    told.tell("`.eq` finds, of one record", word(Renamed::scan().filter(Renamed::BODY.eq("x")).count(db).await));
    told.tell("the old name", "is another field: what it had stays in the record until a `put`");
    let updated = Renamed::update("a").set(Renamed::BODY, "y").exec(db).await;
    told.tell(
        "`update` that sets it",
        word(updated.map(|a| a.body)).replace('y', "done, and both releases can read it"),
    );
    assert!(Needed::get("a").exec(db).await.expect("a get").is_some_and(|a| a.text == "x"));
    apart!(db, Needed: unread("text"), Renamed: unread("body"));
    told.tell(
        "both at work",
        "each reads its own, and is told `Codec` naming its field of the other's: of `get`, and of an `update` of another \
         field, which is done",
    );
    told
}

pub(crate) async fn the_type_of_a_field_changes(fixture: Fixture) -> Section {
    let (db, mut told) = (&fixture.db, Section::default());
    db.define::<Needed>().await.expect("the old release");
    Needed::put(&Needed::made("a")).exec(db).await.expect("a record");
    told.tell("`define` by the new release, of a number for a text", word(db.define::<Number>().await));
    told.tell("`get`", naming(Number::get("a").exec(db).await, "text"));
    told.tell("`scan`", naming(Number::scan().all(db).await, "text"));
    told.tell("`.ge(0)` finds, of one record", word(Number::scan().filter(Number::TEXT.ge(0)).count(db).await));
    told.tell("`.add` to it", naming(Number::update("a").add(Number::TEXT, 1).exec(db).await, "text"));
    told.tell("`.set` of it", word(Number::update("a").set(Number::TEXT, 7).exec(db).await.map(drop)));
    told.tell("`get` by the old release then", naming(Needed::get("a").exec(db).await, "text"));
    apart!(db, Needed: unread("text"), Number: unread("text"));
    told.tell(
        "both at work",
        "each reads its own, and is told `Codec` naming `text` of the other's: of `get`, and of an `update` of another \
         field, which is done",
    );
    told
}
