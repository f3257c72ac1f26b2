//! Why a transaction was cancelled.

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::validation;
use crate::backend::dynamodb::write::state::RefusedOps;
use crate::error::{Error, ErrorKind};

/// An operation that DynamoDB does not take, by its place.
#[derive(Debug)]
pub(crate) struct InvalidOp {
    pub(crate) at: usize,
    pub(crate) error: Error,
    /// Whether what is stored is the reason.
    pub(crate) is_about_record: bool,
}

/// The operations whose conditions were false; none if another transaction was in the way, or there was too
/// much traffic.
///
/// Errors: the first operation that DynamoDB does not take.
pub(crate) fn failed_conditions(failure: &Failure) -> Result<Option<RefusedOps>, InvalidOp> {
    let with_code = |code: &str| {
        let code = code.to_owned();
        failure.reasons.iter().enumerate().filter(move |(_, reason)| reason.code.as_ref() == Some(&code))
    };
    if let Some((at, reason)) = with_code("ValidationError").next() {
        let text = reason.message.as_deref().unwrap_or_default();
        let is_about_record = validation::is_about_record(text);
        return Err(InvalidOp { at, error: validation::to_error(text), is_about_record });
    }
    if let Some((at, _)) = with_code("ItemCollectionSizeLimitExceeded").next() {
        let error = Error::new(
            ErrorKind::Backend,
            "the records of one hash key would have more than the 10 GB that DynamoDB takes of a table with local indexes",
        );
        return Err(InvalidOp { at, error, is_about_record: false });
    }
    let refused: Vec<_> = with_code("ConditionalCheckFailed").map(|(at, reason)| (at, reason.item.clone())).collect();
    Ok((!refused.is_empty()).then_some(refused))
}
