//! Ports: which is free, and who listens on it.

use super::support::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
fn free_port() -> Result<u16> {
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

/// Whether this very process listens on the port: a server that is dying there, or a stranger, answers too.
pub(super) fn listens(pid: i32, port: u16) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let tables = ["net/tcp", "net/tcp6"].map(|table| std::fs::read_to_string(process.join(table)).unwrap_or_default());
    let listeners: Vec<String> =
        tables.iter().flat_map(|table| table.lines()).filter_map(|line| listener(line, port)).collect();
    let mut files = process.join("fd").read_dir().into_iter().flatten().flatten();
    files.any(|file| {
        std::fs::read_link(file.path()).is_ok_and(|target| listeners.iter().any(|socket| target == Path::new(socket)))
    })
}

/// The socket of a line of the system's table of connections, if it listens on the port.
fn listener(line: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let (_, found) = fields.nth(1)?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    (u16::from_str_radix(found, 16) == Ok(port) && state == LISTEN).then(|| format!("socket:[{inode}]"))
}

#[cfg(test)]
mod tests {
    use super::listens;
    use std::net::TcpListener;

    #[test]
    fn a_listener_is_known_by_its_process() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let own = i32::try_from(std::process::id()).expect("a pid");
        let parent = i32::try_from(std::os::unix::process::parent_id()).expect("a pid");
        assert!(listens(own, port));
        assert!(!listens(parent, port));
        drop(listener);
        assert!(!listens(own, port));
    }
}
