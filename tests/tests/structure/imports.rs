//! Reads what stands after `use`, however it is nested, into one import for each name.

use proc_macro2::TokenTree;

/// One name that a `use` declaration brings in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    /// The name that it has here; `None` for all names of the path, `*`.
    pub(crate) name: Option<String>,
    /// The path that it is imported from.
    pub(crate) path: Vec<String>,
    /// Whether it is passed on, as `pub use` does.
    pub(crate) reexport: bool,
    /// Its line.
    pub(crate) line: usize,
}

/// The imports of one declaration, from behind `use` to before the `;`.
pub(crate) fn parse(tokens: &[TokenTree], reexport: bool) -> Vec<Import> {
    // `::name` is a crate's, and none of this one's.
    if matches!(tokens.first(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':') {
        return Vec::new();
    }
    let mut imports = Vec::new();
    parse_tree(tokens, &[], reexport, &mut imports);
    imports
}

fn parse_tree(tokens: &[TokenTree], prefix: &[String], reexport: bool, imports: &mut Vec<Import>) {
    let mut path = prefix.to_vec();
    let mut rest = tokens.iter();
    let mut name = None;
    let mut line = 0;
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for tree in inner.split(|token| crate::source::is_punct(token, ',')) {
                    parse_tree(tree, &path, reexport, imports);
                }
                return;
            }
            TokenTree::Punct(punct) if punct.as_char() == '*' => {
                let line = punct.span().start().line;
                imports.push(Import { name: None, path, reexport, line });
                return;
            }
            TokenTree::Ident(_) if crate::source::word(token) == "as" => name = rest.next().map(crate::source::word),
            TokenTree::Ident(ident) => {
                line = ident.span().start().line;
                match crate::source::word(token).as_str() {
                    "self" if !path.is_empty() => {}
                    segment => path.push(segment.to_owned()),
                }
            }
            _ => {}
        }
    }
    if line > 0 {
        let name = name.or_else(|| path.last().cloned());
        imports.push(Import { name, path, reexport, line });
    }
}
