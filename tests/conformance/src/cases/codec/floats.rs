//! Numbers that a field of floats is not exactly: they are found as what they are read as, or are `Codec`.

use std::collections::BTreeMap;

use reposit::{Condition, Embedded, ErrorKind, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(
    an_integer_that_no_float_is_exactly_is_codec,
    a_single_float_is_found_as_it_is_read,
    single_floats_are_found_everywhere,
    a_sum_of_single_floats_is_found,
);

/// Models of one repository that disagree about the type of a field.
macro_rules! models {
    ($($name:ident $ty:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "rounded")]
        struct $name {
            #[hash_key]
            id: String,
            value: Option<$ty>,
            list: Option<Vec<$ty>>,
            map: Option<BTreeMap<String, $ty>>,
        }

        impl $name {
            fn of(value: $ty) -> Self {
                Self { id: "1".into(), value: Some(value), list: None, map: None }
            }
        }
    )*};
}

models! {
    Integer i64;
    Unsigned u64;
    Double f64;
    Single f32;
}

async fn an_integer_that_no_float_is_exactly_is_codec(t: Test) {
    let db = t.with::<Integer>().await;
    let odd = (1_i64 << 53) + 1;
    for n in [odd, -odd, i64::MAX] {
        Integer::put(&Integer::of(n)).exec(db).await.unwrap();
        let error = Double::get("1").exec(db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Codec);
        assert!(error.message().contains("value is stored as an integer that no float is exactly"), "{error}");
        assert_eq!(kind(Single::get("1").exec(db).await), ErrorKind::Codec);
        assert_eq!(kind(Double::scan().all(db).await), ErrorKind::Codec);
        assert_eq!(kind(Double::update("1").add(Double::VALUE, 1.0).exec(db).await), ErrorKind::Codec);
        assert_eq!(kind(Double::update("1").add(Double::VALUE, 0.5).exec(db).await), ErrorKind::Codec);
        assert_eq!(Integer::get("1").exec(db).await.unwrap(), Some(Integer::of(n)));
    }
    for whole in [
        Integer { value: None, list: Some(vec![1, odd]), ..Integer::of(0) },
        Integer { value: None, map: Some([("a".to_owned(), odd)].into()), ..Integer::of(0) },
    ] {
        Integer::put(&whole).exec(db).await.unwrap();
        assert_eq!(kind(Double::get("1").exec(db).await), ErrorKind::Codec);
    }
    Unsigned::put(&Unsigned::of(u64::MAX)).exec(db).await.unwrap();
    assert_eq!(kind(Double::get("1").exec(db).await), ErrorKind::Codec);
    // An integer that is a float is one.
    for n in [1_i64 << 53, (1 << 62) + (1 << 20), i64::MIN] {
        Integer::put(&Integer::of(n)).exec(db).await.unwrap();
        assert_eq!(Double::get("1").exec(db).await.unwrap(), Some(Double::of(n as f64)));
        assert_eq!(Double::scan().filter(Double::VALUE.eq(n as f64)).count(db).await.unwrap(), 1);
        let sum = Double::update("1").add(Double::VALUE, 0.5).exec(db).await.unwrap();
        assert_eq!(sum, Double::of(n as f64 + 0.5));
    }
}

/// Whether a query and the condition of a write say the same of what is stored.
async fn is_true(t: &Test, condition: Condition<Single>) -> bool {
    let found = Single::scan().filter(condition.clone()).count(&t.db).await.unwrap() == 1;
    let checked = match t.db.transaction().add(Single::check("1").only_if(condition.clone())).commit().await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConditionFailed, "{error}");
            false
        }
    };
    assert_eq!(found, checked, "{condition:?}");
    found
}

