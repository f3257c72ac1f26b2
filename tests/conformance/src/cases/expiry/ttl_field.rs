use std::time::Duration;

use reposit::ErrorKind;

use crate::models::{Seat, Token, seat, token};
use crate::test::{START, Test, kind};

const DAY: u64 = 86400;

cases!(
    a_record_expires_at_its_instant,
    an_expired_record_can_be_created_over,
    an_expired_record_is_in_no_query,
    an_update_of_an_expired_record_is_not_found,
    an_expired_record_cannot_be_deleted_again,
    the_expiry_moves_with_its_field,
    the_field_keeps_its_value,
    unique_values_of_an_expired_record_are_free,
    put_over_an_expired_record_is_whole,
    a_missing_expiry_is_set_not_added_to,
);

async fn a_record_expires_at_its_instant(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(DAY - 1) + Duration::from_millis(999));
    assert_eq!(Token::get("a").exec(db).await.unwrap(), Some(token("a", START)));
    t.clock.advance(Duration::from_millis(1));
    assert_eq!(Token::get("a").exec(db).await.unwrap(), None);
    assert_eq!(Token::get("a").consistent().exec(db).await.unwrap(), None);
    assert_eq!(Token::get_many(["a"]).exec(db).await.unwrap(), [None]);
}

async fn an_expired_record_can_be_created_over(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    assert_eq!(kind(Token::create(&token("a", START)).exec(db).await), ErrorKind::AlreadyExists);
    t.clock.advance(Duration::from_secs(DAY));
    let later = START + DAY as i64;
    Token::create(&token("a", later)).exec(db).await.unwrap();
    assert_eq!(Token::get("a").exec(db).await.unwrap(), Some(token("a", later)));
}

async fn an_expired_record_is_in_no_query(t: Test) {
    let db = t.with::<Seat>().await;
    for n in 1..=6 {
        Seat::create(&seat(n, &format!("p{n}"), START + n as i64)).exec(db).await.unwrap();
    }
    t.clock.advance(Duration::from_secs(3));
    let mut left: Vec<_> = Seat::scan().all(db).await.unwrap().into_iter().map(|s| s.id).collect();
    left.sort();
    assert_eq!(left, [4, 5, 6]);
    assert_eq!(Seat::scan().count(db).await.unwrap(), 3);
    assert_eq!(Seat::scan().limit(2).exec(db).await.unwrap().items.len(), 2, "the expired do not count");
    assert_eq!(Seat::find_by_place("p3").exec(db).await.unwrap(), None);
    assert_eq!(Seat::find_by_place("p3").consistent().exec(db).await.unwrap(), None);
    assert!(Seat::find_by_place("p4").exec(db).await.unwrap().is_some());
}

async fn an_update_of_an_expired_record_is_not_found(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(DAY));
    let update = Token::update("a").set(Token::USER_ID, "u2").exec(db).await;
    assert_eq!(kind(update), ErrorKind::NotFound);
    let update = Token::update("a").set(Token::CREATED_AT, START + 2 * DAY as i64).exec(db).await;
    assert_eq!(kind(update), ErrorKind::NotFound, "nothing brings it back");
}

async fn an_expired_record_cannot_be_deleted_again(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(DAY));
    assert!(!Token::delete("a").exec(db).await.unwrap());
}

async fn the_expiry_moves_with_its_field(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START)).exec(db).await.unwrap();
    Token::create(&token("b", START)).exec(db).await.unwrap();
    Token::update("a").set(Token::CREATED_AT, START + 100).exec(db).await.unwrap();
    let b = Token::update("b").add(Token::CREATED_AT, 100).exec(db).await.unwrap();
    assert_eq!(b.created_at, START + 100);
    t.clock.advance(Duration::from_secs(DAY + 99));
    assert!(Token::get("a").exec(db).await.unwrap().is_some());
    assert!(Token::get("b").exec(db).await.unwrap().is_some());
    t.clock.advance(Duration::from_secs(1));
    assert!(Token::get("a").exec(db).await.unwrap().is_none());
    assert!(Token::get("b").exec(db).await.unwrap().is_none());
}

async fn the_field_keeps_its_value(t: Test) {
    let db = t.with::<Token>().await;
    Token::create(&token("a", START - 5)).exec(db).await.unwrap();
    assert_eq!(Token::get("a").exec(db).await.unwrap().unwrap().created_at, START - 5);
}

async fn unique_values_of_an_expired_record_are_free(t: Test) {
    let db = t.with::<Seat>().await;
    Seat::create(&seat(1, "front", START + 10)).exec(db).await.unwrap();
    Seat::create(&seat(3, "back", START + 1000)).exec(db).await.unwrap();
    assert_eq!(kind(Seat::create(&seat(2, "front", START + 1000)).exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(kind(Seat::create(&seat(1, "back", START + 1000)).exec(db).await), ErrorKind::AlreadyExists);
    t.clock.advance(Duration::from_secs(10));
    Seat::create(&seat(2, "front", START + 1000)).exec(db).await.unwrap();
    assert_eq!(Seat::find_by_place("front").exec(db).await.unwrap(), Some(seat(2, "front", START + 1000)));
    assert_eq!(kind(Seat::put(&seat(4, "front", START + 1000)).exec(db).await), ErrorKind::UniqueViolation);
    // The record whose value was taken over is created anew, elsewhere, and takes nothing back.
    Seat::create(&seat(1, "middle", START + 1000)).exec(db).await.unwrap();
    assert_eq!(Seat::find_by_place("front").consistent().exec(db).await.unwrap().map(|s| s.id), Some(2));
    let moved = Seat::update(3).set(Seat::PLACE, "front").exec(db).await;
    assert_eq!(kind(moved), ErrorKind::UniqueViolation);
}

async fn put_over_an_expired_record_is_whole(t: Test) {
    let db = t.with::<Seat>().await;
    Seat::create(&seat(1, "front", START + 10)).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(10));
    Seat::put(&seat(1, "back", START + 100)).exec(db).await.unwrap();
    assert_eq!(Seat::get(1).exec(db).await.unwrap(), Some(seat(1, "back", START + 100)));
    assert_eq!(Seat::find_by_place("front").exec(db).await.unwrap(), None);
    Seat::create(&seat(2, "front", START + 100)).exec(db).await.unwrap();
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, reposit::Repository)]
struct Pass {
    #[hash_key]
    id: String,
    #[ttl(seconds = 10)]
    from: Option<i64>,
}

async fn a_missing_expiry_is_set_not_added_to(t: Test) {
    let db = t.with::<Pass>().await;
    Pass::create(&Pass { id: "p".into(), from: None }).exec(db).await.unwrap();
    assert_eq!(kind(Pass::update("p").add(Pass::FROM, START).exec(db).await), ErrorKind::InvalidInput);
    t.clock.advance(Duration::from_secs(100));
    assert!(Pass::get("p").exec(db).await.unwrap().is_some(), "without the field it never expires");
    Pass::update("p").set(Pass::FROM, START + 100).exec(db).await.unwrap();
    assert_eq!(Pass::update("p").add(Pass::FROM, 5).exec(db).await.unwrap().from, Some(START + 105));
    t.clock.advance(Duration::from_secs(14));
    assert!(Pass::get("p").exec(db).await.unwrap().is_some());
    t.clock.advance(Duration::from_secs(1));
    assert_eq!(Pass::get("p").exec(db).await.unwrap(), None);
}
