//! Changes of what a request may or may not bring, and many values in whatever collection they come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use reposit::ErrorKind;

use super::Sparse;
use crate::models::{Address, Note, User, note, user};
use crate::test::{Test, kind};

cases!(
    what_is_not_there_is_not_set,
    an_option_is_set_or_removed,
    options_of_an_upsert,
    many_values_come_in_any_collection,
    many_values_of_every_type,
);

async fn what_is_not_there_is_not_set(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&Note { nickname: Some("x".into()), ..note("n") }).exec(db).await.unwrap();
    let (title, count, nickname) = (Some("new".to_owned()), None, None::<String>);
    let changed = Note::update("n")
        .set_if_some(Note::TITLE, title.as_deref())
        .set_if_some(Note::COUNT, count)
        .set_if_some(Note::NICKNAME, nickname.as_deref())
        .exec(db)
        .await
        .unwrap();
    assert_eq!(changed, Note { title: "new".into(), nickname: Some("x".into()), ..note("n") });
    // Nothing at all is an update without changes.
    let none = || Note::update("n").set_if_some(Note::COUNT, None);
    assert_eq!(none().exec(db).await.unwrap(), changed);
    assert_eq!(kind(none().only_if(Note::COUNT.eq(1)).exec(db).await), ErrorKind::ConditionFailed);
    assert_eq!(kind(Note::update("m").set_if_some(Note::COUNT, None).exec(db).await), ErrorKind::NotFound);
    // What is not set overlaps nothing.
    let twice = Note::update("n").set(Note::COUNT, 1).set_if_some(Note::COUNT, None).exec(db).await;
    assert_eq!(twice.unwrap().count, 1);
    let twice = Note::update("n").set(Note::COUNT, 1).set_if_some(Note::COUNT, Some(2)).exec(db).await;
    assert_eq!(kind(twice), ErrorKind::InvalidInput);
}

async fn an_option_is_set_or_removed(t: Test) {
    let db = t.with::<Note>().await;
    let address = Address { city: "Graz".into(), zip: Some("8010".into()), number: 1 };
    Note::create(&Note { address: Some(address.clone()), score: Some(7), ..note("n") }).exec(db).await.unwrap();
    let changed = Note::update("n")
        .set_option(Note::NICKNAME, Some("x"))
        .set_option(Note::SCORE, None)
        .set_option(Note::ADDRESS.at(Address::ZIP), None)
        .exec(db)
        .await
        .unwrap();
    let zipless = Address { zip: None, ..address };
    assert_eq!(changed, Note { nickname: Some("x".into()), address: Some(zipless), ..note("n") });
    assert_eq!(Note::scan().filter(Note::SCORE.missing()).count(db).await.unwrap(), 1);
    let all = Note::update("n").set_option(Note::NICKNAME, None).set_option(Note::ADDRESS, None).exec(db).await;
    assert_eq!(all.unwrap(), note("n"));
    // As a removal: nothing there is no error.
    let nowhere = Note::update("n").set_option(Note::ADDRESS.at(Address::ZIP), None).exec(db).await;
    assert_eq!(nowhere.unwrap(), note("n"));
    let no_way = Note::update("n").set_option(Note::ADDRESS.at(Address::ZIP), Some("1")).exec(db).await;
    assert_eq!(kind(no_way), ErrorKind::InvalidInput);
}

async fn options_of_an_upsert(t: Test) {
    let db = t.with::<Sparse>().await;
    let upsert = |byte: Option<u8>, long: Option<u64>| {
        let upsert = Sparse::upsert("1").default(Sparse::LISTS, &BTreeMap::new());
        upsert.set_option(Sparse::BYTE, byte).set_if_some(Sparse::LONG, long).exec(db)
    };
    let made = upsert(Some(1), Some(2)).await.unwrap();
    assert_eq!((made.byte, made.long), (Some(1), Some(2)));
    let changed = upsert(None, None).await.unwrap();
    assert_eq!((changed.byte, changed.long), (None, Some(2)));
    let removed = Sparse::upsert("1").default(Sparse::LISTS, &BTreeMap::new()).remove(Sparse::LONG).exec(db).await;
    assert_eq!(removed.unwrap().long, None);
    let new = Sparse::upsert("2").default(Sparse::LISTS, &BTreeMap::new()).remove(Sparse::LONG).exec(db).await;
    assert_eq!(new.unwrap().long, None);
    // With a unique index the record is read first.
    let db = t.with::<User>().await;
    let ada = user("u1", "core", 1);
    User::create(&ada).exec(db).await.unwrap();
    let upsert = User::upsert("u1")
        .set_if_some(User::EMAIL, Some("new@example.com"))
        .set_if_some(User::AGE, None)
        .set_option(User::NICKNAME, Some("a"))
        .default(User::TEAM, "t")
        .default(User::JOINED_AT, 0)
        .default(User::AGE, 0)
        .default(User::TAGS, &[])
        .exec(db)
        .await
        .unwrap();
    assert_eq!((upsert.email.as_str(), upsert.age, upsert.nickname.as_deref()), ("new@example.com", 36, Some("a")));
    assert_eq!(User::find_by_email("u1@example.com").consistent().exec(db).await.unwrap(), None);
    t.is_sound::<User>().await;
}

