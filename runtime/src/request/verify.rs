//! A look for what others broke of a repository's uniqueness.

use crate::definition::Definition;

/// A look for what others broke of a repository's uniqueness.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Verify {
    /// The repository.
    pub definition: &'static Definition,
    /// Whether what is found is repaired.
    pub repair: bool,
}

impl Verify {
    /// A look that changes nothing.
    pub fn new(definition: &'static Definition) -> Self {
        Self { definition, repair: false }
    }

    /// The same look, which repairs what it finds.
    #[must_use]
    pub fn repairing(self) -> Self {
        Self { repair: true, ..self }
    }
}
