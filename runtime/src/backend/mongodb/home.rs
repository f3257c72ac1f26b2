//! The tokio runtime that a client lives on. The driver's connections and monitors are tasks of the
//! runtime that opened it: on another they work for as long as that one runs.

use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind, Result};
use crate::request::Call;

/// How long a runtime that is alive may take to run a task.
const LONGEST_TURN: Duration = Duration::from_secs(2);

/// The runtime of one client.
#[derive(Debug)]
pub(super) struct Home(Handle);

impl Home {
    /// The runtime that runs now.
    pub(super) fn current() -> Result<Self> {
        let none = |_| Error::config("MongoDB's driver needs a tokio runtime; open the database on one");
        Handle::try_current().map(Self).map_err(none)
    }

    /// Refuses a call that nothing would answer: from another runtime, where the client's own has ended
    /// or does not run.
    pub(super) async fn check(&self, call: &Call) -> Result<()> {
        let here = Handle::try_current().map_err(|_| unreached("the call was made outside a tokio runtime"))?;
        if here.id() == self.0.id() {
            return Ok(());
        }
        let turn = self.0.spawn(async {});
        match tokio::time::timeout((call.left() / 4).min(LONGEST_TURN), turn).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(unreached("the tokio runtime that the database was opened on has ended")),
            Err(_) => Err(unreached("the tokio runtime that the database was opened on does not run")),
        }
    }
}

fn unreached(why: &str) -> Error {
    let message =
        format!("{why}, and this is another; open the database on the runtime that it is used on (nothing was sent)");
    Error::new(ErrorKind::Unavailable, message)
}
