//! Runs cases as a test program does: in parallel, by a filter, with the summary that `cargo test` prints.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed};

use crate::case::Case;
use crate::cases;
use crate::opener::Opener;
use crate::test::Test;

/// A test of a name.
pub struct Trial(libtest_mimic::Trial);

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trial").field(&self.0.name()).finish()
    }
}

impl Trial {
    /// A test that a future is, in a runtime of its own. It fails if that panics.
    pub fn new<F: Future<Output = ()>>(name: impl Into<String>, test: impl FnOnce() -> F + Send + 'static) -> Self {
        Self(libtest_mimic::Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failed::from(format!("no runtime: {error}")))?;
            runtime.block_on(test());
            Ok(())
        }))
    }
}

/// The cases of the suite on a backend, as tests of the names `module::backend::case`.
pub fn trials(opener: impl Opener) -> Vec<Trial> {
    let opener: Arc<dyn Opener> = Arc::new(opener);
    let all = cases::all().into_iter();
    let trial = |case: Case| {
        let opener = opener.clone();
        Trial::new(case.path_on(opener.name()), move || async move {
            let test = Test::on(&*opener, case.prefix()).await.expect("the database is opened");
            case.run(test).await;
        })
    };
    all.map(trial).collect()
}

/// Runs tests, as the arguments of the program say: those of `cargo test -- …`.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    let trials = trials.into_iter().map(|trial| trial.0).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The whole of a test program: runs every case on a backend.
pub fn main(opener: impl Opener) -> ExitCode {
    run(trials(opener))
}
