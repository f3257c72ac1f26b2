//! Opening the database.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;
use super::link::Link;
use super::settings::{PostgresSettings, TlsMode};
use crate::backend::settings::OpenOptions;
use crate::backend::support::retry::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::request::{Attempt, Call};

/// The first release that has all that is used.
const OLDEST: i32 = 140_000;

/// The version, and whether the server takes no writes.
const HELLO: &str =
    "SELECT current_setting('server_version_num')::int4, current_setting('transaction_read_only') = 'on'";

/// Opens the database, and waits for an answer from it.
pub(super) async fn connect(settings: &PostgresSettings, options: &OpenOptions) -> Result<Link> {
    if settings.hosts.is_empty() || settings.database.is_empty() {
        return Err(Error::config("the PostgreSQL host or database is not named"));
    }
    let link = link(settings, options)?;
    let deadline = Instant::now().checked_add(options.connect_timeout);
    let left = || deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
    let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
    loop {
        let call = Call::new("open", 0, left());
        let failure = match hello(&link, &call).await {
            Ok(()) => return Ok(link),
            Err(failure) => failure,
        };
        if failure.is_of_settings() || !failure.is_transient() {
            return Err(failure.into_error("open"));
        }
        if !backoff.pause(left()).await {
            return Err(unreachable(settings, options.connect_timeout, &failure.into_error("open")));
        }
    }
}

/// Asks the server for its version, and whether it takes writes.
pub(super) async fn hello(link: &Link, call: &Call) -> std::result::Result<(), Failure> {
    let session = link.session(call).await?;
    let answer = session.send(call, Attempt::new("SELECT"), HELLO, &[]).await?;
    let row = answer.rows.first().ok_or_else(|| Failure::Lost("the answer has no row".to_owned()))?;
    let (version, is_read_only): (i32, bool) = (row.try_get(0)?, row.try_get(1)?);
    if version < OLDEST {
        return Err(Error::unsupported("PostgreSQL 14 or newer is needed").into());
    }
    match is_read_only {
        true => Err(Failure::Unreached("the server takes no writes".to_owned())),
        false => Ok(()),
    }
}

fn unreachable(settings: &PostgresSettings, waited: Duration, error: &Error) -> Error {
    let hosts: Vec<_> = settings.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect();
    let message = format!("nothing answers at {} within {waited:?}: {}", hosts.join(", "), error.message());
    Error::new(ErrorKind::Unavailable, message)
}

fn link(settings: &PostgresSettings, options: &OpenOptions) -> Result<Link> {
    let config = driver_config(settings, options);
    let tls = match settings.tls {
        TlsMode::Disable => None,
        _ => Some(MakeRustlsConnect::new(tls_config(settings)?)),
    };
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match &tls {
        Some(tls) => Manager::from_config(config, tls.clone(), recycling),
        None => Manager::from_config(config, NoTls, recycling),
    };
    let pool = Pool::builder(manager).max_size(settings.pool).build();
    let pool = pool.map_err(|error| Error::config(format!("the pool of connections: {error}")))?;
    Ok(Link { pool, tls, prepares: settings.prepare })
}

fn driver_config(settings: &PostgresSettings, options: &OpenOptions) -> Config {
    let mut config = Config::new();
    for (host, port) in &settings.hosts {
        config.host(host).port(*port);
    }
    config.dbname(&settings.database).application_name("reposit");
    if let Some(user) = &settings.user {
        config.user(user);
    }
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    config.connect_timeout(options.connect_timeout);
    config.ssl_mode(match settings.tls {
        TlsMode::Disable => SslMode::Disable,
        TlsMode::Prefer => SslMode::Prefer,
        TlsMode::Require => SslMode::Require,
    });
    if settings.hosts.len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if settings.prepare {
        // A pooler would refuse these, or hand the session on with them.
        let longest = options.timeout.as_millis().clamp(1, i32::MAX as u128);
        config.options(format!("-c statement_timeout={longest} -c jit=off"));
    }
    config
}

/// What is trusted: the certificates of a file, or else the system's.
fn tls_config(settings: &PostgresSettings) -> Result<ClientConfig> {
    let roots = match &settings.root_certificates {
        Some(file) => Arc::new(read_roots(file)?),
        None => system_roots(),
    };
    let failed = |error: &dyn fmt::Display| Error::config(format!("TLS cannot be set up: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| failed(&error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn read_roots(file: &str) -> Result<RootCertStore> {
    let unreadable = |why: &dyn fmt::Display| Error::config(format!("sslrootcert cannot be read: {file}: {why}"));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    match roots.is_empty() {
        true => Err(unreadable(&"it has no certificate")),
        false => Ok(roots),
    }
}

/// The system's certificates, which take a while to read.
fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        // Those that cannot be read are not trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    ROOTS.get_or_init(read).clone()
}
