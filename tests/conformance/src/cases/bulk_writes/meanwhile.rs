//! Layers between a write of many and its database: what happens meanwhile.

use std::fmt;
use std::sync::{Arc, Mutex};

use reposit::backend::{Backend, BoxFuture, Call, Forward, Layer, Reply, WriteMany, Written};
use reposit::{Database, Error, ErrorKind, Result};

/// Does something once, before the first write of many gets through.
struct Meddler(Meddling);

type Meddling = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

impl Layer for Meddler {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Meddled { inner, first: Mutex::new(Some(self.0)) })
    }
}

struct Meddled {
    inner: Arc<dyn Backend>,
    first: Mutex<Option<Meddling>>,
}

impl fmt::Debug for Meddled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Meddled({:?})", self.inner)
    }
}

impl Forward for Meddled {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn write_many(&self, call: Call, many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let first = self.first.lock().unwrap().take();
        Reply::later(async move {
            if let Some(first) = first {
                first().await;
            }
            self.inner.write_many(call, many).await
        })
    }
}

/// A database on which `meddling` happens between the read of a page and its writes.
pub(super) fn meddled<F: Future<Output = ()> + Send + 'static>(
    db: &Database,
    meddling: impl FnOnce(Database) -> F + Send + 'static,
) -> Database {
    let plain = db.clone();
    db.layer(Meddler(Box::new(move || Box::pin(meddling(plain)))))
}

/// Refuses writes for a time: of the first batch every second one, or all of any.
#[derive(Debug)]
pub(super) struct Throttling {
    pub(super) all: bool,
}

impl Layer for Throttling {
    fn layer(self, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Throttled { inner, all: self.all, sizes: Mutex::default() })
    }
}

#[derive(Debug)]
struct Throttled {
    inner: Arc<dyn Backend>,
    all: bool,
    sizes: Mutex<Vec<usize>>,
}

impl Forward for Throttled {
    fn inner(&self) -> &dyn Backend {
        &*self.inner
    }

    fn write_many(&self, call: Call, mut many: WriteMany) -> Reply<'_, Vec<Result<Written>>> {
        let count = many.writes.len();
        let is_first = {
            let mut sizes = self.sizes.lock().unwrap();
            sizes.push(count);
            sizes.len() == 1
        };
        let throttled = || Err(Error::new(ErrorKind::Throttled, "too many at once"));
        Reply::later(async move {
            if self.all {
                return Ok((0..count).map(|_| throttled()).collect());
            }
            if !is_first {
                return self.inner.write_many(call, many).await;
            }
            let mut at = 0;
            many.writes.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            let many = WriteMany::new(many.writes);
            let mut done = self.inner.write_many(call, many).await?.into_iter();
            Ok((0..count).map(|at| if at % 2 == 0 { done.next().unwrap() } else { throttled() }).collect())
        })
    }
}
