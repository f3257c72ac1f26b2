//! Each model's own methods, finders and field constants, by the names that programs use.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use reposit::operation::{Delete, FindMany, FindUnique, Put, Replace, Transaction, TransactionHandle, Update};
use reposit::{Condition, Database, Projection, Repository, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::answers::Answer;
use crate::execute::{self, From, read};
use crate::job_model::{Job, JobPart};
use crate::models::{
    Account, AccountPart, Address, Document, DocumentPart, Event, EventPart, Seat, SeatPart, User, UserPart,
};
use crate::ops::{How, Is, Query, Source, Values, Version};
use crate::parcel_model::{Parcel, ParcelPart};
use crate::shift_model::{Shift, ShiftPart};
use crate::task_model::{Board, Part, Stage, Task, TaskPart};
use crate::typed::{self, Build, day, held, instant};

/// A model that programs can be run on.
pub trait Subject: Repository<Key: DeserializeOwned> + Clone + PartialEq {
    /// The projection of some of its fields.
    type Part: Projection<Model = Self> + Serialize + DeserializeOwned + 'static;

    /// A condition on one field.
    fn condition(path: &str, is: &Is) -> Condition<Self>;

    /// An update or upsert with one more change.
    fn change(build: Build<Self>, path: &str, how: &How) -> Build<Self>;

    async fn query(db: &Database, query: &Query, from: From<'_>) -> Answer;

    fn find(index: &str, values: &[Json]) -> FindUnique<Self>;

    fn find_many(index: &str, all: &[Values]) -> FindMany<Self>;

    /// `put` or `save`; what is offered depends on the version. Only a put has a condition.
    async fn store(&mut self, db: &Database, only_if: Option<Condition<Self>>) -> Result<()>;

    fn store_in<'a>(&'a mut self, transaction: Transaction<'a>, only_if: Option<Condition<Self>>) -> Transaction<'a>;

    /// The same, whose result is asked for.
    fn store_told<'a>(
        &'a mut self,
        transaction: &mut Transaction<'a>,
        only_if: Option<Condition<Self>>,
    ) -> TransactionHandle<Self>;

    /// Only without a version.
    fn replacement(&self, only_if: Option<Condition<Self>>) -> Replace<'_, Self>;

    /// An update at a version where there is one.
    fn update_at(update: Update<Self>, version: Option<Version>) -> Update<Self>;

    /// A delete, at a version where there is one.
    fn delete_at(delete: Delete<Self>, version: Option<Version>) -> Delete<Self>;

    async fn put_each(db: &Database, records: &[Self]) -> Result<()>;

    async fn save_each(db: &Database, records: &mut [Self]) -> Result<()>;

    async fn delete_each(db: &Database, keys: Vec<Self::Key>) -> Result<()>;
}

macro_rules! subject {
    (
        $model:ty, $part:ty, $versioned:ident;
        $($path:literal $field:expr => [$($ask:ident)*] [$($tell:ident)*];)*
        queries { $($source:pat $(if $when:expr)? => $query:expr;)* }
        finders { $($index:literal $values:pat => $find:expr, $many:path, $held:expr, $given:expr;)* }
    ) => {
        impl Subject for $model {
            type Part = $part;

            fn condition(path: &str, is: &Is) -> Condition<Self> {
                let found = match path {
                    $($path => None$(.or_else(|| typed::$ask(&$field, is)))*,)*
                    other => panic!("no field {other}"),
                };
                found.unwrap_or_else(|| panic!("{path} cannot be asked whether it {is}"))
            }

            #[allow(unused_variables, unreachable_code, reason = "fields of the key take no change")]
            fn change(build: Build<Self>, path: &str, how: &How) -> Build<Self> {
                match path {
                    $($path => {
                        $(let build = match typed::$tell(build, $field, how) {
                            Ok(build) => return build,
                            Err(build) => build,
                        };)*
                    })*
                    other => panic!("no field {other}"),
                }
                panic!("{path} cannot be changed by {how:?}")
            }

            #[allow(unreachable_patterns, reason = "a model with all kinds of sources")]
            async fn query(db: &Database, query: &Query, from: From<'_>) -> Answer {
                match &query.source {
                    Source::Scan { segments } => execute::scan::<Self>(db, query, *segments, from).await,
                    $($source $(if $when)? => read(db, $query, query, from).await,)*
                    other => panic!("no source {other:?}"),
                }
            }

            fn find(index: &str, values: &[Json]) -> FindUnique<Self> {
                match (index, values) {
                    $(($index, $values) => $find,)*
                    other => panic!("no unique index {other:?}"),
                }
            }

            fn find_many(index: &str, all: &[Values]) -> FindMany<Self> {
                match index {
                    $($index => {
                        let held = |values: &Values| match values.as_slice() {
                            $values => $held,
                            other => panic!("{other:?} are not the values of {index}"),
                        };
                        let held: Vec<_> = all.iter().map(held).collect();
                        $many(held.iter().map($given))
                    })*
                    other => panic!("no unique index {other:?} for {all:?}"),
                }
            }

            subject!(@$versioned);
        }
    };
    (@unversioned) => {
        async fn store(&mut self, db: &Database, only_if: Option<Condition<Self>>) -> Result<()> {
            only_if.into_iter().fold(Self::put(self), Put::only_if).exec(db).await
        }

        fn store_in<'a>(
            &'a mut self,
            transaction: Transaction<'a>,
            only_if: Option<Condition<Self>>,
        ) -> Transaction<'a> {
            transaction.add(only_if.into_iter().fold(Self::put(self), Put::only_if))
        }

        fn store_told<'a>(
            &'a mut self,
            transaction: &mut Transaction<'a>,
            only_if: Option<Condition<Self>>,
        ) -> TransactionHandle<Self> {
            transaction.add_returning(only_if.into_iter().fold(Self::put(self), Put::only_if))
        }

        fn replacement(&self, only_if: Option<Condition<Self>>) -> Replace<'_, Self> {
            only_if.into_iter().fold(Self::replace(self), Replace::only_if)
        }

        fn update_at(update: Update<Self>, _: Option<Version>) -> Update<Self> {
            update
        }

        fn delete_at(delete: Delete<Self>, _: Option<Version>) -> Delete<Self> {
            delete
        }

        async fn put_each(db: &Database, records: &[Self]) -> Result<()> {
            Self::put_many(records).exec(db).await
        }

        async fn save_each(_: &Database, _: &mut [Self]) -> Result<()> {
            panic!("only offered with a version")
        }

        async fn delete_each(db: &Database, keys: Vec<Self::Key>) -> Result<()> {
            Self::delete_many(keys).exec(db).await
        }
    };
    (@versioned) => {
        async fn store(&mut self, db: &Database, _: Option<Condition<Self>>) -> Result<()> {
            Self::save(self).exec(db).await
        }

        fn store_in<'a>(&'a mut self, transaction: Transaction<'a>, _: Option<Condition<Self>>) -> Transaction<'a> {
            transaction.add(Self::save(self))
        }

        fn store_told<'a>(
            &'a mut self,
            transaction: &mut Transaction<'a>,
            _: Option<Condition<Self>>,
        ) -> TransactionHandle<Self> {
            transaction.add_returning(Self::save(self))
        }

        fn replacement(&self, _: Option<Condition<Self>>) -> Replace<'_, Self> {
            panic!("not offered with a version")
        }

        fn update_at(update: Update<Self>, version: Option<Version>) -> Update<Self> {
            match version {
                Some(Version::Is(version)) => update.version(narrow(version)),
                _ => update,
            }
        }

        fn delete_at(delete: Delete<Self>, version: Option<Version>) -> Delete<Self> {
            match version {
                Some(Version::Is(version)) => delete.version(narrow(version)),
                _ => delete,
            }
        }

        async fn put_each(_: &Database, _: &[Self]) -> Result<()> {
            panic!("not offered with a version")
        }

        async fn save_each(db: &Database, records: &mut [Self]) -> Result<()> {
            Self::save_many(records).exec(db).await
        }

        async fn delete_each(db: &Database, keys: Vec<Self::Key>) -> Result<()> {
            Self::delete_many(keys).any_version().exec(db).await
        }
    };
}

