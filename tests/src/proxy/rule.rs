//! What is to go wrong, and when.

use super::damage::Damage;
use std::time::Duration;

/// One thing that goes wrong. "Before" is before the server has seen the request, "after" is after it has applied it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed; the server never sees the request.
    DropBefore,
    /// The server applies the request; the connection is closed without its answer.
    DropAfter,
    /// As [`Fault::DropBefore`], with a TCP reset.
    ResetBefore,
    /// As [`Fault::DropAfter`], with a TCP reset.
    ResetAfter,
    /// The request reaches the server late, also when the client has given up on it meanwhile.
    DelayBefore(Duration),
    /// The server applies the request at once; its answer is late.
    DelayAfter(Duration),
    /// The request waits until so many to which this happens wait at the same time; then they all reach the server. Before
    /// Redis they wait on one connection.
    Together(usize),
    /// DynamoDB's clock is so many seconds ahead of ours: what is not signed for its time is refused.
    ClockAhead(i64),
    /// An error of the server itself, without having done anything: DynamoDB's 500, MongoDB's HostUnreachable; PostgreSQL's
    /// `57P01`, which ends the session; Redis's LOADING.
    ServerError,
    /// The same answer, although the server has applied the request. Redis does not do so: it is an error of something before it.
    ServerErrorAfter,
    /// DynamoDB's ProvisionedThroughputExceededException; MongoDB's IngressRequestRateLimitExceeded; PostgreSQL's
    /// `53300`; Redis's OOM.
    Throttled,
    /// DynamoDB's ThrottlingException.
    Throttling,
    /// DynamoDB's refusal to change a table's time to live twice within an hour.
    TooSoon,
    /// DynamoDB's TransactionConflict, as a transaction or a single write tells it; MongoDB's WriteConflict;
    /// PostgreSQL's `40001`; Redis's TRYAGAIN.
    Conflict,
    /// Another error of Redis, by its code and its words, without having done anything.
    Refused(&'static str),
    /// Of a DynamoDB batch, this many requests or keys are not done and come back as unprocessed.
    Unprocessed(usize),
    /// A DynamoDB query or scan answers a page without items that says where to go on.
    EmptyPage,
    /// A DynamoDB query or scan answers at most this many items and says where to go on.
    ShortPage(usize),
    /// A DynamoDB query or scan that goes on says to go on from where it started.
    StuckPage,
    /// The server applies the request; its answer comes, but not as it was sent.
    Garble(Damage),
}

impl Fault {
    /// Whether the fault means anything on this operation of DynamoDB.
    pub(super) fn fits_dynamo(&self, operation: &str) -> bool {
        match self {
            Self::Unprocessed(_) => matches!(operation, "BatchWriteItem" | "BatchGetItem"),
            Self::EmptyPage | Self::ShortPage(_) | Self::StuckPage => matches!(operation, "Query" | "Scan"),
            Self::Refused(_) => false,
            _ => true,
        }
    }

    pub(super) fn fits_redis(&self) -> bool {
        matches!(self, Self::Refused(_)) || self.is_of_any_server()
    }

    pub(super) fn is_of_any_server(&self) -> bool {
        !matches!(
            self,
            Self::ClockAhead(_)
                | Self::Refused(_)
                | Self::Throttling
                | Self::TooSoon
                | Self::Unprocessed(_)
                | Self::EmptyPage
                | Self::ShortPage(_)
                | Self::StuckPage
        )
    }
}

/// When a fault happens: by default to the next request that matches, once.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) operation: Option<String>,
    pub(super) containing: Option<String>,
    pub(super) skip: usize,
    pub(super) times: usize,
    pub(super) fault: Fault,
}

impl Rule {
    /// On an operation by its name on the wire: `PutItem`, `insert`, `EVALSHA write`.
    pub fn on(operation: &str, fault: Fault) -> Self {
        Self { operation: Some(operation.to_owned()), ..Self::any(fault) }
    }

    /// On any operation that is counted and that the fault can happen to.
    pub fn any(fault: Fault) -> Self {
        Self { operation: None, containing: None, skip: 0, times: 1, fault }
    }

    /// Only where the request's body contains this text: a table's name, a key.
    pub fn containing(self, text: &str) -> Self {
        Self { containing: Some(text.to_owned()), ..self }
    }

    /// Lets this many matching requests pass first.
    pub fn after(self, matches: usize) -> Self {
        Self { skip: matches, ..self }
    }

    /// Happens this many times.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Happens every time.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }
}
