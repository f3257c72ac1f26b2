//! What a failed request means: whether it may have been applied all the same, and the error it becomes.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::{ConfigBag, RuntimePlugin};
use aws_sdk_dynamodb::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse as _, SharedResponseDeserializer};

use super::answer::{Unreadable, Whole};
use super::sender::target::Target;
use super::validation;
use super::wire::answer::{Answer, read_members};
use super::wire::item::Item;
use super::wire::scan::Malformed;
use crate::backend::support::outcome;
use crate::error::{Error, ErrorKind};

/// What is known of a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// DynamoDB refused it: it was not applied, and never will be.
    Refused,
    /// The condition was false: it was not applied.
    Condition,
    /// A transaction was cancelled: it was not applied.
    Cancelled,
    /// Too much traffic: it was not applied.
    Throttled,
    /// Another transaction was at work on the record: it was not applied.
    Conflict,
    /// Nobody was reached: it was not applied.
    Unreachable,
    /// No credentials, or none that DynamoDB takes.
    Credentials,
    /// The table does not exist.
    NoTable,
    /// The table is being made or changed.
    TableInUse,
    /// No answer in time: it may have been applied.
    TimedOut,
    /// The answer was lost, or is an error of the server's own: it may have been applied.
    Ambiguous,
    /// An answer came that is none of DynamoDB's: it may have been applied.
    Unreadable,
}

impl Class {
    /// Whether the request may have been applied all the same.
    pub(super) fn may_be_applied(self) -> bool {
        matches!(self, Self::TimedOut | Self::Ambiguous | Self::Unreadable)
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Conflict | Self::Unreachable) || self.may_be_applied()
    }
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) class: Class,
    /// The record that a condition was false for, if there was one.
    pub(super) item: Option<Item>,
    /// Why a transaction was cancelled, one for each of its items.
    pub(super) reasons: Vec<CancellationReason>,
    code: String,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Why one item of a transaction cancelled it; no code if it did not.
#[derive(Debug, Clone, Default)]
pub(super) struct CancellationReason {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) item: Option<Item>,
}

impl Failure {
    /// A request that had no answer in time.
    pub(super) fn timed_out() -> Self {
        Self::plain(Class::TimedOut, "DynamoDB did not answer in time")
    }

    /// A request that could not be built.
    pub(super) fn unbuilt(error: impl StdError + Send + Sync + 'static) -> Self {
        let failure = Self::plain(Class::Refused, "the request cannot be built");
        Self { source: Some(Box::new(error)), ..failure }
    }

    /// A request that cannot be sent for a reason of its own.
    pub(super) fn refused_here(why: String) -> Self {
        Self::plain(Class::Refused, &why)
    }

    /// A request that could not be signed.
    pub(super) fn no_credentials(error: impl StdError + Send + Sync + 'static) -> Self {
        let failure =
            Self::plain(Class::Credentials, &format!("no AWS credentials could be had: {}", innermost(&error)));
        Self { source: Some(Box::new(error)), ..failure }
    }

    /// An answer that lacks what DynamoDB always sends.
    pub(super) fn incomplete(what: &str) -> Self {
        Self::plain(Class::Unreadable, &Unreadable::new(format!("it has no {what}")).to_string())
    }

    /// An answer of status 200 that is none of DynamoDB's.
    pub(super) fn malformed(why: Malformed) -> Self {
        Self::plain(Class::Unreadable, &Unreadable::new(why.to_string()).to_string())
    }

    /// A request that the connector could not send, or whose answer it could not read.
    pub(super) fn of_connector(error: ConnectorError) -> Self {
        Self::from_sdk(SdkError::<GetItemError, HttpResponse>::dispatch_failure(error))
    }

    /// An answer with another status than 200, as the SDK reads it.
    pub(super) fn of_answer(target: Target, answer: &Whole) -> Self {
        use aws_sdk_dynamodb::operation as op;

        let failure = match target {
            Target::GetItem => parse::<op::get_item::GetItemError>(&op::get_item::GetItem::new(), answer),
            Target::PutItem => parse::<op::put_item::PutItemError>(&op::put_item::PutItem::new(), answer),
            Target::UpdateItem => {
                parse::<op::update_item::UpdateItemError>(&op::update_item::UpdateItem::new(), answer)
            }
            Target::DeleteItem => {
                parse::<op::delete_item::DeleteItemError>(&op::delete_item::DeleteItem::new(), answer)
            }
            Target::Query => parse::<op::query::QueryError>(&op::query::Query::new(), answer),
            Target::Scan => parse::<op::scan::ScanError>(&op::scan::Scan::new(), answer),
            Target::BatchGetItem => {
                parse::<op::batch_get_item::BatchGetItemError>(&op::batch_get_item::BatchGetItem::new(), answer)
            }
            Target::BatchWriteItem => {
                parse::<op::batch_write_item::BatchWriteItemError>(&op::batch_write_item::BatchWriteItem::new(), answer)
            }
            Target::TransactGetItems => parse::<op::transact_get_items::TransactGetItemsError>(
                &op::transact_get_items::TransactGetItems::new(),
                answer,
            ),
            Target::TransactWriteItems => parse::<op::transact_write_items::TransactWriteItemsError>(
                &op::transact_write_items::TransactWriteItems::new(),
                answer,
            ),
        };
        // The items that come with a refusal are taken from the bytes, as they are.
        match failure.class {
            Class::Condition | Class::Cancelled => failure.with_items_of(answer),
            _ => failure,
        }
    }

