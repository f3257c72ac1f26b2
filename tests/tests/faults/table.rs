//! The page of the docs that the suite writes: what came of every operation under every fault.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::faults::{Fault, How};
use crate::matrix::{Cell, Matrix};

const BLESS: &str = "REPOSIT_BLESS";

/// The sections are written by tests that run at the same time.
static FILE: Mutex<()> = Mutex::new(());

impl Matrix {
    /// The section of one server.
    pub(crate) fn section(&self) -> String {
        let mut text = String::new();
        for how in [How::Once, How::Always] {
            let _ = write!(text, "### {}\n\n{}\n{}\n", title(how), self.table(how), self.totals(how));
        }
        text.trim_end().to_owned()
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
        in_lines(lines)
    }

    fn totals(&self, how: How) -> String {
        totals(self.cells.iter().filter(|cell| cell.how == how).map(|cell| cell.word.as_str()))
    }
}

/// A table of these cells, the first line being its head.
pub(crate) fn in_lines(lines: Vec<Vec<&str>>) -> String {
    lines.into_iter().map(|cells| format!("| {} |\n", cells.join(" | "))).collect()
}

/// How many cells have which word.
pub(crate) fn totals<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    words.filter(|word| *word != "-").for_each(|word| *counts.entry(word).or_default() += 1);
    let total: usize = counts.values().sum();
    let parts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    format!("{total} cells: {}.\n", parts.join("; "))
}

/// A section of the page as it is written in the repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(String);

impl Written {
    pub(crate) fn read(name: &str) -> Self {
        let page = std::fs::read_to_string(path()).unwrap_or_default();
        Self(take_apart(&page, name).map_or_else(String::new, |(_, section, _)| section.to_owned()))
    }

    /// What is written of a cell; nothing where the table is of another shape.
    pub(crate) fn word(&self, matrix: &Matrix, cell: &Cell) -> Option<&str> {
        let table = self.0.split("\n### ").find(|part| part.contains(title(cell.how)))?;
        let mut rows = table.lines().filter(|line| line.starts_with('|'));
        let at = cells(rows.next()?).position(|head| head == cell.fault.name())?;
        let row = &matrix.rows[cell.row];
        let is_row = |line: &&str| cells(line).take(2).eq([row.operation.name(), row.request.as_str()]);
        cells(rows.find(is_row)?).nth(at)
    }
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.trim_matches('|').split('|').map(str::trim)
}

fn title(how: How) -> &'static str {
    match how {
        How::Once => "The fault happens once",
        How::Always => "The fault does not pass",
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/faults.md")
}

/// What stands before a section, the section, and what stands after it.
fn take_apart<'a>(page: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let begin = page.find(&format!("<!-- {name}: begin -->\n"))?;
    let from = begin + page[begin..].find('\n')? + 1;
    let until = from + page[from..].find(&format!("<!-- {name}: end -->"))?;
    Some((&page[..from], &page[from..until], &page[until..]))
}

/// Compares a section with the page in the repository, or writes it there where that is asked for.
pub(crate) fn compare(name: &str, section: &str) -> Result<(), String> {
    let _gate = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(path()).unwrap_or_default();
    let Some((before, written, after)) = take_apart(&page, name) else {
        return Err(format!("docs/faults.md has no section {name}"));
    };
    let wanted = format!("\n{section}\n");
    if written == wanted {
        return Ok(());
    }
    if std::env::var_os(BLESS).is_some() {
        return std::fs::write(path(), format!("{before}{wanted}{after}")).map_err(|error| error.to_string());
    }
    let old: Vec<&str> = written.lines().collect();
    let new: Vec<&str> = wanted.lines().collect();
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(come).collect();
    Err(format!("docs/faults.md is not what came out ({BLESS}=1 writes it):\n{}", lines.join("\n")))
}
