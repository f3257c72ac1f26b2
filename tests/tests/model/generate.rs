//! Random programs over the models in focus.

use std::ops::Bound;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::Value as Json;

use crate::models::Model;
use crate::ops::{
    Change, Cond, End, How, Is, Op, Program, Query, SLOTS, Source, Span, Step, Told, Values, Version, Way,
};
use crate::rules::{FieldRule, Kind, Row, Rules};

/// Some records, then operations on them.
pub fn program(focus: &[Model]) -> BoxedStrategy<Program> {
    let load = Union::new(focus.iter().map(|model| {
        let model = *model;
        row(model.rules()).prop_map(move |row| Step::Do(model, Op::Create { row, returning: false }))
    }));
    (vec(load, 0..24), vec(step(focus), 1..28))
        .prop_map(|(mut load, steps)| {
            load.extend(steps);
            Program { steps: load }
        })
        .boxed()
}

fn step(focus: &[Model]) -> BoxedStrategy<Step> {
    let mut each: Vec<(u32, BoxedStrategy<Step>)> = Vec::new();
    for model in focus.iter().copied() {
        each.push((24, op(model.rules()).prop_map(move |op| Step::Do(model, op)).boxed()));
    }
    let writes: Vec<_> = focus
        .iter()
        .map(|model| {
            let model = *model;
            in_transaction(model.rules()).prop_map(move |op| (model, op)).boxed()
        })
        .collect();
    let expires = focus.iter().any(|model| model.rules().ttl.is_some());
    let ops = 24 * u32::try_from(focus.len()).unwrap_or(1);
    each.push((ops / 8, (vec(Union::new(writes), 1..5), prop::bool::ANY).prop_map(together).boxed()));
    let keys: Vec<_> = focus
        .iter()
        .map(|model| {
            let model = *model;
            key(model.rules()).prop_map(move |key| (model, key)).boxed()
        })
        .collect();
    each.push((ops / 12, vec(Union::new(keys), 0..5).prop_map(Step::Read).boxed()));
    each.push((if expires { ops / 8 } else { 1 }, (1..14_u64).prop_map(|n| Step::Advance { millis: n * 500 }).boxed()));
    each.push((ops / 6, next()));
    Union::new_weighted(each).boxed()
}

/// Mostly a page, so that one follows on another, and as often back as on.
fn next() -> BoxedStrategy<Step> {
    let flags = (prop::bool::weighted(0.06), prop::bool::weighted(0.2));
    let way = select(vec![Way::On, Way::Back]);
    (0..SLOTS, 1..5_usize, flags, way, end())
        .prop_map(|(slot, limit, (turned, crossed), way, end)| {
            let end = if matches!(end, End::Page { .. }) { End::Page { slot } } else { end };
            Step::Next { slot, limit, turned, way, crossed, end }
        })
        .boxed()
}

fn together((items, told): (Vec<(Model, Op)>, bool)) -> Step {
    if told { Step::Told(items) } else { Step::Together(items) }
}

fn op(rules: &'static Rules) -> BoxedStrategy<Op> {
    let flag = prop::bool::ANY;
    let mut each = vec![
        (3, (row(rules), flag).prop_map(|(row, returning)| Op::Create { row, returning }).boxed()),
        (1, (key(rules), flag).prop_map(|(key, consistent)| Op::Get { key, consistent }).boxed()),
        (1, (vec(key(rules), 0..5), flag).prop_map(|(keys, consistent)| Op::GetMany { keys, consistent }).boxed()),
        (8, query(rules).prop_map(Op::Query).boxed()),
        (2, bulk(rules)),
        (6, update(rules)),
        (2, upsert(rules)),
        (3, delete(rules)),
    ];
    if let Some(find) = find(rules) {
        each.push((3, find));
    }
    if let Some(find_many) = find_many(rules) {
        each.push((1, find_many));
    }
    if rules.version.is_some() {
        each.push((5, save(rules)));
        let saved = vec((row(rules), version(rules)), 0..4);
        each.push((2, saved.prop_map(|rows| Op::SaveMany { rows }).boxed()));
    } else {
        each.push((3, put(rules)));
        each.push((2, replace(rules)));
        each.push((1, vec(row(rules), 0..4).prop_map(|rows| Op::PutMany { rows }).boxed()));
    }
    each.push((1, vec(row(rules), 0..4).prop_map(|rows| Op::CreateMany { rows }).boxed()));
    each.push((1, vec(key(rules), 0..3).prop_map(|keys| Op::DeleteMany { keys }).boxed()));
    if rules.older.is_some() {
        each.push((3, row(rules).prop_map(|row| Op::Older { row }).boxed()));
    }
    Union::new_weighted(each).boxed()
}

