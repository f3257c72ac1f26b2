//! A program as data: it can be generated, shrunk, kept in a file, and read by people (see `display.rs`).

use std::cmp::Ordering;
use std::ops::Bound;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::models::Model;
use crate::rules::Row;

/// The values of a primary key's parts, or of an index's.
pub type Values = Vec<Json>;

/// Where a query leaves its cursors, for a later [`Step::Next`].
pub const SLOTS: usize = 2;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// The clock goes on.
    Advance { millis: u64 },
    /// One operation.
    Do(Model, Op),
    /// A transaction.
    Together(Vec<(Model, Op)>),
    /// A transaction all of whose results are asked for.
    Told(Vec<(Model, Op)>),
    /// A read of several records at one moment.
    Read(Vec<(Model, Values)>),
    /// The next page of the query that left its cursors in a slot, or all that comes after it; or what comes before
    /// it. `crossed` begins at the other end of the page, so that the page itself comes again. `turned` gives the
    /// cursor to the same query in the other direction, where it does not belong.
    Next {
        slot: usize,
        limit: usize,
        turned: bool,
        #[serde(default)]
        way: Way,
        #[serde(default)]
        crossed: bool,
        #[serde(default = "page")]
        end: End,
    },
}

/// In which way of a query's order is read from a cursor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    #[default]
    On,
    Back,
}

impl Way {
    pub fn turned(self) -> Self {
        match self {
            Self::On => Self::Back,
            Self::Back => Self::On,
        }
    }

    /// Where something comes in this way that stands so in the query's order.
    pub fn ordering(self, place: Ordering) -> Ordering {
        match self {
            Self::On => place,
            Self::Back => place.reverse(),
        }
    }
}

/// As programs are kept that are older than other ends.
fn page() -> End {
    End::Page { slot: 0 }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    Create {
        row: Row,
        /// Whether the stored record is given back.
        #[serde(default)]
        returning: bool,
    },
    Put {
        row: Row,
        #[serde(default)]
        only_if: Option<Cond>,
    },
    /// Only without a version.
    Replace {
        row: Row,
        only_if: Option<Cond>,
    },
    /// By an older release of the model, which knows less of it; never in a transaction.
    Older {
        row: Row,
    },
    Save {
        row: Row,
        version: Version,
    },
    Get {
        key: Values,
        consistent: bool,
    },
    GetMany {
        keys: Vec<Values>,
        consistent: bool,
    },
    Find {
        index: String,
        values: Values,
        consistent: bool,
    },
    FindMany {
        index: String,
        values: Vec<Values>,
        consistent: bool,
    },
    Query(Query),
    Update {
        key: Values,
        changes: Vec<Change>,
        only_if: Option<Cond>,
        #[serde(default)]
        version: Option<Version>,
        #[serde(default)]
        told: Told,
    },
    Upsert {
        key: Values,
        changes: Vec<Change>,
        #[serde(default)]
        only_if: Option<Cond>,
        #[serde(default)]
        told: Told,
    },
    Delete {
        key: Values,
        only_if: Option<Cond>,
        version: Option<Version>,
        /// Whether the record is given back.
        #[serde(default)]
        returning: bool,
    },
    /// Only in a transaction.
    Check {
        key: Values,
        only_if: Option<Cond>,
    },
    PutMany {
        rows: Vec<Row>,
    },
    CreateMany {
        rows: Vec<Row>,
    },
    SaveMany {
        rows: Vec<(Row, Version)>,
    },
    DeleteMany {
        keys: Vec<Values>,
    },
}

/// Which record an update gives; in a transaction always the one after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub enum Told {
    #[default]
    After,
    /// Not of an upsert.
    Before,
    Nothing,
}

/// A version, of which what is stored is known only when the operation is run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Version {
    Stored,
    Is(u64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    pub source: Source,
    pub span: Span,
    pub filter: Option<Cond>,
    pub descending: bool,
    pub limit: Option<usize>,
    pub consistent: bool,
    /// Whether only the fields of the model's projection are read.
    #[serde(default)]
    pub select: bool,
    pub end: End,
    /// What an update of all that is found changes.
    #[serde(default)]
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Source {
    Primary {
        hash: Json,
    },
    Index {
        name: String,
        hash: Json,
        /// A value of the field after the hash: of its second part, or of the first range field.
        #[serde(default)]
        also: Option<Json>,
    },
    Scan {
        segments: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Span {
    All,
    Between(Bound<Json>, Bound<Json>),
    Prefix(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum End {
    /// One page, whose cursors are kept.
    Page {
        slot: usize,
    },
    /// Page after page.
    Walk,
    All,
    First,
    Count,
    Stream,
    /// These two are never cut short, and only once in a program's own query.
    DeleteAll,
    UpdateAll,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cond {
    Field(String, Is),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
    Not(Box<Cond>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Is {
    Eq(Json),
    Ne(Json),
    Lt(Json),
    Le(Json),
    Gt(Json),
    Ge(Json),
    Between(Json, Json),
    In(Vec<Json>),
    BeginsWith(String),
    Contains(String),
    /// Of a set.
    Has(Json),
    Exists,
    Missing,
    SizeEq(u64),
    SizeNe(u64),
    SizeLt(u64),
    SizeLe(u64),
    SizeGt(u64),
    SizeGe(u64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub path: String,
    pub how: How,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum How {
    Set(Json),
    /// Only in an upsert: set where there is no value.
    Default(Json),
    Add(Json),
    Remove,
    Append(Vec<String>),
    Prepend(Vec<String>),
    /// Members into a set, or out of it; never none.
    Insert(Values),
    Discard(Values),
    /// Takes the item at a position out of a list.
    TakeOut(usize),
}

impl Program {
    /// The models that it needs.
    pub fn models(&self) -> Vec<Model> {
        let mut models: Vec<_> = self.steps.iter().flat_map(Step::models).collect();
        models.sort();
        models.dedup();
        models
    }
}

impl Step {
    fn models(&self) -> Vec<Model> {
        match self {
            Self::Advance { .. } | Self::Next { .. } => Vec::new(),
            Self::Do(model, _) => vec![*model],
            Self::Together(items) | Self::Told(items) => items.iter().map(|(model, _)| *model).collect(),
            Self::Read(keys) => keys.iter().map(|(model, _)| *model).collect(),
        }
    }
}
