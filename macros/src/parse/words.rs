//! The words inside an attribute: `#[index(unique, range = "team")]` is `unique` and `range`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token, UnOp};

use crate::ast::{At, Mark, Name};
use crate::ctxt::Ctxt;
use crate::spell;

/// One word with what follows it.
pub(crate) struct Word {
    pub(crate) name: Ident,
    pub(crate) form: Form,
}

/// What follows a word.
pub(crate) enum Form {
    /// Nothing: `unique`.
    Flag,
    /// `= value`.
    Value(Expr),
    /// `(…)`.
    List(TokenStream),
}

/// Where words stand, for the messages.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// As the user writes it: `#[repository(...)]`.
    pub(crate) attribute: &'static str,
    /// The words it takes.
    pub(crate) known: &'static [&'static str],
    /// Words of other libraries, and what they are here.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// A whole example.
    pub(crate) example: &'static str,
}

impl Place {
    /// The words of an attribute; what cannot be read is an error and the rest is still read.
    pub(crate) fn words(&self, cx: &Ctxt, attr: &Attribute) -> Vec<Word> {
        match &attr.meta {
            Meta::Path(_) => Vec::new(),
            Meta::List(list) => self.parse(cx, list.tokens.clone()),
            Meta::NameValue(_) => {
                cx.error(&attr.meta, format!("write {}", self.example));
                Vec::new()
            }
        }
    }

    /// The words of a list inside an attribute.
    pub(crate) fn parse(&self, cx: &Ctxt, tokens: TokenStream) -> Vec<Word> {
        let mut words = Vec::new();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match self.word(input) {
                    Ok(word) => words.push(word),
                    Err(error) => {
                        cx.push(error);
                        skip_to_comma(input)?;
                    }
                }
                if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                    let rest: TokenStream = input.parse()?;
                    return Err(syn::Error::new_spanned(rest, format!("expected a comma: write {}", self.example)));
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            cx.push(error);
        }
        words
    }

    fn word(&self, input: ParseStream<'_>) -> syn::Result<Word> {
        if !input.peek(Ident::peek_any) {
            let token: proc_macro2::TokenTree = input.parse()?;
            let message = format!("expected a word: write {}", self.example);
            return Err(syn::Error::new_spanned(token, message));
        }
        let name = input.call(Ident::parse_any)?;
        let form = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                let message = format!("`{name} =` has no value: write {}", self.example);
                return Err(syn::Error::new_spanned(name, message));
            }
            Form::Value(ungroup(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Form::List(content.parse()?)
        } else {
            Form::Flag
        };
        Ok(Word { name, form })
    }

    /// A word that is not known here.
    pub(crate) fn unknown(&self, cx: &Ctxt, word: &Word) {
        let name = word.name.to_string();
        let alias = spell::nearest(&name, self.aliases.iter().map(|(alias, _)| *alias))
            .filter(|_| spell::nearest(&name, self.known.iter().copied()).is_none())
            .and_then(|near| self.aliases.iter().find(|(alias, _)| *alias == near));
        let hint = match alias {
            Some((_, meant)) => format!("; did you mean `{meant}`?"),
            None => spell::hint(&name, self.known),
        };
        cx.error(&word.name, format!("unknown word `{name}` in `{}`{hint}", self.attribute));
    }
}

/// Leaves the stream at the next comma or at its end.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// A value handed through a macro by example comes in an invisible group.
fn ungroup(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungroup(*group.expr),
        other => other,
    }
}

impl Word {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// `word = […]`.
    pub(crate) fn is_list(&self) -> bool {
        matches!(&self.form, Form::Value(Expr::Array(_)))
    }

