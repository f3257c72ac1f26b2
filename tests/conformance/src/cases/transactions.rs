use reposit::ErrorKind;

use crate::Capability;
use crate::models::{Account, Note, User, account, note, user};
use crate::test::{Test, kind};

cases!(
    all_of_it_or_nothing,
    a_refusal_names_the_operation_and_the_reason,
    over_several_models,
    unique_values_in_a_transaction,
    saves_carry_the_version_after_commit_only,
    checks_take_part_without_writing,
    the_same_record_twice_is_refused,
    an_empty_transaction_does_nothing,
    too_many_operations_are_refused,
    too_many_bytes_are_refused,
    unique_values_count_as_operations,
    an_update_of_a_transaction_that_makes_too_much_is_named,
    a_save_in_a_transaction_tells_missing_from_stale,
    transfers_keep_the_sum,
);

async fn all_of_it_or_nothing(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("old")).exec(db).await.unwrap();
    let (a, b) = (note("a"), note("b"));
    db.transaction().add(Note::create(&a)).add(Note::put(&b)).add(Note::delete("old")).commit().await.unwrap();
    assert_eq!(Note::get_many(["a", "b", "old"]).exec(db).await.unwrap(), [Some(a.clone()), Some(b), None]);
    let refused = db.transaction().add(Note::put(&note("c"))).add(Note::create(&a)).commit().await;
    assert_eq!(kind(refused), ErrorKind::AlreadyExists);
    assert_eq!(Note::get("c").exec(db).await.unwrap(), None);
}

async fn a_refusal_names_the_operation_and_the_reason(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("a")).exec(db).await.unwrap();
    let fresh = note("new");
    let start = || db.transaction().add(Note::create(&fresh));
    let cases = [
        (start().add(Note::update("none").set(Note::COUNT, 1)).commit().await, ErrorKind::NotFound),
        (
            start().add(Note::update("a").set(Note::COUNT, 1).only_if(Note::COUNT.gt(0))).commit().await,
            ErrorKind::ConditionFailed,
        ),
        (start().add(Note::delete("a").only_if(Note::COUNT.gt(0))).commit().await, ErrorKind::ConditionFailed),
        (start().add(Note::check("a").only_if(Note::COUNT.gt(0))).commit().await, ErrorKind::ConditionFailed),
        (start().add(Note::check("none")).commit().await, ErrorKind::NotFound),
        (start().add(Note::update("a").add(Note::SMALL, 256)).commit().await, ErrorKind::InvalidInput),
        (start().add(Note::create(&note("a"))).commit().await, ErrorKind::AlreadyExists),
    ];
    for (n, (result, expected)) in cases.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.position(), error.repository()),
            (expected, Some(1), Some("note")),
            "case {n}: {error:?}"
        );
    }
    assert_eq!(Note::get("new").exec(db).await.unwrap(), None);
    assert_eq!(Note::get("a").exec(db).await.unwrap(), Some(note("a")));
}

async fn over_several_models(t: Test) {
    t.with::<Note>().await;
    let db = t.with::<User>().await;
    let ada = user("u1", "core", 1);
    db.transaction().add(User::create(&ada)).add(Note::create(&note("n"))).commit().await.unwrap();
    assert!(User::get("u1").exec(db).await.unwrap().is_some());
    assert!(Note::get("n").exec(db).await.unwrap().is_some());
}

async fn unique_values_in_a_transaction(t: Test) {
    let db = t.with::<Account>().await;
    let (a, b) = (account("a"), account("b"));
    db.transaction().add(Account::create(&a)).add(Account::create(&b)).commit().await.unwrap();
    let clash = Account { login: "login-a".into(), ..account("c") };
    let error = db
        .transaction()
        .add(Account::update("b").add(Account::BALANCE, 1))
        .add(Account::create(&clash))
        .commit()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.index(), error.position()),
        (ErrorKind::UniqueViolation, Some("by_login"), Some(1))
    );
    assert_eq!(Account::get("b").exec(db).await.unwrap().unwrap().balance, 100);
    db.transaction()
        .add(Account::update("a").set(Account::LOGIN, "moved"))
        .add(Account::delete("b"))
        .commit()
        .await
        .unwrap();
    assert_eq!(Account::find_by_login("moved").consistent().exec(db).await.unwrap().map(|a| a.id), Some("a".into()));
    Account::create(&Account { login: "login-b".into(), ..account("d") }).exec(db).await.unwrap();
    Account::create(&Account { login: "login-a".into(), ..account("e") }).exec(db).await.unwrap();
}

