//! Guards for records that were there before their unique index.

use std::collections::HashMap;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::DynamoDb;
use crate::backend::dynamodb::guard::{self, GuardKey};
use crate::backend::dynamodb::retry::{self, side_by_side};
use crate::backend::dynamodb::standing::{Place, Standing};
use crate::backend::dynamodb::verify::Scan;
use crate::definition::{Definition, IndexDef};
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Call, RecordKey};

/// How many guards are written at a time.
const PARALLEL: usize = 8;

impl DynamoDb {
    /// Refuses a unique index of which live records share a value already.
    pub(super) async fn refuse_duplicates(
        &self,
        call: &Call,
        definition: &'static Definition,
        indexes: &[&IndexDef],
    ) -> Result<()> {
        let mut holders: HashMap<GuardKey, usize> = HashMap::new();
        let mut names: HashMap<GuardKey, &str> = HashMap::new();
        let mut scan = Scan::new(self, call, definition);
        while let Some(records) = scan.next().await? {
            for record in &records {
                for index in indexes {
                    let Some(key) = guard::key_of(definition, index, record) else { continue };
                    *holders.entry(key.clone()).or_default() += 1;
                    names.insert(key, index.name);
                }
            }
        }
        let shared =
            |name: &str| holders.iter().filter(|(key, count)| **count > 1 && names.get(*key) == Some(&name)).count();
        let refused =
            indexes.iter().find_map(|index| Some((index.name, shared(index.name))).filter(|(_, shared)| *shared > 0));
        match refused {
            Some((name, shared)) => Err(duplicates(name, &format!("records share {shared} of its values"))),
            None => Ok(()),
        }
    }

    /// Gives every live record its guards. Doing it again does no harm.
    pub(super) async fn backfill(
        &self,
        call: &Call,
        definition: &'static Definition,
        indexes: &[&'static IndexDef],
    ) -> Result<()> {
        let mut scan = Scan::new(self, call, definition);
        while let Some(records) = scan.next().await? {
            let mut guards: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
            for record in &records {
                for index in indexes {
                    if let Some(key) = guard::key_of(definition, index, record) {
                        let place = Place { definition, index, key };
                        guards.push(Box::pin(self.guard(call, place, RecordKey::of(definition, record)?)));
                    }
                }
            }
            side_by_side(guards, PARALLEL).await.into_iter().collect::<Result<()>>()?;
        }
        Ok(())
    }

    /// Gives a record one guard. One that is left over from another record is taken over.
    async fn guard(&self, call: &Call, place: Place, owner: RecordKey) -> Result<()> {
        loop {
            let look = self.look_at(call, &place, &owner).await?;
            match look.standing {
                Standing::Right => return Ok(()),
                Standing::Shared(_) | Standing::Nameless => {
                    return Err(duplicates(place.index.name, "records share one of its values"));
                }
                Standing::Unguarded | Standing::OtherExpiry | Standing::GuardedFor(_) => {}
            }
            if self.give(call, &place, look).await? {
                return Ok(());
            }
            if call.left().is_zero() {
                return Err(retry::timed_out("while others kept writing a record"));
            }
        }
    }
}

fn duplicates(index: &str, why: &str) -> Error {
    Error::new(ErrorKind::SchemaMismatch, format!("the unique index {index} cannot be made: {why}")).on_index(index)
}