fn in_transaction(rules: &'static Rules) -> BoxedStrategy<Op> {
    let only_if = option::weighted(0.5, cond(rules));
    let mut each = vec![
        (2, row(rules).prop_map(|row| Op::Create { row, returning: false }).boxed()),
        (3, update(rules)),
        (1, upsert(rules)),
        (2, delete(rules)),
        (1, (key(rules), only_if).prop_map(|(key, only_if)| Op::Check { key, only_if }).boxed()),
    ];
    each.push(match rules.version {
        Some(_) => (3, save(rules)),
        None => (2, put(rules)),
    });
    if rules.version.is_none() {
        each.push((1, replace(rules)));
    }
    Union::new_weighted(each).boxed()
}

fn one_of(values: Vec<Json>) -> BoxedStrategy<Json> {
    select(values).boxed()
}

fn row(rules: &'static Rules) -> BoxedStrategy<Row> {
    let values: Vec<_> = rules.fields.iter().map(|field| one_of(field.pool())).collect();
    values
        .prop_map(move |values| {
            let fields = rules.fields.iter().zip(values).filter(|(_, value)| !value.is_null());
            fields.map(|(field, value)| (field.path.to_owned(), value)).collect()
        })
        .boxed()
}

fn key(rules: &'static Rules) -> BoxedStrategy<Values> {
    rules.key_fields().map(|name| one_of(rules.field(name).pool())).collect::<Vec<_>>().boxed()
}

fn version(rules: &'static Rules) -> BoxedStrategy<Version> {
    let last = Just(Version::Is(rules.last_version()));
    prop_oneof![4 => Just(Version::Stored), 2 => (0..4_u64).prop_map(Version::Is), 1 => last].boxed()
}

fn save(rules: &'static Rules) -> BoxedStrategy<Op> {
    (row(rules), version(rules)).prop_map(|(row, version)| Op::Save { row, version }).boxed()
}

fn find(rules: &'static Rules) -> Option<BoxedStrategy<Op>> {
    let unique = rules.indexes.iter().filter(|index| index.unique);
    let each: Vec<_> = unique
        .map(|index| {
            let values: Vec<_> = index.fields.iter().map(|name| one_of(rules.field(name).values())).collect();
            (values, prop::bool::ANY)
                .prop_map(|(values, consistent)| Op::Find { index: index.name.to_owned(), values, consistent })
                .boxed()
        })
        .collect();
    (!each.is_empty()).then(|| Union::new(each).boxed())
}

fn find_many(rules: &'static Rules) -> Option<BoxedStrategy<Op>> {
    let unique = rules.indexes.iter().filter(|index| index.unique);
    let each: Vec<_> = unique
        .map(|index| {
            let values: Vec<_> = index.fields.iter().map(|name| one_of(rules.field(name).values())).collect();
            let name = index.name.to_owned();
            let find = move |(values, consistent)| Op::FindMany { index: name.clone(), values, consistent };
            (vec(values, 0..5), prop::bool::ANY).prop_map(find).boxed()
        })
        .collect();
    (!each.is_empty()).then(|| Union::new(each).boxed())
}

