//! What a write left: its stamp in a row.

use std::sync::Arc;

use super::link::Link;
use super::param::Param;
use super::read::{Statement, Wanted, read};
use super::table::{Table, bind};
use crate::error::Result;
use crate::request::{Call, RecordKey, Write};

/// The keys of writes, by the table that each is in.
pub(super) fn by_table<'a>(tables: &[Arc<Table>], writes: &'a [Write]) -> Vec<Wanted<'a>> {
    let mut by_table: Vec<Wanted<'_>> = Vec::new();
    for (at, (table, write)) in tables.iter().zip(writes).enumerate() {
        match by_table.iter_mut().find(|(other, _)| other.name == table.name) {
            Some((_, keys)) => keys.push((at, &write.key)),
            None => by_table.push((table.clone(), vec![(at, &write.key)])),
        }
    }
    by_table
}

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
    let (mut arrays, mut names, mut same, mut params) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, column) in table.key().iter().enumerate() {
        let values = keys.iter().filter_map(|key| key.parts().nth(at));
        arrays.push(format!("{}::{}[]", bind(&mut params, column.params(values)), column.sql_type()));
        names.push(format!("k{at}"));
        same.push(format!("{} = k{at}{}", column.sql, column.collation()));
    }
    let stamp = bind(&mut params, Param::Stamp(stamp));
    let sql = format!(
        "SELECT 1 FROM unnest({}) AS wanted({}) JOIN {} ON {} WHERE stamp = {stamp} LIMIT 1",
        arrays.join(", "),
        names.join(", "),
        table.name,
        same.join(" AND ")
    );
    Statement { sql, params }
}
