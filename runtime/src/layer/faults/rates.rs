//! How often each thing goes wrong.

use std::ops::{Bound, RangeBounds};
use std::time::Duration;

use super::injected::Event;

/// How often each thing goes wrong.
#[derive(Debug, Clone)]
pub(super) struct Rates {
    pub(super) lost: f64,
    pub(super) dropped: f64,
    pub(super) throttled: f64,
    pub(super) conflict: f64,
    /// How long a request takes: the shortest, and the longest.
    pub(super) delay: Option<(Duration, Duration)>,
    /// How often everything stands still, and for how long.
    pub(super) stall: Option<(f64, Duration)>,
    /// How far behind an index may be.
    pub(super) lag: Option<Duration>,
}

/// A rate that was given: what is below none is none, and what is above all is all.
pub(super) fn rate(given: f64) -> f64 {
    if given.is_nan() { 0.0 } else { given.clamp(0.0, 1.0) }
}

/// The ends of a range of durations. Without an end, it is where it begins.
pub(super) fn ends(range: &impl RangeBounds<Duration>) -> (Duration, Duration) {
    let shortest = match range.start_bound() {
        Bound::Included(from) | Bound::Excluded(from) => *from,
        Bound::Unbounded => Duration::ZERO,
    };
    let longest = match range.end_bound() {
        Bound::Included(to) | Bound::Excluded(to) => *to,
        Bound::Unbounded => shortest,
    };
    (shortest, longest.max(shortest))
}

impl Rates {
    /// Nothing ever goes wrong.
    pub(super) const NONE: Self =
        Self { lost: 0.0, dropped: 0.0, throttled: 0.0, conflict: 0.0, delay: None, stall: None, lag: None };

    /// Whether nothing ever goes wrong.
    pub(super) fn are_none(&self) -> bool {
        let sum = self.lost + self.dropped + self.throttled + self.conflict;
        sum <= 0.0 && self.delay.is_none() && self.stall.is_none() && self.lag.is_none()
    }

    /// What an attempt meets whose lot is this, between 0 and 1.
    pub(super) fn event(&self, lot: f64) -> Option<Event> {
        let mut from = 0.0;
        let rates = [
            (self.lost, Event::Lost),
            (self.dropped, Event::Dropped),
            (self.throttled, Event::Throttled),
            (self.conflict, Event::Conflict),
        ];
        rates.into_iter().find_map(|(rate, event)| {
            from += rate;
            (lot < from).then_some(event)
        })
    }

    /// How long a request takes whose lot is this.
    pub(super) fn delay(&self, lot: f64) -> Duration {
        self.delay.map_or(Duration::ZERO, |(shortest, longest)| shortest + (longest - shortest).mul_f64(lot))
    }

    /// How long everything stands still, if it does.
    pub(super) fn stall(&self, lot: f64) -> Option<Duration> {
        self.stall.and_then(|(rate, span)| (lot < rate).then_some(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_ranges_are_taken_whatever_is_given() {
        assert_eq!([rate(f64::NAN), rate(-1.0), rate(0.25), rate(7.0)], [0.0, 0.0, 0.25, 1.0]);
        let at = Duration::from_millis;
        assert_eq!(ends(&(at(1)..at(5))), (at(1), at(5)));
        assert_eq!(ends(&(..=at(5))), (at(0), at(5)));
        assert_eq!(ends(&(at(3)..)), (at(3), at(3)));
        assert_eq!(ends(&(at(3)..at(1))), (at(3), at(3)));
    }

    #[test]
    fn each_fault_has_its_part_of_all_lots() {
        let rates = Rates { lost: 0.25, dropped: 0.25, throttled: 0.25, conflict: 0.125, ..Rates::NONE };
        let met = [0.0, 0.3, 0.6, 0.8, 0.9].map(|lot| rates.event(lot));
        let wanted = [Some(Event::Lost), Some(Event::Dropped), Some(Event::Throttled), Some(Event::Conflict), None];
        assert_eq!(met, wanted);
        assert!(Rates::NONE.are_none() && !rates.are_none());
    }
}
