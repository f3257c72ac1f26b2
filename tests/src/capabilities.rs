//! What the backends of the [list](crate::backends) cannot do.

use std::time::Duration;

use reposit_conformance::{Capabilities, Capability};

use crate::servers::{Protocol, Target};

/// What a backend can do: everything that is not taken away here.
pub(crate) fn of(target: Target) -> Capabilities {
    let everything = Capabilities::everything();
    match target.protocol() {
        // These keep to DynamoDB's limits, of which a unique value is one of a hundred.
        None | Some(Protocol::Redis) => everything.without(Capability::UniqueValuesFree),
        Some(Protocol::Postgres) => everything.without(Capability::BoundedStaleness),
        Some(Protocol::Mongodb) => everything
            .without(Capability::SetsApart)
            .without(Capability::UnstampedSeconds)
            .shortest_staleness(Duration::from_secs(90)),
        Some(Protocol::Dynamodb) => everything
            .without(Capability::BoundedStaleness)
            .without(Capability::LastPageKnown)
            .without(Capability::ScanBack)
            .without(Capability::UniqueValuesFree)
            .without(Capability::UnstampedInstants),
    }
}
