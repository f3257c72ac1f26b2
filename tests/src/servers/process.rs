//! Starts servers as processes that are shared by the processes of a test run and do not outlive it.
//!
//! Each server has a small watchdog (`watch.sh`). Whoever uses the server holds a lease, a shared lock on a file, that the system
//! releases when the process ends, however it ends. The watchdog ends the server when nobody has held the lease for a while.

use super::lock::{self, Lock};
use super::socket::{answers, listens};
use super::support::Result;
use super::{cache, system};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Held by a process as long as it may use a server.
#[derive(Debug)]
pub(super) struct Lease {
    _lock: Lock,
}

impl Lease {
    pub(super) fn take(base: &Path) -> Result<Self> {
        let _lock = lock::shared(&base.join("lease"))?;
        Ok(Self { _lock })
    }
}

/// A server as its watchdog knows it: by its id together with its parent's, since an id alone comes again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    pid: i32,
    watchdog: i32,
}

impl Process {
    /// The processes that were started in a home.
    pub(super) fn all_of(home: &Path) -> Vec<Self> {
        let runs = home.read_dir().into_iter().flatten().flatten();
        runs.filter_map(|run| Self::of_run(&run.path())).collect()
    }

    /// The process that was started in this run folder.
    fn of_run(run: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(run.join("pid")).ok()?;
        let (pid, watchdog) = text.trim().split_once(' ')?;
        Some(Self { pid: pid.parse().ok()?, watchdog: watchdog.parse().ok()? })
    }

    fn pid(&self) -> i32 {
        self.pid
    }

    /// Until the watchdog has seen its end, so until its port and its files are free.
    pub(super) fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // The name before the last bracket may hold spaces; the state and the parent follow it.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent.is_some_and(|parent| parent.parse() == Ok(self.watchdog))
    }

    /// Ends it without asking it.
    pub(super) fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.is_alive()) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Waits until it has let go of its port and its files.
    pub(super) fn wait_until_gone(&self) -> Result<()> {
        let began = Instant::now();
        while self.is_alive() {
            if began.elapsed() > START_DEADLINE {
                return Err(format!("process {} does not end", self.pid));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// What another process must know to use a server that is already there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    home: PathBuf,
    pub(super) port: u16,
    pub(super) version: String,
}

/// Two test programs of one run may lie a link or a compile-fail test apart.
const LINGER_SECONDS: u32 = 5;
const START_DEADLINE: Duration = Duration::from_secs(90);

/// The shared server of a name: the one that runs, or a new one from `start`, which gives its port and its version.
pub(super) fn share(name: &str, start: impl FnOnce(&Launcher) -> Result<(u16, String)>) -> Result<(State, Lease)> {
    let locks = cache::folder(&format!("run/{name}"))?;
    let _gate = lock::exclusive(&locks.join("gate"))?;
    let lease = Lease::take(&locks)?;
    if let Some(state) = running(&locks) {
        return Ok((state, lease));
    }
    clear(&locks);
    let home = locks.join(super::support::fresh_name());
    let launcher = Launcher::new(locks, home, LINGER_SECONDS)?;
    let (port, version) = start(&launcher)?;
    let home = launcher.home.clone();
    let state = State { home, port, version };
    let text = serde_json::to_string(&state).map_err(|error| error.to_string())?;
    cache::write(&launcher.locks.join("state"), &text)?;
    Ok((state, lease))
}

/// The state of the server that runs. The caller holds the gate.
fn running(locks: &Path) -> Option<State> {
    let text = std::fs::read_to_string(locks.join("state")).ok()?;
    let state: State = serde_json::from_str(&text).ok()?;
    let lives = Process::all_of(&state.home).iter().any(Process::is_alive);
    (lives && answers(state.port)).then_some(state)
}

/// Ends and removes what earlier starts left: servers that hang or whose starter died half-way, and old logs.
fn clear(locks: &Path) {
    for home in locks.read_dir().into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        Process::all_of(&home.path()).iter().for_each(Process::kill);
        // What is still being written is left to the next start.
        let _ = cache::remove(&home.path());
    }
}

/// Starts the processes of one server.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    /// Holds the gate and the lease.
    locks: PathBuf,
    /// Holds the data, and a run folder for each process.
    home: PathBuf,
    linger: u32,
}

impl Launcher {
    pub(super) fn new(locks: PathBuf, home: PathBuf, linger: u32) -> Result<Self> {
        cache::create(&home.join("data"))?;
        Ok(Self { locks, home, linger })
    }

    /// The folder for the server's data.
    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Starts a program under a watchdog; waits until it listens on the port itself, and `ready` says so.
    pub(super) fn launch(
        &self,
        program: &Path,
        arguments: &[String],
        port: u16,
        ready: fn(u16) -> bool,
    ) -> Result<Process> {
        self.launch_until(program, arguments, &|pid| listens(pid, port) && ready(port))
    }

    /// Starts a program under a watchdog; waits until the process of an id is ready, as `ready` says.
    pub(super) fn launch_until(
        &self,
        program: &Path,
        arguments: &[String],
        ready: &dyn Fn(i32) -> bool,
    ) -> Result<Process> {
        system::WATCHDOG.ensure()?;
        // One for each start, so that a watchdog that comes late is never taken for another.
        let run = self.home.join(format!("run-{}", super::support::fresh_name()));
        cache::create(&run)?;
        cache::write(&run.join("watch.sh"), include_str!("watch.sh"))?;
        self.detach(&run, program, arguments)?;

        let began = Instant::now();
        let mut process = None;
        while began.elapsed() < START_DEADLINE {
            std::thread::sleep(Duration::from_millis(20));
            match process.or_else(|| Process::of_run(&run)) {
                Some(found) if !found.is_alive() => {
                    return Err(failure(&run, program, "ended at once"));
                }
                Some(found) if ready(found.pid()) => return Ok(found),
                found => process = found,
            }
        }
        if let Some(process) = process {
            process.kill();
        }
        Err(failure(&run, program, "did not answer in time"))
    }

    /// A group of its own, so that Ctrl-C at the terminal ends the tests first and the server by its lease. The shell in between
    /// ends at once, and leaves the watchdog to the system to reap.
    fn detach(&self, run: &Path, program: &Path, arguments: &[String]) -> Result<()> {
        use std::os::unix::process::CommandExt;
        let status = Command::new("sh")
            .args(["-c", r#"sh "$@" & "#, "sh"])
            .arg(run.join("watch.sh"))
            .args([&self.locks, &self.home])
            .arg(run)
            .arg(self.linger.to_string())
            .arg(program)
            .args(arguments)
            .current_dir(run)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .status()
            .map_err(|error| format!("cannot run sh: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("cannot start {}: {status}", program.display())) }
    }
}

fn failure(run: &Path, program: &Path, what: &str) -> String {
    let end = log_end(run, 15);
    format!("{} {what}. The end of its log:\n{end}", program.display())
}

pub(super) fn log_end(run: &Path, lines: usize) -> String {
    let log = std::fs::read_to_string(run.join("log")).unwrap_or_default();
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
