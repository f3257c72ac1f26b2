//! Finds of many records by the values of a unique index.

use std::time::Duration;

use reposit::{ErrorKind, Operation};

use crate::Capability;
use crate::models::{Account, Seat, User, account, seat, user};
use crate::test::{START, Test};

cases!(
    many_values_in_the_order_asked,
    values_of_several_fields_are_tuples,
    values_are_found_where_they_are_now,
    what_has_expired_has_no_value,
    values_that_no_record_can_have_are_refused,
    more_values_than_one_request_takes,
);

async fn many_values_in_the_order_asked(t: Test) {
    let db = t.with::<User>().await;
    let mut users = ["a", "b", "c"].map(|id| user(id, "core", 1));
    User::save_many(&mut users).exec(db).await.unwrap();
    let [a, b, c] = users;
    let emails = ["c@example.com", "none", "a@example.com", "c@example.com"];
    let expected = [Some(c.clone()), None, Some(a), Some(c)];
    assert_eq!(User::find_many_by_email(emails).exec(db).await.unwrap(), expected);
    let owned = emails.map(str::to_owned).to_vec();
    assert_eq!(User::find_many_by_email(&owned).consistent().exec(db).await.unwrap(), expected);
    assert_eq!(Operation::exec(User::find_many_by_email(owned), db).await.unwrap(), expected);
    assert_eq!(User::find_many_by_email(["b@example.com"]).exec(db).await.unwrap(), [Some(b)]);
    assert_eq!(User::find_many_by_email(Vec::<String>::new()).exec(db).await.unwrap(), []);
}

async fn values_of_several_fields_are_tuples(t: Test) {
    let db = t.with::<Account>().await;
    let numbered = |id: &str, org: &str, number| Account { org: org.into(), number, ..account(id) };
    let accounts = [numbered("a", "x", 1), numbered("b", "x", 2), numbered("c", "y", 1)];
    Account::create_many(&accounts).exec(db).await.unwrap();
    let [a, b, c] = accounts;
    let found = Account::find_many_by_org_and_number([("x", 2), ("y", 2), ("y", 1), ("x", 1), ("x", 2)]);
    assert_eq!(found.consistent().exec(db).await.unwrap(), [Some(b.clone()), None, Some(c), Some(a), Some(b)]);
    let owned = Account::find_many_by_org_and_number(vec![("x".to_owned(), &1)]);
    assert_eq!(owned.exec(db).await.unwrap().into_iter().flatten().map(|a| a.id).collect::<Vec<_>>(), ["a"]);
}

async fn values_are_found_where_they_are_now(t: Test) {
    let db = t.with::<Account>().await;
    let numbered = |id: &str, number| Account { number, phone: Some(format!("+{id}")), ..account(id) };
    Account::create_many(&[numbered("a", 1), numbered("b", 2), numbered("c", 3)]).exec(db).await.unwrap();
    Account::update("a").remove(Account::PHONE).exec(db).await.unwrap();
    Account::update("b").set(Account::PHONE, "+a").exec(db).await.unwrap();
    Account::delete("c").exec(db).await.unwrap();
    let found = Account::find_many_by_phone(["+a", "+b", "+c"]).consistent().exec(db).await.unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.as_ref().map(|account| account.id.as_str())).collect();
    assert_eq!(ids, [Some("b"), None, None]);
}

async fn what_has_expired_has_no_value(t: Test) {
    let db = t.with::<Seat>().await;
    Seat::create_many(&[seat(1, "p", START + 10), seat(2, "q", START + 100)]).exec(db).await.unwrap();
    t.clock.advance(Duration::from_secs(50));
    let expected = [None, Some(seat(2, "q", START + 100))];
    assert_eq!(Seat::find_many_by_place(["p", "q"]).consistent().exec(db).await.unwrap(), expected);
    Seat::create(&seat(3, "p", START + 100)).exec(db).await.unwrap();
    let found = Seat::find_many_by_place(["q", "p"]).consistent().exec(db).await.unwrap();
    assert_eq!(found.into_iter().flatten().map(|seat| seat.id).collect::<Vec<_>>(), [2, 3]);
}

async fn values_that_no_record_can_have_are_refused(t: Test) {
    let db = t.with::<User>().await;
    let error = User::find_many_by_email(["a@example.com", ""]).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::InvalidInput, Some("by_email")));
    assert_eq!((error.repository(), error.operation()), (Some("users"), Some("find_many")));
    if t.can(Capability::Explain) {
        let explained = User::find_many_by_email(["a@example.com", "b@example.com"]).explain(db).unwrap();
        assert!(explained.contains("a@example.com") || explained.contains("BatchGetItem"), "{explained}");
    }
}

async fn more_values_than_one_request_takes(t: Test) {
    let db = t.with::<User>().await;
    let mut users: Vec<_> = (0..250).map(|n| user(&n.to_string(), "core", n)).collect();
    User::save_many(&mut users).exec(db).await.unwrap();
    let emails: Vec<_> = (0..1_100).map(|n| format!("{n}@example.com")).collect();
    let found = User::find_many_by_email(&emails).exec(db).await.unwrap();
    assert_eq!(found.len(), 1_100);
    for (at, found) in found.into_iter().enumerate() {
        assert_eq!(found.as_ref(), users.get(at));
    }
}
