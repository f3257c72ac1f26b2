use super::{Config, MemorySettings, Target};
use crate::error::{Error, Result};

pub(super) fn parse(url: &str) -> Result<Config> {
    if url == "memory:" {
        return Ok(Config::new(Target::Memory(MemorySettings::default())));
    }
    Err(Error::config("not yet"))
}
