//! What a field's type must be able to do for each use of the field. The compiler checks types against these
//! traits and says in words what is missing.

use serde::Serialize;

use super::interval::Interval;
use super::role::{InKey, InMap, InVersion, Plain};
use super::sealed::Sealed;
use crate::codec::map_key_text;
use crate::definition::{FieldDef, Form, KeyKind, Lowering};
use crate::error::Result;
use crate::value::Value;

/// A type whose values can be compared and set: the built-in ones, one with a derive, or one of your own.
///
/// `Arg` is what methods take for it: `&str` for `String`, a slice for a `Vec`, the value itself
/// for numbers and instants, a reference for the rest; of an `Option<T>` it is `T`'s.
///
/// [`derive(FieldType)`](derive@crate::FieldType) is for types that are passed by reference. A type for which
/// methods should take something else is implemented by hand. `encode` has to return what serde writes of the
/// value, or a filter looks for another value than a write stored; the inner type's own `encode` does.
///
/// ```
/// use reposit::{Database, FieldType, Repository, Result, Value, field::Ordered};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
/// struct Celsius(f64);
///
/// impl FieldType for Celsius {
///     // Methods take the number.
///     type Arg<'a> = f64;
///     fn encode(degrees: f64) -> Result<Value> { f64::encode(degrees) }
///     fn with_value<R>(degrees: f64, f: impl FnOnce(&Self) -> R) -> R { f(&Celsius(degrees)) }
/// }
///
/// // It is stored as a number, so it has an order.
/// impl Ordered for Celsius {}
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, Repository)]
/// struct Reading { #[hash_key] id: String, temperature: Celsius }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Reading>().await?;
/// Reading::put(&Reading { id: "r1".into(), temperature: Celsius(21.5) }).exec(&db).await?;
/// assert_eq!(Reading::scan().filter(Reading::TEMPERATURE.gt(20.0)).count(&db).await?, 1);
/// let cooler = Reading::update("r1").set(Reading::TEMPERATURE, 19.0).exec(&db).await?;
/// assert_eq!(cooler.temperature, Celsius(19.0));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a field type, so this field can be stored but not compared, set or used as a key",
    label = "not a field type",
    note = "derive `reposit::Key` (newtypes and unit enums), `reposit::Embedded` (structs with named fields) or `reposit::FieldType` (anything serde writes) for it",
    note = "if `{Self}` comes from another crate, wrap it in a newtype of your own with `#[derive(reposit::FieldType)]`; if it is to be a key, see the documentation of `reposit::Key`"
)]
pub trait FieldType: Serialize + Sized {
    /// What methods take for a value of this type.
    type Arg<'a>
    where
        Self: 'a;

    /// How the stored form differs from what serde writes; nothing if it does not.
    #[doc(hidden)]
    const LOWERING: Option<&'static Lowering> = None;

    /// Which values it holds, as far as it is known.
    #[doc(hidden)]
    const FORM: Form = Form::Unknown;

    /// Whether it is `u8`, of which a list is bytes.
    #[doc(hidden)]
    const IS_BYTE: bool = false;

    /// Whether a set of these values is kept as a set: they are [`Member`]s.
    #[doc(hidden)]
    const IS_MEMBER: bool = false;

    /// Which stored numbers are read as the same value, if there are several.
    #[doc(hidden)]
    const INTERVAL: Option<Interval> = None;

