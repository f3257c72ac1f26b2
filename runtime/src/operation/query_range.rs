//! Which range values a query wants: of the first range field, or of the one after those that have a value.

use std::ops::{Bound, RangeBounds};

use super::index_kind::{Erased, IndexKind};
use super::query::Query;
use super::range_parts::{AllGiven, Known, Left, NoRange, RangeParts, Ranged};
use crate::error::Result;
use crate::field::{FieldType, Text};
use crate::model::Model;
use crate::request::KeyRange;
use crate::value::Value;

impl<M: Model, R: RangeParts, K: IndexKind, O> Query<M, R, K, O> {
    /// Only range values within these bounds: any of Rust's ranges. Where the index has several
    /// range fields, of the first, or of the one after those that [`then`](Self::then) gave.
    pub fn range<'a>(mut self, bounds: impl RangeBounds<<R::First as FieldType>::Arg<'a>>) -> Self
    where
        R::First: 'a,
        <R::First as FieldType>::Arg<'a>: Clone,
    {
        let (low, high) = (bounds.start_bound().cloned(), bounds.end_bound().cloned());
        let bounds = encode_bound::<R>(low).and_then(|low| Ok((low, encode_bound::<R>(high)?)));
        self.parts.range = bounds.map(|(low, high)| match (low, high) {
            (Bound::Unbounded, Bound::Unbounded) => KeyRange::All,
            (low, high) => KeyRange::Between(low, high),
        });
        self
    }

    /// Only range values that begin so.
    pub fn begins_with(mut self, prefix: &str) -> Self
    where
        R::First: Text,
    {
        self.parts.range = Ok(if prefix.is_empty() { KeyRange::All } else { KeyRange::Prefix(prefix.to_owned()) });
        self
    }

    /// Only records with this value of the first range field, in the order of the next: the field that
    /// [`range`](Self::range), [`begins_with`](Self::begins_with) and a further `then` are about from here on.
    ///
    /// It costs no more than a query without it: DynamoDB takes it into its key condition, MongoDB and the
    /// embedded store read that part of the index. A range given before is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), as it is of the first range field.
    ///
    /// ```
    /// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
    /// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
    /// #[repository(index(name = "by_tenant", hash = "tenant", range = ["state", "city"]))]
    /// struct Customer { #[hash_key] id: String, tenant: String, state: String, city: String }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
    /// # let db = Database::open("memory:").await?; db.define::<Customer>().await?;
    /// # for (id, state, city) in [("a", "CA", "Fresno"), ("b", "CA", "Oakland"), ("c", "NY", "Fulton")] {
    /// #     let customer = Customer { id: id.into(), tenant: "t".into(), state: state.into(), city: city.into() };
    /// #     Customer::create(&customer).exec(&db).await?;
    /// # }
    /// let found = Customer::find_by_tenant("t").then("CA").begins_with("F").all(&db).await?;
    /// assert_eq!(found.iter().map(|customer| &*customer.id).collect::<Vec<_>>(), ["a"]);
    /// # Ok(()) }
    /// ```
    pub fn then(mut self, value: <R::First as FieldType>::Arg<'_>) -> Query<M, R::Rest, K, O> {
        self.parts.add_leading(R::encode_first(value));
        self.ranged()
    }
}

fn encode_bound<R: RangeParts>(bound: Bound<<R::First as FieldType>::Arg<'_>>) -> Result<Bound<Value>> {
    Ok(match bound {
        Bound::Included(value) => Bound::Included(R::encode_first(value)?),
        Bound::Excluded(value) => Bound::Excluded(R::encode_first(value)?),
        Bound::Unbounded => Bound::Unbounded,
    })
}

/// The same names where there is no range, so that the compiler says so in words. With the lifetime the bound is
/// judged at the call of the method, and not here.
macro_rules! without_range {
    ($none:ty: $missing:ident) => {
        impl<M: Model, K: IndexKind, O> Query<M, $none, K, O> {
            /// Does not compile: there is no range.
            #[doc(hidden)]
            pub fn range<B>(self, _: B) -> Self
            where
                for<'later> $none: $missing,
            {
                self
            }

            /// Does not compile: there is no range.
            #[doc(hidden)]
            pub fn begins_with<P>(self, _: P) -> Self
            where
                for<'later> $none: $missing,
            {
                self
            }

            /// Does not compile: there is no range.
            #[doc(hidden)]
            pub fn then<V>(self, _: V) -> Self
            where
                for<'later> $none: $missing,
            {
                self
            }
        }
    };
}

without_range!(NoRange: Ranged);
without_range!(AllGiven: Left);
without_range!(Erased: Known);
