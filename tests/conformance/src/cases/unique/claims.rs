use futures_util::future::join_all;
use reposit::ErrorKind;

use crate::models::{Account, User, account, user};
use crate::test::{Test, kind};

cases!(
    a_taken_value_is_a_violation_that_names_the_index,
    the_key_is_told_before_the_value,
    an_update_moves_the_value,
    a_put_frees_what_it_replaces,
    a_delete_frees_the_values,
    sparse_values_do_not_clash,
    values_over_two_fields,
    writing_its_own_value_again_is_no_clash,
    a_refused_write_takes_no_value,
    one_of_many_claims_wins,
    concurrent_changes_orphan_nothing,
    saves_move_values,
);

async fn a_taken_value_is_a_violation_that_names_the_index(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    let clash = Account { login: "login-a".into(), ..account("b") };
    for result in [Account::create(&clash).exec(db).await, Account::put(&clash).exec(db).await] {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_login")));
    }
    assert_eq!(Account::get("b").exec(db).await.unwrap(), None);
    Account::create(&account("b")).exec(db).await.unwrap();
    let error = Account::update("b").set(Account::LOGIN, "login-a").exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_login")));
    assert_eq!(Account::get("b").exec(db).await.unwrap(), Some(account("b")));
}

async fn the_key_is_told_before_the_value(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    assert_eq!(kind(Account::create(&account("a")).exec(db).await), ErrorKind::AlreadyExists);
}

async fn an_update_moves_the_value(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    let moved = Account::update("a").set(Account::LOGIN, "new").add(Account::BALANCE, 5).exec(db).await.unwrap();
    assert_eq!((moved.login.as_str(), moved.balance), ("new", 105));
    assert_eq!(Account::find_by_login("new").exec(db).await.unwrap(), Some(moved.clone()));
    assert_eq!(Account::find_by_login("login-a").exec(db).await.unwrap(), None);
    assert_eq!(Account::find_by_login("new").consistent().exec(db).await.unwrap(), Some(moved));
    assert_eq!(Account::find_by_login("login-a").consistent().exec(db).await.unwrap(), None);
    Account::create(&Account { login: "login-a".into(), ..account("b") }).exec(db).await.unwrap();
}

async fn a_put_frees_what_it_replaces(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    Account::put(&Account { login: "new".into(), phone: Some("1".into()), ..account("a") }).exec(db).await.unwrap();
    assert_eq!(Account::find_by_login("login-a").consistent().exec(db).await.unwrap(), None);
    Account::create(&Account { login: "login-a".into(), ..account("b") }).exec(db).await.unwrap();
    Account::put(&account("a").clone_with_login("third")).exec(db).await.unwrap();
    Account::create(&Account { phone: Some("1".into()), ..account("c") }).exec(db).await.unwrap();
}

async fn a_delete_frees_the_values(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&Account { phone: Some("1".into()), ..account("a") }).exec(db).await.unwrap();
    assert!(Account::delete("a").exec(db).await.unwrap());
    Account::create(&Account { phone: Some("1".into()), login: "login-a".into(), ..account("b") })
        .exec(db)
        .await
        .unwrap();
    assert!(Account::delete("b").only_if(Account::BALANCE.eq(100)).exec(db).await.unwrap());
    Account::create(&Account { phone: Some("1".into()), ..account("a") }).exec(db).await.unwrap();
}

async fn sparse_values_do_not_clash(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    Account::create(&account("b")).exec(db).await.unwrap();
    Account::update("a").set(Account::PHONE, "1").exec(db).await.unwrap();
    let error = Account::update("b").set(Account::PHONE, "1").exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_phone")));
    assert_eq!(Account::find_by_phone("1").exec(db).await.unwrap().map(|a| a.id), Some("a".into()));
    Account::update("a").remove(Account::PHONE).exec(db).await.unwrap();
    assert_eq!(Account::find_by_phone("1").consistent().exec(db).await.unwrap(), None);
    Account::update("b").set(Account::PHONE, "1").exec(db).await.unwrap();
}

