//! The scripts that the server runs, and how one is asked for.

use std::borrow::Cow;
use std::sync::LazyLock;

use redis::Cmd;

/// A script, which the server knows by its hash once it has run it.
pub(super) struct Script {
    /// What it is called where it is shown.
    pub(super) name: &'static str,
    /// Whether it changes nothing.
    reads: bool,
    source: &'static str,
    hash: LazyLock<String>,
}

/// The text of a script, behind those whose functions it uses.
macro_rules! source {
    ($($name:literal)+) => {
        concat!($(include_str!(concat!("scripts/", $name, ".lua"))),+)
    };
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $constant:ident $name:literal $reads:literal $((after $functions:literal))?)+) => {
        $(
            $(#[$doc])*
            pub(super) static $constant: Script = Script {
                name: $name,
                reads: $reads,
                source: source!($($functions)? $name),
                hash: LazyLock::new(|| hash_of(source!($($functions)? $name))),
            };
        )+
    };
}

scripts! {
    /// Writes, each for itself or all or nothing.
    WRITE "write" false (after "entries")
    /// A part of a page. It takes away what leads to no record.
    PAGE "page" false
    /// Records at one moment.
    READ "read" true
    /// Records by unique values.
    FIND "find" true
    /// A change of the schema.
    SCHEMA "schema" false
    /// Entries of new indexes.
    INDEX "index" false (after "entries")
    /// Entries of indexes that were not made after all.
    UNINDEX "unindex" false
    /// Records that do not stand in their indexes.
    VERIFY "verify" true
    /// Records that are taken away.
    CLEAR "clear" false
}

/// The hash by which the server knows a script.
fn hash_of(source: &str) -> String {
    redis::Script::new(source).get_hash().to_owned()
}

/// A script with what it is to run on.
pub(super) struct Invocation<'a> {
    pub(super) script: &'static Script,
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<Cow<'a, [u8]>>,
}

impl<'a> Invocation<'a> {
    pub(super) fn new(script: &'static Script, keys: Vec<String>) -> Self {
        Self { script, keys, args: Vec::new() }
    }

    /// The same with one argument more.
    pub(super) fn arg(mut self, arg: impl Into<Cow<'a, [u8]>>) -> Self {
        self.push(arg);
        self
    }

    pub(super) fn push(&mut self, arg: impl Into<Cow<'a, [u8]>>) {
        self.args.push(arg.into());
    }

    /// A number, as text.
    pub(super) fn push_number(&mut self, number: impl ToString) {
        self.args.push(Cow::Owned(number.to_string().into_bytes()));
    }

    pub(super) fn push_flag(&mut self, is_set: bool) {
        self.push(if is_set { &b"1"[..] } else { b"0" });
    }

    /// The command's name.
    pub(super) fn request(&self) -> &'static str {
        if self.script.reads { "EVALSHA_RO" } else { "EVALSHA" }
    }

    /// The command, by the script's hash.
    pub(super) fn by_hash(&self) -> Cmd {
        self.command(self.request(), self.script.hash.as_bytes())
    }

    /// The command with the whole script in it, which the server keeps.
    pub(super) fn by_source(&self) -> Cmd {
        let name = if self.script.reads { "EVAL_RO" } else { "EVAL" };
        self.command(name, self.script.source.as_bytes())
    }

    fn command(&self, name: &str, script: &[u8]) -> Cmd {
        let bytes = self.args.iter().map(|arg| arg.len() + 16).sum::<usize>() + script.len() + 64;
        let mut command = Cmd::with_capacity(self.keys.len() + self.args.len() + 3, bytes);
        command.arg(name).arg(script).arg(self.keys.len());
        for key in &self.keys {
            command.arg(key);
        }
        for arg in &self.args {
            command.arg(&**arg);
        }
        command
    }
}