fn update(rules: &'static Rules) -> BoxedStrategy<Op> {
    let changes = vec(change(rules, false), 0..4);
    let told = prop_oneof![4 => Just(Told::After), 1 => Just(Told::Before), 1 => Just(Told::Nothing)];
    (key(rules), changes, option::weighted(0.4, cond(rules)), one_version(rules, 0.45), told)
        .prop_map(|(key, changes, only_if, version, told)| Op::Update { key, changes, only_if, version, told })
        .boxed()
}

/// Mostly with a default for each field that has to be there, so that the new record is whole.
fn upsert(rules: &'static Rules) -> BoxedStrategy<Op> {
    let needed = rules.fields.iter().filter(|field| rules.is_settable(field.path) && !field.optional);
    let defaults: Vec<_> = needed
        .map(|field| {
            let path = field.path.to_owned();
            let set = prop_oneof![3 => Just(false), 1 => Just(true)];
            let change = (one_of(field.values()), set).prop_map(move |(value, set)| {
                let how = if set { How::Set(value) } else { How::Default(value) };
                Change { path: path.clone(), how }
            });
            option::weighted(0.97, change)
        })
        .collect();
    let told = prop_oneof![3 => Just(Told::After), 1 => Just(Told::Nothing)];
    let only_if = option::weighted(0.3, cond(rules));
    (key(rules), defaults, vec(change(rules, true), 0..3), only_if, told)
        .prop_map(|(key, defaults, changes, only_if, told)| {
            // A change takes the place of the default of the same field, most of the time.
            let changed =
                |path: &str| changes.iter().any(|change| change.path == path && !matches!(change.how, How::Set(_)));
            let defaults = defaults.into_iter().flatten().filter(|default| !changed(&default.path));
            let changes = defaults.chain(changes.clone()).collect();
            Op::Upsert { key, changes, only_if, told }
        })
        .boxed()
}

fn delete(rules: &'static Rules) -> BoxedStrategy<Op> {
    (key(rules), option::weighted(0.3, cond(rules)), one_version(rules, 0.5), prop::bool::ANY)
        .prop_map(|(key, only_if, version, returning)| Op::Delete { key, only_if, version, returning })
        .boxed()
}

fn put(rules: &'static Rules) -> BoxedStrategy<Op> {
    (row(rules), option::weighted(0.4, cond(rules))).prop_map(|(row, only_if)| Op::Put { row, only_if }).boxed()
}

fn replace(rules: &'static Rules) -> BoxedStrategy<Op> {
    (row(rules), option::weighted(0.3, cond(rules))).prop_map(|(row, only_if)| Op::Replace { row, only_if }).boxed()
}

/// The version that a write names, if it names one.
fn one_version(rules: &'static Rules, weight: f64) -> BoxedStrategy<Option<Version>> {
    match rules.version {
        Some(_) => option::weighted(weight, version(rules)).boxed(),
        None => Just(None).boxed(),
    }
}

fn change(rules: &'static Rules, upsert: bool) -> BoxedStrategy<Change> {
    let fields = rules.fields.iter().chain(rules.nested).filter(|field| rules.is_settable(field.path));
    let each = fields.map(|field| {
        let path = field.path.to_owned();
        how(field, upsert).prop_map(move |how| Change { path: path.clone(), how }).boxed()
    });
    Union::new(each).boxed()
}

fn how(field: &FieldRule, upsert: bool) -> BoxedStrategy<How> {
    let values = one_of(field.values());
    let mut each = vec![values.clone().prop_map(How::Set).boxed()];
    if upsert {
        each.push(values.clone().prop_map(How::Default).boxed());
    }
    if (field.optional && field.kind != Kind::Set) || field.is_entry() {
        each.push(Just(How::Remove).boxed());
    }
    match field.kind {
        Kind::Int(..) => each.push(
            select(vec![1_i64, 3, -1, 0, 300, 3_999_999_950, i64::MAX, i64::MIN])
                .prop_map(|n| How::Add(n.into()))
                .boxed(),
        ),
        Kind::Float => each.push(select(vec![0.1, 1.0, -2.5, -0.1]).prop_map(|x| How::Add(x.into())).boxed()),
        Kind::Set => {
            let members = || vec(one_of(field.members()), 1..4);
            each.push(members().prop_map(How::Insert).boxed());
            each.push(members().prop_map(How::Discard).boxed());
        }
        Kind::List => {
            let items = select(vec!["x", "y"]).prop_map(str::to_owned);
            each.push(vec(items.clone(), 0..3).prop_map(How::Append).boxed());
            each.push(vec(items, 0..3).prop_map(How::Prepend).boxed());
            each.push((0..3_usize).prop_map(How::TakeOut).boxed());
        }
        _ => {}
    }
    Union::new(each).boxed()
}