subject! {
    Event, EventPart, unversioned;
    "stream" Self::STREAM => [equality ordered text] [];
    "seq" Self::SEQ => [equality ordered] [];
    "severity" Self::SEVERITY => [equality ordered] [set add];
    "text" Self::TEXT => [equality ordered text] [set];
    "tags" Self::TAGS => [equality list counted] [set append];
    "tags/0" Self::TAGS.nth(0) => [equality ordered text] [set];
    "note" Self::NOTE => [equality ordered text] [set remove];
    "roles" Self::ROLES => [equality list member counted] [set members];
    "done" Self::DONE => [equality] [set];
    queries {
        Source::Primary { hash } => Self::query(&held::<String>(hash));
        Source::Index { hash, .. } => Self::find_by_severity(&held::<String>(hash));
    }
    finders {}
}

subject! {
    User, UserPart, versioned;
    "id" Self::ID => [equality ordered text] [];
    "email" Self::EMAIL => [equality ordered text] [set];
    "team" Self::TEAM => [equality ordered text] [set];
    "joined_at" Self::JOINED_AT => [equality ordered] [set add];
    "age" Self::AGE => [equality ordered] [set add];
    "nickname" Self::NICKNAME => [equality ordered text] [set remove];
    "revision" Self::REVISION => [equality ordered] [];
    queries {
        Source::Index { hash, .. } => Self::find_by_team(&held::<String>(hash));
    }
    finders {
        "by_email" [email] => Self::find_by_email(&held::<String>(email)),
            Self::find_many_by_email, held::<String>(email), |email| email;
    }
}

