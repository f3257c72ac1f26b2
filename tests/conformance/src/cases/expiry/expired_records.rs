//! What has expired: on every path it is as if it were not there.

use reposit::{ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::Capability;
use crate::models::{Seat, Token, seat, token};
use crate::test::{START, Test, kind};

cases!(
    no_read_shows_what_has_expired,
    an_upsert_makes_the_record_anew,
    transactions_pass_over_what_has_expired,
    batches_pass_over_what_has_expired,
    instants_at_the_ends_of_time,
);

const LATER: i64 = START + 1000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "visits")]
struct Visit {
    #[hash_key]
    house: String,
    #[range_key]
    number: u32,
    #[index(range = "number")]
    guest: String,
    #[index(local)]
    room: u32,
    hits: u64,
    note: Option<String>,
    #[ttl]
    until: i64,
}

fn visit(number: u32, until: i64) -> Visit {
    Visit { house: "h".into(), number, guest: "g".into(), room: number, hits: 5, note: Some("old".into()), until }
}

async fn no_read_shows_what_has_expired(t: Test) {
    let db = t.with::<Visit>().await;
    for number in 0..10 {
        // Every second one expires.
        Visit::create(&visit(number, if number % 2 == 0 { START + 10 } else { LATER })).exec(db).await.unwrap();
    }
    t.advance(10);
    let odd = |visits: Vec<Visit>| visits.iter().map(|visit| visit.number).collect::<Vec<_>>() == [1, 3, 5, 7, 9];
    assert!(odd(Visit::query("h").all(db).await.unwrap()));
    assert!(odd(Visit::query("h").consistent().all(db).await.unwrap()));
    assert!(odd(Visit::find_by_guest("g").all(db).await.unwrap()));
    assert!(odd(Visit::find_by_room("h").all(db).await.unwrap()));
    assert_eq!(Visit::query("h").count(db).await.unwrap(), 5);
    assert_eq!(Visit::query("h").range(..=4).count(db).await.unwrap(), 2);
    assert_eq!(Visit::find_by_guest("g").count(db).await.unwrap(), 5);
    assert_eq!(Visit::query("h").filter(Visit::NUMBER.lt(4)).count(db).await.unwrap(), 2);
    assert_eq!(Visit::query("h").first(db).await.unwrap().map(|visit| visit.number), Some(1));
    assert_eq!(Visit::query("h").descending().range(..=8).first(db).await.unwrap().map(|v| v.number), Some(7));
    let page = Visit::query("h").limit(3).exec(db).await.unwrap();
    assert_eq!(page.items.iter().map(|visit| visit.number).collect::<Vec<_>>(), [1, 3, 5]);
    let rest = Visit::query("h").limit(3).after(page.next.unwrap()).exec(db).await.unwrap();
    assert_eq!((rest.items.len(), rest.next.is_none()), (2, true));
    assert_eq!(Visit::scan().segments(3).all(db).await.unwrap().len(), 5);
    if t.can(Capability::Snapshot) {
        let both = db.snapshot((Visit::get("h", 0), Visit::get("h", 1))).await.unwrap();
        assert_eq!((both.0, both.1.map(|visit| visit.number)), (None, Some(1)));
    }
    let many = Visit::get_many([("h", 2), ("h", 3), ("h", 2)]).exec(db).await.unwrap();
    assert_eq!(many.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
}

async fn an_upsert_makes_the_record_anew(t: Test) {
    let db = t.with::<Visit>().await;
    Visit::create(&visit(1, START + 10)).exec(db).await.unwrap();
    let arrive = |until| {
        Visit::upsert("h", 1)
            .set(Visit::UNTIL, until)
            .default(Visit::GUEST, "new")
            .default(Visit::ROOM, 0)
            .add(Visit::HITS, 1)
    };
    let kept = arrive(START + 20).exec(db).await.unwrap();
    assert_eq!((kept.hits, kept.guest.as_str(), kept.note.as_deref()), (6, "g", Some("old")));
    t.advance(20);
    let fresh = arrive(LATER).exec(db).await.unwrap();
    assert_eq!((fresh.hits, fresh.guest.as_str(), fresh.note.as_deref()), (1, "new", None));
    assert_eq!(Visit::get("h", 1).exec(db).await.unwrap(), Some(fresh));
    t.advance(1000);
    db.transaction().add(arrive(LATER + 1000)).commit().await.unwrap();
    assert_eq!(Visit::get("h", 1).exec(db).await.unwrap().map(|visit| visit.hits), Some(1));
}

async fn transactions_pass_over_what_has_expired(t: Test) {
    t.with::<Visit>().await;
    let db = t.with::<Token>().await;
    for id in ["a", "b", "c", "d"] {
        Token::create(&token(id, START - 86_390)).exec(db).await.unwrap();
    }
    t.advance(10);
    let fresh = visit(1, LATER);
    let start = || db.transaction().add(Visit::create(&fresh));
    let refused = [
        start().add(Token::update("a").set(Token::USER_ID, "u")).commit().await,
        start().add(Token::check("a")).commit().await,
        start().add(Token::check("a").only_if(Token::USER_ID.eq("u1"))).commit().await,
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.position()), (ErrorKind::NotFound, Some(1)));
    }
    let (a, b) = (token("a", START), token("b", START));
    start()
        .add(Token::create(&a))
        .add(Token::put(&b))
        .add(Token::delete("c"))
        .add(Token::delete("d").only_if(Token::USER_ID.eq("nobody")))
        .commit()
        .await
        .unwrap();
    let got = Token::get_many(["a", "b", "c", "d"]).exec(db).await.unwrap();
    assert_eq!(got, [Some(a), Some(b), None, None]);
}

