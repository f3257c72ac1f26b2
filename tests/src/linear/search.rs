//! The search for an order that explains a history.

use super::{Event, Model};
use std::collections::HashSet;

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order that explains everything.
    Linearizable,
    /// There is none: the longest explanation, and the operations that cannot follow it, in words.
    Violation(String),
    /// The search was given up after this many steps.
    TooLarge(usize),
}

/// A history of one key is small; a search beyond this has lost itself among unknown outcomes.
const MOST_STEPS: usize = 1_000_000;

type EventOf<M> = Event<<M as Model>::Input, <M as Model>::Output>;

/// Looks for an order of the operations, each between its call and its return, in which one client at a time would have been told
/// the same. Operations of unknown outcome stand in it where they help, or not at all.
pub fn check<M: Model>(model: &M, mut history: Vec<EventOf<M>>) -> Verdict {
    history.sort_by_key(|event| event.called);
    let mut search = Search {
        model,
        open: history.iter().filter(|event| event.output.is_some()).count(),
        done: Set::new(history.len()),
        history: &history,
        seen: HashSet::new(),
        chosen: Vec::new(),
        best: Vec::new(),
    };
    search.run()
}

struct Search<'a, M: Model> {
    model: &'a M,
    history: &'a [EventOf<M>],
    /// What stands in the order by now.
    done: Set,
    /// How many answered operations do not.
    open: usize,
    /// Where the search has been: nothing new is to be found there.
    seen: HashSet<(Set, M::State)>,
    /// The order by now: each operation, and the state before it.
    chosen: Vec<(usize, M::State)>,
    /// The longest order yet, to be shown when none is whole.
    best: Vec<usize>,
}

impl<M: Model> Search<'_, M> {
    fn run(&mut self) -> Verdict {
        let mut state = self.model.initial();
        let mut from = 0;
        let mut steps = 0;
        while self.open > 0 {
            steps += 1;
            if steps > MOST_STEPS {
                return Verdict::TooLarge(MOST_STEPS);
            }
            if let Some((next, after)) = self.next(&state, from) {
                self.choose(next, std::mem::replace(&mut state, after));
                from = 0;
            } else if let Some((last, before)) = self.chosen.pop() {
                self.done.remove(last);
                self.open += usize::from(self.history[last].output.is_some());
                state = before;
                from = last + 1;
            } else {
                return Verdict::Violation(self.story());
            }
        }
        Verdict::Linearizable
    }

    /// The next operation, from this one on, that can stand here: nobody who must come later returned before it was called, it
    /// tells what was told, and it leads somewhere new.
    fn next(&mut self, state: &M::State, from: usize) -> Option<(usize, M::State)> {
        let open = |at: &usize| !self.done.holds(*at);
        let first_return = (0..self.history.len()).filter(open).map(|at| self.history[at].returned).min()?;
        for at in from..self.history.len() {
            let event = &self.history[at];
            if event.called > first_return {
                return None;
            }
            if self.done.holds(at) {
                continue;
            }
            let (after, told) = self.model.apply(state, &event.input);
            if event.output.as_ref().is_some_and(|output| *output != told) {
                continue;
            }
            let mut done = self.done.clone();
            done.insert(at);
            if self.seen.insert((done, after.clone())) {
                return Some((at, after));
            }
        }
        None
    }

    fn choose(&mut self, at: usize, before: M::State) {
        self.done.insert(at);
        self.open -= usize::from(self.history[at].output.is_some());
        self.chosen.push((at, before));
        if self.chosen.len() > self.best.len() {
            self.best = self.chosen.iter().map(|(at, _)| *at).collect();
        }
    }

    /// The end of the longest order, and what cannot follow it.
    fn story(&self) -> String {
        let mut state = self.model.initial();
        let mut lines = Vec::new();
        for at in &self.best {
            let (after, _) = self.model.apply(&state, &self.history[*at].input);
            lines.push(format!("  {} leaves {after:?}", self.words(*at)));
            state = after;
        }
        let skipped = lines.len().saturating_sub(12);
        let rest = (0..self.history.len()).filter(|at| !self.best.contains(at) && self.history[*at].output.is_some());
        let rest: Vec<_> = rest.take(8).map(|at| format!("  {}", self.words(at))).collect();
        format!(
            "{skipped} operations, then\n{}\nafter which none of these can come next:\n{}",
            lines[skipped..].join("\n"),
            rest.join("\n")
        )
    }

    fn words(&self, at: usize) -> String {
        let Event { input, output, called, returned } = &self.history[at];
        match output {
            Some(output) => format!("[{called}..{returned}] {input:?} -> {output:?}"),
            None => format!("[{called}..] {input:?} -> unknown"),
        }
    }
}

/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Set(Vec<u64>);

impl Set {
    fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    fn holds(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }

    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn remove(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }
}
