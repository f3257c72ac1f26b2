//! What an operation tells, as text.

use reposit::{Error, Result};

pub(super) fn told<T: std::fmt::Debug>(result: Result<T, Error>) -> Result<String> {
    result.map(|answer| format!("{answer:?}"))
}