fn cond(rules: &'static Rules) -> BoxedStrategy<Cond> {
    let fields = rules.fields.iter().chain(rules.nested).map(|field| {
        let path = field.path.to_owned();
        is(field).prop_map(move |is| Cond::Field(path.clone(), is)).boxed()
    });
    let leaf = Union::new(fields);
    leaf.prop_recursive(3, 6, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            pair.clone().prop_map(|(a, b)| Cond::And(a.into(), b.into())),
            pair.prop_map(|(a, b)| Cond::Or(a.into(), b.into())),
            inner.prop_map(|a| Cond::Not(a.into())),
        ]
    })
    .boxed()
}

fn is(field: &FieldRule) -> BoxedStrategy<Is> {
    let values = one_of(field.values());
    let two = (values.clone(), values.clone());
    let mut each = vec![
        values.clone().prop_map(Is::Eq).boxed(),
        values.clone().prop_map(Is::Ne).boxed(),
        vec(values.clone(), 0..4).prop_map(Is::In).boxed(),
        Just(Is::Exists).boxed(),
        Just(Is::Missing).boxed(),
    ];
    if matches!(field.kind, Kind::Text | Kind::Word | Kind::Int(..) | Kind::Float | Kind::Instant) {
        each.extend([
            values.clone().prop_map(Is::Lt).boxed(),
            values.clone().prop_map(Is::Le).boxed(),
            values.clone().prop_map(Is::Gt).boxed(),
            values.prop_map(Is::Ge).boxed(),
            two.prop_map(|(low, high)| Is::Between(low, high)).boxed(),
        ]);
    }
    if field.kind == Kind::Text {
        let parts = || select(vec!["a", "", "x", "1", ".", "$"]).prop_map(str::to_owned);
        each.extend([parts().prop_map(Is::BeginsWith).boxed(), parts().prop_map(Is::Contains).boxed()]);
    }
    if field.kind == Kind::Set {
        each.push(one_of(field.members()).prop_map(Is::Has).boxed());
    }
    if matches!(field.kind, Kind::List | Kind::Fixed) {
        let items = select(vec!["x", "y", ""]).prop_map(str::to_owned);
        each.push(items.prop_map(Is::Contains).boxed());
    }
    if matches!(field.kind, Kind::List | Kind::Set | Kind::Counted | Kind::Bytes) {
        let size = [Is::SizeEq, Is::SizeNe, Is::SizeLt, Is::SizeLe, Is::SizeGt, Is::SizeGe];
        each.push((select(size.to_vec()), 0..4_u64).prop_map(|(is, count)| is(count)).boxed());
    }
    Union::new(each).boxed()
}

fn query(rules: &'static Rules) -> BoxedStrategy<Query> {
    let mut each = vec![(1, scan(rules))];
    if let Some(range) = rules.range {
        each.push((2, ranged(rules, None, rules.hash, None, Some(range), true)));
    }
    for index in rules.indexes.iter().filter(|index| !index.unique) {
        if !index.by_two {
            let range = index.fields.get(1).copied();
            each.push((2, ranged(rules, Some(index.name), index.fields[0], None, range, index.local)));
        }
        if let [hash, also, range] = index.fields {
            each.push((2, ranged(rules, Some(index.name), hash, Some(*also), Some(*range), index.local)));
        }
    }
    Union::new_weighted(each).boxed()
}

