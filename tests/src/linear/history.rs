//! The history: who asked for what, and when each was told.

use std::sync::{Mutex, PoisonError};

/// An operation with its place in time. Instants are places in one order of all calls and returns.
#[derive(Debug, Clone)]
pub struct Event<I, O> {
    /// What was asked for.
    pub input: I,
    /// What was told; nothing where the outcome is unknown.
    pub output: Option<O>,
    /// When it was asked for.
    pub called: usize,
    /// When the client was told.
    pub returned: usize,
}

/// Writes a history down while it happens. Shared by all the clients.
#[derive(Debug)]
pub struct Recorder<I, O> {
    books: Mutex<Books<I, O>>,
}

#[derive(Debug)]
struct Books<I, O> {
    time: usize,
    events: Vec<Event<I, O>>,
}

/// An operation that was asked for and has not been answered.
#[derive(Debug)]
#[must_use = "an operation that is not answered is not in the history"]
pub struct Ticket<I> {
    input: I,
    called: usize,
}

impl<I, O> Default for Recorder<I, O> {
    fn default() -> Self {
        Self { books: Mutex::new(Books { time: 0, events: Vec::new() }) }
    }
}

impl<I, O> Recorder<I, O> {
    /// Before the call.
    pub fn call(&self, input: I) -> Ticket<I> {
        Ticket { input, called: self.tick() }
    }

    /// After it returned.
    pub fn told(&self, ticket: Ticket<I>, output: O) {
        let returned = self.tick();
        self.keep(Event { input: ticket.input, output: Some(output), called: ticket.called, returned });
    }

    /// After it ended with nobody knowing whether it happened.
    pub fn unknown(&self, ticket: Ticket<I>) {
        self.keep(Event { input: ticket.input, output: None, called: ticket.called, returned: usize::MAX });
    }

    /// After it ended without having happened.
    pub fn never(&self, ticket: Ticket<I>) {
        drop(ticket);
    }

    /// What happened.
    pub fn into_events(self) -> Vec<Event<I, O>> {
        self.books.into_inner().unwrap_or_else(PoisonError::into_inner).events
    }

    fn tick(&self) -> usize {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.time += 1;
        books.time
    }

    fn keep(&self, event: Event<I, O>) {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).events.push(event);
    }
}
