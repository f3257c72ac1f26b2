//! One runtime for everything that serves: it outlives the runtime of any single test.

use std::sync::OnceLock;
use tokio::runtime::{Builder, Handle, Runtime};

pub(crate) fn handle() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("background")
                .enable_all()
                .build()
                .expect("a runtime for the servers of the tests")
        })
        .handle()
}
