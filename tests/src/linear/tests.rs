use super::{Event, Model, Recorder, Verdict, check};
use proptest::prelude::*;

/// One register that can be read, written, added to, and changed on a condition.
struct Register;

#[derive(Debug, Clone, Copy)]
enum Ask {
    Read,
    Write(i64),
    Add(i64),
    Change(i64, i64),
}

impl Model for Register {
    type State = i64;
    type Input = Ask;
    type Output = Option<i64>;

    fn initial(&self) -> i64 {
        0
    }

    fn apply(&self, state: &i64, ask: &Ask) -> (i64, Option<i64>) {
        match *ask {
            Ask::Read => (*state, Some(*state)),
            Ask::Write(value) => (value, Some(value)),
            Ask::Add(more) => (state + more, Some(state + more)),
            Ask::Change(old, new) if *state == old => (new, Some(new)),
            Ask::Change(..) => (*state, None),
        }
    }
}

fn told(called: usize, returned: usize, input: Ask, output: i64) -> Event<Ask, Option<i64>> {
    Event { input, output: Some(Some(output)), called, returned }
}

fn refused(called: usize, returned: usize, input: Ask) -> Event<Ask, Option<i64>> {
    Event { input, output: Some(None), called, returned }
}

fn unknown(called: usize, input: Ask) -> Event<Ask, Option<i64>> {
    Event { input, output: None, called, returned: usize::MAX }
}

#[track_caller]
fn holds(history: Vec<Event<Ask, Option<i64>>>) {
    assert_eq!(check(&Register, history), Verdict::Linearizable);
}

#[track_caller]
fn is_rejected(history: Vec<Event<Ask, Option<i64>>>) {
    let verdict = check(&Register, history);
    assert!(matches!(verdict, Verdict::Violation(_)), "{verdict:?}");
}

#[test]
fn one_after_another() {
    holds(vec![]);
    holds(vec![told(1, 2, Ask::Write(5), 5), told(3, 4, Ask::Read, 5)]);
    is_rejected(vec![told(1, 2, Ask::Write(5), 5), told(3, 4, Ask::Read, 0)]);
}

#[test]
fn a_read_during_a_write_sees_either() {
    for seen in [0, 5] {
        holds(vec![told(1, 4, Ask::Write(5), 5), told(2, 3, Ask::Read, seen)]);
    }
    is_rejected(vec![told(1, 4, Ask::Write(5), 5), told(2, 3, Ask::Read, 6)]);
}

#[test]
fn no_read_goes_back_in_time() {
    is_rejected(vec![told(1, 8, Ask::Write(5), 5), told(2, 3, Ask::Read, 5), told(4, 5, Ask::Read, 0)]);
    holds(vec![told(1, 8, Ask::Write(5), 5), told(2, 3, Ask::Read, 0), told(4, 5, Ask::Read, 5)]);
}

#[test]
fn a_lost_write_is_found() {
    is_rejected(vec![told(1, 2, Ask::Write(1), 1), told(3, 4, Ask::Write(2), 2), told(5, 6, Ask::Read, 1)]);
}

#[test]
fn a_write_that_comes_back_is_found() {
    let history = |last| {
        vec![
            told(1, 10, Ask::Write(1), 1),
            told(2, 3, Ask::Read, 1),
            told(4, 5, Ask::Write(2), 2),
            told(6, 7, Ask::Read, 2),
            told(8, 9, Ask::Read, last),
        ]
    };
    holds(history(2));
    is_rejected(history(1));
}

#[test]
fn a_lost_update_is_found() {
    is_rejected(vec![told(1, 4, Ask::Add(1), 1), told(2, 3, Ask::Add(1), 1)]);
    holds(vec![told(1, 4, Ask::Add(1), 1), told(2, 3, Ask::Add(1), 2)]);
    holds(vec![told(1, 4, Ask::Add(1), 2), told(2, 3, Ask::Add(1), 1)]);
    is_rejected(vec![told(1, 2, Ask::Add(1), 2), told(3, 4, Ask::Add(1), 1)]);
}

