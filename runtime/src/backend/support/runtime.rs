//! The tokio runtime that a client lives on. Connections are tasks of the runtime that made them: on
//! another they answer for as long as that one runs.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// How long a runtime that is alive may take to run a task.
const LONGEST_TURN: Duration = Duration::from_secs(2);

/// The runtime of one client.
#[derive(Debug)]
pub(crate) struct ClientRuntime {
    /// Of a client that was brought, the first that it is known to have been used on.
    runtime: OnceLock<Handle>,
    /// Whether the client makes new connections if its own runtime has ended.
    moves: bool,
}

impl ClientRuntime {
    /// The runtime that runs now, of a client that cannot do without it.
    #[cfg(any(feature = "mongodb", feature = "postgres"))]
    pub(crate) fn fixed(client: &str) -> Result<Self> {
        Self::current(client, false)
    }

    /// The runtime that runs now, of a client that goes on after it has ended.
    #[cfg(any(feature = "dynamodb", feature = "redis"))]
    pub(crate) fn movable(client: &str) -> Result<Self> {
        Self::current(client, true)
    }

    /// The runtime of a client that was made elsewhere: the one that runs now, or else that of the first call.
    pub(crate) fn brought(moves: bool) -> Self {
        let runtime = Handle::try_current().map(OnceLock::from).unwrap_or_default();
        Self { runtime, moves }
    }

    fn current(client: &str, moves: bool) -> Result<Self> {
        let none = |_| Error::config(format!("{client} needs a tokio runtime; open the database on one"));
        Handle::try_current().map(|runtime| Self { runtime: runtime.into(), moves }).map_err(none)
    }

    /// Refuses a call that nothing would answer: one from another runtime, if the client's own has ended
    /// or does not run. Nothing was sent then.
    pub(crate) async fn check_runs(&self, call: &Call) -> Result<()> {
        let here = Handle::try_current().map_err(|_| unreached("the call was made outside a tokio runtime"))?;
        let home = self.runtime.get_or_init(|| here.clone());
        if here.id() == home.id() {
            return Ok(());
        }
        let turn = home.spawn(async {});
        match tokio::time::timeout((call.left() / 4).min(LONGEST_TURN), turn).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) if self.moves => Ok(()),
            Ok(Err(_)) => Err(unreached("the tokio runtime that the database was opened on has ended")),
            Err(_) => Err(unreached("the tokio runtime that the database was opened on does not run")),
        }
    }
}

fn unreached(why: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("{why}, so that no answer would come; open the database on the runtime that it is used on"),
    )
}
