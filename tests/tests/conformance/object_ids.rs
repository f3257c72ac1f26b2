//! ObjectIds as keys, in indexes, and wherever else a field's value can be.

use std::collections::{BTreeSet, HashMap};

use ::mongodb::bson::oid::ObjectId;
use reposit::{Condition, Embedded, ErrorKind, Op, Repository, Value};
use serde::{Deserialize, Serialize};

use reposit_conformance::{START, Test, kind};

reposit_conformance::cases!(
    they_are_kept_wherever_a_value_can_be,
    they_are_asked_for,
    they_are_changed,
    they_are_compared_by_name,
    they_are_filled_in,
    pages_go_on_after_them,
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Line {
    product: ObjectId,
    seller: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "orders")]
struct Order {
    #[hash_key(auto)]
    id: ObjectId,
    #[index(range = "parent")]
    customer: ObjectId,
    #[index(unique)]
    parent: Option<ObjectId>,
    lines: Vec<Line>,
    seen_by: BTreeSet<ObjectId>,
    history: Vec<ObjectId>,
    by_role: HashMap<String, ObjectId>,
}

fn id(n: u8) -> ObjectId {
    ObjectId::from_bytes([0xa0, n, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, n])
}

fn order(n: u8) -> Order {
    Order {
        id: id(n),
        customer: id(100),
        parent: Some(id(n + 50)),
        lines: vec![Line { product: id(1), seller: None }, Line { product: id(n), seller: Some(id(2)) }],
        seen_by: BTreeSet::from([id(9), id(3)]),
        history: vec![id(9), id(3), id(9)],
        by_role: HashMap::from([("clerk".to_owned(), id(n))]),
    }
}

async fn they_are_kept_wherever_a_value_can_be(t: Test) {
    let db = t.with::<Order>().await;
    let whole = order(1);
    let bare = Order { parent: None, lines: vec![], seen_by: BTreeSet::new(), history: vec![], ..order(2) };
    Order::create(&whole).exec(db).await.unwrap();
    Order::put_many(std::slice::from_ref(&bare)).exec(db).await.unwrap();
    assert_eq!(Order::get(id(1)).consistent().exec(db).await.unwrap(), Some(whole.clone()));
    assert_eq!(Order::get_many([id(2), id(1), id(3)]).exec(db).await.unwrap(), [Some(bare), Some(whole.clone()), None]);
    assert_eq!(Order::find_by_parent(id(51)).exec(db).await.unwrap(), Some(whole.clone()));
    assert_eq!(Order::find_many_by_parent([id(51), id(52)]).exec(db).await.unwrap(), [Some(whole), None]);
    let taken = Order { parent: Some(id(51)), ..order(3) };
    assert_eq!(kind(Order::create(&taken).exec(db).await), ErrorKind::UniqueViolation);
    assert_eq!(kind(Order::create(&order(1)).exec(db).await), ErrorKind::AlreadyExists);
    t.is_sound::<Order>().await;
}

async fn they_are_asked_for(t: Test) {
    let db = t.with::<Order>().await;
    Order::put_many(&[order(1), order(2), order(3)]).exec(db).await.unwrap();
    let ids = |condition: Condition<Order>| async move {
        let mut ids: Vec<_> = Order::scan().filter(condition).all(db).await.unwrap().iter().map(|o| o.id).collect();
        ids.sort();
        ids
    };
    let first = || Order::LINES.nth(1).at(Line::PRODUCT);
    for (condition, expected) in [
        (Order::PARENT.eq(id(52)), vec![id(2)]),
        (Order::PARENT.ne(id(52)), vec![id(1), id(3)]),
        (Order::PARENT.lt(id(52)), vec![id(1)]),
        (Order::PARENT.ge(id(52)), vec![id(2), id(3)]),
        (Order::PARENT.between(id(52), id(53)), vec![id(2), id(3)]),
        (Order::PARENT.is_in([id(51), id(53), id(9)]), vec![id(1), id(3)]),
        (first().gt(id(1)), vec![id(2), id(3)]),
        (Order::LINES.nth(0).at(Line::SELLER).missing(), vec![id(1), id(2), id(3)]),
        (Order::BY_ROLE.entry("clerk").eq(id(3)), vec![id(3)]),
        (Order::HISTORY.contains(id(3)), vec![id(1), id(2), id(3)]),
        (Order::HISTORY.contains(id(4)), vec![]),
        (Order::SEEN_BY.contains(id(3)) & Order::SEEN_BY.size().eq(2), vec![id(1), id(2), id(3)]),
        (Order::SEEN_BY.eq(&BTreeSet::from([id(3), id(9)])), vec![id(1), id(2), id(3)]),
        (Order::HISTORY.eq(&[id(9), id(3)]), vec![]),
        (Order::LINES.contains(&Line { product: id(2), seller: Some(id(2)) }), vec![id(2)]),
        (Order::ID.gt(id(1)), vec![id(2), id(3)]),
    ] {
        assert_eq!(ids(condition.clone()).await, expected, "{condition:?}");
    }
    let by_parent = Order::find_by_customer(id(100)).range(id(52)..).descending().all(db).await.unwrap();
    assert_eq!(by_parent, [order(3), order(2)]);
}

