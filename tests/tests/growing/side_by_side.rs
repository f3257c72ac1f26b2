/// Stores a model, by the call that it has.
macro_rules! store {
    (put, $model:ty, $value:expr, $db:expr) => {
        <$model>::put(&$value).exec($db).await
    };
    (save, $model:ty, $value:expr, $db:expr) => {{
        let mut value = $value;
        <$model>::save(&mut value).exec($db).await
    }};
}

/// How many records a release sees: the same by every way of reading, or this panics.
macro_rules! seen {
    ($db:expr, $model:ty) => {{
        let all = <$model>::scan().all($db).await.expect("a scan");
        assert_eq!(<$model>::scan().count($db).await.expect("a count"), all.len() as u64);
        assert_eq!(<$model>::find_by_team("t").count($db).await.expect("a count of a query"), all.len() as u64);
        assert_eq!(<$model>::find_by_team("t").all($db).await.expect("a query").len(), all.len());
        for record in &all {
            let one = <$model>::get(&record.id).exec($db).await.expect("a get");
            assert_eq!(one.as_ref(), Some(record));
        }
        all.len()
    }};
}

/// How many rounds each release works beside the other.
pub(crate) const EACH: usize = 15;

/// Runs two releases at the same time, each in a task of its own, and gives what each came to.
pub(crate) async fn at_once<A, B>(
    old: impl Future<Output = A> + Send + 'static,
    new: impl Future<Output = B> + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (old, new) = (tokio::spawn(old), tokio::spawn(new));
    (old.await.expect("the old release works"), new.await.expect("the new release works"))
}

/// Has both releases write at the same time, records of their own and one that they share, and tells how
/// many records each sees then. No write is lost, or this panics.
macro_rules! beside {
    ($db:expr, $old_call:ident $old:ty: $old_made:expr, $new_call:ident $new:ty: $new_made:expr) => {{
        use crate::side_by_side::EACH;
        let db = $db;
        let before = (seen!(db, $old), seen!(db, $new));
        store!($old_call, $old, $old_made("shared"), db).expect("the record that both write");
        let (of_old, of_new) = (db.clone(), db.clone());
        let old = async move {
            for at in 0..EACH {
                let db = &of_old;
                store!($old_call, $old, $old_made(&format!("old-{at}")), db).expect("a write of the old release");
                <$old>::update("shared").add(<$old>::N, 1).exec(db).await.expect("an update of the old release");
            }
        };
        let new = async move {
            for at in 0..EACH {
                let db = &of_new;
                store!($new_call, $new, $new_made(&format!("new-{at}")), db).expect("a write of the new release");
                <$new>::update("shared").add(<$new>::N, 1).exec(db).await.expect("an update of the new release");
            }
        };
        crate::side_by_side::at_once(old, new).await;
        let shared = <$new>::get("shared").exec(db).await.expect("a get").expect("the record that both wrote");
        assert_eq!(shared.n, 2 * EACH as i64 + 1, "an update was lost");
        let after = (seen!(db, $old), seen!(db, $new));
        assert_eq!((after.0 - before.0, after.1 - before.1), (2 * EACH + 1, 2 * EACH + 1), "a record was lost");
        "each sees what both wrote".to_owned()
    }};
}

/// One release at work: it creates and counts records of its own, asks for those of the other and counts them. Gives how
/// often it counted one of the other's.
macro_rules! alone {
    ($db:expr, $model:ty, $own:literal, $other:literal, $judge:expr) => {{
        let (db, judge) = ($db.clone(), $judge);
        async move {
            let (db, mut counted) = (&db, 0);
            for at in 0..crate::side_by_side::EACH {
                let own = <$model>::made(&format!("{}-{at}", $own));
                <$model>::create(&own).exec(db).await.expect("a create of its own");
                let found = <$model>::get(&own.id).exec(db).await;
                assert!(found.expect("a get of its own").is_some_and(|found| found.n >= own.n));
                // Either the other release has not written it yet, or it is what the judge says.
                let theirs = format!("{}-{at}", $other);
                let got = <$model>::get(&theirs).exec(db).await;
                if !matches!(got, Ok(None)) {
                    judge(got.map(drop));
                }
                for id in [theirs.as_str(), "shared"] {
                    let updated = <$model>::update(id).add(<$model>::N, 1).exec(db).await.map(drop);
                    if !updated.as_ref().is_err_and(|error| error.kind() == reposit::ErrorKind::NotFound) {
                        counted += i64::from(id != "shared");
                        match (id, $own) {
                            ("shared", "old") => updated.expect("an update of a record of its own"),
                            _ => judge(updated),
                        }
                    }
                }
            }
            counted
        }
    }};
}

/// Has both releases work at the same time where the old one does not read what the new one wrote: what each is told of the
/// other's is what its judge says, and what was counted is there, once, or this panics.
macro_rules! apart {
    ($db:expr, $old:ty: $of_new:expr, $new:ty: $of_old:expr) => {{
        use crate::side_by_side::EACH;
        let db = $db;
        <$old>::put(&<$old>::made("shared")).exec(db).await.expect("a record that both count");
        let old = alone!(db, $old, "old", "new", $of_new);
        let new = alone!(db, $new, "new", "old", $of_old);
        let (by_old, by_new) = crate::side_by_side::at_once(old, new).await;
        let (mut of_old, mut of_new) = (0, 0);
        for at in 0..EACH {
            let (old, new) = (format!("old-{at}"), format!("new-{at}"));
            of_old += <$old>::get(&old).exec(db).await.expect("a get of its own").expect("its record").n - 1;
            of_new += <$new>::get(&new).exec(db).await.expect("a get of its own").expect("its record").n - 1;
            $of_old(<$new>::get(&old).exec(db).await.map(drop));
            $of_new(<$old>::get(&new).exec(db).await.map(drop));
        }
        assert_eq!((of_old, of_new), (by_new, by_old), "a count was lost, or came twice");
        let shared = <$old>::get("shared").exec(db).await.expect("a get").expect("the record that both count");
        assert_eq!(shared.n, 2 * EACH as i64 + 1, "a count was lost, or came twice");
    }};
}
