//! Changes at the beginning of lists and at positions in them, and of entries of maps.

use std::collections::{BTreeMap, HashMap};

use reposit::{Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use super::Sparse;
use crate::models::{Note, note};
use crate::test::{Test, kind};

cases!(
    prepend_to_lists,
    items_are_taken_out_by_position,
    positions_are_those_before_the_update,
    a_position_that_is_missing_is_refused,
    lists_within_lists_and_structs,
    entries_are_removed_whatever_their_type,
    changes_of_lists_that_overlap_are_refused,
    an_upsert_prepends,
    an_upsert_takes_items_out_of_what_is_there,
);

fn tagged(tags: &[&str]) -> Note {
    Note { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..note("n") }
}

async fn prepend_to_lists(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    assert_eq!(Note::update("n").prepend(Note::TAGS, ["c"]).exec(db).await.unwrap().tags, ["c"]);
    let owned = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(Note::update("n").prepend(Note::TAGS, &owned).exec(db).await.unwrap().tags, ["a", "b", "c"]);
    assert_eq!(Note::update("n").prepend(Note::TAGS, [""; 0]).exec(db).await.unwrap().tags, ["a", "b", "c"]);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(tagged(&["a", "b", "c"])));
    // A list that is missing counts as empty.
    let db = t.with::<Sparse>().await;
    Sparse::create(&sparse()).exec(db).await.unwrap();
    let made = Sparse::update("1").prepend(Sparse::LIST, ["x"]).exec(db).await.unwrap();
    assert_eq!(made.list, Some(vec!["x".to_owned()]));
    let below = Sparse::update("1").prepend(Sparse::LISTS.entry("a"), [1]).append(Sparse::LISTS.entry("b"), [2]);
    let below = below.exec(db).await.unwrap().lists;
    assert_eq!(below, BTreeMap::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![2])]));
    assert_eq!(
        Sparse::update("1").prepend(Sparse::LISTS.entry("a"), [3, 4]).exec(db).await.unwrap().lists["a"],
        [3, 4, 1]
    );
}

fn sparse() -> Sparse {
    Sparse { id: "1".into(), byte: None, long: None, float: None, list: None, lists: BTreeMap::new() }
}

async fn items_are_taken_out_by_position(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&tagged(&["a", "b", "c", "b"])).exec(db).await.unwrap();
    let out = |at| Note::update("n").remove_at(Note::TAGS, at);
    assert_eq!(out(1).exec(db).await.unwrap().tags, ["a", "c", "b"]);
    assert_eq!(out(0).only_if(Note::TAGS.nth(0).eq("a")).exec(db).await.unwrap().tags, ["c", "b"]);
    assert_eq!(kind(out(0).only_if(Note::TAGS.nth(0).eq("a")).exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(out(1).exec(db).await.unwrap().tags, ["c"]);
    assert_eq!(out(0).exec(db).await.unwrap().tags, [""; 0]);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(note("n")));
    let found = Note::scan().filter(Note::TAGS.size().eq(0)).count(db).await.unwrap();
    assert_eq!(found, 1, "what is left is an empty list");
}

async fn positions_are_those_before_the_update(t: Test) {
    let db = t.with::<Note>().await;
    let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    Note::create(&tagged(&letters)).exec(db).await.unwrap();
    let changed = Note::update("n")
        .remove_at(Note::TAGS, 0)
        .remove_at(Note::TAGS, 10)
        .set(Note::TAGS.nth(3), "D")
        .remove_at(Note::TAGS, 2)
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed.tags, ["b", "D", "e", "f", "g", "h", "i", "j", "l"]);
}

