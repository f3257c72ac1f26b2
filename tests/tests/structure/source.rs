//! Reads Rust source files into modules: what each declares, imports and mentions. It works on tokens, so comments and strings do not count.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::imports::{self, Import};

/// The files of a source tree: path (with `/`) to text.
pub(crate) type Files = BTreeMap<String, String>;

/// A module: a file of its own, or a block within one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The module that declares it; `None` for the root.
    pub(crate) parent: Option<usize>,
    /// The file that its items are in.
    pub(crate) file: String,
    /// The modules that it declares, by name.
    pub(crate) children: BTreeMap<String, usize>,
    /// The names of its own items.
    pub(crate) items: BTreeSet<String>,
    /// Its `use` declarations, one for each name.
    pub(crate) imports: Vec<Import>,
    /// The paths in its code.
    pub(crate) mentions: Vec<Mention>,
}

/// A path in code, of one name or more.
#[derive(Debug)]
pub(crate) struct Mention {
    /// Its segments, as they are written.
    pub(crate) path: Vec<String>,
    /// Its line.
    pub(crate) line: usize,
    /// Whether a `!` follows.
    pub(crate) is_macro_call: bool,
}

/// A crate's modules, from its root down. Modules that only tests have are not among them.
#[derive(Debug)]
pub(crate) struct Crate {
    /// The modules; the root is the first.
    pub(crate) modules: Vec<Module>,
    /// The macros that the crate makes by example, and the files that make one of the name.
    pub(crate) macros: BTreeMap<String, BTreeSet<String>>,
}

/// Whether tokens stand right in a module, in the variants of an enum, or deeper.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Module,
    Variants,
    Code,
}

impl Crate {
    /// Reads a crate from its root file, for example `runtime/src/lib.rs`.
    pub(crate) fn read(files: &Files, root: &str) -> Result<Self, String> {
        let (folder, _) = root.rsplit_once('/').unwrap_or(("", root));
        let mut this = Self { modules: Vec::new(), macros: BTreeMap::new() };
        let module = Module { file: root.to_owned(), ..Module::default() };
        this.modules.push(module);
        this.read_file(files, 0, folder)?;
        Ok(this)
    }

    /// Reads the file of a module; the files of its children are in `folder`.
    fn read_file(&mut self, files: &Files, module: usize, folder: &str) -> Result<(), String> {
        let path = self.modules[module].file.clone();
        let text = files.get(&path).ok_or_else(|| format!("{path} is declared, and there is no such file"))?;
        let tokens: TokenStream = text.parse().map_err(|error| format!("{path}: {error}"))?;
        self.read_tokens(files, module, folder, tokens, Place::Module)
    }

