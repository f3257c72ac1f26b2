//! What a write left: its stamp in a row.

use super::link::Link;
use super::param::Param;
use super::read::{Statement, read, rows_among};
use super::table::{Table, bind};
use crate::error::Result;
use crate::request::{Call, RecordKey};

/// Whether one of the rows of these keys bears a stamp.
pub(super) async fn is_stamped(
    link: &Link,
    call: &Call,
    table: &Table,
    keys: &[&RecordKey],
    stamp: [u8; 16],
) -> Result<bool> {
    Ok(!read(link, call, &statement(table, keys, stamp)).await?.is_empty())
}

fn statement(table: &Table, keys: &[&RecordKey], stamp: [u8; 16]) -> Statement {
    let values: Vec<Vec<_>> = keys.iter().map(|key| key.parts().collect()).collect();
    let mut params = Vec::new();
    let rows = rows_among(table, table.key(), &values, &mut params);
    let stamp = bind(&mut params, Param::Stamp(stamp));
    Statement { sql: format!("SELECT 1 FROM {rows} WHERE stamp = {stamp} LIMIT 1"), params }
}