subject! {
    Seat, SeatPart, unversioned;
    "id" Self::ID => [equality ordered] [];
    "place" Self::PLACE => [equality ordered text] [set];
    "zone" Self::ZONE => [equality ordered text] [set];
    "until" Self::UNTIL => [equality ordered] [set add remove];
    "fare" Self::FARE => [equality ordered] [set add];
    queries {
        Source::Index { hash, .. } => Self::find_by_zone(&held::<String>(hash));
    }
    finders {
        "by_place" [place] => Self::find_by_place(&held::<String>(place)),
            Self::find_many_by_place, held::<String>(place), |place| place;
    }
}

subject! {
    Account, AccountPart, unversioned;
    "id" Self::ID => [equality ordered] [];
    "login" Self::LOGIN => [equality ordered text] [set];
    "phone" Self::PHONE => [equality ordered text] [set remove];
    "org" Self::ORG => [equality ordered text] [set];
    "number" Self::NUMBER => [equality ordered] [set add];
    "balance" Self::BALANCE => [equality ordered] [set add];
    "club" Self::CLUB => [equality ordered text] [set remove];
    "rank" Self::RANK => [equality ordered] [set remove];
    queries {
        Source::Index { hash, .. } => Self::find_by_club(&held::<String>(hash));
    }
    finders {
        "by_login" [login] => Self::find_by_login(&held::<String>(login)),
            Self::find_many_by_login, held::<String>(login), |login| login;
        "by_phone" [phone] => Self::find_by_phone(&held::<String>(phone)),
            Self::find_many_by_phone, held::<String>(phone), |phone| phone;
        "by_org_and_number" [org, number] => Self::find_by_org_and_number(&held::<String>(org), held(number)),
            Self::find_many_by_org_and_number, (held::<String>(org), held::<u32>(number)), |(org, n)| (org, *n);
    }
}

