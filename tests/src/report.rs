//! Which case ran on which server, counted over all processes of a test run.
//!
//! Each case adds a line to a file of the run. The run is known by its parent process, `cargo test`, which all test programs share.

use crate::servers::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A file to keep the lines in. Where it is set, a run in which nothing ran on one of the servers fails.
pub const REPORT_VARIABLE: &str = "REPOSIT_REPORT";

/// The label of a server that a test makes up, which has no version.
pub const MADE_UP: &str = "made-up";

/// Counts a case as run to its end on a server, named as [`crate::servers::Server::label`] does.
pub fn ran(case: &str, server: &str) {
    let line = format!("{case}\t{server}\n");
    let file = file();
    let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        // One write of a short line to the end of a file is never mixed with another process's.
        OpenOptions::new().create(true).append(true).open(&file)?.write_all(line.as_bytes())
    });
    written.unwrap_or_else(|error| panic!("cannot count a case in {}: {error}", file.display()));
}

/// What ran where.
#[derive(Debug, Default)]
pub struct Report {
    cases: BTreeMap<String, BTreeSet<String>>,
    servers: Vec<String>,
}

impl Report {
    /// The cases of this run until now.
    pub fn of_this_run() -> Self {
        Self::parse(&std::fs::read_to_string(file()).unwrap_or_default())
    }

    fn parse(lines: &str) -> Self {
        let mut cases = BTreeMap::<String, BTreeSet<String>>::new();
        for (case, server) in lines.lines().filter_map(|line| line.split_once('\t')) {
            cases.entry(case.to_owned()).or_default().insert(server.to_owned());
        }
        let mut servers: Vec<String> = cases.values().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        for &target in Target::ALL {
            if !servers.iter().any(|server| is_of(server, target)) {
                servers.push(target.name().to_owned());
            }
        }
        servers
            .sort_by_key(|server| Target::ALL.iter().position(|target| is_of(server, *target)).unwrap_or(usize::MAX));
        Self { cases, servers }
    }

    /// Whether nothing was counted, as in a run of one unit test.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// How many cases ran on a server.
    fn count(&self, server: &str) -> usize {
        self.cases.values().filter(|servers| servers.contains(server)).count()
    }

    /// The targets on which nothing ran.
    pub fn unused(&self) -> Vec<&'static str> {
        let used = |target| self.servers.iter().any(|server| is_of(server, target) && self.count(server) > 0);
        Target::ALL.iter().copied().filter(|target| !used(*target)).map(Target::name).collect()
    }

    /// `12 cases on memory, 12 on mongodb 6.0.5, …`
    pub fn totals(&self) -> String {
        let counts = self.servers.iter().enumerate().map(|(at, server)| {
            let cases = if at == 0 { " cases" } else { "" };
            format!("{}{cases} on {server}", self.count(server))
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    /// One line a case, one column a server.
    pub fn table(&self) -> String {
        let width = self.cases.keys().map(|case| case.chars().count()).max().unwrap_or_default().max(4);
        let mut table = format!("{:<width$}", "case");
        for server in &self.servers {
            let _ = write!(table, "  {server}");
        }
        for (case, ran_on) in &self.cases {
            let _ = write!(table, "\n{case:<width$}");
            for server in &self.servers {
                let mark = if ran_on.contains(server) { "ran" } else { "-" };
                let _ = write!(table, "  {mark:<column$}", column = server.chars().count());
            }
        }
        table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

fn is_of(server: &str, target: Target) -> bool {
    server.split(' ').next() == Some(target.name())
}

/// Removes the file of this run, and files that runs cut short left behind.
pub fn forget_this_run() {
    if is_kept() {
        return;
    }
    let file = file();
    let _ = std::fs::remove_file(&file);
    let day_ago = SystemTime::now() - Duration::from_secs(86_400);
    for entry in file.parent().and_then(|folder| folder.read_dir().ok()).into_iter().flatten().flatten() {
        if entry.metadata().and_then(|data| data.modified()).is_ok_and(|written| written < day_ago) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether the run is one of everything: [`REPORT_VARIABLE`] names a file.
pub fn is_kept() -> bool {
    kept_file().is_some()
}

fn kept_file() -> Option<PathBuf> {
    std::env::var_os(REPORT_VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from)
}

fn file() -> PathBuf {
    match kept_file() {
        Some(file) => file,
        None => crate::servers::cache_folder().join("report").join(run()),
    }
}

/// The parent's process id and, because ids come again, the time it started.
fn run() -> String {
    let parent = std::os::unix::process::parent_id();
    let stat = std::fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
    // The name before the last bracket may hold spaces; the start time is the 20th field after it.
    let started = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or("0");
    format!("{parent}-{started}")
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn a_case_counts_once_for_each_server() {
        let report = Report::parse("a\tmemory\na\tmemory\na\tmongodb 6.0.5\nb\tmongodb 6.0.5\nb\tdynoxide 3.2.0\n");
        assert_eq!(
            report.totals(),
            "1 cases on memory, 0 on sqlite, 2 on mongodb 6.0.5, 0 on dynamodb-local, 1 on dynoxide 3.2.0, 0 on redis, 0 on postgres"
        );
        assert_eq!(report.unused(), ["sqlite", "dynamodb-local", "redis", "postgres"]);
        let table = "case  memory  sqlite  mongodb 6.0.5  dynamodb-local  dynoxide 3.2.0  redis  postgres\n\
                     a     ran     -       ran            -               -               -      -\n\
                     b     -       -       ran            -               ran             -      -";
        assert_eq!(report.table(), table);
    }
}
