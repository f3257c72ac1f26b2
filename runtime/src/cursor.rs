//! Cursors: where a page ended, as text that can travel in a URL.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a page ended. Opaque text of URL-safe characters, bound to its model, index, hash value,
/// range, direction and filter: given to another query, or changed, it is
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
///
/// It holds the range values and the primary key of the record at which the page ended, readable to
/// who decodes it; on DynamoDB that may be one which the filter left out. The hash value is not in
/// it: that comes from the query, so a cursor never widens what is read. To hand cursors to
/// strangers, set a cursor key in the [`Config`](crate::Config), and they cannot be forged.
///
/// ```
/// # use reposit::{Cursor, Database, Repository}; use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize, Repository)] struct Event { #[hash_key] stream: String, #[range_key] seq: u64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// # let db = Database::open("memory:").await?; db.define::<Event>().await?;
/// # for seq in 0..3 { Event::create(&Event { stream: "s".into(), seq }).exec(&db).await?; }
/// let page = Event::query("s").limit(2).exec(&db).await?;
/// let text = page.next.expect("there is another").to_string();
/// let page = Event::query("s").limit(2).after(text.as_str()).exec(&db).await?;
/// assert_eq!(page.items[0].seq, 2);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<&String> for Cursor {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

impl From<&Cursor> for Cursor {
    fn from(cursor: &Cursor) -> Self {
        cursor.clone()
    }
}

impl FromStr for Cursor {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}