async fn they_are_changed(t: Test) {
    let db = t.with::<Order>().await;
    Order::create(&order(1)).exec(db).await.unwrap();
    let changed = Order::update(id(1))
        .set(Order::PARENT, id(70))
        .set(Order::LINES.nth(0).at(Line::SELLER), id(71))
        .insert(Order::SEEN_BY, [id(4), id(3)])
        .append(Order::HISTORY, [id(5)])
        .set(Order::BY_ROLE.entry("chief"), id(72))
        .only_if(Order::PARENT.eq(id(51)))
        .exec(db)
        .await
        .unwrap();
    let mut expected = Order { parent: Some(id(70)), ..order(1) };
    expected.lines[0].seller = Some(id(71));
    expected.seen_by.insert(id(4));
    expected.history.push(id(5));
    expected.by_role.insert("chief".to_owned(), id(72));
    assert_eq!(changed, expected);
    assert_eq!(Order::find_by_parent(id(51)).exec(db).await.unwrap(), None);
    assert_eq!(Order::find_by_parent(id(70)).consistent().exec(db).await.unwrap(), Some(expected.clone()));

    let refused = Order::update(id(1)).remove(Order::PARENT).only_if(Order::PARENT.eq(id(51))).exec(db).await;
    assert_eq!(kind(refused), ErrorKind::ConditionFailed);
    let changed =
        Order::update(id(1)).remove(Order::PARENT).discard(Order::SEEN_BY, [id(3), id(4)]).exec(db).await.unwrap();
    expected.parent = None;
    expected.seen_by = BTreeSet::from([id(9)]);
    assert_eq!(changed, expected);
    let upserted = Order::upsert(id(2))
        .set(Order::CUSTOMER, id(100))
        .set(Order::LINES, &[])
        .set(Order::HISTORY, &[id(1)])
        .set(Order::BY_ROLE, &HashMap::new())
        .exec(db)
        .await
        .unwrap();
    assert_eq!((upserted.id, upserted.history), (id(2), vec![id(1)]));
    db.transaction()
        .add(Order::delete(id(1)))
        .add(Order::check(id(2)).only_if(Order::CUSTOMER.eq(id(100))))
        .commit()
        .await
        .unwrap();
    assert_eq!(Order::scan().count(db).await.unwrap(), 1);
    t.is_sound::<Order>().await;
}

async fn they_are_compared_by_name(t: Test) {
    let db = t.with::<Order>().await;
    Order::put_many(&[order(1), order(2)]).exec(db).await.unwrap();
    let text = id(52).to_hex();
    for value in [Value::from(&*text), Value::from(text.to_uppercase()), Value::ObjectId(id(52).bytes())] {
        let condition = Order::condition("parent", Op::Eq, value).unwrap();
        assert_eq!(Order::scan().filter(condition).all(db).await.unwrap(), [order(2)]);
    }
    for no_id in [Value::from("a0"), Value::from(1_i64), Value::Bytes(vec![0; 12]), Value::Instant(1)] {
        let error = Order::condition("parent", Op::Eq, no_id).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("parent is an ObjectId"), "{error}");
    }
}

async fn they_are_filled_in(t: Test) {
    let db = t.with::<Order>().await;
    let draft = || Order { id: ObjectId::from_bytes([0; 12]), parent: None, ..order(1) };
    let mut made = Vec::new();
    for seconds in [0, 0, 3] {
        t.advance(seconds);
        made.push(Order::create(&draft()).exec_returning(db).await.unwrap());
    }
    assert!(made.is_sorted_by(|a, b| a.id < b.id), "{made:?}");
    // The first four bytes are the seconds, in which the clock of the suite is beyond what a driver reads as a date.
    let seconds = |order: &Order| order.id.bytes()[..4].iter().fold(0, |n, byte| n << 8 | i64::from(*byte));
    assert_eq!(made.iter().map(seconds).collect::<Vec<_>>(), [START, START, START + 3]);
    assert_eq!(Order::get(made[2].id).exec(db).await.unwrap().as_ref(), Some(&made[2]));
    assert_eq!(Order::create(&order(7)).exec_returning(db).await.unwrap().id, id(7));
}

async fn pages_go_on_after_them(t: Test) {
    let db = t.with::<Order>().await;
    let orders: Vec<_> = (1..=7).map(order).collect();
    Order::put_many(&orders).exec(db).await.unwrap();
    let (mut found, mut after) = (Vec::new(), None::<reposit::Cursor>);
    loop {
        let query = Order::find_by_customer(id(100)).limit(3);
        let page = match after.take() {
            Some(cursor) => query.after(cursor).exec(db).await.unwrap(),
            None => query.exec(db).await.unwrap(),
        };
        found.extend(page.items);
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(found, orders);
    let (mut scanned, mut after) = (BTreeSet::new(), None::<reposit::Cursor>);
    loop {
        let scan = Order::scan().limit(2);
        let page = match after.take() {
            Some(cursor) => scan.after(cursor).exec(db).await.unwrap(),
            None => scan.exec(db).await.unwrap(),
        };
        scanned.extend(page.items.iter().map(|order| order.id));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(scanned, orders.iter().map(|order| order.id).collect());
}
