//! The page of the docs that the suite writes.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const BLESS: &str = "REPOSIT_BLESS";

/// The sections are written by tests that run at the same time.
static FILE: Mutex<()> = Mutex::new(());

/// What each call came to, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Section(Vec<(String, String)>);

impl Section {
    /// Adds what a call came to.
    pub(crate) fn tell(&mut self, call: &str, word: impl Into<String>) {
        self.0.push((call.to_owned(), word.into()));
    }

    fn print(&self, name: &str) -> String {
        let title = name.replace('_', " ");
        let (first, rest) = title.split_at(1);
        let lines: String = self.0.iter().map(|(call, word)| format!("| {call} | {word} |\n")).collect();
        format!("\n### {}{rest}\n\n| | |\n| --- | --- |\n{lines}\n", first.to_uppercase())
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/growing.md")
}

fn begin(name: &str) -> String {
    format!("<!-- {name}: begin -->\n")
}

fn end(name: &str) -> String {
    format!("<!-- {name}: end -->\n")
}

/// Compares a section with the page in the repository, or writes it there where that is asked for.
#[track_caller]
pub(crate) fn compare(name: &str, section: &Section) {
    let _gate = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(path()).expect("docs/growing.md");
    let (begin, end) = (begin(name), end(name));
    let from = page.find(&begin).map(|at| at + begin.len()).expect("the page has a place for the section");
    let until = page.find(&end).expect("the place has an end");
    let wanted = section.print(name);
    if page[from..until] == wanted {
        return;
    }
    if std::env::var(BLESS).is_ok() {
        std::fs::write(path(), format!("{}{wanted}{}", &page[..from], &page[until..]))
            .expect("the page can be written");
        return;
    }
    panic!(
        "docs/growing.md is not what came out ({BLESS}=1 writes it):\n{}\n\ninstead of\n{wanted}",
        &page[from..until]
    );
}

/// Whether the page has exactly these sections.
#[track_caller]
pub(crate) fn has_exactly(names: &[&str]) {
    let page = std::fs::read_to_string(path()).expect("docs/growing.md");
    let places: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("<!-- ")?.strip_suffix(": begin -->")).collect();
    assert_eq!(places, names);
}
