//! What a write needs of the stored record, as an expression: also that its condition looks at nothing that no field is
//! read from.
//!
//! Of such a value neither answer would be right, and [`Write::judge`] says so. The server has an answer: an ObjectId is
//! not equal to any text. So where a condition could be true all the same, the types are part of it, and the write misses the record.

use mongodb::bson::{Bson, doc};

use super::predicate::{at, literal, predicate};
use crate::condition::{Expr, Op};
use crate::definition::Definition;
use crate::error::Result;
use crate::path::Path;
use crate::request::Write;
use crate::value::Value;

/// The types that no field is read from.
const FOREIGN: [&str; 8] =
    ["regex", "dbPointer", "javascript", "symbol", "javascriptWithScope", "timestamp", "minKey", "maxKey"];

/// Everything that must be true of a live stored record besides being there.
pub(super) fn requirement(write: &Write) -> Result<Option<Bson>> {
    let Some(needs) = write.requirement() else { return Ok(None) };
    let needs = predicate(write.definition, &needs)?;
    let mut looks = Vec::new();
    if let Some(condition) = &write.condition {
        collect(condition, true, &mut looks);
    }
    let definition = write.definition;
    let is_key = |path: &Path| path.root() == definition.hash_name() || Some(path.root()) == definition.range_name();
    let guards: Vec<_> = looks.iter().filter(|look| !is_key(look.path)).map(|look| look.guard(definition)).collect();
    Ok(Some(match guards.is_empty() {
        true => needs,
        false => doc! { "$and": std::iter::once(needs).chain(guards).collect::<Vec<_>>() }.into(),
    }))
}

/// A place that a condition looks at, which may be true whatever is stored there.
struct Look<'a> {
    path: &'a Path,
    /// What is looked for there, if it is one value.
    value: Option<&'a Value>,
    /// Whether it is looked for among the items of a list too.
    in_items: bool,
}

impl Look<'_> {
    /// True if a field is read from what is stored there.
    fn guard(&self, definition: &Definition) -> Bson {
        let stored = || at(definition, self.path);
        let takes_ids = matches!(self.value, Some(Value::ObjectId(_)));
        let others = FOREIGN.into_iter().chain((!takes_ids).then_some("objectId"));
        let mut foreign = vec![Bson::from(doc! { "$in": [{ "$type": stored() }, others.collect::<Vec<_>>()] })];
        if matches!(self.value, Some(Value::Int(_) | Value::Float(_))) {
            let none = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Bson::from).to_vec();
            foreign.push(doc! { "$in": [stored(), literal(none)] }.into());
        }
        if self.in_items && !takes_ids {
            let is_id = doc! { "$eq": [{ "$type": "$$this" }, "objectId"] };
            let any = doc! { "$anyElementTrue": [{ "$map": { "input": stored(), "in": is_id } }] };
            foreign.push(doc! { "$cond": [{ "$isArray": [stored()] }, any, false] }.into());
        }
        doc! { "$not": [{ "$or": foreign }] }.into()
    }
}

/// The places that a condition looks at and could be true all the same: beside others, or because what is there is
/// not what is looked for. Where it `must` be true, most comparisons are false of what no field is read from.
fn collect<'a>(condition: &'a Expr, must: bool, looks: &mut Vec<Look<'a>>) {
    let mut look = |path, value, in_items| looks.push(Look { path, value, in_items });
    match condition {
        Expr::Compare { path, op, value } if !must || *op == Op::Ne => look(path, Some(value), false),
        Expr::In { path, values } if !must => look(path, values.first(), false),
        Expr::Contains { path, value } | Expr::HasMember { path, value } if !must => look(path, Some(value), true),
        Expr::BeginsWith { path, .. } if !must => look(path, None, false),
        Expr::Size { path, op, .. } | Expr::SetSize { path, op, .. } if !must || *op == Op::Ne => {
            look(path, None, false)
        }
        Expr::And(parts) => parts.iter().for_each(|part| collect(part, must, looks)),
        Expr::Or(parts) => parts.iter().for_each(|part| collect(part, must && are_of_one(parts), looks)),
        Expr::Not(inner) => collect(inner, false, looks),
        _ => {}
    }
}

/// Whether all alternatives compare one and the same field: then it has to be read for any of them.
fn are_of_one(alternatives: &[Expr]) -> bool {
    let path = |expr: &Expr| match expr {
        Expr::Compare { path, op, .. } if *op != Op::Ne => Some(path.clone()),
        Expr::In { path, .. } | Expr::BeginsWith { path, .. } => Some(path.clone()),
        _ => None,
    };
    let mut paths = alternatives.iter().map(path);
    match paths.next() {
        Some(Some(first)) => paths.all(|other| other.as_ref() == Some(&first)),
        _ => alternatives.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(name: &'static str, op: Op) -> Expr {
        Expr::Compare { path: Path::field(name), op, value: Value::from("a") }
    }

    fn looks(condition: &Expr) -> Vec<String> {
        let mut looks = Vec::new();
        collect(condition, true, &mut looks);
        looks.iter().map(|look| look.path.to_string()).collect()
    }

    #[test]
    fn only_what_could_hide_is_looked_at() {
        let (eq, ne) = (compare("a", Op::Eq), compare("b", Op::Ne));
        assert!(looks(&eq).is_empty() && looks(&Expr::Exists(Path::field("a"))).is_empty());
        assert_eq!(looks(&ne), ["b"]);
        assert_eq!(looks(&Expr::And(vec![eq.clone(), ne.clone()])), ["b"]);
        assert_eq!(looks(&Expr::Or(vec![eq.clone(), ne])), ["a", "b"]);
        assert!(looks(&Expr::Or(vec![eq.clone(), compare("a", Op::Lt)])).is_empty());
        assert_eq!(looks(&Expr::Or(vec![eq.clone(), compare("c", Op::Eq)])), ["a", "c"]);
        assert_eq!(looks(&Expr::Not(Box::new(eq))), ["a"]);
    }
}
