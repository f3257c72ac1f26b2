//! Unique values that change hands within one transaction or one batch: each write sees those before it.

use reposit::ErrorKind;

use crate::models::{Account, Note, account, note};
use crate::test::Test;

cases!(
    a_value_given_up_can_be_taken_after_but_not_before,
    two_records_cannot_swap_values,
    values_move_along_a_chain,
    a_value_wanted_twice_is_refused_where_it_is_wanted_second,
    what_a_refused_transaction_would_move_stays,
    a_batch_gives_a_value_to_the_first_that_asks,
    a_value_given_up_in_a_batch_can_be_taken_after,
    one_record_many_times_in_a_batch,
    a_large_batch_takes_and_frees_all_values,
);

async fn holds(t: &Test, login: &str) -> Option<String> {
    Account::find_by_login(login).consistent().exec(&t.db).await.unwrap().map(|account| account.id)
}

async fn sound(t: &Test) {
    assert_eq!(t.db.verify::<Account>().await.unwrap(), Vec::<String>::new());
}

fn told(error: &reposit::Error) -> (ErrorKind, Option<&str>, Option<usize>) {
    (error.kind(), error.index(), error.position())
}

async fn a_value_given_up_can_be_taken_after_but_not_before(t: Test) {
    let db = t.with::<Account>().await;
    let heir = Account { login: "login-a".into(), ..account("b") };
    let frees: [fn() -> (bool, Account); 3] =
        [|| (true, account("a")), || (false, account("a").clone_with_login("x")), || (false, account("a"))];
    for (n, free) in frees.into_iter().enumerate() {
        Account::put(&account("a")).exec(db).await.unwrap();
        let (deletes, other) = free();
        let by_update = n == 2;
        let with = |first: bool| {
            let transaction = db.transaction();
            let transaction = if first { transaction } else { transaction.add(Account::create(&heir)) };
            let transaction = match (deletes, by_update) {
                (true, _) => transaction.add(Account::delete("a")),
                (false, true) => transaction.add(Account::update("a").set(Account::LOGIN, "x")),
                (false, false) => transaction.add(Account::put(&other)),
            };
            if first { transaction.add(Account::create(&heir)) } else { transaction }
        };
        let error = with(false).commit().await.unwrap_err();
        assert_eq!(told(&error), (ErrorKind::UniqueViolation, Some("by_login"), Some(0)), "{n}: {error:?}");
        assert_eq!(holds(&t, "login-a").await.as_deref(), Some("a"));
        with(true).commit().await.unwrap();
        assert_eq!(holds(&t, "login-a").await.as_deref(), Some("b"));
        sound(&t).await;
        Account::delete_many(["a", "b"]).exec(db).await.unwrap();
    }
}

async fn two_records_cannot_swap_values(t: Test) {
    let db = t.with::<Account>().await;
    for id in ["a", "b"] {
        Account::create(&account(id)).exec(db).await.unwrap();
    }
    let swap = db
        .transaction()
        .add(Account::update("a").set(Account::LOGIN, "login-b"))
        .add(Account::update("b").set(Account::LOGIN, "login-a"));
    let error = swap.commit().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::UniqueViolation, Some("by_login"), Some(0)));
    assert_eq!(holds(&t, "login-a").await.as_deref(), Some("a"));
    assert_eq!(holds(&t, "login-b").await.as_deref(), Some("b"));
    // By way of a value that nobody has.
    Account::update("a").set(Account::LOGIN, "between").exec(db).await.unwrap();
    db.transaction()
        .add(Account::update("b").set(Account::LOGIN, "login-a"))
        .add(Account::update("a").set(Account::LOGIN, "login-b"))
        .commit()
        .await
        .unwrap();
    assert_eq!(holds(&t, "login-a").await.as_deref(), Some("b"));
    assert_eq!(holds(&t, "between").await, None);
    sound(&t).await;
}

async fn values_move_along_a_chain(t: Test) {
    let db = t.with::<Account>().await;
    for id in ["a", "b", "c"] {
        Account::create(&account(id)).exec(db).await.unwrap();
    }
    let to = |id: &'static str, login: &'static str| Account::update(id).set(Account::LOGIN, login);
    let backwards = db.transaction().add(to("c", "login-b")).add(to("b", "login-a")).add(to("a", "free"));
    let error = backwards.commit().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::UniqueViolation, Some("by_login"), Some(0)));
    let forwards = db.transaction().add(to("a", "free")).add(to("b", "login-a")).add(to("c", "login-b"));
    forwards.commit().await.unwrap();
    for (login, id) in [("free", Some("a")), ("login-a", Some("b")), ("login-b", Some("c")), ("login-c", None)] {
        assert_eq!(holds(&t, login).await.as_deref(), id, "{login}");
    }
    sound(&t).await;
}

async fn a_value_wanted_twice_is_refused_where_it_is_wanted_second(t: Test) {
    t.with::<Note>().await;
    let db = t.with::<Account>().await;
    let (a, b) = (account("a"), Account { login: "login-a".into(), ..account("b") });
    let n = note("n");
    let both = db.transaction().add(Note::create(&n)).add(Account::create(&a)).add(Account::create(&b));
    let error = both.commit().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::UniqueViolation, Some("by_login"), Some(2)));
    assert_eq!(error.repository(), Some("accounts"));
    assert_eq!(holds(&t, "login-a").await, None);
    // What is refused before it, for another reason, is told instead.
    Note::create(&n).exec(db).await.unwrap();
    let both = db.transaction().add(Note::create(&n)).add(Account::create(&a)).add(Account::create(&b));
    let error = both.commit().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::AlreadyExists, None, Some(0)));
    let both = db.transaction().add(Account::create(&a)).add(Note::check("none")).add(Account::create(&b));
    let error = both.commit().await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::NotFound, None, Some(1)));
    sound(&t).await;
}

