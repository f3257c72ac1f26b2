//! Random bytes as entries of a store.

use crate::codec;
use crate::codec::random::{Type, Typed};
use crate::fuzz::{Dice, in_proportion, on_random_bytes};
use crate::keyspace::Entry;
use crate::value::Record;

#[test]
fn fuzz_bytes_as_entries() {
    on_random_bytes(200, |bytes| {
        let mut dice = Dice::new(bytes);
        let ty = Type::random(&mut dice, 3);
        let data = ty.value(&mut dice);
        let record = Record::from_iter([("value".to_owned(), codec::to_value(&Typed(&ty, &data)).unwrap())]);
        let written = [&[4, b'r'], record.as_bytes()].concat();
        let entry = Entry::from_bytes(&written).unwrap();
        assert_eq!(entry.to_bytes(), written);
        // The form of the release before, of which any bytes may be left.
        let older = [&[1, b'r'], bytes].concat();
        let mut damaged = written;
        dice.damage(&mut damaged);
        for bytes in [&damaged[..], bytes, &older] {
            match in_proportion(bytes.len(), 200, || Entry::from_bytes(bytes)) {
                Ok(entry) => assert!(Entry::from_bytes(&entry.to_bytes()).is_ok()),
                Err(error) => assert_eq!(error.kind(), crate::ErrorKind::Codec),
            }
        }
    });
}