    fn with_items_of(mut self, answer: &Whole) -> Self {
        // The SDK has read the same bytes, so what cannot be read here has no item.
        let _ = read_refusal(answer, &mut self.item, &mut self.reasons);
        self
    }

    fn plain(class: Class, message: &str) -> Self {
        Self { class, item: None, reasons: Vec::new(), code: String::new(), message: message.to_owned(), source: None }
    }

    /// The failure that an SDK error stands for.
    pub(super) fn from_sdk<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
    {
        let class = classify(&error);
        let code = error.code().unwrap_or_default().to_owned();
        let message = match (class, error.message()) {
            (Class::Credentials, Some(message)) if code == "AccessDeniedException" => format!("{code}: {message}"),
            // What DynamoDB says of a signature quotes parts of it.
            (Class::Credentials, _) if !code.is_empty() => format!("DynamoDB refused the credentials ({code})"),
            (Class::Credentials, _) => format!("no AWS credentials could be had: {}", innermost(&error)),
            (_, Some(message)) if !code.is_empty() => format!("{code}: {message}"),
            (Class::Unreadable | Class::Ambiguous | Class::Throttled, _) if code.is_empty() => {
                match error.raw_response().map(|response| response.status().as_u16()) {
                    Some(status) => Unreadable::new(format!("HTTP status {status}")).to_string(),
                    None => innermost(&error),
                }
            }
            _ => innermost(&error),
        };
        let error = aws_sdk_dynamodb::Error::from(error);
        Self { class, item: None, reasons: Vec::new(), code, message, source: Some(Box::new(error)) }
    }

    /// Whether what is stored is the reason: of another type than a change needs, or too large to be added to.
    pub(super) fn is_about_record(&self) -> bool {
        self.is_validation() && validation::is_about_record(&self.message)
    }

    fn is_validation(&self) -> bool {
        self.class == Class::Refused && self.code == "ValidationException"
    }

    /// DynamoDB's own name for the error.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// What DynamoDB says.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What DynamoDB says of a refusal that the message is silent on.
    pub(super) fn text(&self) -> &str {
        let source = self.source.as_deref().and_then(|source| source.downcast_ref::<aws_sdk_dynamodb::Error>());
        source.and_then(ProvideErrorMetadata::message).unwrap_or_default()
    }

    /// The failure as an error, of an operation that certainly changed nothing.
    pub(super) fn into_error(self) -> Error {
        if self.is_validation() {
            let error = validation::to_error(&self.message);
            return self.with_source_of(error);
        }
        let kind = self.kind();
        let message = match self.class {
            Class::NoTable => return self.with_source_of(outcome::undefined()),
            Class::Unreachable => format!("DynamoDB cannot be reached: {}", self.message),
            Class::Throttled => format!("DynamoDB asked for less traffic until the deadline passed ({})", self.message),
            Class::Conflict => {
                format!("other transactions were at work on the record until the deadline passed ({})", self.message)
            }
            _ => self.message.clone(),
        };
        self.with_source_of(Error::new(kind, message))
    }

    /// The failure as an error, of a write that may have been applied.
    pub(super) fn into_unknown(self) -> Error {
        let what = if self.is_validation() {
            validation::to_error(&self.message).message().to_owned()
        } else {
            self.message.clone()
        };
        self.with_source_of(outcome::unknown(what))
    }

    fn with_source_of(self, error: Error) -> Error {
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }

    /// The kind of error it becomes, if it certainly changed nothing.
    pub(super) fn kind(&self) -> ErrorKind {
        match self.class {
            Class::NoTable => ErrorKind::SchemaMismatch,
            Class::Unreachable | Class::Ambiguous | Class::Unreadable => ErrorKind::Unavailable,
            Class::TimedOut | Class::Conflict => ErrorKind::Timeout,
            Class::Throttled => ErrorKind::Throttled,
            Class::Credentials => ErrorKind::Config,
            Class::Condition => ErrorKind::ConditionFailed,
            // What is left of a transaction that no condition cancelled.
            Class::Cancelled
                if self.reasons.iter().any(|reason| reason.code.as_deref() == Some("TransactionConflict")) =>
            {
                ErrorKind::Timeout
            }
            Class::Cancelled => ErrorKind::Throttled,
            Class::Refused | Class::TableInUse => ErrorKind::Backend,
        }
    }
}

