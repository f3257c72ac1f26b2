//! A model and what is stored of it, perhaps by another release: a field may be there under another name
//! that it had, and a record that was stored without a version is at the first.

use crate::condition::Expr;
use crate::definition::{Definition, FIRST_VERSION};
use crate::path::{Path, Step};
use crate::value::{Record, Value, ValueRef};

impl Record {
    /// The record with each field under the model's own name. An older release may have stored it under another
    /// (`#[serde(alias = "…")]`), of which a backend has to know before it judges a write or makes its outcome.
    #[must_use]
    pub fn under_own_names(mut self, definition: &Definition) -> Self {
        if definition.is_aliased(&self) {
            definition.unalias(&mut self);
        }
        self
    }
}

impl Definition {
    /// The version of a stored record: one that was stored without it is at the first.
    pub(crate) fn version_of(&self, record: &Record) -> Option<i128> {
        let name = self.version()?;
        record.get(name).map_or(Some(FIRST_VERSION.into()), ValueRef::as_int)
    }

    /// Whether a field may be stored under another name.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn has_alias(&self, name: &str) -> bool {
        self.aliases_of(name).next().is_some()
    }

    /// Gives fields that are stored under another name their own.
    pub(crate) fn unalias(&self, record: &mut Record) {
        if !self.has_aliases() {
            return;
        }
        for (name, alias) in self.aliases() {
            let Some(value) = record.remove(alias) else { continue };
            if record.get(name).is_none() {
                record.set(name, value);
            }
        }
    }

    /// Makes a record that was stored by another release one of this model: each field under its own name,
    /// and with a version.
    pub(crate) fn complete(&self, record: &mut Record) {
        self.unalias(record);
        if let (Some(name), Some(version)) = (self.version(), self.version_of(record))
            && !matches!(record.stored(name), Some(ValueRef::Int(_)))
        {
            record.set(name, Value::Int(version));
        }
    }

    /// A record after an update, with each field that the update does not change under the name under which it was found.
    #[cfg(any(feature = "keyspace", feature = "postgres"))]
    pub(crate) fn under_old_names(&self, found: &Record, mut new: Record, changed: &[String]) -> Record {
        for (name, alias) in self.aliases() {
            if let Some(value) = found.get(alias)
                && !changed.iter().any(|changed| changed == name)
            {
                if found.get(name).is_none() {
                    new.remove(name);
                }
                new.set(alias, value.to_value());
            }
        }
        new
    }

    /// Whether a record has a field under another name than its own.
    pub(crate) fn is_aliased(&self, record: &Record) -> bool {
        self.has_aliases() && self.aliases().any(|(_, alias)| record.get(alias).is_some())
    }

    /// The condition as it is judged by who sees records as they are stored.
    pub(crate) fn stored(&self, expr: Expr) -> Expr {
        self.stored_by_name(match self.version() {
            Some(name) => map(expr, &|leaf| versioned(leaf, name)),
            None => expr,
        })
    }

    /// The same, with regard to other names only.
    pub(crate) fn stored_by_name(&self, expr: Expr) -> Expr {
        if !self.has_aliases() {
            return expr;
        }
        map(expr, &|leaf| self.aliased(leaf))
    }

    /// A condition on one field, under each of its names: the first that is there counts.
    fn aliased(&self, leaf: Expr) -> Expr {
        let mut root = String::new();
        leaf.paths(&mut |path| path.root().clone_into(&mut root));
        let aliases: Vec<_> = self.aliases_of(&root).collect();
        let Some((last, others)) = aliases.split_last() else { return leaf };
        let under = |name: &'static str| renamed(leaf.clone(), name);
        let first = |own: Expr, name: Path, rest: Expr| {
            let here = Expr::And(vec![Expr::Exists(name.clone()), own]);
            Expr::Or(vec![here, Expr::And(vec![Expr::Missing(name), rest])])
        };
        let rest = others.iter().rev().fold(under(last), |rest, name| first(under(name), Path::field(*name), rest));
        first(leaf, Path::field(root), rest)
    }
}

/// A condition on the version, with what it says of the first if there is none.
fn versioned(leaf: Expr, name: &'static str) -> Expr {
    let mut is_version = false;
    leaf.paths(&mut |path| is_version |= path.root() == name);
    if !is_version {
        return leaf;
    }
    let first = Record::from_iter([(name.to_owned(), Value::Int(FIRST_VERSION.into()))]);
    let path = Path::field(name);
    match first.satisfies(&leaf) {
        true => Expr::Or(vec![leaf, Expr::Missing(path)]),
        false => Expr::And(vec![leaf, Expr::Exists(path)]),
    }
}

/// The expression with each condition on one field replaced.
fn map(expr: Expr, replace: &impl Fn(Expr) -> Expr) -> Expr {
    let each = |parts: Vec<Expr>| parts.into_iter().map(|part| map(part, replace)).collect();
    match expr {
        Expr::And(parts) => Expr::And(each(parts)),
        Expr::Or(parts) => Expr::Or(each(parts)),
        Expr::Not(inner) => Expr::Not(Box::new(map(*inner, replace))),
        leaf => replace(leaf),
    }
}

/// The same condition on a field of another name.
fn renamed(mut leaf: Expr, name: &'static str) -> Expr {
    match &mut leaf {
        Expr::Compare { path, .. }
        | Expr::In { path, .. }
        | Expr::BeginsWith { path, .. }
        | Expr::Contains { path, .. }
        | Expr::HasMember { path, .. }
        | Expr::SetSize { path, .. }
        | Expr::Size { path, .. }
        | Expr::Exists(path)
        | Expr::Missing(path) => {
            let mut steps = path.steps().to_vec();
            if let Some(root) = steps.first_mut() {
                *root = Step::Name(name.into());
            }
            *path = Path::new(steps);
        }
        Expr::And(_) | Expr::Or(_) | Expr::Not(_) => {}
    }
    leaf
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Op;

    #[test]
    fn what_a_condition_says_of_the_first_version_it_says_of_none() {
        let leaf = |op, n| Expr::Compare { path: Path::field("rev"), op, value: Value::Int(n) };
        let none = Record::new();
        for (op, n, holds) in [
            (Op::Eq, 1, true),
            (Op::Eq, 2, false),
            (Op::Ne, 1, false),
            (Op::Ne, 2, true),
            (Op::Lt, 2, true),
            (Op::Gt, 0, true),
            (Op::Ge, 2, false),
        ] {
            assert_eq!(none.satisfies(&versioned(leaf(op, n), "rev")), holds, "{op:?} {n}");
        }
        assert!(none.satisfies(&versioned(Expr::Exists(Path::field("rev")), "rev")));
        assert!(!none.satisfies(&versioned(Expr::Missing(Path::field("rev")), "rev")));
        let second = Record::from_iter([("rev".to_owned(), Value::Int(2))]);
        assert!(second.satisfies(&versioned(leaf(Op::Ne, 1), "rev")));
        assert!(!second.satisfies(&versioned(leaf(Op::Eq, 1), "rev")));
    }
}
