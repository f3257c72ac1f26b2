//! The page of the docs that the suite writes: what came of every operation under every fault.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::faults::{Fault, How};
use crate::matrix::{Cell, Matrix, wanted_operations};
use reposit_tests::workload::operations::Operation;

const BLESS: &str = "REPOSIT_BLESS";

/// Between the words of a cell of which chance decides, such as whether a late request comes before it is asked what became
/// of it.
const OR: &str = " or ";

/// The sections are written by tests that run at the same time.
static FILE: Mutex<()> = Mutex::new(());

/// The title is empty where a section has but one table. The first line is the head; the others begin with the operation and
/// its request.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    title: String,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &str, faults: &[&str]) -> Self {
        let head = ["operation", "request"].iter().chain(faults).map(|word| (*word).to_owned()).collect();
        Self { title: title.to_owned(), lines: vec![head] }
    }

    pub(crate) fn push<'a>(&mut self, operation: &'a str, request: &'a str, words: impl Iterator<Item = &'a str>) {
        self.lines.push([operation, request].into_iter().chain(words).map(str::to_owned).collect());
    }

    fn parse(text: &str) -> Self {
        let title = text.lines().next().and_then(|line| line.strip_prefix("### ")).unwrap_or_default();
        let lines = text.lines().filter(|line| line.starts_with('|') && !line.contains("| --- |"));
        let words = |line: &str| line.trim_matches('|').split('|').map(|word| word.trim().to_owned()).collect();
        Self { title: title.to_owned(), lines: lines.map(words).collect() }
    }

    fn word(&self, operation: &str, request: &str, fault: &str) -> Option<&str> {
        let at = self.lines.first()?.iter().position(|head| head == fault)?;
        let line = self.lines.iter().find(|line| line.len() > at && line[0] == operation && line[1] == request)?;
        Some(&line[at])
    }

    /// The same, where each cell may also be what it may be in another.
    fn or(mut self, other: &Self) -> Self {
        let Some((head, lines)) = self.lines.split_first_mut() else { return self };
        for line in lines {
            let (names, words) = line.split_at_mut(2);
            for (word, fault) in words.iter_mut().zip(head.iter().skip(2)) {
                if let Some(known) = other.word(&names[0], &names[1], fault) {
                    let words: BTreeSet<_> = known.split(OR).chain(word.split(OR)).collect();
                    *word = words.into_iter().collect::<Vec<_>>().join(OR);
                }
            }
        }
        self
    }

    /// The same, with the rows of the page whose operations were not wanted.
    fn with_rows_of(mut self, page: &Self) -> Self {
        let wanted = wanted_operations();
        let is_wanted = |line: &&Vec<String>| wanted.iter().any(|operation| operation.name() == line[0]);
        self.lines
            .extend(page.lines.iter().skip(1).filter(|line| !is_wanted(line) && position(line).is_some()).cloned());
        if let Some((_, lines)) = self.lines.split_first_mut() {
            lines.sort_by_key(|line| position(line));
        }
        self
    }

    fn print(&self) -> String {
        let line = |words: &[String]| format!("| {} |\n", words.join(" | "));
        let mut lines: Vec<_> = self.lines.iter().map(|words| line(words)).collect();
        let columns = self.lines.first().map_or(0, Vec::len);
        lines.insert(lines.len().min(1), line(&vec!["---".to_owned(); columns]));
        let title = if self.title.is_empty() { String::new() } else { format!("### {}\n\n", self.title) };
        format!("{title}{}\n{}", lines.concat(), self.totals())
    }

    /// The words of all cells in which the fault can happen.
    fn words(&self) -> impl Iterator<Item = &str> {
        let cells = self.lines.iter().skip(1).flat_map(|line| line.iter().skip(2));
        cells.map(String::as_str).filter(|word| *word != "-")
    }

    /// How many cells have which word.
    fn totals(&self) -> String {
        let mut counts = BTreeMap::<&str, usize>::new();
        self.words().for_each(|word| *counts.entry(word).or_default() += 1);
        let total: usize = counts.values().sum();
        let parts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} × {word}")).collect();
        format!("{total} cells: {}.\n", parts.join("; "))
    }
}

/// The place of a row's operation among all.
fn position(line: &[String]) -> Option<usize> {
    Operation::all().position(|operation| operation.name() == line[0])
}

impl Matrix {
    /// The section of one server.
    pub(crate) fn section(&self) -> Vec<Table> {
        [How::Once, How::Always].map(|how| self.table(how)).into()
    }

    fn table(&self, how: How) -> Table {
        let is_there = |fault: &Fault| self.cells.iter().any(|cell| (cell.fault, cell.how) == (*fault, how));
        let faults: Vec<Fault> = Fault::ALL.into_iter().filter(is_there).collect();
        let names: Vec<_> = faults.iter().map(|fault| fault.name()).collect();
        let mut table = Table::new(title(how), &names);
        for (at, row) in self.rows.iter().enumerate() {
            table.push(row.operation.name(), &row.request, faults.iter().map(|fault| self.cell(at, *fault, how)));
        }
        table
    }
}

pub(crate) fn print(section: &[Table]) -> String {
    section.iter().map(Table::print).collect::<Vec<_>>().join("\n")
}