    /// The stored form of a value, which is what serde writes of it.
    ///
    /// Errors: [`InvalidInput`](crate::ErrorKind::InvalidInput) or [`Codec`](crate::ErrorKind::Codec) for a value
    /// that cannot be stored.
    fn encode(value: Self::Arg<'_>) -> Result<Value>;

    /// Makes a value of this type from what methods take, and calls `f` with it. A field with `serde(with)`
    /// needs it: the function that is named there takes the value itself.
    fn with_value<R>(value: Self::Arg<'_>, f: impl FnOnce(&Self) -> R) -> R;
}

/// A type that can be a hash key, a range key or an index field: text, integers to 64 bits, bytes,
/// `Uuid`, `ObjectId`, instants, days and local times, and newtypes and unit enums that derive `Key`. IP addresses can be all but
/// ranges.
///
/// ```
/// # use serde::{Serialize, Deserialize};
/// use reposit::{Key, definition::KeyKind};
///
/// #[derive(Clone, Serialize, Deserialize, Key)]
/// struct Isbn(String);
///
/// assert_eq!(<Isbn as Key>::KIND, KeyKind::String);
/// ```
///
/// A newtype over a type of another crate, which is no key, is made one by hand. `encode` has to return what
/// serde writes, of the kind that `KIND` says, or `get` looks for another key than `create` stored. If its order
/// is that of the stored value, `impl Ordered` lets it be queried by range.
///
/// ```
/// # use serde::{Serialize, Deserialize};
/// use std::net::SocketAddr;
/// use reposit::{Database, FieldType, Key, Repository, Result, Value, definition::KeyKind};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// struct Peer(SocketAddr);
///
/// impl FieldType for Peer {
///     type Arg<'a> = &'a Peer;
///     // serde writes an address as text.
///     fn encode(peer: &Peer) -> Result<Value> { Ok(Value::String(peer.0.to_string())) }
///     fn with_value<R>(peer: &Peer, f: impl FnOnce(&Peer) -> R) -> R { f(peer) }
/// }
///
/// impl Key for Peer {
///     const KIND: KeyKind = KeyKind::String;
///     fn arg(&self) -> &Peer { self }
/// }
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// struct Session { #[hash_key] peer: Peer, #[index] through: Option<Peer> }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Session>().await?;
/// let through = Peer(SocketAddr::from(([10, 0, 0, 1], 443)));
/// let session = Session { peer: Peer(SocketAddr::from(([10, 0, 0, 7], 9000))), through: Some(through.clone()) };
/// Session::create(&session).exec(&db).await?;
/// assert_eq!(Session::get(&session.peer).exec(&db).await?, Some(session.clone()));
/// assert_eq!(Session::find_by_through(&through).all(&db).await?, [session]);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    label = "not a key type",
    note = "a primary key is a String, an integer of up to 64 bits, Vec<u8>, [u8; N], a Uuid, an ObjectId, an instant, a date with or without a time, an IP address, or a newtype or unit enum with `#[derive(Key)]`; floats, bools and Options are not keys",
    note = "`#[derive(Key)]` is for newtypes over a key; for a newtype over another crate's type, implement `FieldType` and `Key` by hand, as the documentation of `reposit::Key` shows"
)]
pub trait Key: FieldType + Clone {
    /// What the key is stored as: the kind of value that `encode` returns.
    const KIND: KeyKind;

    /// A key as what methods take.
    fn arg(&self) -> Self::Arg<'_>;
}

/// A type that can be an index field: a [`Key`], or an `Option` of one, which makes the index sparse. It is sealed:
/// implement [`Key`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be indexed",
    label = "not a key type",
    note = "an index field is a String, an integer of up to 64 bits, Vec<u8>, [u8; N], a Uuid, an ObjectId, an instant, a date with or without a time, an IP address, a newtype or unit enum with `#[derive(Key)]`, or an Option of one of these"
)]
pub trait IndexKey: FieldType + index_key::Sealed {
    /// What the field is stored as.
    const KIND: KeyKind;
    /// Whether a record may have no value here, and is then not in the index.
    const SPARSE: bool;
}

impl<T: Key> IndexKey for T {
    const KIND: KeyKind = T::KIND;
    const SPARSE: bool = false;
}

impl<T: Key> IndexKey for Option<T>
where
    Self: FieldType,
{
    const KIND: KeyKind = T::KIND;
    const SPARSE: bool = true;
}

mod index_key {
    pub trait Sealed {}

    impl<T: super::Key> Sealed for T {}
    impl<T: super::Key> Sealed for Option<T> {}
}

/// A type with an order that is the same on every backend: numbers, text and instants. It can be implemented for
/// a type of your own whose `encode` returns one of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no order that is the same on every backend",
    label = "cannot be compared with less or greater",
    note = "numbers, text and instants have one; bytes, bools, lists and structs can be compared with `eq` and `ne`"
)]
pub trait Ordered: FieldType {}

