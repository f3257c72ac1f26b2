//! Starts servers as processes that are shared by the processes of a test run and do not outlive it.
//!
//! Each server has a small watchdog (`watch.sh`). Whoever uses the server holds a lease, a shared lock on a file, that the system
//! releases when the process ends, however it ends. The watchdog ends the server when nobody has held the lease for a while.

use super::lock::{self, Lock};
use super::{Result, cache, system};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Held by a process as long as it may use a server.
#[derive(Debug)]
pub(super) struct Lease {
    _lock: Lock,
}

/// What another process must know to use a server that is already there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) pid: i32,
    pub(super) port: u16,
    pub(super) version: String,
}

/// Two test programs of one run may lie a link or a compile-fail test apart.
const LINGER_SECONDS: u32 = 5;
const START_DEADLINE: Duration = Duration::from_secs(90);

/// The shared server of a name: the one that runs, or a new one from `start`, which gets an empty folder.
pub(super) fn share(name: &str, start: impl FnOnce(&Launcher) -> Result<State>) -> Result<(State, Lease)> {
    let base = cache::folder(&format!("run/{name}"))?;
    let _gate = lock::exclusive(&base.join("gate"))?;
    let lease = Lease { _lock: lock::shared(&base.join("lease"))? };
    if let Some(state) = running(&base)? {
        return Ok((state, lease));
    }
    cache::remove(&base.join("data"))?;
    cache::create(&base.join("data"))?;
    let launcher = Launcher { run: base.clone(), base, linger: LINGER_SECONDS };
    let state = start(&launcher)?;
    let text = serde_json::to_string(&state).map_err(|error| error.to_string())?;
    cache::write(&launcher.base.join("state"), &text)?;
    Ok((state, lease))
}

/// The state of a server that a living watchdog looks after. The caller holds the gate.
fn running(base: &Path) -> Result<Option<State>> {
    let alive = base.join("alive");
    let state =
        std::fs::read_to_string(base.join("state")).ok().and_then(|text| serde_json::from_str::<State>(&text).ok());
    if lock::try_exclusive(&alive)?.is_some() {
        return Ok(None);
    }
    if let Some(state) = state.filter(|state| answers(state.port)) {
        return Ok(Some(state));
    }
    // Its starter died half-way, or it hangs. Its watchdog lives, so the pid is still its own.
    if let Some(pid) = read_pid(base) {
        kill(pid);
    }
    drop(lock::exclusive(&alive)?);
    Ok(None)
}

/// Starts the processes of one server.
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    /// Holds the locks and `data`.
    pub(super) base: PathBuf,
    /// Holds the pid and the log of one process.
    pub(super) run: PathBuf,
    pub(super) linger: u32,
}

impl Launcher {
    /// Starts a program under a watchdog and waits until `ready` says so.
    pub(super) fn launch(&self, program: &Path, arguments: &[String], mut ready: impl FnMut() -> bool) -> Result<i32> {
        system::WATCHDOG.ensure()?;
        cache::create(&self.run)?;
        let script = self.run.join("watch.sh");
        cache::write(&script, include_str!("watch.sh"))?;
        let _ = std::fs::remove_file(self.run.join("pid"));
        self.detach(&script, program, arguments)?;

        let began = Instant::now();
        let mut pid = None;
        while began.elapsed() < START_DEADLINE {
            std::thread::sleep(Duration::from_millis(20));
            match pid.or_else(|| read_pid(&self.run)) {
                Some(found) if !is_alive(found) => {
                    return Err(self.failure(program, "ended at once"));
                }
                Some(found) if ready() => return Ok(found),
                found => pid = found,
            }
        }
        if let Some(pid) = pid {
            kill(pid);
        }
        Err(self.failure(program, "did not answer in time"))
    }

    /// A group of its own, so that Ctrl-C at the terminal ends the tests first and the server by its lease. The shell in between
    /// ends at once, and leaves the watchdog to the system to reap.
    fn detach(&self, script: &Path, program: &Path, arguments: &[String]) -> Result<()> {
        use std::os::unix::process::CommandExt;
        let status = Command::new("sh")
            .args(["-c", r#"sh "$@" & "#, "sh"])
            .arg(script)
            .args([&self.base, &self.run])
            .arg(self.linger.to_string())
            .arg(program)
            .args(arguments)
            .current_dir(&self.base)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .status()
            .map_err(|error| format!("cannot run sh: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("cannot start {}: {status}", program.display())) }
    }

    fn failure(&self, program: &Path, what: &str) -> String {
        let log = std::fs::read_to_string(self.run.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n");
        format!("{} {what}. The end of its log:\n{tail}", program.display())
    }
}

/// A server of one owner, with data that stay over a kill; everything goes with the owner.
#[derive(Debug)]
pub(super) struct Private {
    pub(super) base: PathBuf,
    launches: u32,
    _lease: Lease,
}

impl Private {
    pub(super) fn new(name: &str) -> Result<Self> {
        sweep()?;
        let base = cache::folder(&format!("run/private/{name}-{}", super::fresh_name()))?;
        let lease = Lease { _lock: lock::shared(&base.join("lease"))? };
        Ok(Self { base, launches: 0, _lease: lease })
    }

    /// A launcher for the next process; each has a run folder of its own, so that a restart need not wait for the last watchdog.
    pub(super) fn launcher(&mut self) -> Launcher {
        self.launches += 1;
        Launcher { run: self.base.join(format!("run{}", self.launches)), base: self.base.clone(), linger: 0 }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        for launch in 1..=self.launches {
            let run = self.base.join(format!("run{launch}"));
            // A pid is only its own while its watchdog lives.
            let watched = matches!(lock::try_exclusive(&run.join("alive")), Ok(None));
            if let Some(pid) = read_pid(&run).filter(|_| watched) {
                kill(pid);
            }
        }
        // A left-over folder is swept by the next run.
        let _ = cache::remove(&self.base);
    }
}

/// Removes what private servers of dead processes left on the disk.
fn sweep() -> Result<()> {
    let folder = cache::folder("run/private")?;
    let _one_at_a_time = lock::exclusive(&folder.join("sweep.lock"))?;
    for entry in std::fs::read_dir(&folder).map_err(|error| error.to_string())?.flatten() {
        let lease = entry.path().join("lease");
        if lease.is_file() && lock::try_exclusive(&lease)?.is_some() {
            cache::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Runs `attempt` on ports that nobody listens on; another one if somebody was faster.
pub(super) fn on_free_port<T>(mut attempt: impl FnMut(u16) -> Result<T>) -> Result<T> {
    let mut last = String::from("no port is free");
    for _ in 0..5 {
        match attempt(free_port()?) {
            Err(error) if error.contains("in use") => last = error,
            done => return done,
        }
    }
    Err(last)
}

/// A port below those that the system gives to outgoing connections, so that none of them takes it meanwhile.
pub(super) fn free_port() -> Result<u16> {
    for _ in 0..200 {
        let port = fastrand::u16(20_000..32_000);
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port between 20000 and 32000 is free".to_owned())
}

pub(super) fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_ok()
}

fn read_pid(run: &Path) -> Option<i32> {
    std::fs::read_to_string(run.join("pid")).ok()?.trim().parse().ok()
}

fn is_alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// Ends one process, by its id, without asking it.
pub(super) fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
    }
}
