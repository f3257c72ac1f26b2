//! How DynamoDB counts an expression and the most it takes, without what a write has to add of its own.
//!
//! Names and values are placeholders in it, of at most five bytes: `#n999` and `:v999`.

use std::iter::Sum;
use std::ops::Add;

/// The most operators and functions of a condition: DynamoDB takes 300 ("Quotas in Amazon DynamoDB").
pub(crate) const MOST_OPERATORS: usize = 280;

/// The most levels of a condition within each other; each is several levels of a document to MongoDB, which
/// takes 100 ("MongoDB Limits and Thresholds").
pub(crate) const MOST_LEVELS: usize = 32;

/// The most values that DynamoDB compares one with in a list.
pub(crate) const MOST_LISTED: usize = 100;

/// The most bytes of a condition's text: DynamoDB takes 4096 in an expression.
pub(crate) const MOST_CONDITION_TEXT: usize = 3900;

/// The most bytes of an update's text: DynamoDB takes 4096 in an expression.
pub(crate) const MOST_CHANGE_TEXT: usize = 4000;

/// What a condition, or a part of one, costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Operators and functions.
    pub(crate) operators: usize,
    /// Bytes of text, at most.
    pub(crate) text: usize,
}

impl Cost {
    const fn new(operators: usize, text: usize) -> Self {
        Self { operators, text }
    }

    /// A comparison of the value at a path; one with a float is of a range on both sides of it.
    pub(crate) const fn comparison(path: usize, is_not_equal: bool, is_float: bool) -> Self {
        let text = if is_float { "NOT ( BETWEEN :v999 AND :v999)".len() } else { "NOT ( <= :v999)".len() };
        Self::new(if is_not_equal { 2 } else { 1 }, path + text)
    }

    /// A comparison with so many values at once.
    pub(crate) const fn listed(path: usize, count: usize) -> Self {
        Self::new(1, path + " IN ()".len() + count * ":v999, ".len())
    }

    /// Text that begins so.
    pub(crate) const fn prefix(path: usize) -> Self {
        Self::new(1, path + "attribute_type(, :v999)".len())
    }

    /// Text with a part, or a list with an item of text; any text has an empty part.
    pub(crate) const fn contains_text(path: usize, is_empty: bool) -> Self {
        if is_empty {
            Self::new(5, 3 * path + 2 * "attribute_type(, :v999) OR ".len() + "( AND contains(, :v999))".len())
        } else {
            Self::new(4, Self::contains_item(path).text)
        }
    }

    /// A list with an item that is no text.
    pub(crate) const fn contains_item(path: usize) -> Self {
        Self::new(3, 2 * path + "NOT (attribute_type(, :v999)) AND contains(, :v999)".len())
    }

    /// A set with a member.
    pub(crate) const fn has_member(path: usize) -> Self {
        Self::new(4, Self::contains_item(path).text)
    }

    /// A comparison of a size, of those types alone that have one on every backend.
    pub(crate) const fn size(path: usize, is_not_equal: bool) -> Self {
        let text = 3 * "attribute_type(, :v999) OR ".len() + "NOT (() AND size() <= :v999)".len();
        Self::new(if is_not_equal { 9 } else { 8 }, 4 * path + text)
    }

    /// A comparison with a set; if it is to be false, what may be a list of the same members is shut out.
    pub(crate) const fn set(path: usize, is_not_equal: bool) -> Self {
        Self::new(if is_not_equal { 4 } else { 3 }, 2 * path + "NOT ( = :v999 OR attribute_type(, :v999))".len())
    }

    /// A comparison of the number of members, of those types alone that a set may be kept as.
    pub(crate) const fn set_size(path: usize, is_not_equal: bool) -> Self {
        let text = 4 * "attribute_type(, :v999) OR ".len() + "NOT (() AND size() <= :v999)".len();
        Self::new(if is_not_equal { 11 } else { 10 }, 5 * path + text)
    }

    /// There is a value, and it is no null.
    pub(crate) const fn exists(path: usize) -> Self {
        Self::new(4, Self::missing(path).text)
    }

    /// There is no value, or it is a null.
    pub(crate) const fn missing(path: usize) -> Self {
        Self::new(3, 2 * path + "attribute_not_exists() AND NOT (attribute_type(, :v999))".len())
    }

    /// The opposite of another.
    pub(crate) const fn negated(self) -> Self {
        Self::new(self.operators + 1, self.text + "NOT ()".len())
    }

    /// Several, with an operator between each two.
    pub(crate) fn joined(parts: impl ExactSizeIterator<Item = Self>) -> Self {
        let (count, sum) = (parts.len(), parts.sum::<Self>());
        Self::new(sum.operators + count.saturating_sub(1), sum.text + count * "() AND ".len())
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.operators + other.operators, self.text + other.text)
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::new(0, 0), Add::add)
    }
}

/// The text of a name in a path.
pub(crate) const NAME_TEXT: usize = "#n999.".len();

/// The text of a position in a path.
pub(crate) fn position_text(position: usize) -> usize {
    position.to_string().len() + "[]".len()
}

/// The text of a change that sets or removes what is at a path.
pub(crate) const fn set_text(path: usize) -> usize {
    path + " = :v999, ".len()
}

/// The text of a change that starts from what is at a path, or from another value if there is nothing.
pub(crate) const fn set_from_old_text(path: usize) -> usize {
    2 * path + " = if_not_exists(, :v999) + :v999, ".len()
}

/// The text of a change that adds to the list at a path.
pub(crate) const fn append_text(path: usize) -> usize {
    2 * path + " = list_append(if_not_exists(, :v999), :v999), ".len()
}

/// The text of a change that sets a path to the sum of a field and a number.
pub(crate) const fn set_to_sum_text(path: usize, field: usize) -> usize {
    path + field + " = + :v999, ".len()
}
