//! Whether the positions at which pages end move on.

use crate::error::{Error, ErrorKind, Result};

/// Watches the positions that a server gives to go on from. One that sends a reader round in circles
/// would never let it end.
///
/// It keeps one position and compares those after it, then one twice as far on, and so on (Brent's
/// way to find a cycle): so it needs no memory of them all, and finds a circle of any length within
/// three rounds.
#[derive(Debug)]
pub(crate) struct Advance<P> {
    kept: Option<P>,
    /// How many came since it is kept, and how many it is kept for.
    since: u64,
    until: u64,
    /// How often a position may come back.
    returns: u32,
}

impl<P> Default for Advance<P> {
    fn default() -> Self {
        Self { kept: None, since: 0, until: 1, returns: 0 }
    }
}

impl<P> Advance<P> {
    /// The same, for pages that may be empty: a server that stops before it has read anything says
    /// again where it was to start.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn of_empty_pages() -> Self {
        Self { returns: 3, ..Self::default() }
    }
}

impl<P: Clone + PartialEq> Advance<P> {
    /// Takes the next position; an error if it has been before, and too often.
    pub(crate) fn to(&mut self, position: &P) -> Result<()> {
        if self.kept.as_ref() == Some(position) {
            if self.returns > 0 {
                self.returns -= 1;
                return Ok(());
            }
            return Err(Error::new(
                ErrorKind::Backend,
                "the server's pages do not move on: it gave a position again that a page had ended at before",
            ));
        }
        self.since += 1;
        if self.kept.is_none() || self.since == self.until {
            self.kept = Some(position.clone());
            self.since = 0;
            self.until = self.until.saturating_mul(2);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(positions: impl IntoIterator<Item = u32>) -> Option<usize> {
        let mut advance = Advance::default();
        positions.into_iter().position(|position| advance.to(&position).is_err())
    }

    #[test]
    fn positions_that_move_on_pass() {
        assert_eq!(taken(0..10_000), None);
    }

    #[test]
    fn one_that_stands_still_is_found_at_once() {
        assert_eq!(taken([7, 7]), Some(1));
        assert_eq!(taken([1, 2, 3, 4, 4, 4, 4, 4]).map(|at| at <= 7), Some(true));
    }

    #[test]
    #[cfg(feature = "dynamodb")]
    fn an_empty_page_may_say_its_start_again_but_not_for_ever() {
        let mut advance = Advance::of_empty_pages();
        assert_eq!([5, 5, 5, 5, 5].map(|position| advance.to(&position).is_ok()), [true, true, true, true, false]);
    }

    #[test]
    fn circles_are_found_within_three_rounds() {
        for (before, length) in [(0, 1), (0, 2), (0, 3), (5, 7), (100, 1000), (1000, 100)] {
            let circle = (0..before).chain((before..before + length).cycle());
            let found = taken(circle.take(4 * (before + length) as usize + 4));
            assert!(found.is_some_and(|at| at <= 3 * (before + length) as usize), "{before} {length}: {found:?}");
        }
    }
}
