//! Which repositories there are: the tables, but for those of guards.

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::retry::{Attempts, of_sdk};
use crate::error::Result;
use crate::request::Call;

/// The tables whose names begin with the prefix, by their names without it.
pub(in super::super) async fn repositories(db: &Context, call: &Call, prefix: &str) -> Result<Vec<String>> {
    let (mut names, mut last) = (Vec::new(), None);
    loop {
        let page = list_page(db, call, last.take()).await?;
        let tables = page.table_names.unwrap_or_default().into_iter();
        let own = tables.filter(|name| !name.ends_with(guard::AFTER_NAME));
        names.extend(own.filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)));
        match page.last_evaluated_table_name {
            Some(name) => last = Some(name),
            None => return Ok(names),
        }
    }
}

/// A page of all tables, after the one of this name.
async fn list_page(
    db: &Context,
    call: &Call,
    after: Option<String>,
) -> Result<aws_sdk_dynamodb::operation::list_tables::ListTablesOutput> {
    let mut attempts = Attempts::new(call);
    loop {
        let request = db.client.list_tables().set_exclusive_start_table_name(after.clone()).send();
        match attempts.send("ListTables", of_sdk(request)).await {
            Ok(page) => return Ok(page),
            Err(failure) if failure.class.is_transient() && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}
