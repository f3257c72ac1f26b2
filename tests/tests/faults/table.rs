//! The page of the docs that the suite writes: what came of every operation under every fault.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::faults::{Fault, How};
use crate::matrix::Matrix;

const BLESS: &str = "REPOSIT_BLESS";

/// The sections are written by tests that run at the same time.
static FILE: Mutex<()> = Mutex::new(());

impl Matrix {
    /// The section of one server.
    pub fn section(&self) -> String {
        let mut text = String::new();
        for (how, title) in [(How::Once, "The fault happens once"), (How::Always, "The fault does not pass")] {
            let _ = write!(text, "### {title}\n\n{}\n{}\n", self.table(how), self.totals(how));
        }
        text
    }

    fn table(&self, how: How) -> String {
        let is_there = |fault: &Fault| self.cells.iter().any(|cell| (cell.fault, cell.how) == (*fault, how));
        let faults: Vec<Fault> = Fault::ALL.into_iter().filter(is_there).collect();
        let mut lines = vec![
            ["operation", "request"].into_iter().chain(faults.iter().map(|fault| fault.name())).collect::<Vec<_>>(),
            vec!["---"; faults.len() + 2],
        ];
        for (at, row) in self.rows.iter().enumerate() {
            let cells = faults.iter().map(|fault| self.cell(at, *fault, how));
            lines.push([row.operation.name(), row.request.as_str()].into_iter().chain(cells).collect());
        }
        lines.into_iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
    }

    fn totals(&self, how: How) -> String {
        let mut counts = BTreeMap::<&str, usize>::new();
        let cells = self.cells.iter().filter(|cell| cell.how == how && cell.word != "-");
        cells.for_each(|cell| *counts.entry(&cell.word).or_default() += 1);
        let total: usize = counts.values().sum();
        let parts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        format!("{total} cells: {}.\n", parts.join(", "))
    }
}

/// Compares the section with the page in the repository, or writes it there where that is asked for.
pub fn compare(name: &str, section: &str) -> Result<(), String> {
    let _gate = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->\n"));
    let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let (before, (written, after)) = parts.ok_or_else(|| format!("docs/faults.md has no section {name}"))?;
    let wanted = format!("\n{section}\n");
    if written == wanted {
        return Ok(());
    }
    if std::env::var_os(BLESS).is_some() {
        return std::fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).map_err(|error| error.to_string());
    }
    let old: Vec<&str> = written.lines().collect();
    let new: Vec<&str> = wanted.lines().collect();
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(come).collect();
    Err(format!("docs/faults.md is not what came out ({BLESS}=1 writes it):\n{}", lines.join("\n")))
}
