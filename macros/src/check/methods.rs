//! The methods that a model leaves out.

use syn::Ident;

use crate::ast::Input;
use crate::ctxt::Ctxt;
use crate::expand::methods::METHODS;
use crate::spell;

/// Checks the names in `skip(...)`: each is a method of the derive, and stands there once.
pub(super) fn check_skipped(cx: &Ctxt, input: &Input) -> Vec<Ident> {
    let skipped = &input.container.skipped;
    for (at, method) in skipped.iter().enumerate() {
        let name = method.to_string();
        if !METHODS.contains(&name.as_str()) {
            let hint = match name.strip_prefix("find_") {
                Some(_) => "; to name a finder otherwise, write `finder = \"...\"` at its index".to_owned(),
                None => spell::hint(&name, METHODS),
            };
            cx.error(method, format!("the derive makes no method `{name}` that could be left out{hint}"));
        } else if skipped[..at].contains(method) {
            cx.error(method, format!("`{name}` is left out twice"));
        }
    }
    skipped.clone()
}
