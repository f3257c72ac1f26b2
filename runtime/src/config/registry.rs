//! The backends that a configuration can name: those of this crate, and those that were registered.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

#[cfg(feature = "config-file")]
use crate::backend::settings::Properties;
use crate::backend::settings::{Parsed, Settings, Target};
use crate::error::{Error, Result};

/// A backend of this crate. Its name is also that of the feature that compiles it in.
pub(super) struct BuiltIn {
    name: &'static str,
    /// What its URLs begin with.
    schemes: &'static [&'static str],
    /// Its URLs, for messages.
    forms: &'static str,
    /// Whether the `//` after the scheme may be left out: there is no host.
    without_host: bool,
    /// What reads its settings, if it is compiled in.
    reader: Option<Reader>,
}

/// What reads the settings of a backend of this crate.
struct Reader {
    /// From a URL: the scheme, and what follows it.
    url: fn(&'static str, &str) -> Result<Parsed>,
    /// From the properties of a file.
    #[cfg(feature = "config-file")]
    file: fn(Properties) -> Result<Parsed>,
}

/// Every backend of this crate. This is the only place that names them all.
static BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "memory",
        schemes: &["memory"],
        forms: "memory:",
        without_host: true,
        #[cfg(feature = "memory")]
        reader: Some(Reader {
            url: crate::backend::memory::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::memory::settings::from_properties,
        }),
        #[cfg(not(feature = "memory"))]
        reader: None,
    },
    BuiltIn {
        name: "sqlite",
        schemes: &["sqlite"],
        forms: "sqlite:./data.db",
        without_host: true,
        #[cfg(feature = "sqlite")]
        reader: Some(Reader {
            url: crate::backend::sqlite::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::sqlite::settings::from_file,
        }),
        #[cfg(not(feature = "sqlite"))]
        reader: None,
    },
    BuiltIn {
        name: "mongodb",
        schemes: &["mongodb", "mongodb+srv"],
        forms: "mongodb://host/database, mongodb+srv://host/database",
        without_host: false,
        #[cfg(feature = "mongodb")]
        reader: Some(Reader {
            url: crate::backend::mongodb::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::mongodb::settings::from_file,
        }),
        #[cfg(not(feature = "mongodb"))]
        reader: None,
    },
    BuiltIn {
        name: "dynamodb",
        schemes: &["dynamodb"],
        forms: "dynamodb://region",
        without_host: false,
        #[cfg(feature = "dynamodb")]
        reader: Some(Reader {
            url: crate::backend::dynamodb::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::dynamodb::settings::from_file,
        }),
        #[cfg(not(feature = "dynamodb"))]
        reader: None,
    },
    BuiltIn {
        name: "postgres",
        schemes: &["postgres", "postgresql"],
        forms: "postgres://host/database",
        without_host: false,
        #[cfg(feature = "postgres")]
        reader: Some(Reader {
            url: crate::backend::postgres::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::postgres::settings::from_file,
        }),
        #[cfg(not(feature = "postgres"))]
        reader: None,
    },
    BuiltIn {
        name: "redis",
        schemes: &["redis", "rediss"],
        forms: "redis://host, rediss://host",
        without_host: false,
        #[cfg(feature = "redis")]
        reader: Some(Reader {
            url: crate::backend::redis::settings::from_url,
            #[cfg(feature = "config-file")]
            file: crate::backend::redis::settings::from_file,
        }),
        #[cfg(not(feature = "redis"))]
        reader: None,
    },
];

/// What reads the settings of a backend that was registered.
type ReadSettings = dyn Fn(&mut Settings) -> Result<Arc<dyn Target>> + Send + Sync;

/// A backend outside this crate.
#[derive(Clone)]
pub(super) struct Registered {
    scheme: &'static str,
    read: Arc<ReadSettings>,
}

static REGISTERED: RwLock<Vec<Registered>> = RwLock::new(Vec::new());

fn registered() -> RwLockReadGuard<'static, Vec<Registered>> {
    // Nothing runs under the lock that could leave the list half changed.
    REGISTERED.read().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a backend outside this crate known under a name, for the whole process: URLs that begin with
