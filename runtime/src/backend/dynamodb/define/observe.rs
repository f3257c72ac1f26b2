//! What exists.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TableDescription, TimeToLiveStatus};

use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::expression::placeholders::Placeholders;
use crate::backend::dynamodb::failure::Class;
use crate::backend::dynamodb::guard;
use crate::backend::dynamodb::retry::{self, Attempts};
use crate::backend::dynamodb::value::{Item, to_attribute, to_record};
use crate::definition::{Definition, IndexDef};
use crate::error::Result;
use crate::request::Call;
use crate::value::Value;

/// How far the guards of a unique index are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::dynamodb) enum State {
    /// RecordPage may have none yet.
    Building,
    /// Every record has one.
    Ready,
    /// The index was dropped from the model; writes do not look after them any more.
    Stale,
}

impl State {
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
    pub(super) states: BTreeMap<String, State>,
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
    /// How far the guards of an index are; nothing where it has none.
    pub(super) fn state(&self, index: &IndexDef) -> Option<State> {
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
    pub(super) fn states(&self) -> BTreeMap<String, State> {
        self.guards.as_ref().map(|guards| guards.states.clone()).unwrap_or_default()
    }
}

/// The item in the table of guards that says how far they are. No guard has this key.
const STATES: &[u8] = &[2];
const PREFIX: &str = "index:";

impl DynamoDb {
    /// Looks at the table first: its guards were there before it.
    pub(super) async fn observe(&self, call: &Call, definition: &'static Definition) -> Result<Observed> {
        let table = self.describe(call, definition.name()).await?;
        let lifetime = match &table {
            Some(_) => self.lifetime(call, definition.name()).await?,
            None => None,
        };
        let name = guard::table(definition);
        let guards = match self.describe(call, &name).await? {
            None => None,
            Some(table) => {
                let lifetime = self.lifetime(call, &name).await?;
                Some(Guards { table, lifetime, states: self.states(call, &name).await? })
            }
        };
        Ok(Observed { table, lifetime, guards })
    }

    async fn describe(&self, call: &Call, name: &str) -> Result<Option<TableDescription>> {
        let mut attempts = Attempts::new(call);
        loop {
            match attempts.send(self.client.describe_table().table_name(name).send()).await {
                Ok(answer) => return Ok(answer.table),
                Err(failure) if failure.class == Class::NoTable => return Ok(None),
                Err(failure) if failure.class.passes() && attempts.pause().await => {}
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    async fn lifetime(&self, call: &Call, name: &str) -> Result<Option<String>> {
        let mut attempts = Attempts::new(call);
        loop {
            match attempts.send(self.client.describe_time_to_live().table_name(name).send()).await {
                Ok(answer) => {
                    let on = |status: &TimeToLiveStatus| {
                        matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
                    };
                    let description =
                        answer.time_to_live_description.filter(|d| d.time_to_live_status().is_some_and(on));
                    return Ok(description.and_then(|description| description.attribute_name));
                }
                // A table that is only just being made has none yet.
                Err(failure) if matches!(failure.class, Class::NoTable | Class::TableInUse) => return Ok(None),
                Err(failure) if failure.class.passes() && attempts.pause().await => {}
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    async fn states(&self, call: &Call, table: &str) -> Result<BTreeMap<String, State>> {
        let mut attempts = Attempts::new(call);
        let item = loop {
            let get = self.client.get_item().table_name(table).set_key(Some(states_key())).consistent_read(true);
            match attempts.send(get.send()).await {
                Ok(answer) => break answer.item,
                // It is only just being made.
                Err(failure) if matches!(failure.class, Class::NoTable | Class::TableInUse) => break None,
                Err(failure) if failure.class.passes() && attempts.pause().await => {}
                Err(failure) => return Err(failure.into_error()),
            }
        };
        let record = item.map(to_record).transpose()?.unwrap_or_default();
        Ok(record.iter().filter_map(|(name, value)| state(name, value)).collect())
    }

    /// Says how far the guards of these indexes are; what is said to be building is never begun again.
    pub(super) async fn mark(
        &self,
        call: &Call,
        definition: &Definition,
        indexes: &[&IndexDef],
        state: State,
    ) -> Result<()> {
        let names: Vec<_> = indexes.iter().map(|index| index.name).collect();
        self.mark_names(call, definition, &names, state).await
    }

    /// Says that the guards of these indexes are not looked after any more.
    pub(super) async fn mark_stale(&self, call: &Call, definition: &Definition, names: &[&str]) -> Result<()> {
        self.mark_names(call, definition, names, State::Stale).await
    }

    async fn mark_names(&self, call: &Call, definition: &Definition, names: &[&str], state: State) -> Result<()> {
        let mut placeholders = Placeholders::default();
        let value = placeholders.value(&Value::from(state.as_str()));
        let clauses = names.iter().map(|name| {
            let name = placeholders.name(&format!("{PREFIX}{name}"));
            match state {
                State::Building => format!("{name} = if_not_exists({name}, {value})"),
                State::Ready | State::Stale => format!("{name} = {value}"),
            }
        });
        let expression = format!("SET {}", clauses.collect::<Vec<_>>().join(", "));
        let table = guard::table(definition);
        let used = placeholders.used([expression.as_str()]);
        let request = || {
            let update = self.client.update_item().table_name(&table).set_key(Some(states_key()));
            update
                .update_expression(&expression)
                .set_expression_attribute_names(used.names.clone())
                .set_expression_attribute_values(used.values.clone())
                .send()
        };
        retry::read(call, request).await.map(drop)
    }
}

fn states_key() -> Item {
    Item::from([(guard::KEY.to_owned(), to_attribute(&Value::Bytes(STATES.to_vec())))])
}

fn state(name: &str, value: &Value) -> Option<(String, State)> {
    let index = name.strip_prefix(PREFIX)?;
    let state = State::ALL.into_iter().find(|state| value.as_str() == Some(state.as_str()))?;
    Some((index.to_owned(), state))
}