/// A write of all that a query finds. Which of several records gets a unique value would be a matter of their order, so none
/// is changed.
fn bulk(rules: &'static Rules) -> BoxedStrategy<Op> {
    let changes = vec(change(rules, false), 0..3);
    (query(rules), option::weighted(0.6, changes))
        .prop_map(|(query, changes)| {
            let is_unique = |name: &str| rules.indexes.iter().any(|index| index.unique && index.fields.contains(&name));
            let end = if changes.is_some() { End::UpdateAll } else { End::DeleteAll };
            let changes = changes.into_iter().flatten().filter(|change| !is_unique(&change.path)).collect();
            let source = match query.source {
                Source::Scan { .. } => Source::Scan { segments: 1 },
                source => source,
            };
            Op::Query(Query { source, limit: None, select: false, end, changes, ..query })
        })
        .boxed()
}

fn scan(rules: &'static Rules) -> BoxedStrategy<Query> {
    (1..4_u32, option::weighted(0.5, cond(rules)), limit(), prop::bool::ANY, prop::bool::weighted(0.3), end())
        .prop_map(|(segments, filter, limit, consistent, select, end)| {
            let segments = if matches!(end, End::All | End::Count) { segments } else { 1 };
            Query {
                source: Source::Scan { segments },
                span: Span::All,
                filter,
                descending: false,
                limit,
                consistent,
                select,
                end,
                changes: Vec::new(),
            }
        })
        .boxed()
}

fn ranged(
    rules: &'static Rules,
    index: Option<&'static str>,
    hash: &'static str,
    also: Option<&'static str>,
    range: Option<&'static str>,
    may_be_consistent: bool,
) -> BoxedStrategy<Query> {
    let hash = one_of(rules.field(hash).values());
    let also =
        also.map_or_else(|| Just(None).boxed(), |also| one_of(rules.field(also).values()).prop_map(Some).boxed());
    let span = range.map_or_else(|| Just(Span::All).boxed(), |range| span(rules.field(range)));
    let filter = option::weighted(0.4, cond(rules));
    ((hash, also), span, filter, prop::bool::ANY, limit(), prop::bool::ANY, prop::bool::weighted(0.3), end())
        .prop_map(move |((hash, also), span, filter, descending, limit, consistent, select, end)| {
            let source = match index {
                None => Source::Primary { hash },
                Some(name) => Source::Index { name: name.to_owned(), hash, also },
            };
            let consistent = consistent && may_be_consistent;
            Query { source, span, filter, descending, limit, consistent, select, end, changes: Vec::new() }
        })
        .boxed()
}

fn span(range: &FieldRule) -> BoxedStrategy<Span> {
    let bound = || {
        let values = one_of(range.values());
        prop_oneof![Just(Bound::Unbounded), values.clone().prop_map(Bound::Included), values.prop_map(Bound::Excluded),]
    };
    let mut each = vec![
        (3, Just(Span::All).boxed()),
        (3, (bound(), bound()).prop_map(|(low, high)| Span::Between(low, high)).boxed()),
    ];
    if range.kind == Kind::Text {
        let prefix = select(vec!["a", "", "a/", "é", "q"]).prop_map(|prefix| Span::Prefix(prefix.to_owned()));
        each.push((2, prefix.boxed()));
    }
    Union::new_weighted(each).boxed()
}

fn limit() -> BoxedStrategy<Option<usize>> {
    prop_oneof![3 => Just(None), 30 => (1..5_usize).prop_map(Some), 1 => Just(Some(0))].boxed()
}

fn end() -> BoxedStrategy<End> {
    prop_oneof![
        5 => (0..SLOTS).prop_map(|slot| End::Page { slot }),
        3 => Just(End::Walk),
        1 => Just(End::All),
        1 => Just(End::First),
        1 => Just(End::Count),
        1 => Just(End::Stream),
    ]
    .boxed()
}
