//! The tree by itself: it is what an ordered map is, its states stay as they were, and readers see whole batches.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::Tree;
use super::forest::Forest;
use super::node::Node;
use crate::backend::keyspace::{Batch, Bounds, Entry, Space, View, Visit};
use crate::error::{Error, Result};
use crate::value::{Record, Value};

type Map = BTreeMap<Vec<u8>, Option<i128>>;

fn record(n: i128) -> Entry {
    Entry::of_record(Record::from_iter([("n".to_owned(), Value::Int(n))]).shared())
}

fn number(entry: &Entry) -> Option<i128> {
    entry.record().map(|record| record.get("n").and_then(|n| n.as_int()).unwrap())
}

/// Keys of many lengths, close together; some begin others, and some are as long as a node.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0u8), Just(1), Just(0xFF), 10u8..20];
    prop_oneof![
        20 => any::<u16>().prop_map(|n| [&b"item"[..], &(n % 2000).to_be_bytes()].concat()),
        6 => proptest::collection::vec(byte, 0..5),
        1 => (any::<u8>(), 1000usize..5000).prop_map(|(byte, length)| vec![byte; length]),
    ]
}

/// What is done: runs in which keys come in their order, or goes in it, and single changes.
#[derive(Debug, Clone)]
enum Step {
    Put(Vec<u8>, Option<i128>),
    Remove(Vec<u8>),
    PutRun(u16, u16, bool),
    RemoveRun(u16, u16),
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (key(), proptest::option::of(0i128..9)).prop_map(|(key, n)| Step::Put(key, n)),
        6 => key().prop_map(Step::Remove),
        2 => (0u16..2000, 1u16..400, any::<bool>()).prop_map(|(from, count, down)| Step::PutRun(from, count, down)),
        2 => (0u16..2000, 1u16..600).prop_map(|(from, count)| Step::RemoveRun(from, count)),
        1 => Just(Step::Keep),
    ]
}

fn run_key(n: u16) -> Vec<u8> {
    [&b"item"[..], &n.to_be_bytes()].concat()
}

fn changes(step: Step) -> Vec<(Vec<u8>, Option<Option<i128>>)> {
    match step {
        Step::Put(key, n) => vec![(key, Some(n))],
        Step::Remove(key) => vec![(key, None)],
        Step::PutRun(from, count, down) => {
            let run = (from..from + count).map(|n| (run_key(n), Some((n % 3 == 0).then_some(n.into()))));
            if down { run.rev().collect() } else { run.collect() }
        }
        Step::RemoveRun(from, count) => (from..from + count).map(|n| (run_key(n), None)).collect(),
        Step::Keep => Vec::new(),
    }
}