/// A number that `add` can add to. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number, so nothing can be added to it",
    label = "not a number",
    note = "`add` is for integers and floats; use `set`, or `append` for lists"
)]
pub trait Numeric: FieldType + Sealed {
    /// What is added: signed, so that it can be taken away too.
    type Delta: Copy;
    /// The stored form of what is added.
    fn delta(delta: Self::Delta) -> Result<Value>;
    /// The integers the field can hold; nothing for a float.
    const BOUNDS: Option<(i128, i128)>;
}

/// Text, which has a beginning. It can be implemented for a type of your own whose `encode` returns text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text, so it has no beginning to compare with",
    label = "not text",
    note = "`begins_with` is for String fields, and newtypes over String with `#[derive(Key)]`"
)]
pub trait Text: FieldType {}

/// What `contains` can look into: text, lists and sets. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither text nor a list nor a set, so it contains nothing",
    label = "neither text nor a list nor a set"
)]
pub trait Contain: FieldType + Sealed {
    /// Whether it is a set.
    #[doc(hidden)]
    const IS_SET: bool = false;

    /// What is looked for.
    type Part<'a>
    where
        Self: 'a;
    /// The stored form of what is looked for.
    fn encode_part(part: Self::Part<'_>) -> Result<Value>;
}

/// A list that `append` can add to. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list, so it has no items, and nothing can be appended to it",
    label = "not a list",
    note = "`append`, `prepend`, `remove_at` and `nth` are for Vec fields; a Vec<u8> is bytes, not a list; a set is added to with `insert`"
)]
pub trait List: FieldType + Sealed {
    /// What it is a list of.
    type Item: FieldType;
}

/// A set that `insert` and `discard` change: a `BTreeSet` or a `HashSet` of [`Member`]s, or an `Option` of one. It is
/// sealed.
///
/// It is kept as a set: on DynamoDB as SS, NS or BS, on MongoDB as an array that is sorted and has nothing twice. Nothing
/// is stored of one without members, and a missing one is read as empty.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set, so nothing is inserted into it or discarded from it",
    label = "not a set",
    note = "`insert` and `discard` are for BTreeSet and HashSet fields of a key type; a Vec is added to with `append`, and another field is `set`"
)]
pub trait Set: FieldType + Sealed {
    /// What is in it.
    type Member: Member;
}

/// A key type, of which a set is kept as a set: text, integers, bytes, `Uuid`, `ObjectId`, instants, days and local times, IP addresses,
/// and newtypes and unit enums that derive [`Key`](derive@crate::Key). A set of another type is kept as a list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the member of a set that `insert`, `discard` or `contains` reaches into",
    label = "not a member type",
    note = "the members of such a set are of a key type: String, an integer of up to 64 bits, Vec<u8>, [u8; N], a Uuid, an ObjectId, an instant, a date with or without a time, an IP address, or a newtype or unit enum with `#[derive(Key)]`; other sets can be set and compared as a whole"
)]
pub trait Member: Key {}

/// A map. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map, so it has no entries",
    label = "not a map",
    note = "`entry` is for BTreeMap<K, T> and HashMap<K, T>, where `K` is text, an integer or another `MapKey`; the fields of a nested struct are reached with `at`"
)]
pub trait Dictionary: FieldType + Sealed {
    /// What it is a map from.
    type Key: MapKey;
    /// What it is a map to.
    type Value: FieldType;
}

/// What can be the key of a map whose entries are reached with [`Field::entry`](super::Field::entry): what serde
/// writes as a text, an integer or a bool. An entry is stored under that text.
///
/// [`derive(Key)`](derive@crate::Key) makes one of a newtype over one, and of an enum of units. A type that
/// implements [`Key`] by hand needs no more than `impl MapKey for Peer {}`.
///
/// ```
/// # use std::collections::HashMap;
/// # use reposit::{Database, Repository, Key}; use serde::{Serialize, Deserialize};
/// #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Key)]
/// struct PlayerId(u64);
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// struct Game { #[hash_key] id: String, points: HashMap<PlayerId, i64> }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Game>().await?;
/// # Game::create(&Game { id: "g1".into(), points: HashMap::from([(PlayerId(7), 1)]) }).exec(&db).await?;
/// let game = Game::update("g1").add(Game::POINTS.entry(&PlayerId(7)), 2).exec(&db).await?;
/// assert_eq!(game.points[&PlayerId(7)], 3);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map",
    label = "not the key of a map",
    note = "a map's keys are stored as text: they are text, integers, bools, Uuids, days, IP addresses, or newtypes and unit enums with `#[derive(Key)]`; a map from anything else can be stored, but not compared, set or changed"
)]
pub trait MapKey: FieldType {
    /// The name of the entry under a key.
    #[doc(hidden)]
    fn entry_name(key: Self::Arg<'_>) -> Result<String> {
        Self::with_value(key, |key| map_key_text(key))
    }
}

