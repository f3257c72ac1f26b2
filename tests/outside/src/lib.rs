//! A backend in a crate of its own: it is registered under a name, and then opened by a URL, a file or
//! the environment like those of the library.
//!
//! `outside://shelf?limits=none` is the store of the name `shelf`. It lives as long as the process, and
//! whoever opens it again finds what is in it.

mod settings;
mod shelf;

pub use settings::OutsideSettings;

use reposit::config;

/// The name that URLs and files write.
pub const NAME: &str = "outside";

/// Makes the backend known to every configuration of this process.
///
/// Errors: `Config` the second time.
pub fn register() -> reposit::Result<()> {
    config::register(NAME, OutsideSettings::read)
}