async fn a_position_that_is_missing_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&tagged(&["a"])).exec(db).await.unwrap();
    for at in [1, 2, 1_000_000] {
        let refused = Note::update("n").set(Note::COUNT, 9).remove_at(Note::TAGS, at).exec(db).await;
        assert_eq!(kind(refused), ErrorKind::InvalidInput, "{at}");
    }
    let one_of_two = Note::update("n").remove_at(Note::TAGS, 0).remove_at(Note::TAGS, 1).exec(db).await;
    assert_eq!(kind(one_of_two), ErrorKind::InvalidInput);
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(tagged(&["a"])), "nothing was changed");
    let m = note("m");
    let transaction = db.transaction().add(Note::update("n").remove_at(Note::TAGS, 1)).add(Note::create(&m));
    let error = transaction.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::InvalidInput, Some(0)));
    assert_eq!(Note::get("m").exec(db).await.unwrap(), None);
    let db = t.with::<Sparse>().await;
    Sparse::create(&sparse()).exec(db).await.unwrap();
    let missing = Sparse::update("1").remove_at(Sparse::LIST, 0).exec(db).await;
    assert_eq!(kind(missing), ErrorKind::InvalidInput);
    let missing = Sparse::update("1").remove_at(Sparse::LISTS.entry("a"), 0).exec(db).await;
    assert_eq!(kind(missing), ErrorKind::InvalidInput);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Row {
    name: String,
    cells: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
struct Sheet {
    #[hash_key]
    id: String,
    rows: Vec<Row>,
    grid: Vec<Vec<i64>>,
    named: HashMap<String, Row>,
    counts: BTreeMap<String, u64>,
    #[serde(flatten)]
    extra: BTreeMap<String, i64>,
}

fn sheet() -> Sheet {
    let row = |name: &str| Row { name: name.into(), cells: vec![1, 2, 3] };
    Sheet {
        id: "1".into(),
        rows: vec![row("a"), row("b"), row("c")],
        grid: vec![vec![1, 2], vec![3, 4], vec![5, 6]],
        named: HashMap::from([("x".to_owned(), row("x")), ("y.$".to_owned(), row("y"))]),
        counts: BTreeMap::from([("n".to_owned(), 1), ("m".to_owned(), 2)]),
        extra: BTreeMap::from([("left".to_owned(), 1), ("right".to_owned(), 2)]),
    }
}

async fn lists_within_lists_and_structs(t: Test) {
    let db = t.with::<Sheet>().await;
    let mut sheet = sheet();
    Sheet::create(&sheet).exec(db).await.unwrap();
    let changed = Sheet::update("1")
        .remove_at(Sheet::ROWS, 0)
        .remove_at(Sheet::ROWS.nth(2).at(Row::CELLS), 1)
        .set(Sheet::ROWS.nth(2).at(Row::NAME), "C")
        .prepend(Sheet::ROWS.nth(1).at(Row::CELLS), [0])
        .remove_at(Sheet::GRID.nth(1), 0)
        .remove_at(Sheet::GRID, 0)
        .prepend(Sheet::GRID.nth(2), [4])
        .remove_at(Sheet::NAMED.entry("y.$").at(Row::CELLS), 2)
        .exec(db)
        .await
        .unwrap();
    sheet.rows = vec![Row { name: "b".into(), cells: vec![0, 1, 2, 3] }, Row { name: "C".into(), cells: vec![1, 3] }];
    sheet.grid = vec![vec![4], vec![4, 5, 6]];
    sheet.named.get_mut("y.$").unwrap().cells.pop();
    assert_eq!(changed, sheet);
    assert_eq!(Sheet::get("1").exec(db).await.unwrap(), Some(sheet));
}

async fn entries_are_removed_whatever_their_type(t: Test) {
    let db = t.with::<Sheet>().await;
    let mut sheet = sheet();
    Sheet::create(&sheet).exec(db).await.unwrap();
    let changed = Sheet::update("1")
        .remove(Sheet::NAMED.entry("y.$"))
        .remove(Sheet::COUNTS.entry("n"))
        .remove(Sheet::COUNTS.entry("nothing"))
        .remove(Sheet::EXTRA.entry("left"))
        .set_option(Sheet::COUNTS.entry("m"), None)
        .set_option(Sheet::COUNTS.entry("k"), Some(7))
        .exec(db)
        .await
        .unwrap();
    sheet.named.remove("y.$");
    sheet.counts = BTreeMap::from([("k".to_owned(), 7)]);
    sheet.extra.remove("left");
    assert_eq!(changed, sheet);
    assert_eq!(Sheet::scan().filter(Sheet::COUNTS.entry("n").missing()).count(db).await.unwrap(), 1);
    assert_eq!(Sheet::scan().filter(Sheet::COUNTS.eq(&sheet.counts)).count(db).await.unwrap(), 1);
    let key = Sheet::update("1").remove(Sheet::EXTRA.entry("id")).exec(db).await;
    assert_eq!(kind(key), ErrorKind::InvalidInput, "the key is no entry");
}

async fn changes_of_lists_that_overlap_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&tagged(&["a", "b"])).exec(db).await.unwrap();
    let out = || Note::update("n").remove_at(Note::TAGS, 0);
    for overlapping in [
        out().remove_at(Note::TAGS, 0),
        out().append(Note::TAGS, ["c"]),
        out().prepend(Note::TAGS, ["c"]),
        out().set(Note::TAGS.nth(0), "c"),
        out().set(Note::TAGS, &[]),
        Note::update("n").append(Note::TAGS, ["c"]).prepend(Note::TAGS, ["c"]),
    ] {
        assert_eq!(kind(overlapping.exec(db).await), ErrorKind::InvalidInput);
    }
    assert_eq!(Note::get("n").exec(db).await.unwrap(), Some(tagged(&["a", "b"])));
}

async fn an_upsert_prepends(t: Test) {
    let db = t.with::<Sparse>().await;
    let upsert = || Sparse::upsert("1").default(Sparse::LISTS, &BTreeMap::new()).prepend(Sparse::LIST, ["a", "b"]);
    let ab = ["a", "b"].map(str::to_owned).to_vec();
    assert_eq!(upsert().exec(db).await.unwrap().list, Some(ab.clone()));
    assert_eq!(upsert().exec(db).await.unwrap().list, Some([ab.clone(), ab].concat()));
    let entry = Sparse::upsert("1").default(Sparse::BYTE, 1).remove(Sparse::LISTS.entry("x"));
    assert_eq!(kind(entry.exec(db).await), ErrorKind::InvalidInput, "the new record would have no lists");
}

async fn an_upsert_takes_items_out_of_what_is_there(t: Test) {
    let db = t.with::<Sparse>().await;
    let none = BTreeMap::new();
    let out = || Sparse::upsert("1").remove_at(Sparse::LIST, 1).add(Sparse::LONG, 1).default(Sparse::LISTS, &none);
    // A new record has no list.
    assert_eq!(out().exec(db).await.unwrap(), Sparse { long: Some(1), ..sparse() });
    assert_eq!(kind(out().exec(db).await), ErrorKind::InvalidInput);
    let list = ["a", "b", "c"].map(str::to_owned).to_vec();
    Sparse::update("1").set(Sparse::LIST, &list).exec(db).await.unwrap();
    let left = out().exec(db).await.unwrap();
    assert_eq!((left.list, left.long), (Some(vec!["a".into(), "c".into()]), Some(2)));
    db.transaction().add(out()).commit().await.unwrap();
    assert_eq!(Sparse::get("1").consistent().exec(db).await.unwrap().unwrap().list, Some(vec!["a".into()]));
}
