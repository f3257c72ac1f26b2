//! Random records, conditions and changes: of few names and few values, so that they meet.

use fastrand::Rng;
use reposit::backend::Change;
use reposit::backend::postgres::sql::{Path, Step};
use reposit::value::Map;
use reposit::{Expr, Op, Record, Value};

pub(crate) struct Dice {
    rng: Rng,
    /// Whether instants and ObjectIds are drawn as they are stored: as integers and texts.
    as_stored: bool,
}

const NAMES: [&str; 8] = ["a", "b", "0", "$bytes", "$set", "it's", "$$x", "ü \"q\" \\"];
const TEXTS: [&str; 13] =
    ["", "a", "ab", "b", "B", "it's $1::text", "ü", "\u{ffff}", "\u{10000}", "a\0b", "a\u{1}", "\u{2}", "\0"];
const NUMBERS: [f64; 12] =
    [0.0, 0.5, 0.1, 0.3, -2.5, 1e-100, -1e-7, 1e100, 2e19, 18_446_744_073_709_551_616.0, 1e20, 3.0];
const INTEGERS: [i128; 11] = [
    0,
    1,
    2,
    -1,
    3,
    9_007_199_254_740_993,
    9_007_199_254_740_992,
    i64::MAX as i128,
    i64::MIN as i128,
    u64::MAX as i128,
    u64::MAX as i128 - 1,
];

