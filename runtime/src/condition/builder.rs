//! Typed conditions, as a model's fields make them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use super::composed::Composed;
use super::expr::{Expr, Op};
use super::named::compare_named;
use crate::definition::Definition;
use crate::error::Result;
use crate::field::{Contain, Countable, Field, FieldType, Many, Ordered, Text};
use crate::path::Path;
use crate::value::Value;

/// A condition on records of `M`, made from its fields; one over two models does not compile.
///
/// A field that is missing is less than, greater than and equal to nothing; it is `ne` to
/// everything. Values are always bound, never spliced into text.
///
/// ```
/// # use reposit::Repository; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32, team: String }
/// let condition = (User::AGE.ge(18) & User::TEAM.eq("core")) | !User::TEAM.exists();
/// # let _ = condition;
/// ```
#[must_use = "a condition does nothing until it is given to an operation"]
pub struct Condition<M> {
    /// The same without the model.
    pub(crate) composed: Composed,
    marker: PhantomData<fn() -> M>,
}

impl<M> Condition<M> {
    fn new(composed: Composed) -> Self {
        Self { composed, marker: PhantomData }
    }

    /// True if both are.
    pub fn and(self, other: Self) -> Self {
        Self::new(self.composed.and(other.composed))
    }

    /// True if either is.
    pub fn or(self, other: Self) -> Self {
        Self::new(self.composed.or(other.composed))
    }

    /// True if this is not.
    #[allow(clippy::should_implement_trait, reason = "it is implemented too; a method reads better in a chain")]
    pub fn not(self) -> Self {
        Self::new(self.composed.not())
    }

    /// True if all of these are; of none, always. As many as there are, where their number is known only at run
    /// time.
    ///
    /// ```
    /// # use reposit::{Condition, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32, team: String }
    /// # let (team, least_age) = (Some("core"), None);
    /// let wanted = Condition::all([
    ///     team.map(|team| User::TEAM.eq(team)),
    ///     least_age.map(|age| User::AGE.ge(age)),
    /// ].into_iter().flatten());
    /// # let _ = wanted;
    /// ```
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Composed::join_all(conditions.into_iter().map(|one| one.composed), Expr::And))
    }

    /// True if any of these is; of none, never.
    ///
    /// ```
    /// # use reposit::{Condition, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, team: String }
    /// let wanted = Condition::any(["core", "ops"].map(|team| User::TEAM.begins_with(team)));
    /// # let _ = wanted;
    /// ```
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Composed::join_all(conditions.into_iter().map(|one| one.composed), Expr::Or))
    }

    /// What `Repository::condition` returns.
    pub(crate) fn named(definition: &'static Definition, name: &str, op: Op, value: Value) -> Result<Self> {
        compare_named(definition, name, op, value).map(|expr| Self::new(Composed::of_one(expr)))
    }

    /// Always true: what other conditions are added to.
    ///
    /// ```
    /// # use reposit::{Condition, Repository}; use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize, Repository)] struct User { #[hash_key] id: String, age: u32 }
    /// # let adults = true;
    /// let mut wanted = Condition::always();
    /// if adults {
    ///     wanted = wanted.and(User::AGE.ge(18));
    /// }
    /// # let _ = wanted;
    /// ```
    pub fn always() -> Self {
        Self::all([])
    }

    /// The condition as data, or why one of its values cannot be stored.
    pub fn into_expr(self) -> Result<Expr> {
        self.composed.into_expr()
    }
}

impl<M> BitAnd for Condition<M> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.and(other)
    }
}

impl<M> BitOr for Condition<M> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl<M> Not for Condition<M> {
    type Output = Self;

    fn not(self) -> Self {
        Self::not(self)
    }
}

impl<M> Clone for Condition<M> {
    fn clone(&self) -> Self {
        Self::new(self.composed.clone())
    }
}

impl<M> fmt::Debug for Condition<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.composed.fmt(f)
    }
}