subject! {
    Document, DocumentPart, unversioned;
    "owner" Self::OWNER => [equality counted] [];
    "path" Self::PATH => [equality ordered text] [];
    "kind" Self::KIND => [equality ordered text] [set];
    "size" Self::SIZE => [equality ordered] [set add];
    "ratio" Self::RATIO => [equality ordered] [set add];
    "address" Self::ADDRESS => [equality] [set remove];
    "address/city" Self::ADDRESS.at(Address::CITY) => [equality ordered text] [set];
    "address/zip" Self::ADDRESS.at(Address::ZIP) => [equality ordered text] [set remove];
    "address/roles" Self::ADDRESS.at(Address::ROLES) => [equality list member counted] [set members];
    "address/number" Self::ADDRESS.at(Address::NUMBER) => [equality ordered] [set add];
    "labels" Self::LABELS => [equality counted] [set];
    "labels/a" Self::LABELS.entry("a") => [equality ordered text] [set remove];
    "labels/$a.b" Self::LABELS.entry("$a.b") => [equality ordered text] [set remove];
    queries {
        Source::Primary { hash } => Self::query(&held::<Vec<u8>>(hash));
        Source::Index { hash, also: None, .. } => Self::find_by_kind(&held::<String>(hash));
        Source::Index { name, hash, also: Some(size) } if name == "by_kind" => Self::find_by_kind(&held::<String>(hash)).then(held(size));
        Source::Index { hash, also: Some(size), .. } => Self::find_by_kind_and_size(&held::<String>(hash), held(size));
    }
    finders {}
}

subject! {
    Task, TaskPart, versioned;
    "#b" Self::BOARD => [equality ordered] [];
    "size" Self::NUMBER => [equality ordered] [];
    ":stage" Self::STAGE => [equality] [set];
    "quo'te\"d`" Self::SLOT => [equality ordered] [set add remove];
    "order by" Self::RANK => [equality ordered] [set add remove];
    "a$b" Self::PARTS => [equality counted] [set];
    "a$b/0" Self::PARTS.nth(0) => [equality] [set];
    "a$b/1/na'me" Self::PARTS.nth(1).at(Part::NAME) => [equality ordered text] [set];
    "a$b/0/hours" Self::PARTS.nth(0).at(Part::HOURS) => [equality ordered] [set add remove];
    "notes" Self::NOTES => [equality list counted] [set append remove];
    "notes/1" Self::NOTES.nth(1) => [equality ordered text] [set];
    "counts" Self::COUNTS => [equality counted] [set];
    "counts/a" Self::COUNTS.entry("a") => [equality ordered] [set add remove];
    "counts/$x.y" Self::COUNTS.entry("$x.y") => [equality ordered] [set add remove];
    "ttl" Self::DUE => [equality ordered] [set add remove];
    "größe" Self::REVISION => [equality ordered] [];
    "made" Self::MADE => [equality ordered] [set add];
    "set" Self::TOUCHED => [equality ordered] [set add remove];
    queries {
        Source::Primary { hash } => Self::query(&held::<Board>(hash));
        Source::Index { hash, .. } => Self::find_by_rank(&held::<Board>(hash));
    }
    finders {
        "by_stage_and_slot" [stage, slot] => Self::find_by_stage_and_slot(&held::<Stage>(stage), held(slot)),
            Self::find_many_by_stage_and_slot, (held::<Stage>(stage), held::<u8>(slot)), |(stage, n)| (stage, *n);
    }
}

subject! {
    Shift, ShiftPart, unversioned;
    "host" Self::HOST => [equality] [];
    "day" Self::DAY => [equality ordered] [];
    "crew" Self::CREW => [equality ordered text] [set];
    "due" Self::DUE => [equality ordered] [set];
    "starts" Self::STARTS => [equality ordered] [set remove];
    "badge" Self::BADGE => [equality ordered] [set remove];
    "pause" Self::PAUSE => [equality] [set];
    "payload" Self::PAYLOAD => [equality] [set remove];
    "pair" Self::PAIR => [equality] [set];
    "ends" Self::ENDS => [equality list] [set];
    "tally" Self::TALLY => [equality counted] [set];
    "tally/2024-01-05" Self::TALLY.entry(day("2024-01-05")) => [equality ordered] [set add remove];
    "tally/0000-01-01" Self::TALLY.entry(day("0000-01-01")) => [equality ordered] [set add remove];
    "off_days" Self::OFF_DAYS => [equality member counted] [set members];
    "gates" Self::GATES => [equality member counted] [set members];
    queries {
        Source::Primary { hash } => Self::query(held(hash));
        Source::Index { name, hash, .. } if name == "by_crew" => Self::find_by_crew(&held::<String>(hash));
        Source::Index { hash, .. } => Self::find_by_starts(held(hash));
    }
    finders {
        "by_badge" [badge] => Self::find_by_badge(held(badge)),
            Self::find_many_by_badge, held::<NonZeroU32>(badge), |badge| badge;
    }
}