#[allow(clippy::needless_borrows_for_generic_args, reason = "whoever has a reference to an array gives that")]
async fn many_values_come_in_any_collection(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("n")).exec(db).await.unwrap();
    let owned = vec!["a".to_owned(), "b".to_owned()];
    let slice: &[String] = &owned;
    let set: BTreeSet<&str> = BTreeSet::from(["b", "a"]);
    let updates = [
        Note::update("n").append(Note::TAGS, owned.clone()),
        Note::update("n").append(Note::TAGS, &owned),
        Note::update("n").append(Note::TAGS, slice),
        Note::update("n").append(Note::TAGS, owned.iter()),
        Note::update("n").append(Note::TAGS, owned.iter().map(String::as_str)),
        Note::update("n").append(Note::TAGS, owned.iter().map(|tag| tag.to_lowercase())),
        Note::update("n").append(Note::TAGS, &["a", "b"]),
        Note::update("n").append(Note::TAGS, ["a".to_owned(), "b".to_owned()]),
        Note::update("n").append(Note::TAGS, "a b".split(' ')),
        Note::update("n").append(Note::TAGS, set),
        Note::update("n").append(Note::TAGS, VecDeque::from(owned.clone())),
    ];
    let mut expected: Vec<String> = Vec::new();
    for update in updates {
        expected.extend(owned.clone());
        assert_eq!(update.exec(db).await.unwrap().tags, expected);
    }
    let titles = vec!["x".to_owned(), "note n".to_owned()];
    for condition in [
        Note::TITLE.is_in(titles.clone()),
        Note::TITLE.is_in(&titles),
        Note::TITLE.is_in(titles.iter().map(String::as_str)),
        Note::ID.is_in(Some("n")),
    ] {
        assert_eq!(Note::scan().filter(condition).count(db).await.unwrap(), 1);
    }
    assert_eq!(Note::scan().filter(Note::NICKNAME.is_in(&titles)).count(db).await.unwrap(), 0);
    assert_eq!(Note::scan().filter(Note::TITLE.is_in(Vec::<String>::new())).count(db).await.unwrap(), 0);
    let ids = vec!["n".to_owned()];
    assert_eq!(Note::get_many(&ids).exec(db).await.unwrap().len(), 1);
    assert_eq!(Note::get_many(ids.clone()).exec(db).await.unwrap().len(), 1);
    Note::delete_many(ids.iter().map(String::as_str)).exec(db).await.unwrap();
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
}

#[allow(clippy::needless_borrows_for_generic_args, reason = "whoever has a reference to an array gives that")]
async fn many_values_of_every_type(t: Test) {
    let db = t.with::<Note>().await;
    let address = Address { city: "Graz".into(), zip: None, number: 1 };
    let labels = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let full = Note { score: Some(3), address: Some(address.clone()), labels: labels.clone(), ..note("n") };
    Note::create(&Note { tags: vec!["t".into()], data: vec![1, 2], ratio: 0.5, ..full }).exec(db).await.unwrap();
    let (counts, scores) = (vec![0, 1], vec![3, 4]);
    for condition in [
        Note::COUNT.is_in(counts.clone()),
        Note::COUNT.is_in(&counts),
        Note::SCORE.is_in(&scores),
        Note::SCORE.is_in(scores.iter().copied()),
        Note::RATIO.is_in(&[0.5]),
        Note::DONE.is_in(&[false]),
        Note::ADDRESS.is_in(&[address]),
        Note::LABELS.is_in([labels]),
        Note::TAGS.is_in([vec!["t".to_owned()]]),
        Note::TAGS.is_in(&[vec!["t".to_owned()]]),
        Note::DATA.is_in([[1_u8, 2].as_slice()]),
        Note::DATA.is_in([vec![1_u8, 2]]),
    ] {
        assert_eq!(Note::scan().filter(condition.clone()).count(db).await.unwrap(), 1, "{condition:?}");
    }
}