/// Every comparison with what is read, and with what is next to it.
async fn compares_as_it_is_read(t: &Test) {
    let x = Single::get("1").exec(&t.db).await.unwrap().and_then(|read| read.value).unwrap();
    let (below, above) = (x.next_down(), x.next_up());
    for (condition, wanted) in [
        (Single::VALUE.eq(x), true),
        (Single::VALUE.ne(x), false),
        (Single::VALUE.lt(x), false),
        (Single::VALUE.le(x), true),
        (Single::VALUE.gt(x), false),
        (Single::VALUE.ge(x), true),
        (Single::VALUE.between(x, x), true),
        (Single::VALUE.between(above, below), false),
        (Single::VALUE.is_in([7.0, x]), true),
        (!Single::VALUE.is_in([x]), false),
        (Single::VALUE.is_in([below, above]), false),
        (Single::VALUE.is_in([0.0; 0]), false),
        (Single::VALUE.eq(above) | Single::VALUE.eq(below), false),
        (Single::VALUE.ne(above) & Single::VALUE.ne(below), true),
        (Single::VALUE.lt(above) & Single::VALUE.gt(below), true),
        (Single::VALUE.ge(above) | Single::VALUE.le(below), false),
    ] {
        assert_eq!(is_true(t, condition.clone()).await, wanted, "{x:e}: {condition:?}");
    }
}

async fn a_single_float_is_found_as_it_is_read(t: Test) {
    let db = t.with::<Double>().await;
    let tenth = f64::from(0.1_f32);
    let half = f64::midpoint(1.0, f64::from(1.0_f32.next_up()));
    for x in [0.1, tenth, -0.1, half, half.next_up(), -half, 1e-60, 0.0, 16_777_217.0, 1e30, 1.0 / 3.0, 2.5] {
        Double::put(&Double::of(x)).exec(db).await.unwrap();
        assert_eq!(Single::get("1").exec(db).await.unwrap(), Some(Single::of(x as f32)));
        compares_as_it_is_read(&t).await;
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Inner {
    part: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "within")]
struct Doubles {
    #[hash_key]
    id: String,
    required: f64,
    boxed: Box<f64>,
    inner: Inner,
    list: Vec<f64>,
    map: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct SingleInner {
    part: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
#[repository(name = "within")]
struct Singles {
    #[hash_key]
    id: String,
    required: f32,
    boxed: Box<f32>,
    inner: SingleInner,
    list: Vec<f32>,
    map: BTreeMap<String, f32>,
}

async fn single_floats_are_found_everywhere(t: Test) {
    let db = t.with::<Doubles>().await;
    let inner = Inner { part: 0.1 };
    let map = BTreeMap::from([("a".to_owned(), 0.1)]);
    let doubles = Doubles { id: "1".into(), required: 0.1, boxed: Box::new(0.1), inner, list: vec![0.1], map };
    Doubles::create(&doubles).exec(db).await.unwrap();
    for condition in [
        Singles::REQUIRED.eq(0.1),
        Singles::BOXED.eq(&Box::new(0.1)),
        Singles::INNER.at(SingleInner::PART).eq(0.1),
        Singles::LIST.nth(0).eq(0.1),
        Singles::MAP.entry("a").eq(0.1),
        // Beyond the end of the list there is nothing.
        Singles::LIST.nth(1).ne(0.1),
    ] {
        assert_eq!(Singles::scan().filter(condition.clone()).count(db).await.unwrap(), 1, "{condition:?}");
    }
    let next = 0.1_f32.next_up();
    let changed = Singles::update("1").set(Singles::REQUIRED, next).only_if(Singles::REQUIRED.eq(0.1)).exec(db).await;
    assert_eq!(changed.unwrap().required, next);
}

async fn a_sum_of_single_floats_is_found(t: Test) {
    let db = t.with::<Single>().await;
    Single::put(&Single::of(0.1)).exec(db).await.unwrap();
    let many = |count: u8| Single::VALUE.is_in((1..=count).map(|n| f32::from(n) / 10.0));
    assert!(is_true(&t, many(40)).await);
    assert_eq!(kind(Single::scan().filter(many(100)).count(db).await), ErrorKind::InvalidInput);
    for delta in [0.2, 0.7, -1e-9, 100.1, -101.0] {
        Single::update("1").add(Single::VALUE, delta).exec(db).await.unwrap();
        compares_as_it_is_read(&t).await;
    }
}