/// A section of the page as it is written in the repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(Vec<Table>);

impl Written {
    pub(crate) fn read(name: &str) -> Self {
        let page = std::fs::read_to_string(path()).unwrap_or_default();
        Self::of(take_apart(&page, name).map_or("", |(_, section, _)| section))
    }

    fn of(section: &str) -> Self {
        let section = section.trim_start();
        let titled = section.split("\n### ").enumerate();
        Self(
            titled.map(|(at, text)| Table::parse(&if at == 0 { text.into() } else { format!("### {text}") })).collect(),
        )
    }

    fn table(&self, title: &str) -> Option<&Table> {
        self.0.iter().find(|table| table.title == title)
    }

    /// Whether what came of a cell is written; true where its place is not.
    pub(crate) fn knows(&self, matrix: &Matrix, cell: &Cell) -> bool {
        let row = &matrix.rows[cell.row];
        let table = self.table(title(cell.how));
        let known = table.and_then(|table| table.word(row.operation.name(), &row.request, cell.fault.name()));
        known.is_none_or(|known| known.split(OR).any(|word| word == cell.word))
    }
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

/// The sections of the page, and what each is called in its summary.
const SECTIONS: [(&str, &str); 6] = [
    ("dynamodb-local", "DynamoDB Local"),
    ("dynoxide", "dynoxide"),
    ("mongodb", "MongoDB"),
    ("postgres", "PostgreSQL"),
    ("redis", "Redis"),
    ("failcommand", "errors of mongod"),
];

/// What a cell can come to, as the summary counts it.
const OUTCOMES: [&str; 7] = [
    "done",
    "refused, for the right reason",
    "not done, and reported so",
    "a batch: some items done, the others reported",
    "done or `OutcomeUnknown`, by timing",
    "`OutcomeUnknown`",
    "done, and done once more by the late request, over another's write",
];

/// The position of a cell's outcome among [`OUTCOMES`].
fn outcome(word: &str) -> usize {
    match word {
        "ok" => 0,
        "exists" | "taken" | "conflict" | "refused" | "not found" => 1,
        "unknown" => 5,
        "overwrites" => 6,
        either if either.contains(OR) => 4,
        items if items.contains(", ") => 3,
        _ => 2,
    }
}

/// How many cells of each section came to what: a table, made from the tables of the page.
fn summary(page: &str) -> String {
    let mut counts = [[0_usize; SECTIONS.len()]; OUTCOMES.len()];
    for (at, (name, _)) in SECTIONS.iter().enumerate() {
        let Written(tables) = Written::of(take_apart(page, name).map_or("", |(_, section, _)| section));
        tables.iter().flat_map(Table::words).for_each(|word| counts[outcome(word)][at] += 1);
    }
    let line = |name: &str, counts: &[usize]| {
        let cells: Vec<_> = counts.iter().chain([&counts.iter().sum()]).map(ToString::to_string).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    let titles: Vec<_> = SECTIONS.iter().map(|(_, title)| *title).collect();
    let head = format!("| | {} | all |\n|---|{}\n", titles.join(" | "), "--:|".repeat(SECTIONS.len() + 1));
    let lines: String = OUTCOMES.iter().zip(&counts).map(|(name, counts)| line(name, counts)).collect();
    let all: Vec<usize> = (0..SECTIONS.len()).map(|at| counts.iter().map(|counts| counts[at]).sum()).collect();
    format!("{head}{lines}{}", line("all", &all))
}

/// The page with a summary of its own tables.
fn summarized(page: String) -> String {
    match take_apart(&page, "summary") {
        Some((before, _, after)) => format!("{before}\n{}\n{after}", summary(&page)),
        None => page,
    }
}

/// Compares a section with the page in the repository, or writes it there where that is asked for: what came out besides what
/// is written, or only what came out.
pub(crate) fn compare(name: &str, section: Vec<Table>) -> Result<(), String> {
    let _gate = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(path()).unwrap_or_default();
    let Some((before, written, after)) = take_apart(&page, name) else {
        return Err(format!("docs/faults.md has no section {name}"));
    };
    let bless = std::env::var(BLESS).ok();
    let known = if bless.as_deref() == Some("anew") { Written::default() } else { Written::of(written) };
    let either = section.into_iter().map(|table| match known.table(&table.title) {
        Some(known) => table.or(known).with_rows_of(known),
        None => table,
    });
    let wanted = summarized(format!("{before}\n{}\n{after}", print(&either.collect::<Vec<_>>())));
    if page == wanted {
        return Ok(());
    }
    if bless.is_some() {
        return std::fs::write(path(), wanted).map_err(|error| error.to_string());
    }
    let old: Vec<&str> = page.lines().collect();
    let new: Vec<&str> = wanted.lines().collect();
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(come).collect();
    Err(format!("docs/faults.md is not what came out ({BLESS}=1 writes it):\n{}", lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_the_tables_of_the_page() {
        let _gate = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let page = std::fs::read_to_string(path()).expect("docs/faults.md");
        let wanted = summarized(page.clone());
        if std::env::var(BLESS).is_ok() {
            std::fs::write(path(), wanted).expect("the page can be written");
            return;
        }
        assert!(page == wanted, "the summary of docs/faults.md is not that of its tables ({BLESS}=1 writes it)");
    }
}