    /// The word and its value, for errors.
    pub(crate) fn mark(&self) -> Mark {
        let name = &self.name;
        match &self.form {
            Form::Flag => quote!(#name),
            Form::Value(value) => quote!(#name = #value),
            // Parentheses made here would have no place in the source to point at.
            Form::List(_) => quote!(#name),
        }
    }

    /// A word that stands alone.
    pub(crate) fn flag(&self, cx: &Ctxt) -> Option<Mark> {
        match &self.form {
            Form::Flag => Some(self.name.to_token_stream()),
            _ => {
                let name = &self.name;
                cx.error(self.mark(), format!("`{name}` takes no value: write `{name}`"));
                None
            }
        }
    }

    /// `word = true` or `word = false`.
    pub(crate) fn expect_bool(&self, cx: &Ctxt, example: bool) -> Option<bool> {
        if let Form::Value(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) = &self.form {
            return Some(value.value);
        }
        let name = &self.name;
        cx.error(self.mark(), format!("`{name}` takes `true` or `false`: write `{name} = {example}`"));
        None
    }

    /// `word = "text"`.
    pub(crate) fn expect_text(&self, cx: &Ctxt, example: &str) -> Option<LitStr> {
        if let Form::Value(value) = &self.form
            && let Some(text) = as_text(value)
        {
            return Some(text);
        }
        let name = &self.name;
        cx.error(self.mark(), format!("`{name}` takes a string: write `{name} = \"{example}\"`"));
        None
    }

    /// `word(one, two)`.
    pub(crate) fn idents(&self, cx: &Ctxt, example: &str) -> Vec<Ident> {
        if let Form::List(tokens) = &self.form
            && let Ok(idents) = Punctuated::<Ident, Token![,]>::parse_terminated.parse2(tokens.clone())
            && !idents.is_empty()
        {
            return idents.into_iter().collect();
        }
        let name = &self.name;
        cx.error(self.mark(), format!("`{name}` takes names of methods: write `{name}({example})`"));
        Vec::new()
    }

    /// `word = "text"`, or a constant that is one.
    pub(crate) fn expect_name(&self, cx: &Ctxt, example: &str) -> Option<Name> {
        match &self.form {
            Form::Value(expr @ Expr::Macro(_)) => Some(Name::Constant(expr.clone())),
            Form::Value(expr @ Expr::Path(path)) if !is_bare_word(&path.path) => Some(Name::Constant(expr.clone())),
            _ => self.expect_text(cx, example).map(Name::Text),
        }
    }

    /// `word = 5`, a whole number that is not negative.
    pub(crate) fn number(&self, cx: &Ctxt, example: u64) -> Option<At<u64>> {
        let name = &self.name;
        if let Form::Value(value) = &self.form {
            if let Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) = value {
                return match int.base10_parse::<u64>() {
                    Ok(number) => Some(At { value: number, mark: self.mark() }),
                    Err(_) => {
                        cx.error(value, format!("`{name}` must be below 2^64"));
                        None
                    }
                };
            }
            if let Expr::Unary(unary) = value
                && matches!(unary.op, UnOp::Neg(_))
            {
                cx.error(value, format!("`{name}` cannot be negative"));
                return None;
            }
        }
        cx.error(self.mark(), format!("`{name}` takes a whole number: write `{name} = {example}`"));
        None
    }

    /// The strings of `word = "one"` or `word = ["one", "two"]`; none where anything else is among them.
    pub(crate) fn list(&self) -> Vec<LitStr> {
        match &self.form {
            Form::Value(Expr::Array(array)) => {
                array.elems.iter().map(as_text).collect::<Option<_>>().unwrap_or_default()
            }
            Form::Value(value) => as_text(value).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// `word = "one"` or `word = ["one", "two"]`.
    pub(crate) fn expect_texts(&self, cx: &Ctxt, example: &str) -> Vec<LitStr> {
        if let Form::Value(Expr::Array(array)) = &self.form {
            let texts: Option<Vec<LitStr>> = array.elems.iter().map(as_text).collect();
            if let Some(texts) = texts {
                if texts.is_empty() {
                    let name = &self.name;
                    cx.error(
                        self.mark(),
                        format!("`{name}` names no field: write `{name} = \"{example}\"`, or leave it out"),
                    );
                }
                return texts;
            }
        }
        self.expect_text(cx, example).into_iter().collect()
    }
}

/// Whether it is rather a text whose quotes are missing than a constant.
fn is_bare_word(path: &Path) -> bool {
    path.get_ident().is_some_and(|ident| ident.to_string().contains(char::is_lowercase))
}

/// The string in a value, through invisible groups.
pub(crate) fn as_text(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        Expr::Group(group) => as_text(&group.expr),
        _ => None,
    }
}

/// Keeps the first value of a word and reports a second.
pub(crate) fn once<T>(cx: &Ctxt, slot: &mut Option<T>, word: &Word, value: Option<T>) {
    let Some(value) = value else { return };
    if slot.is_some() {
        cx.error(word.mark(), format!("`{}` is given twice", word.name));
        return;
    }
    *slot = Some(value);
}
