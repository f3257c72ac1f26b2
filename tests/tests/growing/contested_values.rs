/// Has a release that knows of a unique index and one that does not work at the same time, each with values of its own and
/// then with the same, while others try a `define` that is refused; and tells what came of it.
macro_rules! contested {
    ($db:expr, $told:expr, knows: $knows:ident by $index:literal $find:ident, not: $other:ident, refused: $refused:ident) => {{
        let (db, told): (&Database, &mut Section) = ($db, $told);
        let same = |at: usize| format!("same-{at}");
        for at in 0..EACH {
            let made = $knows::made(&format!("moves-{at}"));
            $knows::create(&made).exec(db).await.expect("a record that is moved");
        }
        let (of_knows, of_other, of_define) = (db.clone(), db.clone(), db.clone());
        let knows = async move {
            let mut came = Vec::new();
            for at in 0..EACH {
                let made = $knows { email: same(at), ..$knows::made(&format!("knows-{at}")) };
                came.push($knows::create(&made).exec(&of_knows).await);
                $knows::update(&format!("moves-{at}")).add($knows::N, 1).exec(&of_knows).await.expect("an update");
            }
            came
        };
        let other = async move {
            let mut came = Vec::new();
            for at in 0..EACH {
                let made = $other { email: same(at), ..$other::made(&format!("other-{at}")) };
                came.push($other::create(&made).exec(&of_other).await);
                let moves = $other::update(&format!("moves-{at}")).set($other::EMAIL, &*format!("moved-{at}"));
                moves.exec(&of_other).await.expect("a move to a free value");
            }
            came
        };
        let define = async move {
            for _ in 0..EACH {
                refused(of_define.define::<$refused>().await, ErrorKind::SchemaMismatch, "by_email");
            }
        };
        let (came, ()) = at_once(at_once(knows, other), define).await;
        let by_guards = db.backend_name() == "dynamodb";
        for (knows, other) in came.0.into_iter().zip(came.1) {
            match (knows, other) {
                (Ok(()), Ok(())) => assert!(by_guards, "two records hold one value"),
                (Ok(()), lost) | (lost, Ok(())) => {
                    assert!(!by_guards, "{lost:?}, where one of the two knows of no index");
                    refused(lost, ErrorKind::UniqueViolation, $index);
                }
                (knows, other) => panic!("{knows:?} and {other:?}: nobody has the value"),
            }
        }
        told.tell("`define` that is refused, while both work", "holds neither up");
        told.tell(
            "both at work with the same value",
            "one of them is `UniqueViolation`; on DynamoDB both are done, and `verify` names both records",
        );

        let found = db.verify::<$knows>().await.expect("a look");
        let shared = found.iter().filter(|line| line.contains("is also that of record")).count();
        assert_eq!(shared, if by_guards { EACH } else { 0 }, "{found:#?}");
        assert_eq!(found.len() > shared, by_guards, "of what was moved: {found:#?}");
        if by_guards {
            db.repair::<$knows>().await.expect("a repair");
            let left = db.verify::<$knows>().await.expect("a look");
            assert_eq!(left.len(), EACH, "what records share is their owner's to decide: {left:#?}");
            for at in 0..EACH {
                $other::delete(&format!("other-{at}")).exec(db).await.expect("a delete");
            }
            db.repair::<$knows>().await.expect("a repair");
        }
        assert_eq!(db.verify::<$knows>().await.expect("a look"), Vec::<String>::new());
        for at in 0..EACH {
            let holders = $knows::scan().filter($knows::EMAIL.eq(&*same(at))).count(db).await.expect("a count");
            assert_eq!(holders, 1, "of {}", same(at));
            let moved = $knows::$find(&format!("moved-{at}")).exec(db).await.expect("a find").expect("what was moved");
            assert_eq!((moved.id, moved.n), (format!("moves-{at}"), 2));
            let clash = $knows { email: format!("moved-{at}"), ..$knows::made("clash") };
            refused($knows::create(&clash).exec(db).await, ErrorKind::UniqueViolation, $index);
            let freed = $knows { email: format!("moves-{at}"), ..$knows::made(&format!("freed-{at}")) };
            $knows::create(&freed).exec(db).await.expect("the value it had is free");
        }
        told.tell(
            "a record that the release without the index moved to another value",
            "holds it, and not the one before; on DynamoDB after `repair`",
        );
    }};
}