#[test]
fn two_winners_of_one_condition_are_found() {
    is_rejected(vec![told(1, 4, Ask::Change(0, 1), 1), told(2, 3, Ask::Change(0, 2), 2)]);
    holds(vec![told(1, 4, Ask::Change(0, 1), 1), refused(2, 3, Ask::Change(0, 2))]);
    is_rejected(vec![refused(1, 2, Ask::Change(0, 1)), told(3, 4, Ask::Read, 0)]);
}

#[test]
fn an_unknown_outcome_may_have_happened_or_not() {
    holds(vec![unknown(1, Ask::Write(5)), told(2, 3, Ask::Read, 0)]);
    holds(vec![unknown(1, Ask::Write(5)), told(2, 3, Ask::Read, 5)]);
    // Late, too: after reads that have not seen it.
    holds(vec![unknown(1, Ask::Write(5)), told(2, 3, Ask::Read, 0), told(4, 5, Ask::Read, 5)]);
}

#[test]
fn an_unknown_outcome_happens_once_at_most_and_not_before_its_call() {
    is_rejected(vec![unknown(1, Ask::Write(5)), told(2, 3, Ask::Read, 5), told(4, 5, Ask::Read, 0)]);
    is_rejected(vec![unknown(1, Ask::Add(5)), told(2, 3, Ask::Read, 10)]);
    is_rejected(vec![told(1, 2, Ask::Read, 5), unknown(3, Ask::Write(5))]);
}

/// A register that answers at a random instant within each call, which therefore is linearizable, recorded by the recorder.
fn true_history(steps: &[(usize, u8, i64)]) -> Vec<Event<Ask, Option<i64>>> {
    let recorder = Recorder::default();
    let mut state = 0;
    let mut waiting = Vec::new();
    for (which, kind, value) in steps {
        let ask = match kind % 4 {
            0 => Ask::Read,
            1 => Ask::Write(*value),
            2 => Ask::Add(*value),
            _ => Ask::Change(*value, value + 1),
        };
        // Each happens between its call and its return, which others come between.
        let ticket = recorder.call(ask);
        let (after, output) = Register.apply(&state, &ask);
        let happened = which % 7 != 0;
        if happened {
            state = after;
        }
        waiting.push((ticket, output, happened));
        if waiting.len() > which % 5 {
            let (ticket, output, happened) = waiting.swap_remove(which % waiting.len());
            if happened { recorder.told(ticket, output) } else { recorder.unknown(ticket) }
        }
    }
    for (ticket, output, happened) in waiting {
        if happened { recorder.told(ticket, output) } else { recorder.unknown(ticket) }
    }
    recorder.into_events()
}

/// Tries every order: what the search must agree with.
fn by_force(state: i64, rest: &[Event<Ask, Option<i64>>]) -> bool {
    let Some(first_return) = rest.iter().filter(|event| event.output.is_some()).map(|event| event.returned).min()
    else {
        return true;
    };
    rest.iter().enumerate().filter(|(_, event)| event.called < first_return).any(|(at, event)| {
        let (after, told) = Register.apply(&state, &event.input);
        let mut others = rest.to_vec();
        others.remove(at);
        event.output.as_ref().is_none_or(|output| *output == told) && by_force(after, &others)
    })
}

proptest! {
    #[test]
    fn every_true_history_holds(steps in prop::collection::vec((0_usize..100, 0_u8..4, 0_i64..4), 0..60)) {
        prop_assert_eq!(check(&Register, true_history(&steps)), Verdict::Linearizable);
    }

    #[test]
    fn the_search_agrees_with_trying_every_order(
        steps in prop::collection::vec((0_usize..100, 0_u8..4, 0_i64..3), 0..7),
        changed in 0_usize..7,
        to in 0_i64..4,
    ) {
        let mut history = true_history(&steps);
        if let Some(event) = history.get_mut(changed) && event.output.is_some() {
            event.output = Some(Some(to));
        }
        let found = check(&Register, history.clone()) == Verdict::Linearizable;
        prop_assert_eq!(found, by_force(0, &history));
    }
}