/// The failure of an answer that is an error, as the SDK reads it.
fn parse<E>(operation: &impl RuntimePlugin, answer: &Whole) -> Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    aws_sdk_dynamodb::Error: From<SdkError<E, HttpResponse>>,
{
    let response = answer.to_response();
    let layer = operation.config();
    let reader = layer.as_ref().and_then(|layer| layer.load::<SharedResponseDeserializer>());
    let read = reader.map(|reader| reader.deserialize_nonstreaming_with_config(&response, &ConfigBag::base()));
    let mut error: Option<E> = None;
    if let Some(Err(failed)) = read {
        failed.map_operation_error(|found| error = found.downcast::<E>().ok());
    }
    match error {
        Some(error) => Failure::from_sdk(SdkError::<E, HttpResponse>::service_error(error, response)),
        None => Failure::incomplete("error that can be read"),
    }
}

/// Takes the items out of a refusal.
fn read_refusal(
    answer: &Whole,
    item: &mut Option<Item>,
    reasons: &mut Vec<CancellationReason>,
) -> Result<(), Malformed> {
    read_members(&answer.body, |name, answer| {
        match name {
            "Item" => *item = answer.maybe(|answer| answer.item(2))?,
            "CancellationReasons" => {
                let read = answer.maybe(|answer| answer.list(read_reason))?;
                *reasons = read.unwrap_or_default();
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn read_reason(answer: &mut Answer<'_>) -> Result<CancellationReason, Malformed> {
    let mut reason = CancellationReason::default();
    answer.object(|name, answer| {
        match &*name {
            "Code" => reason.code = answer.maybe(Answer::text)?.map(Into::into),
            "Message" => reason.message = answer.maybe(Answer::text)?.map(Into::into),
            "Item" => reason.item = answer.maybe(|answer| answer.item(4))?,
            _ => answer.skip(4)?,
        }
        Ok(())
    })?;
    Ok(reason)
}

fn classify<E>(error: &SdkError<E, HttpResponse>) -> Class
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        // Built and signed here: nothing was sent.
        SdkError::ConstructionFailure(_) => {
            if names_credentials(error) {
                Class::Credentials
            } else {
                Class::Refused
            }
        }
        SdkError::TimeoutError(_) => Class::TimedOut,
        SdkError::DispatchFailure(_) if is_unreadable(error) => Class::Unreadable,
        SdkError::DispatchFailure(_) if names_credentials(error) => Class::Credentials,
        SdkError::DispatchFailure(failure) if never_connected(error) => {
            if failure.is_user() {
                Class::Refused
            } else {
                Class::Unreachable
            }
        }
        SdkError::DispatchFailure(failure) if failure.is_user() => Class::Refused,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Class::TimedOut,
        SdkError::ServiceError(context) => by_code(context.err().code(), context.raw().status().as_u16()),
        SdkError::ResponseError(_) => Class::Unreadable,
        _ => Class::Ambiguous,
    }
}

fn by_code(code: Option<&str>, status: u16) -> Class {
    match code.unwrap_or_default() {
        "ConditionalCheckFailedException" => Class::Condition,
        "TransactionCanceledException" => Class::Cancelled,
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "TooManyRequestsException" => Class::Throttled,
        "TransactionConflictException" | "TransactionInProgressException" => Class::Conflict,
        "ResourceNotFoundException" | "TableNotFoundException" => Class::NoTable,
        "ResourceInUseException" | "TableInUseException" | "LimitExceededException" => Class::TableInUse,
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "IncompleteSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "NotAuthorized"
        | "AccessDeniedException" => Class::Credentials,
        _ if status == 429 => Class::Throttled,
        _ if status >= 500 => Class::Ambiguous,
        // DynamoDB names each of its refusals; what names none may be the answer to what was applied.
        "" => Class::Unreadable,
        _ => Class::Refused,
    }
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |error| StdError::source(*error))
}

/// Whether it was refused as it came off the wire.
fn is_unreadable(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(<dyn StdError>::is::<Unreadable>)
}

/// Whether no connection was made, so that nothing can have been sent.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        let refused = matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
                    | io::ErrorKind::AddrNotAvailable
            )
        );
        // Only the text of the client's error says at which step it failed.
        refused || error.to_string().contains("(Connect)") || error.to_string().contains("connect timeout")
    })
}

/// Whether it failed for want of credentials. The SDK's type for that is of a crate that is no
/// dependency of ours.
fn names_credentials(error: &(dyn StdError + 'static)) -> bool {
    const TEXTS: [&str; 5] = [
        "credential provider",
        "credentials provider",
        "loading credentials",
        "credentials error",
        "identity resolver",
    ];
    chain(error).any(|error| {
        let text = error.to_string();
        TEXTS.iter().any(|part| text.contains(part))
    })
}

/// The cause that says most.
pub(super) fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