    fn read_tokens(
        &mut self,
        files: &Files,
        module: usize,
        folder: &str,
        tokens: TokenStream,
        place: Place,
    ) -> Result<(), String> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut place_of_block = Place::Code;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            at += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => at += attribute(rest),
                TokenTree::Group(group) => {
                    self.read_tokens(files, module, folder, group.stream(), place_of_block)?;
                    place_of_block = Place::Code;
                }
                TokenTree::Ident(ident) => {
                    let before = &tokens[..at - 1];
                    match ident.to_string().as_str() {
                        "use" if !starts_with(rest, "<") => at += self.read_import(module, before, rest),
                        "mod" if name(rest).is_some() => at += self.read_child(files, module, folder, rest)?,
                        "macro_rules" if starts_with(rest, "!") => {
                            let macro_name = name(&rest[1..]).unwrap_or_default();
                            self.macros.entry(macro_name).or_default().insert(self.modules[module].file.clone());
                            at += 2;
                        }
                        word @ ("struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static") => {
                            if word == "enum" {
                                place_of_block = Place::Variants;
                            }
                            at += self.declare(module, place, rest);
                        }
                        _ if place == Place::Variants && begins_variant(before) => {}
                        _ => at += self.mention(module, before, token, rest),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes down a `use` declaration, and returns how many tokens it has.
    fn read_import(&mut self, module: usize, before: &[TokenTree], rest: &[TokenTree]) -> usize {
        let length = rest.iter().position(|token| is_punct(token, ';')).unwrap_or(rest.len());
        let reexport = match before {
            [.., TokenTree::Ident(word), TokenTree::Group(_)] | [.., TokenTree::Ident(word)] => word == "pub",
            _ => false,
        };
        self.modules[module].imports.extend(imports::parse(&rest[..length], reexport));
        length
    }

    /// Reads a child module, `mod name;` or `mod name { .. }`, and returns how many tokens it has.
    fn read_child(&mut self, files: &Files, module: usize, folder: &str, rest: &[TokenTree]) -> Result<usize, String> {
        let name = name(rest).unwrap_or_default();
        let child = self.modules.len();
        let within = join(folder, &name);
        let file = match rest.get(1) {
            Some(TokenTree::Group(_)) => self.modules[module].file.clone(),
            _ => [format!("{within}.rs"), format!("{within}/mod.rs")]
                .into_iter()
                .find(|path| files.contains_key(path))
                .ok_or_else(|| format!("{}: mod {name} has no file", self.modules[module].file))?,
        };
        self.modules.push(Module { parent: Some(module), file, ..Module::default() });
        self.modules[module].children.insert(name, child);
        match rest.get(1) {
            Some(TokenTree::Group(block)) => self.read_tokens(files, child, &within, block.stream(), Place::Module)?,
            _ => self.read_file(files, child, &within)?,
        }
        Ok(2)
    }

    /// Takes down the name of an item, and returns how many tokens it has.
    fn declare(&mut self, module: usize, place: Place, rest: &[TokenTree]) -> usize {
        match name(rest) {
            // `const fn` and the like: the name comes later.
            Some(word) if matches!(word.as_str(), "fn" | "unsafe" | "async" | "extern" | "mut") => 0,
            Some(name) => {
                if place == Place::Module {
                    self.modules[module].items.insert(name);
                }
                1
            }
            None => 0,
        }
    }

    /// Takes down a path in code, and returns how many tokens follow its first.
    fn mention(&mut self, module: usize, before: &[TokenTree], first: &TokenTree, rest: &[TokenTree]) -> usize {
        let mut path = vec![word(first)];
        let mut length = 0;
        while let [colon, second, segment @ TokenTree::Ident(_), ..] = &rest[length..]
            && is_punct(colon, ':')
            && is_punct(second, ':')
        {
            path.push(word(segment));
            length += 3;
        }
        let rest = &rest[length..];
        let is_field = path.len() == 1 && starts_with(rest, ":") && !starts_with(&rest[1..], ":");
        if !is_field && begins_path(before, &path[0]) {
            let line = first.span().start().line;
            self.modules[module].mentions.push(Mention { path, line, is_macro_call: starts_with(rest, "!") });
        }
        length
    }
}

/// How many tokens of an attribute follow its `#`; with the item that it leaves out, if that is only for tests.
fn attribute(rest: &[TokenTree]) -> usize {
    let inner = usize::from(starts_with(rest, "!"));
    let Some(TokenTree::Group(group)) = rest.get(inner) else { return inner };
    if !is_only_for_tests(group.stream()) {
        return inner + 1;
    }
    let ends = |token: &TokenTree| {
        is_punct(token, ';') || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    let item = &rest[inner + 1..];
    inner + 1 + item.iter().position(ends).map_or(item.len(), |last| last + 1)
}

/// Whether an attribute is `cfg(test)`, or a `cfg` that asks for `test` among others.
fn is_only_for_tests(attribute: TokenStream) -> bool {
    let mut tokens = attribute.into_iter();
    let is_cfg = tokens.next().is_some_and(|token| word(&token) == "cfg");
    let Some(TokenTree::Group(condition)) = tokens.next() else { return false };
    let condition: Vec<TokenTree> = condition.stream().into_iter().collect();
    is_cfg
        && match condition.as_slice() {
            [TokenTree::Ident(one)] => one == "test",
            [TokenTree::Ident(all), TokenTree::Group(of)] if all == "all" => {
                of.stream().into_iter().any(|token| word(&token) == "test")
            }
            _ => false,
        }
}

/// Whether a path begins here: not a field, a method, a lifetime, or the rest of a path.
fn begins_path(before: &[TokenTree], first: &str) -> bool {
    let joint = |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign && punct.spacing() == Spacing::Joint);
    match before {
        // A range, `0..limit`, is no field.
        [.., first, second] if is_punct(second, '.') => joint(first, '.'),
        [.., first, second] if is_punct(second, ':') => !joint(first, ':'),
        [.., sign] if is_punct(sign, '.') || is_punct(sign, '\'') => false,
        [.., sign] if is_punct(sign, '$') => first == "crate",
        _ => true,
    }
}

/// Whether a variant's name stands here: after nothing, a comma or an attribute.
fn begins_variant(before: &[TokenTree]) -> bool {
    match before {
        [] => true,
        [.., sign] if is_punct(sign, ',') => true,
        [.., hash, TokenTree::Group(_)] => is_punct(hash, '#'),
        _ => false,
    }
}

/// The folder or file of that name in a folder.
fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The name that these tokens begin with.
fn name(tokens: &[TokenTree]) -> Option<String> {
    matches!(tokens.first(), Some(TokenTree::Ident(_))).then(|| word(&tokens[0]))
}

/// A name without its `r#`; nothing of another token.
pub(crate) fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(ident) => ident.to_string().trim_start_matches("r#").to_owned(),
        _ => String::new(),
    }
}

pub(crate) fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn starts_with(tokens: &[TokenTree], sign: &str) -> bool {
    tokens.first().is_some_and(|token| sign.chars().all(|sign| is_punct(token, sign)))
}
