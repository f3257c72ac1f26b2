//! That no name is there twice, for few instructions a name.

use super::scan::Malformed;

/// The names of one object: which of 64 marks they have. Two with one mark have to be compared.
#[derive(Debug, Default)]
pub(crate) struct Names {
    marks: u64,
    is_unsure: bool,
}

impl Names {
    /// Adds a name.
    pub(crate) fn add(&mut self, name: &str) {
        let seed = name.bytes().fold(name.len() as u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let mark = 1 << (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
        self.is_unsure |= self.marks & mark != 0;
        self.marks |= mark;
    }

    /// Whether one may be there twice.
    pub(crate) fn is_unsure(&self) -> bool {
        self.is_unsure
    }

    /// Refuses a name that is there twice among all of them.
    pub(crate) fn check<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Malformed> {
        if !self.is_unsure {
            return Ok(());
        }
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Malformed("a name is there twice"));
        }
        Ok(())
    }
}