async fn values_over_two_fields(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&Account { number: 7, ..account("a") }).exec(db).await.unwrap();
    let error = Account::create(&Account { number: 7, ..account("b") }).exec(db).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::UniqueViolation, Some("by_org_and_number")));
    Account::create(&Account { number: 7, org: "other".into(), ..account("b") }).exec(db).await.unwrap();
    let found = Account::find_by_org_and_number("other", 7).exec(db).await.unwrap();
    assert_eq!(found.map(|a| a.id), Some("b".into()));
    let error = Account::update("b").set(Account::ORG, "acme").exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    Account::update("b").set(Account::ORG, "acme").set(Account::NUMBER, 8).exec(db).await.unwrap();
    assert_eq!(Account::find_by_org_and_number("other", 7).consistent().exec(db).await.unwrap(), None);
}

async fn writing_its_own_value_again_is_no_clash(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    Account::put(&account("a")).exec(db).await.unwrap();
    Account::update("a").set(Account::LOGIN, "login-a").exec(db).await.unwrap();
    assert_eq!(Account::find_by_login("login-a").consistent().exec(db).await.unwrap(), Some(account("a")));
}

async fn a_refused_write_takes_no_value(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    // Its login is free, its number is not: neither must be taken.
    let half = Account { number: account("a").number, login: "free".into(), ..account("b") };
    assert_eq!(kind(Account::create(&half).exec(db).await), ErrorKind::UniqueViolation);
    Account::create(&Account { login: "free".into(), ..account("c") }).exec(db).await.unwrap();
    let refused = Account::update("a").set(Account::LOGIN, "wanted").only_if(Account::BALANCE.eq(0)).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    Account::create(&Account { login: "wanted".into(), ..account("d") }).exec(db).await.unwrap();
}

async fn one_of_many_claims_wins(t: Test) {
    let db = t.with::<Account>().await;
    let claims = (0..16).map(|n| {
        let claim = Account { login: "the-one".into(), number: n, ..account(&format!("c{n}")) };
        let db = db.clone();
        async move { Account::create(&claim).exec(&db).await }
    });
    let results = join_all(claims).await;
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error:?}");
    }
    assert_eq!(Account::scan().count(db).await.unwrap(), 1);
}

async fn concurrent_changes_orphan_nothing(t: Test) {
    let db = t.with::<Account>().await;
    Account::create(&account("a")).exec(db).await.unwrap();
    let changes = (0..8).map(|n| {
        let db = db.clone();
        async move { Account::update("a").set(Account::LOGIN, &format!("l{n}")).exec(&db).await }
    });
    for result in join_all(changes).await {
        result.unwrap();
    }
    let login = Account::get("a").consistent().exec(db).await.unwrap().unwrap().login;
    for n in 0..8 {
        let name = format!("l{n}");
        let found = Account::find_by_login(&name).consistent().exec(db).await.unwrap();
        assert_eq!(found.is_some(), name == login);
        let taken = Account::create(&Account { login: name.clone(), number: 1000 + n, ..account(&format!("x{n}")) })
            .exec(db)
            .await;
        assert_eq!(taken.is_err(), name == login, "{name} of {login}: {taken:?}");
    }
}

async fn saves_move_values(t: Test) {
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    ada.email = "countess@example.com".into();
    User::save(&mut ada).exec(db).await.unwrap();
    assert_eq!(User::find_by_email("u1@example.com").consistent().exec(db).await.unwrap(), None);
    assert_eq!(User::find_by_email("countess@example.com").consistent().exec(db).await.unwrap(), Some(ada));
    let mut bob = User { email: "u1@example.com".into(), ..user("u2", "core", 1) };
    User::save(&mut bob).exec(db).await.unwrap();
    bob.email = "countess@example.com".into();
    assert_eq!(kind(User::save(&mut bob).exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(bob.revision, 1);
}