impl Dice {
    pub(crate) fn new(seed: u64, as_stored: bool) -> Self {
        Self { rng: Rng::with_seed(seed), as_stored }
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(..all.len())].clone()
    }

    fn some<T>(&mut self, most: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.rng.usize(..=most);
        (0..count).map(|_| draw(self)).collect()
    }

    fn name(&mut self) -> String {
        self.one_of(&NAMES).to_owned()
    }

    fn text(&mut self) -> String {
        self.one_of(&TEXTS).to_owned()
    }

    fn bytes(&mut self) -> Vec<u8> {
        self.one_of(&[vec![], vec![0], vec![255], vec![0, 1], vec![10, 160]])
    }

    fn number(&mut self) -> Value {
        match self.rng.u8(..3) {
            0 => {
                let x = self.one_of(&NUMBERS);
                // A whole number is an integer wherever a model has one.
                Value::Float(if x.trunc() == x && x.abs() < 1e19 { x + 0.25 } else { x })
            }
            _ => Value::Int(self.one_of(&INTEGERS)),
        }
    }

    /// A value without others in it.
    fn plain(&mut self) -> Value {
        match self.rng.u8(..8) {
            0 => Value::Bool(self.rng.bool()),
            1 | 2 => Value::String(self.text()),
            3 => Value::Bytes(self.bytes()),
            4 => self.instant(),
            5 => self.object_id(),
            _ => self.number(),
        }
    }

    fn instant(&mut self) -> Value {
        let millis = i64::from(self.rng.u8(..4));
        if self.as_stored { Value::Int(millis.into()) } else { Value::Instant(millis) }
    }

    fn object_id(&mut self) -> Value {
        let id = [self.rng.u8(..2); 12];
        let text = id.map(|byte| format!("{byte:02x}")).concat();
        if self.as_stored { Value::String(text) } else { Value::ObjectId(id) }
    }

    fn set(&mut self) -> Value {
        let kind = self.rng.u8(..3);
        Value::set(self.members(kind, 0))
    }

    /// Members of one kind.
    fn members(&mut self, kind: u8, least: usize) -> Vec<Value> {
        let count = self.rng.usize(least..4);
        let member = |dice: &mut Self| match kind {
            0 => dice.number(),
            1 => Value::String(dice.text()),
            _ => Value::Bytes(dice.bytes()),
        };
        (0..count).map(|_| member(self)).collect()
    }

    /// A value as it may be stored.
    fn value(&mut self, depth: usize) -> Value {
        match self.rng.u8(..10) {
            0 if depth > 0 => Value::List(self.some(3, |dice| dice.value(depth - 1))),
            1 | 2 if depth > 0 => {
                Value::Map(self.some(3, |dice| (dice.name(), dice.value(depth - 1))).into_iter().collect::<Map>())
            }
            3 if depth > 0 => self.set(),
            4 if depth > 0 => Value::List(self.some(3, Self::plain)),
            5 => Value::Null,
            _ => self.plain(),
        }
    }

    pub(crate) fn record(&mut self) -> Record {
        let mut record = Record::new();
        for name in NAMES {
            if self.rng.u8(..5) > 0 {
                let value = self.value(2);
                record.insert(name, value);
            }
        }
        record
    }

    fn path(&mut self) -> Path {
        let mut steps = vec![Step::Name(self.name().into())];
        for _ in 0..self.one_of(&[0, 0, 0, 1, 1, 2]) {
            steps.push(match self.rng.u8(..3) {
                0 => Step::Position(self.one_of(&[0, 0, 1, usize::MAX])),
                _ => Step::Name(self.name().into()),
            });
        }
        Path::new(steps)
    }

    fn operand(&mut self) -> Value {
        loop {
            match self.value(1) {
                Value::Null => {}
                Value::Set(members) if members.is_empty() => {}
                value => return value,
            }
        }
    }

    /// What a text or a list may contain. An ObjectId is stored as text, but no model has one in a text.
    fn part(&mut self) -> Value {
        match self.rng.u8(..6) {
            0..=2 => Value::String(self.text()),
            3 => self.number(),
            4 => Value::Bytes(self.bytes()),
            _ => Value::Map(self.some(2, |dice| (dice.name(), dice.plain())).into_iter().collect::<Map>()),
        }
    }

    pub(crate) fn condition(&mut self, depth: usize) -> Expr {
        let path = self.path();
        let op = self.one_of(&[Op::Eq, Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge]);
        let count = self.one_of(&[0, 1, 2, 3, u64::MAX]);
        match self.rng.u8(..if depth > 0 { 16 } else { 12 }) {
            0..=3 => Expr::Compare { path, op, value: self.operand() },
            4 => Expr::In { path, values: self.some(4, Self::operand) },
            5 => Expr::BeginsWith { path, prefix: self.text() },
            6 => Expr::Contains { path, value: self.part() },
            7 => Expr::HasMember { path, value: self.plain() },
            8 => Expr::SetSize { path, op, count },
            9 => Expr::Size { path, op, count },
            10 => Expr::Exists(path),
            11 => Expr::Missing(path),
            12 => Expr::And(self.some(3, |dice| dice.condition(depth - 1))),
            13 => Expr::Or(self.some(3, |dice| dice.condition(depth - 1))),
            _ => Expr::Not(Box::new(self.condition(depth - 1))),
        }
    }

    /// The changes of an update: none is where another is.
    pub(crate) fn changes(&mut self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..self.rng.usize(1..4) {
            let change = self.change();
            if !changes.iter().any(|other| other.path().overlaps(change.path())) {
                changes.push(change);
            }
        }
        changes
    }

    fn change(&mut self) -> Change {
        let path = self.path();
        let kind = self.rng.u8(..3);
        match self.rng.u8(..12) {
            0 | 1 => Change::Set(path, self.value(2)),
            2 => Change::SetIfMissing(path, self.operand()),
            3 | 4 => Change::Add {
                path,
                start: self.rng.u8(..2),
                delta: Value::Int(self.one_of(&[0, 1, -1, 5])),
                bounds: Some(self.one_of(&[(i64::MIN.into(), i64::MAX.into()), (0, u64::MAX.into()), (0, 3)])),
            },
            5 => Change::Remove(path),
            6 => Change::Append(path, self.some(2, |dice| dice.value(1))),
            7 => Change::Prepend(path, self.some(2, |dice| dice.value(1))),
            8 | 9 => Change::Insert(path, self.members(kind, 1)),
            10 => Change::Discard(path, self.members(kind, 1)),
            _ => {
                let mut steps = path.steps().to_vec();
                steps.push(Step::Position(self.rng.usize(..2)));
                Change::RemoveItem(Path::new(steps))
            }
        }
    }
}
