//! Measuring a row: instructions under callgrind, then thread CPU in rounds that alternate between the contestants.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::rows::{self, ROWS, Row};
use crate::server::Addresses;

/// How many rounds there are; the median counts.
const ROUNDS: usize = 9;

/// How much CPU time a round shall take, in nanoseconds.
const ROUND: u64 = 40_000_000;

/// What one contestant took for one call.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Measured {
    pub(crate) row: String,
    pub(crate) contestant: String,
    /// None on real servers, where time passes differently under callgrind.
    pub(crate) instructions: Option<u64>,
    pub(crate) nanoseconds: u64,
    pub(crate) allocations: u64,
}

/// The figures of the contestant to which a row is compared.
pub(crate) fn reference<'a>(all: &'a [Measured], row: &str) -> Option<&'a Measured> {
    all.iter().find(|measured| measured.row == row && measured.contestant == rows::reference(row))
}

/// Where the programs are, and the environment that they run in.
pub(crate) struct Folder {
    binaries: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Folder {
    pub(crate) fn new(binaries: &Path, addresses: &Addresses) -> Self {
        Self::on(binaries, &addresses.dynamodb, &addresses.mongodb)
    }

    /// The same on the servers that answer after a delay.
    pub(crate) fn delayed(&self, addresses: &Addresses) -> Self {
        Self::on(&self.binaries, &addresses.delayed_dynamodb, &addresses.delayed_mongodb)
    }

    fn on(binaries: &Path, dynamodb: &str, mongodb: &str) -> Self {
        let dynamodb = format!("http://{dynamodb}");
        let mut environment = of_toasty(&dynamodb, "bench");
        environment.push(("BENCH_DYNAMODB", dynamodb));
        environment.push(("BENCH_MONGODB", format!("mongodb://{mongodb}")));
        Self { binaries: binaries.to_owned(), environment }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// One row, on the canned servers.
    pub(crate) fn measure(&self, row: &Row) -> io::Result<Vec<Measured>> {
        let mut measured = self.rounds(row, row.name.to_owned())?;
        for (measured, (_, program)) in measured.iter_mut().zip(row.contestants) {
            measured.instructions = Some(self.instructions(row, program, &measured.contestant)?);
        }
        Ok(measured)
    }

    /// The chosen rows of the servers whose addresses are in the environment, on these real servers.
    pub(crate) fn measure_real(&self, chosen: impl Fn(&str) -> bool) -> io::Result<Vec<Measured>> {
        let mut measured = Vec::new();
        for (store, variable, ours) in [
            ("dynamodb/", "REPOSIT_TEST_DYNAMODB", "BENCH_DYNAMODB"),
            ("mongodb/", "REPOSIT_TEST_MONGODB", "BENCH_MONGODB"),
        ] {
            let Ok(address) = std::env::var(variable) else { continue };
            let (scheme, rest) = address.split_once("://").unwrap_or(("http", &address));
            let address = format!("{scheme}://{}", rest.split('/').next().unwrap_or_default());
            let database = format!("bench{}", std::process::id());
            let mut environment = of_toasty(&address, &database);
            environment.extend([(ours, address), ("BENCH_DATABASE", database), ("BENCH_REAL", "1".to_owned())]);
            let real = Self { binaries: self.binaries.clone(), environment };
            for row in ROWS.iter().filter(|row| row.name.starts_with(store)) {
                let name = format!("real/{}", row.name);
                if !chosen(&name) {
                    continue;
                }
                // The table is made as reposit makes it, which toasty does not take.
                let contestants: Vec<_> =
                    row.contestants.iter().copied().filter(|(name, _)| *name != "toasty").collect();
                let row = Row { contestants: contestants.leak(), ..*row };
                measured.extend(real.rounds(&row, name)?);
            }
        }
        Ok(measured)
    }

    /// What is no single call: the names and numbers that a program prints.
    pub(crate) fn others(&self, part: &str) -> io::Result<Vec<(String, f64)>> {
        println!("{part}: what is no single call");
        let output = self.command("bench-calls").arg(part).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("{part} cannot be measured")));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(lines.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect())
    }

