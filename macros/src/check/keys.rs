//! Which field is the key, the version, the expiry: at most one of each, and what may go together.

use crate::ast::{Field, Input, Mark, TimeForm};
use crate::ctxt::Ctxt;
use crate::model::Ttl;

/// The fields with a part of their own.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) hash: Option<usize>,
    pub(super) auto_hash: bool,
    pub(super) auto_range: bool,
    pub(super) range: Option<usize>,
    pub(super) ttl: Option<Ttl>,
    pub(super) version: Option<usize>,
    pub(super) created_at: Option<usize>,
    pub(super) updated_at: Option<usize>,
}

/// Finds the roles and checks them against each other.
pub(super) fn find_roles(cx: &Ctxt, input: &Input) -> Roles {
    let fields = &input.fields;
    let has_range = fields.iter().any(|field| field.range_key.is_some());
    let second_hash = if has_range {
        "a second `#[hash_key]`: a model has exactly one"
    } else {
        "a second `#[hash_key]`: a model has exactly one; for a key of two parts write `#[range_key]` here"
    };
    let mut roles = Roles {
        hash: single(cx, fields, |field| field.hash_key.as_ref(), second_hash),
        range: single(
            cx,
            fields,
            |field| field.range_key.as_ref(),
            "a second `#[range_key]`: a model has at most one; for another order write `#[index(range = \"...\")]`",
        ),
        version: single(cx, fields, |field| field.version.as_ref(), "a second `#[version]`: a model has at most one"),
        created_at: single(
            cx,
            fields,
            |field| field.created_at.as_ref(),
            "a second `#[created_at]`: a model has at most one",
        ),
        updated_at: single(
            cx,
            fields,
            |field| field.updated_at.as_ref(),
            "a second `#[updated_at]`: a model has at most one",
        ),
        ..Roles::default()
    };
    let ttl = single(
        cx,
        fields,
        |field| field.ttl.as_ref().map(|at| &at.mark),
        "a second `#[ttl]`: a record expires at one instant",
    );
    roles.ttl = ttl.and_then(|at| {
        let seconds = fields[at].ttl.as_ref()?.value;
        Some(Ttl { field: at, seconds })
    });
    let is_filled = |at: usize| fields[at].auto.is_some();
    (roles.auto_hash, roles.auto_range) = (roles.hash.is_some_and(is_filled), roles.range.is_some_and(is_filled));
    if roles.hash.is_none() {
        cx.error(
            &input.ident,
            format!("`{}` has no hash key: write `#[hash_key]` on the field that identifies a record", input.ident),
        );
    }
    for field in fields {
        check_exclusions(cx, field);
    }
    roles
}

/// What a field cannot be that is stored as an instant in another form.
pub(super) fn check_form(cx: &Ctxt, field: &Field) {
    let Some(form) = &field.stored_as else { return };
    if form.value == TimeForm::Rfc3339 && field.ttl.is_some() {
        cx.error(
            &form.mark,
            "an expiry is reckoned from a number or an instant, and not from text: \
             write `as = \"seconds\"`, `as = \"milliseconds\"` or `as = \"date\"`, or put `#[ttl]` on another field",
        );
    }
    if field.serde.flatten.is_some() || field.serde.skip_serializing.is_some() {
        cx.error(
            &form.mark,
            "this is the form in which a field is stored, and this one is not stored itself: remove it",
        );
    }
    if field.version.is_some() || field.auto.is_some() {
        cx.error(&form.mark, "this is the form of an instant, and this field is none: remove it");
    }
}

/// The one field with a mark; the others are errors.
fn single<'a>(
    cx: &Ctxt,
    fields: &'a [Field],
    mark: impl Fn(&'a Field) -> Option<&'a Mark>,
    message: &str,
) -> Option<usize> {
    let mut marked = fields.iter().enumerate().filter_map(|(at, field)| Some((at, mark(field)?)));
    let (first, _) = marked.next()?;
    for (_, mark) in marked {
        cx.error(mark, message);
    }
    Some(first)
}

/// Attributes of one field that exclude each other.
fn check_exclusions(cx: &Ctxt, field: &Field) {
    check_form(cx, field);
    if let (Some(_), Some(range)) = (&field.hash_key, &field.range_key) {
        cx.error(
            range,
            "a field cannot be both hash key and range key: write `#[range_key]` on another field, or leave it out",
        );
    }
    let key = field.hash_key.is_some() || field.range_key.is_some();
    if let Some(version) = &field.version {
        if key {
            cx.error(
                version,
                "a key cannot be the version, which changes with every write: \
                 write `#[version]` on a field of its own, such as `revision: u64`",
            );
        }
        let instants = [field.ttl.as_ref().map(|at| &at.mark), field.created_at.as_ref(), field.updated_at.as_ref()];
        for instant in instants.into_iter().flatten() {
            cx.error(instant, "the version counts writes and is no instant: put this on a field of its own");
        }
    }
    for (mark, name) in [(&field.created_at, "created_at"), (&field.updated_at, "updated_at")] {
        if let Some(mark) = mark
            && key
        {
            cx.error(
                mark,
                format!(
                    "`#[{name}]` is filled in when a record is written, and a key is chosen before: \
                     put it on a field that is not part of the key"
                ),
            );
        }
    }
    if let (Some(_), Some(updated)) = (&field.created_at, &field.updated_at) {
        cx.error(updated, "`#[created_at]` never changes and `#[updated_at]` always does: put them on two fields");
    }
}
