//! What a definition is waiting for, in words.

use aws_sdk_dynamodb::types::{IndexStatus, TableDescription, TableStatus};

use crate::backend::dynamodb::define::observe::Observed;
use crate::backend::dynamodb::guard;
use crate::definition::Definition;

/// What is not ready yet: the tables and indexes that DynamoDB is at work on, for this process or another,
/// else what has not been begun.
pub(super) fn describe_awaited(definition: &Definition, observed: &Observed) -> String {
    let guards = observed.guards.as_ref().map(|guards| (guard::table(definition), &guards.table));
    let table = observed.table.as_ref().map(|table| (definition.name().to_owned(), table));
    let unready: Vec<_> =
        guards.into_iter().chain(table).flat_map(|(name, table)| unready_parts(&name, table)).collect();
    match (unready.is_empty(), &observed.table) {
        (false, _) => unready.join(", "),
        (true, None) => format!("the table {} was not made yet", definition.name()),
        (true, Some(_)) if definition.ttl().is_some() && observed.lifetime.is_none() => {
            format!("the time to live of the table {} was not turned on yet", definition.name())
        }
        (true, Some(_)) => format!("the table {} was not changed yet", definition.name()),
    }
}

fn unready_parts(name: &str, table: &TableDescription) -> Vec<String> {
    let status = table.table_status().filter(|status| **status != TableStatus::Active);
    let table_itself = status.map(|status| format!("the table {name} was {status}"));
    let indexes = table.global_secondary_indexes().iter().filter_map(|index| {
        let status = index.index_status().filter(|status| **status != IndexStatus::Active)?;
        let filling = if index.backfilling() == Some(true) { ", and being filled" } else { "" };
        Some(format!("the index {} of the table {name} was {status}{filling}", index.index_name().unwrap_or_default()))
    });
    table_itself.into_iter().chain(indexes).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription;

    use super::*;

    #[test]
    fn tables_and_indexes_are_named_with_their_state() {
        let index = GlobalSecondaryIndexDescription::builder()
            .index_name("by_team")
            .index_status(IndexStatus::Creating)
            .backfilling(true)
            .build();
        let table = TableDescription::builder().table_status(TableStatus::Updating).global_secondary_indexes(index);
        assert_eq!(
            unready_parts("users", &table.build()).join(", "),
            "the table users was UPDATING, the index by_team of the table users was CREATING, and being filled"
        );
        let ready = TableDescription::builder().table_status(TableStatus::Active).build();
        assert!(unready_parts("users", &ready).is_empty());
    }
}
