//! How checks are run: one for each test; in the long mode all of them at once, whichever test comes first.

use std::any::Any;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// A check on a backend.
pub(crate) struct Check {
    /// The name of its test.
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>,
}

type Running = HashMap<&'static str, JoinHandle<()>>;

/// Runs the check of a test, or waits for the end of it. It panics where the check does.
pub(crate) fn run(name: &'static str) {
    static RUNNING: OnceLock<Mutex<Running>> = OnceLock::new();
    if !crate::arena::is_long() {
        return in_a_runtime(find(name));
    }
    let running = RUNNING.get_or_init(|| {
        let wanted = crate::all_checks().into_iter().filter(|check| is_wanted(check.name));
        Mutex::new(wanted.map(|check| (check.name, std::thread::spawn(|| in_a_runtime(check)))).collect())
    });
    let started = running.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    match started.map(JoinHandle::join) {
        Some(Ok(())) => {}
        // What it printed is with the output of the test that came first.
        Some(Err(panicked)) => panic!("{}", said(&*panicked)),
        // One that the filter was not thought to name.
        None => in_a_runtime(find(name)),
    }
}

fn said(panicked: &(dyn Any + Send)) -> &str {
    let text = panicked.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panicked.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

fn find(name: &str) -> Check {
    let found = crate::all_checks().into_iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name}"))
}

/// Whether the test is among those that the command line names.
fn is_wanted(name: &str) -> bool {
    let mut filters = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(&filter))
}

fn in_a_runtime(check: Check) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on((check.run)());
}
