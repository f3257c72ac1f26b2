//! What no filter would find as a field's value is not read as one: it is `Codec`.

use reposit::{ErrorKind, FieldType, Repository};
use serde::{Deserialize, Serialize};

use crate::test::{Test, kind};

cases!(text_is_read_from_text, bytes_and_lists_are_not_each_other, numbers_are_read_from_numbers);

/// Models of one repository that disagree about the type of a field.
macro_rules! models {
    ($($name:ident $ty:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
        #[repository(name = "disputed")]
        struct $name {
            #[hash_key]
            id: String,
            value: $ty,
        }
    )*};
}

models! {
    OfText String;
    OfChar char;
    OfUuid uuid::Uuid;
    OfBytes Vec<u8>;
    OfArray [u8; 2];
    OfNumbers Vec<u16>;
    OfSmall Vec<i64>;
    OfNumber i64;
    OfFloat f64;
    OfBool bool;
    OfStruct Named;
    OfPair Pair;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Named {
    a: u16,
    b: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
struct Pair(u16, u16);

async fn read<M: Repository>(t: &Test) -> Result<Option<M>, reposit::Error> {
    let key = M::key_parts(&as_key::<M::Key>());
    reposit::operation::Get::<M>::new(key).exec(&t.db).await
}

/// The key of them all, which is text.
fn as_key<K: 'static>() -> K {
    let key: Box<dyn std::any::Any> = Box::new("1".to_owned());
    *key.downcast::<K>().expect("the key is a String")
}

/// Writes with one model, and asserts that each of the others refuses it.
macro_rules! refused {
    ($t:ident, $write:ident $value:expr, [$($read:ident),*]) => {{
        $write::put(&$write { id: "1".into(), value: $value }).exec(&$t.db).await.unwrap();
        $(
            assert_eq!(kind(read::<$read>(&$t).await), ErrorKind::Codec, "{} from {}", stringify!($read), stringify!($write));
            let scanned = reposit::operation::Scan::<$read>::new().all(&$t.db).await;
            assert_eq!(kind(scanned), ErrorKind::Codec, "{} from {}", stringify!($read), stringify!($write));
        )*
        assert!(read::<$write>(&$t).await.unwrap().is_some());
    }};
}

async fn text_is_read_from_text(t: Test) {
    t.with::<OfText>().await;
    refused!(t, OfText "x".into(), [OfBytes, OfArray, OfUuid, OfNumber, OfBool, OfNumbers, OfStruct]);
    refused!(t, OfUuid uuid::Uuid::from_u128(7), [OfBytes, OfChar]);
    refused!(t, OfBytes vec![7; 16], [OfText, OfUuid, OfChar]);
    refused!(t, OfNumber 7, [OfText, OfChar, OfUuid, OfBytes, OfBool]);
}

async fn bytes_and_lists_are_not_each_other(t: Test) {
    t.with::<OfText>().await;
    refused!(t, OfBytes vec![1, 2], [OfNumbers, OfSmall, OfStruct, OfPair]);
    refused!(t, OfNumbers vec![1, 2], [OfBytes, OfArray, OfStruct]);
    refused!(t, OfPair Pair(1, 2), [OfStruct, OfBytes]);
    refused!(t, OfStruct Named { a: 1, b: 2 }, [OfPair, OfBytes]);
    // Nothing is as much no bytes as no items.
    OfBytes::put(&OfBytes { id: "1".into(), value: vec![] }).exec(&t.db).await.unwrap();
    assert_eq!(read::<OfNumbers>(&t).await.unwrap().map(|read| read.value), Some(vec![]));
}

async fn numbers_are_read_from_numbers(t: Test) {
    t.with::<OfText>().await;
    refused!(t, OfText "7".into(), [OfNumber, OfFloat]);
    refused!(t, OfBool true, [OfNumber, OfFloat, OfText]);
    refused!(t, OfFloat 1.5, [OfNumber, OfBool]);
    // A whole float is the same number as the integer, to filters too.
    OfFloat::put(&OfFloat { id: "1".into(), value: 2.0 }).exec(&t.db).await.unwrap();
    assert_eq!(read::<OfNumber>(&t).await.unwrap().map(|read| read.value), Some(2));
    assert_eq!(OfNumber::scan().filter(OfNumber::VALUE.eq(2)).count(&t.db).await.unwrap(), 1);
}