/// What has a number of items: a list, a map, a set, or bytes. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no size that is the same on every backend",
    label = "not a list, map, set or bytes"
)]
pub trait Countable: FieldType + Sealed {
    /// Whether it is a set.
    #[doc(hidden)]
    const IS_SET: bool = false;
}

/// A type whose lists can be looked into and added to item by item. Not `u8`, since a list of it is bytes,
/// and not an `Option`: a position in a list cannot be removed in the same way on every backend.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the item of a list that `contains`, `append` or `nth` reaches into",
    label = "not an item type",
    note = "an item is a field type, but neither `u8`, since a Vec<u8> is bytes, nor an Option: write Vec<T> and leave the missing items out",
    note = "for a type of your own derive `reposit::Embedded` or `reposit::FieldType`; a list of any field type can be set and compared as a whole, with `set` and `eq`"
)]
pub trait Element: FieldType {}

/// A field that may be missing, so that `remove` can take it away: one of type `Option`, or an entry of a map. It is
/// sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is required, so it cannot be removed",
    label = "not an Option",
    note = "only fields of type Option can be removed, and entries of maps: `.remove(F.entry(key))`"
)]
pub trait Optional<Role = Plain>: FieldType + optional::Sealed<Role> {}

impl<T: FieldType + Clone> Optional for Option<T> {}
impl<T: FieldType> Optional<InMap> for T {}
// What is refused for being a key is refused for that alone.
impl<T: FieldType> Optional<InKey> for T {}
impl<T: FieldType> Optional<InVersion> for T {}

mod optional {
    use super::{InKey, InMap, InVersion, Plain};

    pub trait Sealed<Role> {}

    impl<T> Sealed<Plain> for Option<T> {}
    impl<T> Sealed<InMap> for T {}
    impl<T> Sealed<InKey> for T {}
    impl<T> Sealed<InVersion> for T {}
}

/// A type that can be reached into: one that derives [`Embedded`](derive@crate::Embedded), or an `Option` or a
/// `Box` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields of its own",
    label = "not a nested struct",
    note = "derive `reposit::Embedded` for it"
)]
pub trait Nested {
    /// The nested struct.
    type Inner: Embedded;
}

impl<T: Nested> Nested for Option<T> {
    type Inner = T::Inner;
}

impl<T: Nested> Nested for Box<T> {
    type Inner = T::Inner;
}

/// A type that can count versions. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a version",
    label = "not an unsigned integer",
    note = "a version field is u64, u32, u16, u8 or usize: write `revision: u64`"
)]
pub trait Version: FieldType + Sealed {
    /// The last version there can be.
    const MOST: u64;
    /// The version as a number.
    fn get(&self) -> u64;
    /// Takes over a version of at most `MOST`.
    fn set(&mut self, version: u64);
}

/// A nested struct whose fields can be reached with [`Field::at`](super::Field::at): derive it.
///
/// ```
/// # use serde::{Serialize, Deserialize};
/// use reposit::{Embedded, Repository};
///
/// #[derive(Clone, Serialize, Deserialize, Embedded)]
/// struct Address { city: String }
///
/// #[derive(Serialize, Deserialize, Repository)]
/// struct Person { #[hash_key] id: String, address: Address }
///
/// let in_graz = Person::ADDRESS.at(Address::CITY).eq("Graz");
/// # drop(in_graz);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an embedded struct",
    label = "derive `reposit::Embedded` for it"
)]
pub trait Embedded: FieldType + EmbeddedFields {}

/// What the derive implements with [`Embedded`].
#[doc(hidden)]
pub trait EmbeddedFields {
    /// Its stored fields.
    const FIELDS: &'static [FieldDef];
}
