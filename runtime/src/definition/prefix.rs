//! The table prefix: what stands before each name that the library makes, and the definitions under it.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use super::Definition;
use crate::error::{Error, Result};

/// The most characters of a table's name.
const LONGEST: usize = 255;
/// What a table's name is followed by in that of its unique values.
const GUARDS: &str = ".unique";
/// The repository of locks: the longest name that the library adds itself.
pub(crate) const LOCKS: &str = "reposit_locks";

/// A prefix, and the definitions under it.
///
/// Definitions live as long as the process does, since each model's does. So does a prefix, and what it makes of a
/// model: once, whichever database asks.
pub(crate) struct TablePrefix {
    text: &'static str,
    /// The definitions under the prefix, in the order of the addresses of those without.
    known: RwLock<Vec<(usize, &'static Definition)>>,
}

static PREFIXES: RwLock<Vec<&'static TablePrefix>> = RwLock::new(Vec::new());

impl TablePrefix {
    /// The prefix of this text; nothing for an empty one. An error says what is wrong with it.
    pub(crate) fn of(text: &str) -> Result<Option<&'static Self>, String> {
        check(text)?;
        if text.is_empty() {
            return Ok(None);
        }
        let mut prefixes = PREFIXES.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(prefix) = prefixes.iter().find(|prefix| prefix.text == text) {
            return Ok(Some(*prefix));
        }
        let prefix = Self { text: Box::leak(text.into()), known: RwLock::default() };
        let prefix: &'static Self = Box::leak(Box::new(prefix));
        prefixes.push(prefix);
        Ok(Some(prefix))
    }

    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// The definition under this prefix: the same but for its name.
    ///
    /// Errors: `InvalidInput` if the name would be too long.
    pub(crate) fn definition(&self, definition: &'static Definition) -> Result<&'static Definition> {
        let address = std::ptr::from_ref(definition).addr();
        if let Some(known) = self.find(address) {
            return Ok(known);
        }
        let name = self.name_of(definition)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match known.binary_search_by_key(&address, |(address, _)| *address) {
            // Another thread was first.
            Ok(at) => Ok(known.get(at).map_or(definition, |(_, known)| known)),
            Err(at) => {
                let mut under = *definition;
                under.spec.name = name.leak();
                under.prefix = self.text;
                let under: &'static Definition = Box::leak(Box::new(under));
                known.insert(at, (address, under));
                Ok(under)
            }
        }
    }

    fn name_of(&self, definition: &Definition) -> Result<String> {
        let name = format!("{}{}", self.text, definition.name());
        let (guards, why) = match definition.unique_indexes().next() {
            Some(_) => (GUARDS.len(), format!(" with `{GUARDS}` after it, for its unique values")),
            None => (0, String::new()),
        };
        if name.len() + guards <= LONGEST {
            return Ok(name);
        }
        Err(Error::invalid(format!(
            "the table prefix `{}` makes the name {name} too long: it takes at most {LONGEST} characters{why}",
            self.text
        )))
    }

    fn find(&self, address: usize) -> Option<&'static Definition> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let at = known.binary_search_by_key(&address, |(address, _)| *address).ok()?;
        known.get(at).map(|(_, definition)| *definition)
    }
}

impl fmt::Debug for TablePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// What is wrong with a prefix: a table's name can begin with nothing else than a table's name has.
fn check(text: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !text.bytes().all(fits) {
        return Err("takes letters, digits, `_`, `-` and `.`".to_owned());
    }
    let kept = ["system.", "_reposit"].into_iter().find(|kept| text.starts_with(kept));
    if let Some(kept) = kept {
        let keeper = if kept == "system." { "MongoDB" } else { "reposit" };
        return Err(format!("begins with `{kept}`, which {keeper} keeps for itself"));
    }
    let longest = LONGEST - LOCKS.len();
    match text.len() {
        length if length > longest => Err(format!("has {length} characters, and takes at most {longest}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyDef, KeyKind, Spec};
    use super::*;
    use crate::ErrorKind;
    use crate::definition::IndexDef;

    const FIELDS: &[super::super::FieldDef] = &[];
    static PLAIN: Definition = Spec::new("Plain", "plain", FIELDS, KeyDef::new(0, KeyKind::String)).build();
    static UNIQUE: Definition = Spec::new("Unique", "plain", FIELDS, KeyDef::new(0, KeyKind::String))
        .indexes(&[IndexDef::new("by_it", KeyDef::new(0, KeyKind::String), &[]).unique()])
        .build();

    #[test]
    fn a_prefix_and_its_definitions_are_made_once() {
        assert!(TablePrefix::of("").unwrap().is_none());
        let prefix = TablePrefix::of("a-").unwrap().unwrap();
        assert!(std::ptr::eq(prefix, TablePrefix::of("a-").unwrap().unwrap()));
        let under = prefix.definition(&PLAIN).unwrap();
        assert!(std::ptr::eq(under, prefix.definition(&PLAIN).unwrap()));
        assert_eq!((under.name(), under.repository(), under.prefix()), ("a-plain", "plain", "a-"));
        assert_eq!((PLAIN.name(), PLAIN.repository(), PLAIN.prefix()), ("plain", "plain", ""));
    }

    #[test]
    fn what_no_name_has_is_refused() {
        for wrong in ["a b", "ü-", "a/", "a$", "system.x", "_reposit", "_reposit-", &"x".repeat(243)] {
            assert!(TablePrefix::of(wrong).is_err(), "{wrong}");
        }
        let longest = TablePrefix::of(&"y".repeat(242)).unwrap().unwrap();
        assert_eq!(longest.definition(&PLAIN).unwrap().name().len(), 247);
        let near = TablePrefix::of(&format!("{}-", "y".repeat(241))).unwrap().unwrap();
        assert_eq!(near.definition(&PLAIN).unwrap().name().len(), 247);
        assert_eq!(near.definition(&UNIQUE).unwrap().name().len(), 247);
    }

    #[test]
    fn a_name_that_gets_too_long_is_refused_with_the_figure() {
        static LONG: Definition =
            Spec::new("Long", "a_name_of_many_words", FIELDS, KeyDef::new(0, KeyKind::String)).build();
        let prefix = TablePrefix::of(&"z".repeat(240)).unwrap().unwrap();
        let error = prefix.definition(&LONG).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("255") && error.message().contains("a_name_of_many_words"), "{error}");
    }
}
