//! Repositories that are taken away, and records that are; and which repositories there are.

use redis::Value;

use super::define::names_key;
use super::layout::Layout;
use super::layouts::read_layout;
use super::script::{CLEAR, Invocation};
use super::server::{Server, bytes, list, unreadable};
use crate::definition::Definition;
use crate::error::Result;
use crate::request::Call;

/// How many records are deleted with one script.
const BATCH: usize = 200;

/// Takes a repository away, whatever it was defined as.
pub(super) async fn drop_repository(server: &Server, call: &Call, definition: &'static Definition) -> Result<()> {
    if let Some(layout) = read_layout(server, call, definition.name()).await? {
        clear(server, call, &layout, true).await?;
    }
    let mut command = redis::cmd("SREM");
    command.arg(names_key(server)).arg(definition.name());
    server.read(call, "SREM", &command).await.map(drop)
}

/// Deletes all records of a repository with their entries.
pub(super) async fn clear(server: &Server, call: &Call, layout: &Layout, whole: bool) -> Result<()> {
    loop {
        let mut invocation = Invocation::new(&CLEAR, vec![layout.schema_key()]);
        invocation.push_number(BATCH);
        invocation.push_flag(whole);
        layout.sorted_sets().for_each(|name| invocation.push(name.into_bytes()));
        match server.run(call, &invocation).await? {
            Value::Int(0) => return Ok(()),
            Value::Int(_) => {}
            _ => return Err(unreadable(CLEAR.name)),
        }
    }
}

/// The repositories whose names begin with the prefix, without it.
pub(super) async fn repositories(server: &Server, call: &Call, prefix: &str) -> Result<Vec<String>> {
    let mut command = redis::cmd("SMEMBERS");
    command.arg(names_key(server));
    let answer = server.read(call, "SMEMBERS", &command).await?;
    let noted = match answer {
        Value::Set(names) | Value::Array(names) => names,
        other => list(other, "SMEMBERS")?,
    };
    let mut names = Vec::with_capacity(noted.len());
    for name in noted.into_iter().filter_map(bytes).filter_map(|name| String::from_utf8(name).ok()) {
        let Some(own) = name.strip_prefix(prefix) else { continue };
        let mut command = redis::cmd("EXISTS");
        command.arg(format!("{}schema", Layout::base(&server.prefix, &name)));
        if server.read(call, "EXISTS", &command).await? == Value::Int(1) {
            names.push(own.to_owned());
        }
    }
    Ok(names)
}