subject! {
    Parcel, ParcelPart, versioned;
    "code" Self::CODE => [equality ordered text] [];
    "number" Self::NUMBER => [equality ordered] [];
    "seal" Self::SEAL => [equality] [set];
    "origin" Self::ORIGIN => [equality] [set remove];
    "route" Self::ROUTE => [equality ordered text] [set];
    "sent" Self::SENT => [equality ordered] [set];
    "weight" Self::WEIGHT => [equality ordered] [set];
    "weighed" Self::WEIGHED => [equality ordered] [set remove];
    "waits" Self::WAITS => [equality counted] [set];
    "waits/0" Self::WAITS.nth(0) => [equality] [set];
    "corner" Self::CORNER => [equality] [set];
    "legs" Self::LEGS => [equality counted] [set];
    "legs/0" Self::LEGS.entry(0) => [equality ordered text] [set remove];
    "legs/-1" Self::LEGS.entry(-1) => [equality ordered text] [set remove];
    "levels" Self::LEVELS => [equality member counted] [set members];
    "handlers" Self::HANDLERS => [equality member counted] [set members];
    "marks" Self::MARKS => [equality member counted] [set members];
    "revision" Self::REVISION => [equality ordered] [];
    queries {
        Source::Primary { hash } => Self::query(&held::<String>(hash));
        Source::Index { name, hash, also: Some(sent) } if name == "by_route" => Self::find_by_route(&held::<String>(hash)).then(held(sent));
        Source::Index { name, hash, .. } if name == "by_route" => Self::find_by_route(&held::<String>(hash));
        Source::Index { hash, .. } => Self::find_by_weight(held(hash));
    }
    finders {
        "by_seal" [seal] => Self::find_by_seal(&held::<[u8; 2]>(seal)),
            Self::find_many_by_seal, held::<[u8; 2]>(seal), |seal| seal;
        "by_origin" [origin] => Self::find_by_origin(held(origin)),
            Self::find_many_by_origin, held::<Ipv4Addr>(origin), |origin| origin;
    }
}

subject! {
    Job, JobPart, unversioned;
    "id" Self::ID => [equality ordered] [];
    "at" Self::AT => [equality ordered] [];
    "queue" Self::QUEUE => [equality ordered] [set];
    "due" Self::DUE => [equality ordered] [set remove];
    "slot" Self::SLOT => [equality ordered] [set remove];
    "parent" Self::PARENT => [equality ordered] [set remove];
    "until" Self::UNTIL => [equality ordered] [set remove];
    "watchers" Self::WATCHERS => [equality member counted] [set members];
    "tries" Self::TRIES => [equality ordered] [set add];
    queries {
        Source::Primary { hash } => Self::query(held(hash));
        Source::Index { name, hash, .. } if name == "by_queue" => Self::find_by_queue(held(hash));
        Source::Index { hash, .. } => Self::find_by_parent(held(hash));
    }
    finders {
        "by_slot" [slot] => Self::find_by_slot(instant(held(slot))),
            Self::find_many_by_slot, instant(held(slot)), |slot| slot;
    }
}

/// A version as the model's own type; one that it cannot hold is none that was stored, as its greatest is not.
fn narrow<V: TryFrom<u64> + TryFrom<u8>>(version: u64) -> V {
    let greatest = || V::try_from(u8::MAX).ok().expect("every version field holds a byte");
    V::try_from(version).unwrap_or_else(|_| greatest())
}
