use reposit::ErrorKind;

use crate::harness::{Test, kind};
use crate::models::{Account, Note, User, account, note, user};

const MODULE: &str = module_path!();

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
    let error = db.transaction().add(User::delete("u1").version(1u64)).commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::VersionConflict);
    db.transaction().add(User::delete("u1").version(2u64)).commit().await.unwrap();
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
    let notes: Vec<_> = (0..1001).map(|n| note(&n.to_string())).collect();
    let transaction = notes.iter().fold(db.transaction(), |transaction, note| transaction.add(Note::put(note)));
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("the limit is"), "{error}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 0);
}

async fn too_many_bytes_are_refused(t: Test) {
    let db = t.with::<Note>().await;
    let large: Vec<_> = (0..13).map(|n| Note { data: vec![7; 350_000], ..note(&n.to_string()) }).collect();
    let whole = large.iter().fold(db.transaction(), |all, note| all.add(Note::put(note))).commit().await;
    // Those of DynamoDB are the embedded backend's too; MongoDB has no such limit.
    if db.backend_name() == "mongodb" {
        whole.unwrap();
        assert_eq!(Note::scan().count(db).await.unwrap(), 13);
        return;
    }
    let error = whole.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("bytes; the limit is"), "{error}");
    assert_eq!(Note::scan().count(db).await.unwrap(), 0);
    large[..10].iter().fold(db.transaction(), |all, note| all.add(Note::put(note))).commit().await.unwrap();
    assert_eq!(Note::scan().count(db).await.unwrap(), 10);
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