async fn batches_pass_over_what_has_expired(t: Test) {
    let db = t.with::<Seat>().await;
    let gone: Vec<_> = (0..30).map(|n| seat(n, &format!("p{n}"), START + 10)).collect();
    Seat::put_many(&gone).exec(db).await.unwrap();
    t.advance(10);
    // Others take their values, in the same batch as some of them come back with new ones.
    let heirs = (100..130).map(|n| seat(n, &format!("p{}", n - 100), LATER));
    let back = (0..10).map(|n| seat(n, &format!("q{n}"), LATER));
    let all: Vec<_> = heirs.chain(back).collect();
    Seat::put_many(&all).exec(db).await.unwrap();
    let late = Seat::put_many(&[seat(20, "p3", LATER), seat(21, "r", LATER)]).exec(db).await.unwrap_err();
    assert_eq!((late.failures().len(), late.failures()[0].position), (1, 0));
    Seat::delete_many(22..30).exec(db).await.unwrap();
    assert_eq!(Seat::scan().count(db).await.unwrap(), 41);
    for n in 0..30 {
        let found = Seat::find_by_place(&format!("p{n}")).consistent().exec(db).await.unwrap();
        assert_eq!(found.map(|seat| seat.id), Some(n + 100));
    }
    t.is_sound::<Seat>().await;
}

async fn instants_at_the_ends_of_time(t: Test) {
    let db = t.with::<Seat>().await;
    for (id, until) in (0..).zip([i64::MIN, i64::MIN + 1, -1, 0, 1, START]) {
        Seat::create(&seat(id, "past", until)).exec(db).await.unwrap();
        assert_eq!(Seat::get(id).exec(db).await.unwrap(), None, "{until}");
    }
    assert_eq!(Seat::find_by_place("past").exec(db).await.unwrap(), None);
    for (id, until) in (10..).zip([i64::MAX, i64::MAX - 1, START + 1]) {
        let one = seat(id, &format!("future {until}"), until);
        Seat::create(&one).exec(db).await.unwrap();
        assert_eq!(Seat::get(id).exec(db).await.unwrap(), Some(one.clone()), "{until}");
        let again = seat(id + 10, &one.place, until);
        assert_eq!(kind(Seat::create(&again).exec(db).await), ErrorKind::UniqueViolation, "{until}");
        let more = Seat::update(id).add(Seat::UNTIL, 1).exec(db).await;
        assert_eq!(more.is_err(), until == i64::MAX, "{until}: {more:?}");
    }
    t.is_sound::<Seat>().await;
}