fn contents(state: &dyn View, bounds: &Bounds, descending: bool, limit: usize) -> Vec<(Vec<u8>, Option<i128>)> {
    let mut found = Vec::new();
    state
        .scan(bounds, descending, &mut |key, entry| {
            found.push((key.to_vec(), number(entry)));
            Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
        .unwrap();
    found
}

fn everything() -> Bounds {
    Bounds::new(Bound::Unbounded, Bound::Unbounded)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn check(state: &dyn View, map: &Map) -> Result<(), TestCaseError> {
    let all: Vec<_> = map.iter().map(|(key, n)| (key.clone(), *n)).collect();
    prop_assert_eq!(contents(state, &everything(), false, usize::MAX), all);
    Ok(())
}

/// What is put and taken, and looked at: one tree, or trees for what keys begin with.
trait Grown: View + Clone + Default {
    fn put(&mut self, key: &[u8], entry: Entry);
    fn take(&mut self, key: &[u8]);
}

#[derive(Clone, Default)]
struct One(Arc<Node>);

impl View for One {
    fn get(&self, key: &[u8]) -> Result<Option<Entry>> {
        Ok(self.0.find(key).map(|(leaf, at)| leaf.entry(at).clone()))
    }

    fn scan(&self, bounds: &Bounds, descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        self.0.walk((bounds.low(), bounds.high()), descending, visit).map(drop)
    }
}

impl Grown for One {
    fn put(&mut self, key: &[u8], entry: Entry) {
        Node::put(&mut self.0, key, entry);
    }

    fn take(&mut self, key: &[u8]) {
        Node::take(&mut self.0, key);
    }
}

impl Grown for Forest {
    fn put(&mut self, key: &[u8], entry: Entry) {
        Forest::put(self, key, entry);
    }

    fn take(&mut self, key: &[u8]) {
        Forest::take(self, key);
    }
}

type Span = (Bound<Vec<u8>>, Bound<Vec<u8>>, bool, usize);

fn grow<G: Grown>(steps: &[Step], spans: &[Span], wanted: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let (mut root, mut map) = (G::default(), Map::new());
    let mut kept = Vec::new();
    for step in steps {
        if let Step::Keep = step {
            kept.push((root.clone(), map.clone()));
        }
        for (key, change) in changes(step.clone()) {
            match change {
                Some(n) => {
                    root.put(&key, n.map_or(Entry::MARK, record));
                    map.insert(key, n);
                }
                None => {
                    root.take(&key);
                    map.remove(&key);
                }
            }
        }
    }
    check(&root, &map)?;
    for (state, map) in &kept {
        check(state, map)?;
    }
    for key in wanted.iter().chain(map.keys().take(50)) {
        prop_assert_eq!(root.get(key).unwrap().map(|entry| number(&entry)), map.get(key).copied());
    }
    for (low, high, descending, limit) in spans.iter().cloned() {
        let bounds = Bounds::new(low, high);
        if bounds.is_empty() {
            continue;
        }
        let range = map.range::<[u8], _>(&bounds).map(|(key, n)| (key.clone(), *n));
        let expected: Vec<_> = if descending { range.rev().take(limit).collect() } else { range.take(limit).collect() };
        prop_assert_eq!(contents(&root, &bounds, descending, limit), expected);
        prop_assert_eq!(followed(&root, &bounds, descending), followed_in(&map, &bounds, descending));
    }
    for key in map.keys() {
        root.take(key);
    }
    check(&root, &Map::new())
}

/// Where a key leads: mostly to one beside it, and to some that are not there.
fn lead(from: &[u8], to: &mut Vec<u8>) {
    to.clear();
    to.extend_from_slice(from);
    if let Some(last) = to.last_mut().filter(|last| **last % 4 != 0) {
        *last ^= 2;
    }
}

fn followed(state: &dyn View, bounds: &Bounds, descending: bool) -> Vec<(Vec<u8>, Option<i128>)> {
    let mut found = Vec::new();
    let mut lead = |from: &[u8], to: &mut Vec<u8>| {
        lead(from, to);
        Ok(())
    };
    let mut visit = |key: &[u8], entry: &Entry| {
        found.push((key.to_vec(), number(entry)));
        Ok(ControlFlow::Continue(()))
    };
    state.follow(bounds, descending, &mut lead, &mut visit).unwrap();
    found
}

fn followed_in(map: &Map, bounds: &Bounds, descending: bool) -> Vec<(Vec<u8>, Option<i128>)> {
    let range = map.range::<[u8], _>(bounds).filter_map(|(from, _)| {
        let mut key = Vec::new();
        lead(from, &mut key);
        let n = *map.get(&key)?;
        Some((key, n))
    });
    if descending { range.rev().collect() } else { range.collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_tree_is_what_an_ordered_map_is(
        steps in proptest::collection::vec(step(), 1..60),
        spans in proptest::collection::vec((bound(), bound(), any::<bool>(), 1usize..90), 20),
        wanted in proptest::collection::vec(key(), 40),
    ) {
        grow::<One>(&steps, &spans, &wanted)?;
        grow::<Forest>(&steps, &spans, &wanted)?;
    }
}

/// The batch that puts one number under keys of which there are so many.
fn batch(keys: u16, n: i128) -> Batch {
    Batch::of_sorted((0..keys).map(|key| (run_key(key), Some(record(n)))).collect())
}

fn seen(view: &dyn View) -> Result<Vec<i128>> {
    let mut seen = Vec::new();
    view.scan(&everything(), false, &mut |_, entry| {
        seen.extend(number(entry));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(seen)
}

/// Short batches are made in place, and long ones in copies.
#[test]
fn readers_see_whole_batches_only() {
    for keys in [3u16, 300] {
        let tree = Tree::default();
        tree.write(|_| Ok(((), batch(keys, 0)))).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for long in [false, true, false] {
                let (tree, done) = (&tree, &done);
                scope.spawn(move || {
                    let mut last = 0;
                    while !done.load(Ordering::Relaxed) {
                        let numbers = if long { tree.read_long(seen) } else { tree.read(seen) }.unwrap();
                        assert_eq!(numbers.len(), usize::from(keys));
                        assert!(numbers.iter().all(|n| *n == numbers[0]), "half a batch is seen");
                        assert!(numbers[0] >= last, "a state came back");
                        last = numbers[0];
                    }
                });
            }
            for n in 1..150 {
                tree.write(|view| Ok((assert_eq!(seen(view)?[0], n - 1), batch(keys, n)))).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}

#[test]
fn a_long_look_is_at_one_state_and_holds_no_writer_up() {
    let tree = Tree::default();
    tree.write(|_| Ok(((), batch(500, 1)))).unwrap();
    tree.read_long(|view| {
        for n in 2..4 {
            tree.write(|_| Ok(((), batch(if n == 2 { 4 } else { 400 }, n)))).unwrap();
        }
        assert!(seen(view)?.iter().all(|n| *n == 1));
        Ok(())
    })
    .unwrap();
    assert_eq!(tree.read(seen).unwrap()[..1], [3]);
}

#[test]
fn a_refused_change_changes_nothing_and_a_panic_leaves_a_whole_state() {
    let tree = Tree::default();
    tree.write(|_| Ok(((), batch(20, 1)))).unwrap();
    tree.write::<()>(|_| Err(Error::invalid("no"))).unwrap_err();
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tree.read::<()>(|_| panic!("in a look"))));
    assert!(broken.is_err());
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tree.write::<()>(|_| panic!("in a change"))));
    assert!(broken.is_err());
    assert_eq!(tree.read(seen).unwrap(), [1; 20]);
    tree.write(|_| Ok(((), batch(20, 2)))).unwrap();
    assert_eq!(tree.read(seen).unwrap(), [2; 20]);
}

#[test]
fn a_fork_goes_its_own_way() {
    let put = |tree: &Tree, key: &[u8], n: i128| {
        tree.write(|_| Ok(((), Batch::of_sorted(vec![(key.to_vec(), Some(record(n)))])))).unwrap();
    };
    let read = |tree: &Tree, key: &[u8]| tree.read(|view| Ok(view.get(key)?.and_then(|entry| number(&entry)))).unwrap();
    let tree = Tree::default();
    put(&tree, b"a", 1);
    let fork = tree.fork();
    put(&tree, b"a", 2);
    put(&fork, b"b", 3);
    assert_eq!((read(&tree, b"a"), read(&tree, b"b")), (Some(2), None));
    assert_eq!((read(&fork, b"a"), read(&fork, b"b")), (Some(1), Some(3)));
}
