//! How large a change is: of the record that it leaves, of a transaction, and of an expression.

use super::Change;
use crate::limits::{expression, value_size};

impl Change {
    /// The bytes that it adds at least to the record that it leaves, as DynamoDB counts them.
    pub(crate) fn min_size(&self) -> usize {
        match self {
            Self::Set(path, value) if path.is_field() => path.root().len() + value_size(value),
            Self::Set(_, value) => value_size(value),
            Self::Append(_, items) | Self::Prepend(_, items) => items.iter().map(|item| 1 + value_size(item)).sum(),
            // Perhaps nothing: there may be a value already, or none is left.
            Self::SetIfMissing(..) | Self::Add { .. } | Self::Insert(..) | Self::Discard(..) => 0,
            Self::Remove(_) | Self::RemoveItem(_) | Self::Expire { .. } => 0,
        }
    }

    /// The bytes that it carries in a transaction. What comes of it in the stored record only the backend knows.
    pub(crate) fn carried_size(&self) -> usize {
        match self {
            Self::Set(path, value) | Self::SetIfMissing(path, value) | Self::Add { path, delta: value, .. } => {
                path.root().len() + value_size(value)
            }
            Self::Append(path, items)
            | Self::Prepend(path, items)
            | Self::Insert(path, items)
            | Self::Discard(path, items) => path.root().len() + items.iter().map(value_size).sum::<usize>(),
            Self::Remove(_) | Self::RemoveItem(_) | Self::Expire { .. } => 0,
        }
    }

    /// The bytes of its text in an update expression of DynamoDB, at most.
    pub(crate) fn text_size(&self) -> usize {
        let path = self.path().text_size();
        match self {
            Self::Set(..) | Self::Remove(_) | Self::RemoveItem(_) | Self::Insert(..) | Self::Discard(..) => {
                expression::set_text(path)
            }
            Self::SetIfMissing(..) | Self::Add { .. } => expression::set_from_old_text(path),
            Self::Append(..) | Self::Prepend(..) => expression::append_text(path),
            Self::Expire { field, .. } => expression::set_to_sum_text(path, field.text_size()),
        }
    }
}