// The bounds stand on the methods, where the compiler tells a wrong type in the trait's own words.
impl<M, T, Role> Field<M, T, Role> {
    // The compiler shows the line with the name if the value is of another type, so the line says what to write.
    /// Equal to `value`. A value that may be missing is looked for with [`missing`](Self::missing).
    #[rustfmt::skip]
    pub fn eq(self, value: T::Arg<'_>) -> Condition<M> // no Option: `.missing()` for `None`, `x` for `Some(x)`
    where
        T: FieldType,
    {
        self.compare(Op::Eq, value)
    }

    /// Not equal to `value`, or missing.
    #[rustfmt::skip]
    pub fn ne(self, value: T::Arg<'_>) -> Condition<M> // no Option: `.exists()` for `None`, `x` for `Some(x)`
    where
        T: FieldType,
    {
        self.compare(Op::Ne, value)
    }

    /// Equal to one of `values`, 100 at most; an empty list is true of nothing. See [`Many`].
    pub fn is_in(self, values: impl Many<T>) -> Condition<M>
    where
        T: FieldType,
    {
        Condition::new(self.of.is_in(values))
    }

    /// Less than `value`.
    pub fn lt(self, value: T::Arg<'_>) -> Condition<M>
    where
        T: Ordered,
    {
        self.compare(Op::Lt, value)
    }

    /// Less than `value`, or equal.
    pub fn le(self, value: T::Arg<'_>) -> Condition<M>
    where
        T: Ordered,
    {
        self.compare(Op::Le, value)
    }

    /// Greater than `value`.
    pub fn gt(self, value: T::Arg<'_>) -> Condition<M>
    where
        T: Ordered,
    {
        self.compare(Op::Gt, value)
    }

    /// Greater than `value`, or equal.
    pub fn ge(self, value: T::Arg<'_>) -> Condition<M>
    where
        T: Ordered,
    {
        self.compare(Op::Ge, value)
    }

    /// From `low` to `high`, both included; if `low` is greater, true of nothing.
    pub fn between(self, low: T::Arg<'_>, high: T::Arg<'_>) -> Condition<M>
    where
        T: Ordered,
    {
        Condition::new(self.of.between(low, high))
    }

    /// Text that begins with `prefix`.
    pub fn begins_with(self, prefix: &str) -> Condition<M>
    where
        T: Text,
    {
        Condition::new(Composed::of_one(Expr::BeginsWith { path: self.path(), prefix: prefix.to_owned() }))
    }

    /// Text that has `part` in it, a list that has it as an item, or a set that has it as a member.
    pub fn contains(self, part: T::Part<'_>) -> Condition<M>
    where
        T: Contain,
    {
        Condition::new(self.of.contains(part))
    }

    fn compare(self, op: Op, value: T::Arg<'_>) -> Condition<M>
    where
        T: FieldType,
    {
        Condition::new(self.of.compare(op, value))
    }
}

impl<M, T, Role> Field<M, T, Role> {
    /// Stored, and not null.
    pub fn exists(self) -> Condition<M> {
        Condition::new(Composed::of_one(Expr::Exists(self.path())))
    }

    /// Not stored, or null.
    pub fn missing(self) -> Condition<M> {
        Condition::new(Composed::of_one(Expr::Missing(self.path())))
    }

    /// How many items a list, map or set has, or bytes are; see [`Size`].
    pub fn size(self) -> Size<M>
    where
        T: Countable,
    {
        Size { path: self.path(), of_set: T::IS_SET, marker: PhantomData }
    }
}

/// The size of a field, to be compared. A missing field has none, but a set, of which nothing is stored if it is empty,
/// has size 0.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, tags: Vec<String> }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// assert_eq!(User::scan().filter(User::TAGS.size().lt(10)).count(&db).await?, 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a size does nothing until it is compared"]
pub struct Size<M> {
    path: Path,
    of_set: bool,
    marker: PhantomData<fn() -> M>,
}

macro_rules! size_comparisons {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {
        impl<M> Size<M> {
            $($(#[$doc])*
            pub fn $name(self, count: u64) -> Condition<M> {
                Condition::new(Composed::size(self.path, self.of_set, Op::$op, count))
            })*
        }
    };
}

size_comparisons! {
    /// Has `count`.
    eq Eq;
    /// Has not `count`, or is missing.
    ne Ne;
    /// Has fewer than `count`.
    lt Lt;
    /// Has `count` at most.
    le Le;
    /// Has more than `count`.
    gt Gt;
    /// Has `count` at least.
    ge Ge;
}
