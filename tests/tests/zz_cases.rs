//! Runs last, by its name: prints which cases this run has brought to their end on which server, and how many.

use reposit_tests::report::{Report, forget_this_run, is_kept};
use std::process::ExitCode;

fn main() -> ExitCode {
    // A runner that asks for the list of tests gets none: this is no test.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let report = Report::of_this_run();
    forget_this_run();
    if report.is_empty() && !is_kept() {
        return ExitCode::SUCCESS;
    }
    println!("\n{}\n\n{}\n", report.table(), report.totals());
    let unused = report.unused();
    if is_kept() && !unused.is_empty() {
        eprintln!("no case ran on: {}", unused.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
