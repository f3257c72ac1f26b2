//! Reads that may be stale: the driver's read preference for them.

use std::borrow::Cow;
use std::time::Duration;

use mongodb::Database;
use mongodb::options::{ReadConcern, ReadPreference, ReadPreferenceOptions, SelectionCriteria};

use crate::error::{Error, Result};
use crate::request::{Call, ReadFrom, StaleReads};

/// The least staleness that the driver takes ("Read Preference `maxStalenessSeconds`").
const LEAST: Duration = Duration::from_secs(90);

/// Refuses what the driver does not take.
pub(super) fn check(reads: &StaleReads) -> Result<()> {
    match reads.longest() {
        Some(longest) if longest < LEAST => Err(Error::invalid(format!(
            "`max_staleness` is {longest:?}; MongoDB estimates how far a member is behind, and takes no less than 90 s"
        ))),
        _ => Ok(()),
    }
}

/// Where the reads of a call go. All that do not say that they may be stale go to the primary: on a secondary a record
/// that was just written may not be there.
pub(super) fn criteria(call: &Call) -> SelectionCriteria {
    SelectionCriteria::ReadPreference(call.stale_reads().map_or(ReadPreference::Primary, preference))
}

fn preference(reads: &StaleReads) -> ReadPreference {
    let tags = reads.tags().iter().map(|tags| tags.iter().cloned().collect()).collect::<Vec<_>>();
    let mut options = ReadPreferenceOptions::default();
    options.max_staleness = reads.longest();
    options.tag_sets = (!tags.is_empty()).then_some(tags);
    let options = Some(options);
    match reads.read_from() {
        ReadFrom::SecondaryOnly => ReadPreference::Secondary { options },
        ReadFrom::SecondaryPreferred => ReadPreference::SecondaryPreferred { options },
        ReadFrom::PrimaryPreferred => ReadPreference::PrimaryPreferred { options },
        ReadFrom::Nearest => ReadPreference::Nearest { options },
    }
}

/// The read concern of a call: the database's own. Only a primary knows that what it has is the latest, so a read that may
/// be stale has what a majority has in the place of that.
pub(super) fn concern_of<'a>(database: &'a Database, call: &Call) -> Option<Cow<'a, ReadConcern>> {
    let own = database.read_concern()?;
    Some(match call.stale_reads() {
        Some(_) if *own == ReadConcern::linearizable() => Cow::Owned(ReadConcern::majority()),
        _ => Cow::Borrowed(own),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(reads: StaleReads) -> String {
        let call = Call::new("get", 0, Duration::from_secs(1)).stale(Some(reads.into()));
        format!("{:?}", criteria(&call))
    }

    #[test]
    fn each_preference_is_the_drivers() {
        assert!(format!("{:?}", criteria(&Call::new("get", 0, Duration::ZERO))).contains("Primary"));
        let members = [
            (StaleReads::secondary(), "Secondary {"),
            (StaleReads::secondary_preferred(), "SecondaryPreferred {"),
            (StaleReads::primary_preferred(), "PrimaryPreferred {"),
            (StaleReads::nearest(), "Nearest {"),
        ];
        for (reads, name) in members {
            let told = of(reads.max_staleness(LEAST).tagged([("region", "east")]).tagged::<&str, &str>([]));
            for words in [name, "max_staleness: Some(90s)", "{\"region\": \"east\"}, {}"] {
                assert!(told.contains(words), "{told} has no {words}");
            }
        }
    }

    #[test]
    fn too_short_a_staleness_is_refused() {
        assert!(check(&StaleReads::nearest()).is_ok() && check(&StaleReads::nearest().max_staleness(LEAST)).is_ok());
        let error = check(&StaleReads::nearest().max_staleness(Duration::from_secs(89))).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
    }
}
