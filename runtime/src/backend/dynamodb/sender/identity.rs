//! Credentials: found by the SDK's providers, kept until shortly before they expire.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider};
use tokio::sync;

use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::sender::signature::{SigningKey, Timestamp};

/// How long before they expire credentials are looked for anew.
const EARLY: Duration = Duration::from_secs(300);
/// How long before they expire credentials are no longer used.
const MARGIN: Duration = Duration::from_secs(10);
/// How long credentials without an expiry are kept: what they come from may change.
const KEPT: Duration = Duration::from_secs(15 * 60);
/// How long a provider may take.
const LONGEST_LOAD: Duration = Duration::from_secs(5);

/// Credentials at hand, and the key that was derived from them.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) credentials: Credentials,
    /// From when on others are looked for.
    stale: SystemTime,
    /// From when on these are not used.
    expired: Option<SystemTime>,
    key: Mutex<Option<Arc<SigningKey>>>,
}

impl Identity {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let expiry = credentials.expiry();
        // Those that live for a short time are refreshed in the last third of it.
        let early = |expiry: SystemTime| EARLY.min(expiry.duration_since(now).unwrap_or_default() / 3);
        let stale = expiry.and_then(|expiry| expiry.checked_sub(early(expiry)));
        let expired = expiry.and_then(|expiry| expiry.checked_sub(MARGIN));
        Self { credentials, stale: stale.unwrap_or(now + KEPT), expired, key: Mutex::default() }
    }

    fn is_fresh(&self, now: SystemTime) -> bool {
        now < self.stale
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.expired.is_none_or(|expired| now < expired)
    }

    /// The key of a time and region, derived if it is not the one that was used last.
    pub(crate) fn signing_key(&self, time: SystemTime, timestamp: &Timestamp, region: &str) -> Arc<SigningKey> {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        match &*key {
            Some(key) if key.is_of(timestamp, region) => key.clone(),
            _ => {
                let derived = Arc::new(SigningKey::derive(self.credentials.secret_access_key(), time, region));
                *key = Some(derived.clone());
                derived
            }
        }
    }
}

/// Where credentials come from, and the last ones that came.
pub(crate) struct Identities {
    provider: SharedCredentialsProvider,
    current: RwLock<Option<Arc<Identity>>>,
    /// Held by the one caller that asks the provider.
    asking: sync::Mutex<()>,
}

