//! Texts: how they begin, what they contain, how long they are, and texts that look like something else.

use super::assert_all;
use crate::models::{Address, Note, note};
use crate::test::Test;

cases!(text_begins_and_contains, sizes, hostile_values_are_only_values, text_at_its_edges);

async fn text_begins_and_contains(t: Test) {
    let conditions = vec![
        (Note::TITLE.begins_with("note"), true),
        (Note::TITLE.begins_with("Note"), false),
        (Note::TITLE.begins_with(""), true),
        (Note::TITLE.contains("te n"), true),
        (Note::TITLE.contains("."), false),
        (Note::TITLE.contains(".*"), false),
        (Note::NICKNAME.contains("ë"), true),
        (Note::NICKNAME.begins_with("Zo"), true),
    ];
    assert_all(&t, conditions).await;
}

async fn sizes(t: Test) {
    let conditions = vec![
        (Note::TAGS.size().eq(2), true),
        (Note::TAGS.size().gt(2), false),
        (Note::TAGS.size().le(2), true),
        (Note::DATA.size().eq(3), true),
        (Note::LABELS.size().lt(2), true),
        (Note::LABELS.size().ne(1), false),
    ];
    assert_all(&t, conditions).await;
}

async fn hostile_values_are_only_values(t: Test) {
    let db = t.with::<Note>().await;
    for (n, value) in [
        "Smith, John",
        "' OR 1=1",
        "{\"$ne\": 1}",
        "$title",
        "#n0",
        ":v0",
        "\0",
        "a\0b",
        "\\",
        "^.*$",
        "%",
        "\u{10ffff}",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("h{n}");
        Note::create(&Note { title: value.into(), nickname: Some(value.into()), ..note(&id) }).exec(db).await.unwrap();
        for condition in [
            Note::TITLE.eq(value),
            Note::TITLE.begins_with(value),
            Note::TITLE.contains(value),
            Note::TITLE.is_in([value]),
            Note::NICKNAME.between(value, value),
        ] {
            let found = Note::scan().filter(condition.clone() & Note::ID.eq(&id)).all(db).await.unwrap();
            assert_eq!(found.len(), 1, "{condition:?}");
        }
        let changed = Note::update(&id).set(Note::NICKNAME, value).append(Note::TAGS, [value]).exec(db).await.unwrap();
        assert_eq!(changed.nickname.as_deref(), Some(value));
        assert_eq!(changed.tags, [value]);
    }
    assert_eq!(Note::scan().filter(Note::TITLE.eq("Smith")).count(db).await.unwrap(), 0);
}

async fn text_at_its_edges(t: Test) {
    let conditions = vec![
        (Note::TITLE.contains(""), true),
        (Note::TITLE.begins_with("note n"), true),
        (Note::TITLE.begins_with("note n and more"), false),
        (Note::NICKNAME.begins_with("Zoe"), false),
        (Note::NICKNAME.begins_with("Zoë"), true),
        (Note::NICKNAME.begins_with("Zo\u{308}"), false),
        (Note::NICKNAME.contains("\u{308}"), false),
        (Note::NICKNAME.eq("Zoe\u{308}"), false),
        (Note::NICKNAME.eq("ZOË"), false),
        (Note::NICKNAME.lt("Zoë\0"), true),
        (Note::NICKNAME.gt(""), true),
        (Note::NICKNAME.between("a", "Z"), false),
        (Note::ADDRESS.at(Address::ZIP).begins_with(""), false),
        (Note::ADDRESS.at(Address::ZIP).contains(""), false),
        (Note::TITLE.lt("\u{10ffff}"), true),
    ];
    assert_all(&t, conditions).await;
}
