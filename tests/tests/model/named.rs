//! Conditions on one field, as its typed constant makes them and as its name makes them: they are the same.

use reposit::{Condition, Op, Repository, Value};
use serde_json::Value as Json;

use crate::ops::Is;
use crate::rows::is_instant;
use crate::subject::Subject;

/// A condition on one field, which by the field's name is the same condition.
pub fn asked<M: Subject>(path: &str, is: &Is) -> Condition<M> {
    let typed = <M as Subject>::condition(path, is);
    let (op, value) = match is {
        Is::Eq(value) => (Op::Eq, value),
        Is::Ne(value) => (Op::Ne, value),
        Is::Lt(value) => (Op::Lt, value),
        Is::Le(value) => (Op::Le, value),
        Is::Gt(value) => (Op::Gt, value),
        Is::Ge(value) => (Op::Ge, value),
        _ => return typed,
    };
    let value = match value {
        Json::Number(millis) if is_instant::<M>(path) => Value::Instant(millis.as_i64().expect("milliseconds")),
        Json::String(text) => Value::from(text.as_str()),
        Json::Bool(is) => Value::from(*is),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => Value::from(n),
            (None, Some(n)) => Value::from(n),
            (None, None) => Value::from(n.as_f64().expect("a number")),
        },
        _ => return typed,
    };
    match <M as Repository>::condition(&path.replace('/', "."), op, value) {
        Ok(named) => assert_eq!(format!("{named:?}"), format!("{typed:?}"), "{path}"),
        // Programs tell an instant by its milliseconds.
        Err(error) => assert!(error.message().contains("is an instant"), "{path}: {error}"),
    }
    typed
}
