//! A graph of files: its circles, and its floors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Which file imports which.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// All files.
    pub(crate) files: BTreeSet<String>,
    /// The imports, by who imports what: their lines, and what is imported as it is written there.
    pub(crate) edges: BTreeMap<(String, String), BTreeSet<(usize, String)>>,
}

impl Graph {
    /// The files that import each other, straight or round a corner; the most first.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&String, BTreeSet<&String>> =
            self.files.iter().map(|file| (file, self.reached_from(file))).collect();
        let mut circles: Vec<BTreeSet<String>> = Vec::new();
        for file in &self.files {
            let back = |other: &&&String| reached[**other].contains(file);
            let circle: BTreeSet<String> = reached[file].iter().filter(back).map(|other| (*other).clone()).collect();
            if !circle.is_empty() && !circles.contains(&circle) {
                circles.push(circle);
            }
        }
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    /// The files that a file imports, and those that these import, and so on.
    fn reached_from<'a>(&'a self, file: &'a String) -> BTreeSet<&'a String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            open.extend(self.imported_by(next).filter(|imported| reached.insert(*imported)));
        }
        reached
    }

    fn imported_by<'a>(&'a self, file: &'a String) -> impl Iterator<Item = &'a String> + 'a {
        self.edges.keys().filter(move |(from, _)| from == file).map(|(_, to)| to)
    }

    /// The files by floors: a file stands one above the highest that it imports. The files of a circle stand on one.
    pub(crate) fn floors(&self) -> Vec<BTreeSet<String>> {
        let circles = self.circles();
        let mut floor: BTreeMap<&String, usize> = self.files.iter().map(|file| (file, 0)).collect();
        loop {
            let mut raised = false;
            for (from, to) in self.edges.keys() {
                let in_one = circles.iter().any(|circle| circle.contains(from) && circle.contains(to));
                let least = floor[to] + usize::from(!in_one);
                if floor[from] < least {
                    floor.insert(from, least);
                    raised = true;
                }
            }
            if !raised {
                break;
            }
        }
        let mut floors = vec![BTreeSet::new(); floor.values().max().map_or(0, |highest| highest + 1)];
        for (file, number) in floor {
            floors[number].insert(file.clone());
        }
        floors
    }

    /// The circles for people: their files, and the imports that close them.
    pub(crate) fn print_circles(&self) -> String {
        let mut text = String::new();
        for circle in self.circles() {
            let _ = writeln!(text, "a circle of {} files:", circle.len());
            let closing = self.edges.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
            for ((from, to), imports) in closing {
                let places: Vec<String> = imports.iter().map(|(line, path)| format!("{path} (line {line})")).collect();
                let _ = writeln!(text, "  {from} imports of {to}: {}", places.join(", "));
            }
        }
        text
    }

    /// The floors for people, without the folder that all files are in.
    pub(crate) fn print_floors(&self, folder: &str) -> String {
        let mut text = String::new();
        for (number, files) in self.floors().into_iter().enumerate() {
            let names: Vec<&str> = files.iter().map(|file| file.strip_prefix(folder).unwrap_or(file)).collect();
            let _ = writeln!(text, "{number:>3}  {}", names.join(", "));
        }
        text
    }
}