/// `name://` open it, and so do files with `{ "backend": "name" }`.
///
/// `read` takes what the URL or the file says, by name, and makes the backend's settings of it. It does
/// not connect: the settings do when they are [opened](Target::open). An option that was not taken is
/// an error, as it is for the backends of this crate.
///
/// ```
/// use std::sync::Arc;
/// use reposit::Database;
/// use reposit::backend::{Backend, BoxFuture};
/// # use reposit::backend::memory::Memory;
/// use reposit::config::{self, OpenOptions, Secret, Target};
///
/// #[derive(Debug)]
/// struct EtcdSettings {
///     host: String,
///     password: Option<Secret>,
///     pool: u64,
/// }
///
/// impl Target for EtcdSettings {
///     fn name(&self) -> &'static str {
///         "etcd"
///     }
///
///     fn open<'a>(&'a self, options: &'a OpenOptions) -> BoxFuture<'a, reposit::Result<Arc<dyn Backend>>> {
///         Box::pin(async move {
///             // Connect within `options.connect_timeout` here.
/// #           let _ = (&self.password, self.pool, options);
/// #           let etcd = Memory::new(&Default::default());
///             Ok(Arc::new(etcd) as Arc<dyn Backend>)
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> reposit::Result<()> {
/// config::register("etcd", |settings| {
///     let host = settings.host()?.ok_or_else(|| settings.error("a host is needed: etcd://host:2379"))?;
///     Ok(EtcdSettings { host, password: settings.password()?, pool: settings.integer("pool")?.unwrap_or(4) })
/// })?;
/// let db = Database::open("etcd://localhost:2379?pool=8&timeout=2s").await?;
/// # assert_eq!(db.backend_name(), "memory");
/// # let error = Database::open("etcd://localhost:2379?pol=8").await.unwrap_err();
/// # assert_eq!(error.message(), "the URL: unknown option `pol`; did you mean `pool`?");
/// # Ok(()) }
/// ```
///
/// Errors: [`Config`](crate::ErrorKind::Config) for a name that is taken, by a backend of this crate
/// whether it is compiled in or not, or by one that was registered before; and for a name that no URL
/// can begin with: small letters, digits, `+`, `-` and `.`, the first of them a letter.
pub fn register<T: Target>(
    name: &'static str,
    read: impl Fn(&mut Settings) -> Result<T> + Send + Sync + 'static,
) -> Result<()> {
    if !is_scheme(name) || name.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(Error::config(format!(
            "the name `{name}` cannot begin a URL: small letters, digits, +, - and . can, the first of them a letter"
        )));
    }
    if BUILT_IN.iter().any(|backend| backend.name == name || backend.schemes.contains(&name)) {
        return Err(Error::config(format!("the name `{name}` is that of a backend of reposit")));
    }
    let read = move |settings: &mut Settings| Ok(Arc::new(read(settings)?) as Arc<dyn Target>);
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    if registered.iter().any(|backend| backend.scheme == name) {
        return Err(Error::config(format!("a backend is registered as `{name}` already")));
    }
    registered.push(Registered { scheme: name, read: Arc::new(read) });
    Ok(())
}

/// A backend that a configuration names.
pub(super) enum Named {
    BuiltIn(&'static BuiltIn),
    Registered(Registered),
}

impl Named {
    /// Reads what follows a URL's scheme.
    pub(super) fn read_url(&self, scheme: &'static str, rest: &str) -> Result<Parsed> {
        match self {
            Self::BuiltIn(backend) => (backend.reader()?.url)(scheme, rest),
            Self::Registered(backend) => backend.read(Settings::from_url(scheme, rest)?),
        }
    }

    /// Reads the properties of a file.
    #[cfg(feature = "config-file")]
    pub(super) fn read_file(&self, properties: Properties) -> Result<Parsed> {
        match self {
            Self::BuiltIn(backend) => (backend.reader()?.file)(properties),
            Self::Registered(backend) => backend.read(Settings::from_file(backend.scheme, properties)),
        }
    }
}

impl BuiltIn {
    fn reader(&self) -> Result<&Reader> {
        self.reader.as_ref().ok_or_else(|| not_compiled_in(self.name))
    }

    /// The scheme that a URL begins with, if it is one of this backend's, and what follows it.
    fn split<'a>(&self, url: &'a str) -> Option<(&'static str, &'a str)> {
        self.schemes.iter().find_map(|scheme| {
            let rest = url.strip_prefix(scheme)?.strip_prefix(':')?;
            let without_host = self.without_host.then_some(rest);
            Some((*scheme, rest.strip_prefix("//").or(without_host)?))
        })
    }
}

impl Registered {
    fn read(&self, mut settings: Settings) -> Result<Parsed> {
        let target = (self.read)(&mut settings)?;
        Ok(Parsed { target, rest: settings.finish()? })
    }
}

/// A backend of this crate without its feature.
pub(super) fn not_compiled_in(name: &str) -> Error {
    Error::config(format!("the {name} backend is not compiled in; enable the feature `{name}` of reposit"))
}

/// The backend that a URL names, its scheme, and what follows that.
pub(super) fn find_url(url: &str) -> Option<(Named, &'static str, &str)> {
    if let Some((backend, (scheme, rest))) = BUILT_IN.iter().find_map(|backend| Some((backend, backend.split(url)?))) {
        return Some((Named::BuiltIn(backend), scheme, rest));
    }
    let (scheme, rest) = url.split_once("://")?;
    let backend = registered().iter().find(|backend| backend.scheme == scheme)?.clone();
    Some((Named::Registered(backend.clone()), backend.scheme, rest))
}

/// The backend of this name.
#[cfg(feature = "config-file")]
pub(super) fn find_name(name: &str) -> Option<Named> {
    let built_in = BUILT_IN.iter().find(|backend| backend.name == name).map(Named::BuiltIn);
    let outside = || registered().iter().find(|backend| backend.scheme == name).cloned().map(Named::Registered);
    built_in.or_else(outside)
}

