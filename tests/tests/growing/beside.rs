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

/// Has both releases write at the same time, records of their own and one that they share, and tells how
/// many records each sees then. No write is lost, or this panics.
macro_rules! beside {
    ($db:expr, $old_call:ident $old:ty: $old_made:expr, $new_call:ident $new:ty: $new_made:expr) => {{
        const EACH: usize = 15;
        let db = $db;
        let before = (seen!(db, $old), seen!(db, $new));
        store!($old_call, $old, $old_made("shared"), db).expect("the record that both write");
        let old = async {
            for at in 0..EACH {
                store!($old_call, $old, $old_made(&format!("old-{at}")), db).expect("a write of the old release");
                <$old>::update("shared").add(<$old>::N, 1).exec(db).await.expect("an update of the old release");
            }
        };
        let new = async {
            for at in 0..EACH {
                store!($new_call, $new, $new_made(&format!("new-{at}")), db).expect("a write of the new release");
                <$new>::update("shared").add(<$new>::N, 1).exec(db).await.expect("an update of the new release");
            }
        };
        futures_util::future::join(old, new).await;
        let shared = <$new>::get("shared").exec(db).await.expect("a get").expect("the record that both wrote");
        assert_eq!(shared.n, 2 * EACH as i64 + 1, "an update was lost");
        let after = (seen!(db, $old), seen!(db, $new));
        assert_eq!((after.0 - before.0, after.1 - before.1), (2 * EACH + 1, 2 * EACH + 1), "a record was lost");
        "each sees what both wrote".to_owned()
    }};
}
