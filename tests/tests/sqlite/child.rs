//! A process that writes to a file, and can be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use reposit_tests::sqlite_load::Told;

/// How long a process may take to open its file.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that writes.
pub(crate) struct Writer {
    child: Child,
    heard: JoinHandle<Vec<String>>,
    ready: Receiver<()>,
    writers: usize,
}

/// A reposit URL of a file.
pub(crate) fn url(file: &Path, durability: &str) -> String {
    format!("sqlite:{}?durability={durability}", file.display())
}

impl Writer {
    /// Starts one. `blocks` of 512 bytes are the most that a file of it may have.
    pub(crate) fn start(url: &str, run: usize, writers: usize, rounds: usize, blocks: Option<u64>) -> Self {
        let mut command = match blocks {
            None => Command::new(env!("CARGO_BIN_EXE_sqlite_load")),
            Some(blocks) => {
                // The limit is an error of the write then, and no signal that ends the process.
                let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(limited).arg(env!("CARGO_BIN_EXE_sqlite_load"));
                shell
            }
        };
        command.args([url, &run.to_string(), &writers.to_string(), &rounds.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the writer starts");
        let out = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (tell_ready, ready) = channel();
        let heard = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in out.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8(line).expect("a writer tells text");
                match line.as_str() {
                    "ready" => drop(tell_ready.send(())),
                    _ => lines.push(line),
                }
            }
            lines
        });
        Self { child, heard, ready, writers }
    }

    /// Waits until it writes. Nothing if it ended before.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.recv_timeout(PATIENCE).is_ok()
    }

    /// Kills it as it is.
    pub(crate) fn kill(mut self, told: &mut Told) {
        self.child.kill().expect("it runs");
        told.killed_writers += self.writers;
        self.end(told);
    }

    /// Waits for its end, and takes in what it told.
    pub(crate) fn end(mut self, told: &mut Told) {
        self.child.wait().expect("it was started");
        for line in self.heard.join().expect("what it tells is heard") {
            told.hear(&line);
        }
    }
}
