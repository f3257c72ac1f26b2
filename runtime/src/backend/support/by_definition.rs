//! What is kept for each repository, by the address of its definition.

use std::sync::{PoisonError, RwLock};

use crate::definition::Definition;

/// A value for each definition. There are few, and one is looked for in every call: so they are in the order of their
/// addresses, and none is hashed.
#[derive(Debug)]
pub(crate) struct ByDefinition<T>(RwLock<Vec<(usize, T)>>);

impl<T> Default for ByDefinition<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Clone> ByDefinition<T> {
    /// The value that is kept for a definition.
    pub(crate) fn get(&self, definition: &'static Definition) -> Option<T> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let at = kept.binary_search_by_key(&address(definition), |(address, _)| *address).ok()?;
        kept.get(at).map(|(_, value)| value.clone())
    }

    /// Keeps a value for a definition. If there is one already, it stays.
    pub(crate) fn insert(&self, definition: &'static Definition, value: T) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(at) = kept.binary_search_by_key(&address(definition), |(address, _)| *address) {
            kept.insert(at, (address(definition), value));
        }
    }

    /// Keeps nothing for a definition any more.
    pub(crate) fn remove(&self, definition: &'static Definition) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(kept, _)| *kept != address(definition));
    }
}

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{FieldDef, KeyDef, KeyKind, Spec};

    static THINGS: Definition =
        Spec::new("Thing", "things", &[FieldDef::new("h", "h")], KeyDef::new(0, KeyKind::String)).build();

    #[test]
    fn each_definition_keeps_its_first_value() {
        let kept = ByDefinition::default();
        let other: &'static Definition = Box::leak(Box::new(THINGS));
        assert_eq!(kept.get(other), None);
        kept.insert(other, 1);
        kept.insert(&THINGS, 2);
        kept.insert(other, 3);
        assert_eq!((kept.get(other), kept.get(&THINGS)), (Some(1), Some(2)));
        kept.remove(other);
        assert_eq!((kept.get(other), kept.get(&THINGS)), (None, Some(2)));
    }
}