    fn rounds(&self, row: &Row, name: String) -> io::Result<Vec<Measured>> {
        println!("{name}");
        // Each after the other: the first defines the table that the others use.
        let workers = row.contestants.iter().map(|(contestant, program)| {
            let mut command = self.command(program);
            if row.whole {
                command.env("BENCH_WHOLE", "1");
            }
            Worker::start(command.args([row.name, contestant])).map(|worker| (*contestant, worker))
        });
        let mut workers: Vec<_> = workers.collect::<io::Result<_>>()?;
        let mut taken = vec![Vec::new(); workers.len()];
        for _ in 0..ROUNDS {
            for ((_, worker), taken) in workers.iter_mut().zip(&mut taken) {
                taken.push(worker.round()?);
            }
        }
        let medians = workers.iter().zip(taken).map(|((contestant, _), mut rounds)| {
            rounds.sort_unstable();
            let (nanoseconds, allocations) = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
            Measured {
                row: name.clone(),
                contestant: (*contestant).to_owned(),
                instructions: None,
                nanoseconds,
                allocations,
            }
        });
        Ok(medians.collect())
    }

    /// Instructions of one call. Where the whole process counts, it is what more calls take more.
    fn instructions(&self, row: &Row, program: &str, contestant: &str) -> io::Result<u64> {
        let n = row.counted;
        if !row.whole {
            return Ok(self.counted(row, program, contestant, n)? / u64::from(n));
        }
        let (few, many) = (self.counted(row, program, contestant, n)?, self.counted(row, program, contestant, 3 * n)?);
        Ok(many.saturating_sub(few) / u64::from(2 * n))
    }

    /// Instructions of so many calls; of the whole process, with all that it does before them.
    fn counted(&self, row: &Row, program: &str, contestant: &str, calls: u32) -> io::Result<u64> {
        let out = std::env::temp_dir().join(format!("reposit-bench-{}.callgrind", std::process::id()));
        let mut command = Command::new("valgrind");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("BENCH_RECORDS", "2000").arg("--tool=callgrind");
        if !row.whole {
            command.arg("--toggle-collect=bench_harness::worker::measured");
        }
        command.arg(format!("--callgrind-out-file={}", out.display())).arg(self.binaries.join(program));
        command.args([row.name, contestant, &calls.to_string()]);
        let output = command.output().map_err(|error| io::Error::new(error.kind(), format!("valgrind: {error}")))?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let text = std::fs::read_to_string(&out)?;
        std::fs::remove_file(&out)?;
        let total = text.lines().find_map(|line| line.strip_prefix("summary: ").or(line.strip_prefix("totals: ")));
        total.and_then(|total| total.trim().parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// toasty takes them from the environment.
fn of_toasty(dynamodb: &str, key: &str) -> Vec<(&'static str, String)> {
    let key = [("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_REGION", "us-east-1")];
    let key = key.map(|(name, value)| (name, value.to_owned()));
    [("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned())].into_iter().chain(key).collect()
}

/// A process that makes calls when it is told to; it ends with its input.
struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// How many calls are a round.
    calls: u64,
}

impl Worker {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut worker = Self { process, input, output: BufReader::new(output), calls: 20 };
        if worker.line()? != "ready" {
            return Err(io::Error::other("a worker does not know its row"));
        }
        let (nanoseconds, _) = worker.round()?;
        worker.calls = (ROUND / nanoseconds.max(1)).clamp(5, 20_000);
        Ok(worker)
    }

    /// Thread CPU in nanoseconds and allocations, of one call.
    fn round(&mut self) -> io::Result<(u64, u64)> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "{}", self.calls)?;
        let line = self.line()?;
        let mut numbers = line.split(' ').map(|number| number.parse::<u64>().unwrap_or_default());
        let (cpu, _, allocations) = (numbers.next(), numbers.next(), numbers.next());
        Ok((cpu.unwrap_or_default() / self.calls, allocations.unwrap_or_default() / self.calls))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.process.wait();
    }
}
