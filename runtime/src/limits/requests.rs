//! How much DynamoDB takes in one request ("Quotas in Amazon DynamoDB"; the actions' own pages in its API
//! reference).

/// The most bytes of an expression's text.
pub(crate) const EXPRESSION_TEXT: usize = 4096;

/// The most operators and functions in the expressions of a request.
pub(crate) const EXPRESSION_OPERATORS: usize = 300;

/// The most records that are read as they were at one moment: `TransactGetItems`.
pub(crate) const MOST_TOGETHER: usize = 100;

/// The most records of a `BatchGetItem`.
pub(crate) const MOST_KEYS: usize = 100;

/// The most writes of a `BatchWriteItem`.
pub(crate) const MOST_WRITES: usize = 25;
