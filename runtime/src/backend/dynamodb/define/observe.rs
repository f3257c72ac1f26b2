//! What exists of a repository: its tables, their time to live, and how far its guards are.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveStatus};

use crate::backend::dynamodb::context::Context;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::request::get::GetItem;
use crate::backend::dynamodb::request::item::{ItemAction, ItemOp};
use crate::backend::dynamodb::request::read::send_read_unless;
use crate::backend::dynamodb::retry::{Attempts, of_sdk};
use crate::backend::dynamodb::wire::item::Item;
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::Call;
use crate::value::Value;

/// How far the guards of a unique index are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IndexState {
    /// Records may have none yet.
    Building,
    /// Every record has one.
    Ready,
    /// The index was dropped from the model; writes do not look after them any more.
    Stale,
}

impl IndexState {
    const ALL: [Self; 3] = [Self::Building, Self::Ready, Self::Stale];

    fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Stale => "stale",
        }
    }
}

/// The table of guards.
#[derive(Debug, Clone)]
pub(super) struct Guards {
    pub(super) table: TableDescription,
    pub(super) lifetime: Option<String>,
    pub(super) states: BTreeMap<String, IndexState>,
}

/// What there is of a repository.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) table: Option<TableDescription>,
    /// The attribute by which the table's records expire.
    pub(super) lifetime: Option<String>,
    pub(super) guards: Option<Guards>,
}

impl Observed {
    /// How far the guards of an index are; none if it has none.
    pub(super) fn state(&self, index: &IndexDef) -> Option<IndexState> {
        self.guards.as_ref()?.states.get(index.name).copied()
    }

    /// Whether the table has an index of this name.
    pub(super) fn has_index(&self, name: &str) -> bool {
        let Some(table) = &self.table else { return false };
        let global = table.global_secondary_indexes().iter().filter_map(|index| index.index_name());
        global
            .chain(table.local_secondary_indexes().iter().filter_map(|index| index.index_name()))
            .any(|own| own == name)
    }

    /// How far the guards of each index are, by its name.
    pub(super) fn states(&self) -> BTreeMap<String, IndexState> {
        self.guards.as_ref().map(|guards| guards.states.clone()).unwrap_or_default()
    }
}

/// The item in the table of guards that says how far they are. No guard has this key.
pub(super) const STATES: &[u8] = &[2];
const PREFIX: &str = "index:";

/// Observes what there is of a repository. The table is described first: its guards were created before it,
/// so a table that is seen has its guards, if it is to have any.
pub(super) async fn observe(db: &Context, call: &Call, definition: &'static Definition) -> Result<Observed> {
    let table = describe_table(db, call, definition.name()).await?;
    let lifetime = match &table {
        Some(_) => describe_lifetime(db, call, definition.name()).await?,
        None => None,
    };
    let name = guard::table(definition);
    let guards = match describe_table(db, call, &name).await? {
        None => None,
        Some(table) => {
            let lifetime = describe_lifetime(db, call, &name).await?;
            Some(Guards { table, lifetime, states: read_states(db, call, &name).await? })
        }
    };
    Ok(Observed { table, lifetime, guards })
}

/// Sends a request until it is answered. Returns nothing after a failure that says that there is nothing.
async fn read_unless<T, E, R>(
    call: &Call,
    operation: &str,
    is_missing: impl Fn(Class) -> bool + Send,
    mut request: impl FnMut() -> R + Send,
) -> Result<Option<T>>
where
    T: Send,
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
{
    let mut attempts = Attempts::new(call);
    loop {
        match attempts.send(operation, of_sdk(request())).await {
            Ok(answer) => return Ok(Some(answer)),
            Err(failure) if is_missing(failure.class) => return Ok(None),
            Err(failure) if failure.class.is_transient() && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

/// A table that is only just being made has no time to live and no items yet.
fn is_not_ready(class: Class) -> bool {
    matches!(class, Class::NoTable | Class::TableInUse)
}

pub(super) async fn describe_table(db: &Context, call: &Call, name: &str) -> Result<Option<TableDescription>> {
    let request = || db.client.describe_table().table_name(name).send();
    let answer = read_unless(call, "DescribeTable", |class| class == Class::NoTable, request).await?;
    Ok(answer.and_then(|answer| answer.table))
}

/// The attribute by which a table's items expire.
async fn describe_lifetime(db: &Context, call: &Call, name: &str) -> Result<Option<String>> {
    let request = || db.client.describe_time_to_live().table_name(name).send();
    let answer = read_unless(call, "DescribeTimeToLive", is_not_ready, request).await?;
    let is_on = |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
    let description = answer.and_then(|answer| answer.time_to_live_description);
    let description = description.filter(|description| description.time_to_live_status().is_some_and(is_on));
    Ok(description.and_then(|description| description.attribute_name))
}

async fn read_states(db: &Context, call: &Call, table: &str) -> Result<BTreeMap<String, IndexState>> {
    let get = GetItem::new(table, states_key(), true);
    let found = match send_read_unless(db, call, &get, is_not_ready).await {
        Ok(found) => found,
        Err(failure) if is_not_ready(failure.class) => None,
        Err(failure) => return Err(failure.into_error()),
    };
    let record = found.map(|found| found.record).transpose()?.unwrap_or_default();
    Ok(record.iter().filter_map(|(name, value)| read_state(name, &value.to_value())).collect())
}

/// Notes how far the guards of these indexes are. What is noted as building is never begun again.
pub(super) async fn note_states(
    db: &Context,
    call: &Call,
    definition: &Definition,
    names: &[&str],
    state: IndexState,
) -> Result<()> {
    let mut placeholders = Placeholders::default();
    let value = placeholders.value(&Value::from(state.as_str()));
    let clauses = names.iter().map(|name| {
        let name = placeholders.name(&format!("{PREFIX}{name}"));
        match state {
            // Another process may have built it meanwhile: that is not undone.
            IndexState::Building => format!("{name} = if_not_exists({name}, {value})"),
            IndexState::Ready | IndexState::Stale => format!("{name} = {value}"),
        }
    });
    let expression = format!("SET {}", clauses.collect::<Vec<_>>().join(", "));
    let action = ItemAction::Update { key: states_key(), expression };
    let update = ItemOp::new(&guard::table(definition), action, None, &placeholders)?;
    let mut attempts = Attempts::new(call);
    loop {
        match update.send(&*db.sender, &mut attempts).await {
            Ok(_) => return Ok(()),
            // Sent twice, it notes the same.
            Err(failure) if failure.class.is_transient() && attempts.pause().await => {}
            Err(failure) => return Err(failure.into_error()),
        }
    }
}

fn states_key() -> Item {
    Item::of_entries([(guard::KEY, &Value::Bytes(STATES.to_vec()))])
}

fn read_state(name: &str, value: &Value) -> Option<(String, IndexState)> {
    let index = name.strip_prefix(PREFIX)?;
    let state = IndexState::ALL.into_iter().find(|state| value.as_str() == Some(state.as_str()))?;
    Some((index.to_owned(), state))
}
