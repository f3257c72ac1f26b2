//! A page of records, and the cursors that lead from one to the next.

use crate::binding::Binding;
use crate::cursor::Cursor;
use crate::database::Database;
use crate::error::Result;
use crate::request::{self, Position, RecordPage};
use crate::value::Record;

/// A page of records, and where the next and the previous one are. Only the last page may be short, and one before
/// which less is left than it could hold. What a query's or
/// scan's `exec` returns.
///
/// ```
/// # use reposit::{Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Repository)]
/// # struct User { #[hash_key] id: String, #[index(unique)] email: String, tags: Vec<String> }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<User>().await?;
/// let mut scan = User::scan().limit(100);
/// loop {
///     let page = scan.clone().exec(&db).await?;
///     for user in page.items {
///         println!("{}", user.email);
///     }
///     let Some(next) = page.next else { break };
///     scan = scan.after(next);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Page<M> {
    /// The records.
    pub items: Vec<M>,
    /// For `.after(..)` of the same query; nothing at the end.
    pub next: Option<Cursor>,
    /// For `.before(..)` of the same query, which gives the page before this one; nothing on the first page.
    pub previous: Option<Cursor>,
}

/// What a page needs once the backend's page is there.
pub struct PageRest {
    binding: Binding,
    fields: Option<&'static [&'static str]>,
    /// The request, of a page that is not the first: where it begins, another one ends.
    later: Option<Box<request::Query>>,
}

/// The records of a page in their order, and the cursors at its ends.
pub(super) struct Ends {
    pub(super) records: Vec<Record>,
    pub(super) next: Option<Cursor>,
    pub(super) previous: Option<Cursor>,
}

impl PageRest {
    /// Of the page that this request asks for: its cursor is bound to the request.
    pub(super) fn of(db: &Database, request: &request::Query) -> Self {
        let later = request.after.is_some().then(|| Box::new(request.clone()));
        Self { binding: db.bind(request), fields: request.projection, later }
    }

    /// The page as it is given out. One that was read backwards is turned round.
    pub(super) fn ends(&self, page: RecordPage) -> Result<Ends> {
        let seal = |position: Position| self.binding.seal(&position);
        let RecordPage { mut records, next: end, .. } = page;
        let end = end.map(seal);
        let Some(request) = &self.later else { return Ok(Ends { records, next: end, previous: None }) };
        let start = records.first().map(|first| request.position_of(first)).transpose()?.map(seal);
        if request.backwards {
            records.reverse();
            return Ok(Ends { records, next: start, previous: end });
        }
        Ok(Ends { records, next: end, previous: start })
    }

    pub(super) fn fields(&self) -> Option<&'static [&'static str]> {
        self.fields
    }
}

/// What `.after(..)` and `.before(..)` take: a [`Cursor`] or its text, or an `Option` of one, such as a page's `next` or a
/// parameter of a request. `None` is the first page.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cursor",
    label = "not a cursor",
    note = "a cursor is the `next` of a page, or its text: a Cursor, a String or a &str, or an Option of one of these"
)]
pub trait IntoCursor {
    /// The cursor, if there is one.
    fn into_cursor(self) -> Option<Cursor>;
}

// One by one and not for all that is `Into<Cursor>`, of which the compiler would say only that it is not.
macro_rules! cursors {
    ($($ty:ty),*) => {$(
        impl IntoCursor for $ty {
            fn into_cursor(self) -> Option<Cursor> {
                Some(self.into())
            }
        }
    )*};
}

cursors!(Cursor, &Cursor, String, &String, &str);

impl<C: IntoCursor> IntoCursor for Option<C> {
    fn into_cursor(self) -> Option<Cursor> {
        self.and_then(IntoCursor::into_cursor)
    }
}

impl<'a, C> IntoCursor for &'a Option<C>
where
    &'a C: IntoCursor,
{
    fn into_cursor(self) -> Option<Cursor> {
        self.as_ref().and_then(IntoCursor::into_cursor)
    }
}