async fn saves_carry_the_version_after_commit_only(t: Test) {
    t.with::<Note>().await;
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    let refused = db.transaction().add(User::save(&mut ada)).add(Note::check("none")).commit().await;
    assert_eq!(kind(refused), ErrorKind::NotFound);
    assert_eq!(ada.revision, 0);
    db.transaction().add(User::save(&mut ada)).commit().await.unwrap();
    assert_eq!(ada.revision, 1);
    let mut stale = ada.clone();
    db.transaction().add(User::save(&mut ada)).commit().await.unwrap();
    let error = db.transaction().add(User::save(&mut stale)).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::VersionConflict, Some(0)));
    let error = db.transaction().add(User::delete("u1").version(1)).commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VersionConflict);
    db.transaction().add(User::delete("u1").version(2)).commit().await.unwrap();
}

async fn checks_take_part_without_writing(t: Test) {
    let db = t.with::<Note>().await;
    Note::create(&note("guard")).exec(db).await.unwrap();
    let n = note("n");
    db.transaction().add(Note::check("guard").only_if(Note::COUNT.eq(0))).add(Note::create(&n)).commit().await.unwrap();
    assert_eq!(Note::get("guard").exec(db).await.unwrap(), Some(note("guard")));
    assert!(Note::get("n").exec(db).await.unwrap().is_some());
}

async fn the_same_record_twice_is_refused(t: Test) {
    let db = t.with::<Note>().await;
    let n = note("n");
    let error =
        db.transaction().add(Note::create(&n)).add(Note::update("n").add(Note::COUNT, 1)).commit().await.unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::InvalidInput, Some(1)));
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
}

async fn an_empty_transaction_does_nothing(t: Test) {
    t.db.transaction().commit().await.unwrap();
}

async fn too_many_operations_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    let most = t.limits().transaction_operations;
    let notes: Vec<_> = (0..=most.min(1000)).map(|n| note(&n.to_string())).collect();
    let transaction = notes.iter().fold(db.transaction(), |transaction, note| transaction.add(Note::put(note)));
    if most > 1000 {
        transaction.commit().await.unwrap();
        assert_eq!(Note::scan().count(db).await.unwrap(), 1001);
        return;
    }
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("the limit is"), "{error}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 0);
}

async fn too_many_bytes_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    let large: Vec<_> = (0..13).map(|n| Note { data: vec![7; 350_000], ..note(&n.to_string()) }).collect();
    let whole = large.iter().fold(db.transaction(), |all, note| all.add(Note::put(note))).commit().await;
    if t.limits().transaction_bytes > 13 * 360_000 {
        whole.unwrap();
        assert_eq!(Note::scan().count(db).await.unwrap(), 13);
        return;
    }
    let error = whole.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("bytes; the limit is"), "{error}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 0);
    large[..t.limits().transaction_bytes / 400_000]
        .iter()
        .fold(db.transaction(), |all, note| all.add(Note::put(note)))
        .commit()
        .await
        .unwrap();
    assert_eq!(Note::scan().count(db).await.unwrap(), t.limits().transaction_bytes as u64 / 400_000);
}

/// A backend that writes a guard for each value that moves counts it as an item of the transaction.
async fn unique_values_count_as_operations(t: Test) {
    let db = t.with::<Account>().await;
    // Two values each: a login, and a number of an organization.
    let accounts: Vec<_> = (0..34).map(|n| Account { number: n, ..account(&n.to_string()) }).collect();
    let create = |accounts: &[Account]| {
        let all = accounts.to_vec();
        async move { all.iter().fold(db.transaction(), |all, one| all.add(Account::create(one))).commit().await }
    };
    let touch = |count: usize| {
        let ids: Vec<_> = (0..count).map(|n| n.to_string()).collect();
        async move {
            ids.iter()
                .fold(db.transaction(), |all, id| all.add(Account::update(id).add(Account::BALANCE, 1)))
                .commit()
                .await
        }
    };
    if !t.can(Capability::UniqueValuesFree) && t.limits().transaction_operations == 100 {
        let error = create(&accounts).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("102") && error.message().contains("100"), "{error}");
        assert_eq!(Account::scan().count(db).await.unwrap(), 0);
        create(&accounts[..33]).await.unwrap();
        create(&accounts[33..]).await.unwrap();
    } else {
        create(&accounts).await.unwrap();
    }
    // Where no value moves, only the operations count.
    touch(34).await.unwrap();
    let kept: Vec<_> = accounts.iter().map(|one| Account { balance: 7, ..one.clone() }).collect();
    kept.iter().fold(db.transaction(), |all, one| all.add(Account::put(one))).commit().await.unwrap();
    assert_eq!(db.verify::<Account>().await.unwrap(), Vec::<String>::new());
}