impl Identities {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, current: RwLock::default(), asking: sync::Mutex::default() }
    }

    /// Credentials that are valid now.
    pub(crate) async fn get(&self) -> Result<Arc<Identity>, Failure> {
        let now = SystemTime::now();
        let current = self.current();
        let Some(current) = current.filter(|current| current.is_valid(now)) else {
            // There are none, so that each caller waits for the one that asks.
            let _asking = self.asking.lock().await;
            return match self.current().filter(|current| current.is_valid(SystemTime::now())) {
                Some(current) => Ok(current),
                None => self.load().await,
            };
        };
        if current.is_fresh(now) {
            return Ok(current);
        }
        match self.asking.try_lock() {
            // What is at hand serves if the provider fails, or while another caller asks it.
            Ok(_asking) => Ok(self.load().await.unwrap_or(current)),
            Err(_) => Ok(current),
        }
    }

    fn current(&self) -> Option<Arc<Identity>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn load(&self) -> Result<Arc<Identity>, Failure> {
        let loaded = tokio::time::timeout(LONGEST_LOAD, self.provider.provide_credentials()).await;
        let credentials = match loaded {
            Ok(Ok(credentials)) => credentials,
            Ok(Err(error)) => return Err(Failure::no_credentials(error)),
            Err(elapsed) => return Err(Failure::no_credentials(elapsed)),
        };
        let identity = Arc::new(Identity::new(credentials, SystemTime::now()));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::future;
    use aws_sdk_dynamodb::config::ProvideCredentials;

    use super::*;

    /// Gives credentials that expire in so many seconds, each time others, and takes a moment for it.
    #[derive(Debug)]
    struct Provider {
        asked: Arc<AtomicUsize>,
        expires_in: Option<u64>,
        answers: usize,
    }

    impl ProvideCredentials for Provider {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let number = self.asked.fetch_add(1, Ordering::SeqCst);
                if number >= self.answers {
                    return Err(CredentialsError::not_loaded("no more of them"));
                }
                let expiry = self.expires_in.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
                Ok(Credentials::new(format!("KEY{number}"), "secret", None, expiry, "tests"))
            })
        }
    }

    fn identities(expires_in: Option<u64>, answers: usize) -> (Arc<Identities>, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let provider = Provider { asked: asked.clone(), expires_in, answers };
        (Arc::new(Identities::new(SharedCredentialsProvider::new(provider))), asked)
    }

    async fn access_key(identities: &Identities) -> String {
        identities.get().await.unwrap().credentials.access_key_id().to_owned()
    }

    /// Makes the credentials at hand as old as these times say.
    fn age(identities: &Identities, stale: SystemTime, expired: Option<SystemTime>) {
        let current = identities.current().unwrap();
        let aged = Identity { credentials: current.credentials.clone(), stale, expired, key: Mutex::default() };
        *identities.current.write().unwrap() = Some(Arc::new(aged));
    }

    #[tokio::test]
    async fn many_callers_ask_once() {
        let (identities, asked) = identities(Some(3600), usize::MAX);
        let callers = (0..20).map(|_| identities.clone());
        let keys = futures_util::future::join_all(callers.map(|all| async move { access_key(&all).await })).await;
        assert!(keys.iter().all(|key| key == "KEY0"));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn one_refreshes_while_the_others_go_on() {
        let (identities, asked) = identities(Some(3600), usize::MAX);
        access_key(&identities).await;
        let (past, future) = (SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(60));
        age(&identities, past, Some(future));
        let callers = (0..20).map(|_| identities.clone());
        let keys = futures_util::future::join_all(callers.map(|all| async move { access_key(&all).await })).await;
        assert_eq!(keys.iter().filter(|key| *key == "KEY1").count(), 1);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(access_key(&identities).await, "KEY1");
    }

    #[tokio::test]
    async fn what_is_valid_serves_while_the_provider_fails() {
        let (identities, _) = identities(Some(3600), 1);
        access_key(&identities).await;
        let (past, future) = (SystemTime::UNIX_EPOCH, SystemTime::now() + Duration::from_secs(60));
        age(&identities, past, Some(future));
        assert_eq!(access_key(&identities).await, "KEY0");
        age(&identities, past, Some(past));
        let failure = identities.get().await.unwrap_err().into_error();
        assert_eq!(failure.kind(), crate::ErrorKind::Config);
        assert!(failure.message().contains("no more of them"), "{failure}");
    }

    #[test]
    fn credentials_are_refreshed_before_they_expire() {
        let now = SystemTime::now();
        let of = |expiry| Identity::new(Credentials::new("K", "secret", None, expiry, "tests"), now);
        let after = |seconds| now + Duration::from_secs(seconds);
        let hour = of(Some(after(3600)));
        assert!(hour.is_fresh(after(3299)) && !hour.is_fresh(after(3301)) && hour.is_valid(after(3301)));
        assert!(!hour.is_valid(after(3591)));
        let minute = of(Some(after(60)));
        assert!(minute.is_fresh(after(39)) && !minute.is_fresh(after(41)) && minute.is_valid(after(41)));
        let endless = of(None);
        assert!(endless.is_fresh(after(899)) && !endless.is_fresh(after(901)) && endless.is_valid(after(1_000_000)));
    }

    #[test]
    fn a_key_is_derived_once_a_day_and_region() {
        let identity = Identity::new(Credentials::new("K", "secret", None, None, "tests"), SystemTime::now());
        let key = |seconds, region| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            identity.signing_key(time, &Timestamp::new(time), region)
        };
        let first = key(0, "a");
        assert!(Arc::ptr_eq(&first, &key(86_399, "a")));
        assert!(!Arc::ptr_eq(&first, &key(86_400, "a")));
        assert!(!Arc::ptr_eq(&key(86_400, "a"), &key(86_400, "b")));
    }
}