/// The name of every backend.
#[cfg(feature = "config-file")]
pub(super) fn names() -> Vec<&'static str> {
    let outside = registered();
    BUILT_IN.iter().map(|backend| backend.name).chain(outside.iter().map(|backend| backend.scheme)).collect()
}

/// The scheme of every URL.
pub(super) fn schemes() -> Vec<&'static str> {
    let outside = registered();
    BUILT_IN
        .iter()
        .flat_map(|backend| backend.schemes)
        .copied()
        .chain(outside.iter().map(|backend| backend.scheme))
        .collect()
}

/// Every form of URL, for messages.
pub(super) fn forms() -> String {
    let outside = registered();
    let outside = outside.iter().map(|backend| format!("{}://", backend.scheme));
    BUILT_IN.iter().map(|backend| backend.forms.to_owned()).chain(outside).collect::<Vec<_>>().join(", ")
}

/// Whether a URL can begin with this text.
pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(all(test, feature = "memory"))]
mod tests {
    use super::*;
    use crate::config::{Config, MemorySettings};
    use crate::{Database, ErrorKind};

    fn memory(_: &mut Settings) -> Result<MemorySettings> {
        Ok(MemorySettings::default())
    }

    fn refused<T: std::fmt::Debug>(result: Result<T>, words: &[&str]) {
        let error = result.expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        for word in words {
            assert!(error.message().contains(word), "`{word}` is not in: {error}");
        }
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    }

    #[test]
    fn a_name_is_taken_once() {
        register("registry-once", memory).unwrap();
        refused(register("registry-once", memory), &["registered as `registry-once` already"]);
        for name in ["memory", "mongodb", "mongodb+srv", "dynamodb", "postgres", "postgresql"] {
            refused(register(name, memory), &[name, "a backend of reposit"]);
        }
        for name in ["", "1x", "Upper", "a b", "a:", "ü"] {
            refused(register(name, memory), &["cannot begin a URL"]);
        }
    }

    #[tokio::test]
    async fn what_is_registered_is_opened_and_suggested() {
        register("registry-zebra", memory).unwrap();
        assert_eq!(Database::open("registry-zebra://?timeout=1s").await.unwrap().backend_name(), "memory");
        refused(Config::from_url("registry-zebr://x"), &["did you mean `registry-zebra`?", "registry-zebra://"]);
        refused(Config::from_url("registry-zebra:x"), &["no scheme that is known"]);
        refused(Config::from_url("registry-zebra://?timeuot=1s"), &["did you mean `timeout`?"]);
    }

    #[test]
    fn a_part_of_the_url_that_nobody_takes_is_refused() {
        register("registry-parts", memory).unwrap();
        for (url, part) in [
            ("registry-parts://ada@", "user name"),
            ("registry-parts://ada:sesame@", "user name"),
            ("registry-parts://sesame.example.org", "host"),
            ("registry-parts:///sesame", "path after the host"),
        ] {
            refused(Config::from_url(url), &[&format!("registry-parts:// takes no {part}")]);
        }
        register("registry-user", |settings| {
            settings.user()?;
            memory(settings)
        })
        .unwrap();
        refused(Config::from_url("registry-user://ada:sesame@"), &["registry-user:// takes no password"]);
    }

    #[test]
    fn values_are_read_by_their_names() {
        register("registry-values", |settings| {
            assert_eq!(settings.scheme(), "registry-values");
            assert_eq!(settings.user()?.as_deref(), Some("a@da"));
            assert_eq!(settings.password()?.unwrap().expose(), "ses/ame");
            assert_eq!(settings.host()?.as_deref(), Some("h1:1,h2"));
            assert_eq!(settings.path()?.as_deref(), Some("a b"));
            assert_eq!(settings.flag("tls")?, Some(true));
            assert_eq!(settings.integer("pool")?, Some(8));
            assert_eq!(settings.duration("idle")?, Some(std::time::Duration::from_secs(2)));
            assert_eq!(settings.text("not-there")?, None);
            settings.secret("token")?;
            assert!(!format!("{settings:?}").contains("sesame"));
            memory(settings)
        })
        .unwrap();
        let with = |rest: &str| format!("registry-values://a%40da:ses%2Fame@h1:1,h2/a%20b?{rest}");
        Config::from_url(&with("tls=true&pool=8&idle=2s&token=sesame")).unwrap();
        refused(Config::from_url(&with("tls=yes")), &["tls is neither true nor false"]);
        refused(Config::from_url(&with("tls=true&pool=-8")), &["pool is no whole number"]);
        refused(Config::from_url(&with("tls=true&pool=8&idle=2")), &["idle is no duration"]);
        let after_secret = with("tls=true&pool=8&idle=2s&token=a&sesame=b");
        refused(Config::from_url(&after_secret), &["option 5, after one that is secret"]);
    }
}