async fn an_update_of_a_transaction_that_makes_too_much_is_named(t: Test) {
    let db = t.with::<Note>().await;
    // Two of these are no record of a backend that has a limit.
    let large = t.limits().record.min(17_000_000) / 4 * 3;
    for id in ["a", "b"] {
        Note::create(&Note { title: "x".repeat(large), ..note(id) }).exec(db).await.unwrap();
    }
    let nickname = "y".repeat(large);
    if t.limits().record > 2 * large {
        db.transaction().add(Note::update("b").set(Note::NICKNAME, &nickname)).commit().await.unwrap();
        assert_eq!(Note::get("b").exec(db).await.unwrap().unwrap().nickname, Some(nickname));
        return;
    }
    let error = db
        .transaction()
        .add(Note::update("a").set(Note::COUNT, 1))
        .add(Note::update("b").set(Note::NICKNAME, &nickname))
        .commit()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::InvalidInput, Some(1)), "{error:?}");
    assert_eq!(Note::get("a").exec(db).await.unwrap().unwrap().count, 0);
    let error = Note::update("b").set(Note::NICKNAME, &nickname).exec(db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
    // What an update carries counts in the transaction, too.
    if t.limits().transaction_bytes == 4_194_304 {
        let text = "z".repeat(390_000);
        let ids: Vec<_> = (0..11).map(|n| n.to_string()).collect();
        let updates = ids.iter().fold(db.transaction(), |all, id| all.add(Note::update(id).set(Note::TITLE, &text)));
        let error = updates.commit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
        assert!(error.message().contains("bytes; the limit is 4194304"), "{error}");
    }
}

async fn a_save_in_a_transaction_tells_missing_from_stale(t: Test) {
    t.with::<Note>().await;
    let db = t.with::<User>().await;
    let mut ada = user("u1", "core", 1);
    User::save(&mut ada).exec(db).await.unwrap();
    let mut stale = ada.clone();
    ada.email = "new@example.com".into();
    User::save(&mut ada).exec(db).await.unwrap();
    let mut ghost = User { revision: 4, ..user("u2", "core", 1) };
    let n = note("n");
    let start = || db.transaction().add(Note::put(&n));
    let told = |error: reposit::Error| (error.kind(), error.position());
    let conflict = (ErrorKind::VersionConflict, Some(1));
    assert_eq!(told(start().add(User::save(&mut stale)).commit().await.unwrap_err()), conflict);
    assert_eq!(stale.revision, 1);
    let missing = start().add(User::save(&mut ghost)).commit().await.unwrap_err();
    assert_eq!(told(missing), (ErrorKind::NotFound, Some(1)));
    assert_eq!(ghost.revision, 4);
    assert_eq!(told(start().add(User::delete("u1").version(1u64)).commit().await.unwrap_err()), conflict);
    let mut fresh = user("u1", "core", 1);
    let exists = start().add(User::save(&mut fresh)).commit().await.unwrap_err();
    assert_eq!((told(exists), fresh.revision), ((ErrorKind::AlreadyExists, Some(1)), 0));
    assert_eq!(Note::get("n").exec(db).await.unwrap(), None);
    // There is nothing that could be stale: a delete of what is not there does nothing.
    start().add(User::delete("u2").version(1u64)).commit().await.unwrap();
    db.transaction()
        .add(User::update("u1").set(User::AGE, 40).only_if(User::REVISION.eq(2)))
        .add(Note::delete("n"))
        .commit()
        .await
        .unwrap();
    assert_eq!(User::get("u1").exec(db).await.unwrap().map(|user| (user.age, user.revision)), Some((40, 3)));
    let check = start().add(User::check("u1").only_if(User::REVISION.eq(2))).commit().await.unwrap_err();
    assert_eq!(told(check), (ErrorKind::ConditionFailed, Some(1)));
}

async fn transfers_keep_the_sum(t: Test) {
    let db = t.with::<Note>().await;
    for id in ["a", "b", "c"] {
        Note::create(&Note { count: 100, ..note(id) }).exec(db).await.unwrap();
    }
    let transfer = |from: &'static str, to: &'static str, sum: i64| async move {
        db.transaction()
            .add(Note::update(from).add(Note::COUNT, -sum).only_if(Note::COUNT.ge(sum)))
            .add(Note::update(to).add(Note::COUNT, sum))
            .commit()
            .await
    };
    let transfers = (0..12).map(|n| match n % 3 {
        0 => transfer("a", "b", 30),
        1 => transfer("b", "c", 50),
        _ => transfer("c", "a", 70),
    });
    for result in futures_util::future::join_all(transfers).await {
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::ConditionFailed, "{error:?}");
        }
    }
    let left = Note::scan().all(db).await.unwrap();
    assert_eq!(left.iter().map(|n| n.count).sum::<i64>(), 300);
    assert!(left.iter().all(|n| n.count >= 0));
}