async fn what_a_refused_transaction_would_move_stays(t: Test) {
    t.with::<Note>().await;
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    let heir = Account { login: "login-a".into(), ..account("b") };
    let refused = db
        .transaction()
        .add(Account::delete("a"))
        .add(Account::create(&heir))
        .add(Account::create(&account("c")))
        .add(Note::check("none"))
        .commit()
        .await
        .unwrap_err();
    assert_eq!(told(&refused), (ErrorKind::NotFound, None, Some(3)));
    assert_eq!(holds(&t, "login-a").await.as_deref(), Some("a"));
    assert_eq!(holds(&t, "login-c").await, None);
    Account::create(&account("c")).exec(db).await.unwrap();
    sound(&t).await;
}

async fn a_batch_gives_a_value_to_the_first_that_asks(t: Test) {
    let db = t.with::<Account>().await;
    let accounts: Vec<_> =
        (0..20).map(|n| Account { number: n, login: format!("l{}", n % 4), ..account(&format!("x{n}")) }).collect();
    let error = Account::put_many(&accounts).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|failure| failure.position).collect();
    assert_eq!(failed, (4..20).collect::<Vec<_>>());
    assert!(error.failures().iter().all(|failure| failure.error.index() == Some("by_login")), "{error:?}");
    for n in 0..4 {
        assert_eq!(holds(&t, &format!("l{n}")).await, Some(format!("x{n}")));
    }
    sound(&t).await;
}

async fn a_value_given_up_in_a_batch_can_be_taken_after(t: Test) {
    let db = t.with::<Account>().await;
    let all = ["a", "b", "c"].map(account);
    Account::put_many(&all).exec(db).await.unwrap();
    let [a, b, c] = all;
    // Each takes what the one before it gives up.
    let moved = [
        a.clone_with_login("free"),
        b.clone_with_login("login-a"),
        c.clone_with_login("login-b"),
        account("d").clone_with_login("login-c"),
    ];
    Account::put_many(&moved).exec(db).await.unwrap();
    for (login, id) in [("free", "a"), ("login-a", "b"), ("login-b", "c"), ("login-c", "d")] {
        assert_eq!(holds(&t, login).await.as_deref(), Some(id), "{login}");
    }
    sound(&t).await;
    // The other way round each finds its value taken.
    let back = [c.clone(), b.clone(), a.clone()];
    let error = Account::put_many(&back).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|failure| failure.position).collect();
    assert_eq!(failed, [0, 1, 2], "{error:?}");
    sound(&t).await;
}

async fn one_record_many_times_in_a_batch(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("b")).exec(db).await.unwrap();
    let a = |login: &str| account("a").clone_with_login(login);
    // The second is refused, and what the first has stored stays.
    let error = Account::put_many(&[a("one"), a("login-b")]).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
    assert_eq!(failed, [(1, ErrorKind::UniqueViolation)]);
    assert_eq!(Account::get("a").exec(db).await.unwrap(), Some(a("one")));
    // The first is refused, and the second done.
    let error = Account::put_many(&[a("login-b"), a("two")]).exec(db).await.unwrap_err();
    let failed: Vec<_> = error.failures().iter().map(|f| (f.position, f.error.kind())).collect();
    assert_eq!(failed, [(0, ErrorKind::UniqueViolation)]);
    // Its value is free for another in between.
    let c = account("c").clone_with_login("two");
    Account::put_many(&[a("three"), c.clone(), a("four")]).exec(db).await.unwrap();
    assert_eq!(Account::get("a").exec(db).await.unwrap(), Some(a("four")));
    assert_eq!(holds(&t, "two").await.as_deref(), Some("c"));
    assert_eq!(holds(&t, "three").await, None);
    Account::delete_many(["a", "a", "none"]).exec(db).await.unwrap();
    assert_eq!(holds(&t, "four").await, None);
    sound(&t).await;
}

async fn a_large_batch_takes_and_frees_all_values(t: Test) {
    let db = t.with::<Account>().await;
    let accounts: Vec<_> =
        (0..110).map(|n| Account { number: n, login: format!("l{n}"), ..account(&format!("x{n}")) }).collect();
    Account::put_many(&accounts).exec(db).await.unwrap();
    assert_eq!(Account::scan().count(db).await.unwrap(), 110);
    let shifted: Vec<_> = accounts.iter().map(|one| one.clone_with_login(&format!("{}'", one.login))).collect();
    for some in shifted.chunks(55) {
        Account::put_many(some).exec(db).await.unwrap();
    }
    sound(&t).await;
    Account::delete_many(shifted.iter().map(|one| &one.id)).exec(db).await.unwrap();
    assert_eq!(Account::scan().count(db).await.unwrap(), 0);
    sound(&t).await;
    Account::put_many(&accounts[..20]).exec(db).await.unwrap();
    assert_eq!(holds(&t, "l7").await.as_deref(), Some("x7"));
}
